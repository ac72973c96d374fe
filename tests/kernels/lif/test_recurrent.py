"""LIF neurons that drive each other: by hand, and beside the readable twin, gradients included."""

import pytest
import torch

from snnrun.kernels.lif import recurrent, recurrent_reference, sequence_reference
from snnrun.kernels.lif.recurrent import recurrent as door
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, SequenceReset, State
from tests.kernels.lif.sequences import TOLERANCE

TIME, BATCH, NEURONS = 9, 4, 6


def drawn(*shape, seed=0, kind=torch.float64):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=random, dtype=torch.float64).to(kind)


def case(kind=torch.float64, **changes):
    """Input, weights and neurons, at a generic point; all that can learn does."""
    x = (0.7 * drawn(TIME, BATCH, NEURONS, kind=kind).abs()).requires_grad_()
    weights = (0.5 * drawn(NEURONS, NEURONS, seed=1, kind=kind)).requires_grad_()
    learns = {
        "membrane_decay": drawn(NEURONS, seed=2, kind=kind).sigmoid(),
        "current_decay": torch.tensor(0.3, dtype=kind),
        "threshold": torch.tensor(0.9, dtype=kind),
        "adaptation": drawn(BATCH, 1, seed=3, kind=kind).abs(),
        "adaptation_decay": torch.tensor(0.8, dtype=kind),
    }
    learns = {name: each.requires_grad_() for name, each in learns.items()}
    return x, weights, SequenceNeuron(**{**learns, **changes}), list(learns.values())


def carried(kind=torch.float64):
    """A state to go on from, with a spike that drives the first step."""
    parts = [drawn(BATCH, NEURONS, seed=4 + n, kind=kind).abs() for n in range(3)]
    fired = (drawn(BATCH, NEURONS, seed=7) > 0).to(kind)
    return State(*(each.requires_grad_() for each in parts), fired)


def both(x, weights, neuron, state, learning, everything):
    """Outputs and gradients of the door, and of the twin."""
    for run in (
        lambda: door(x, weights, neuron, state, membranes=everything, final=everything),
        lambda: recurrent_reference.recurrent(x, weights, neuron, state),
    ):
        done = run()
        outputs = [done.spikes, *([done.membranes, *done.state] if everything else [])]
        loss = sum((each * drawn(*each.shape, seed=9).to(each)).sum() for each in outputs[:5])
        wanted = [x, weights, *learning, *(state or ())[:3]]
        yield outputs, torch.autograd.grad(loss, wanted, allow_unused=True, materialize_grads=True)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
@pytest.mark.parametrize("state", [None, carried])
@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize(
    "changes",
    [
        {"reset": SequenceReset.SUBTRACT},
        {"reset": SequenceReset.SET, "v_reset": 0.2, "rest": 0.1, "initial": 0.3},
        {"reset": SequenceReset.SUBTRACT, "delayed": True},
    ],
)
def test_it_does_what_its_twin_does(kind, state, everything, changes):
    x, weights, neuron, learning = case(kind, **changes)
    before = state and state(kind)
    mine, theirs = both(x, weights, neuron, before, learning, everything)
    assert 0.1 < mine[0][0].mean() < 0.6
    for one, other in zip(mine[0], theirs[0], strict=True):
        torch.testing.assert_close(one, other, rtol=TOLERANCE[kind], atol=TOLERANCE[kind])
    assert torch.equal(mine[0][0], theirs[0][0])
    for one, other in zip(mine[1], theirs[1], strict=True):
        size = other.abs().max().clamp(min=1)
        assert other.abs().sum() > 0
        tolerance = 10 * TOLERANCE[kind]
        torch.testing.assert_close(one / size, other / size, rtol=tolerance, atol=tolerance)


def test_by_hand():
    """Neuron 0 fires once and wakes neuron 1, a step later, through W[0, 1]."""
    x = torch.tensor([[[1.0, 0.0]], [[0.0, 0.0]], [[0.0, 0.0]]])
    weights = torch.tensor([[0.0, 2.0], [0.0, 0.0]])
    done = door(x, weights, SequenceNeuron(0.5, reset=SequenceReset.SUBTRACT), membranes=True)
    assert done.spikes[:, 0].tolist() == [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    assert done.membranes[:, 0].tolist() == [[1.0, 0.0], [0.0, 2.0], [0.0, 0.5]]


def test_without_weights_it_is_a_sequence():
    x, _, neuron, _ = case(reset=SequenceReset.SUBTRACT)
    found = door(x, torch.zeros(NEURONS, NEURONS, dtype=x.dtype), neuron).spikes
    assert torch.equal(found, sequence_reference.sequence(x, neuron).spikes)


def test_two_halves_are_the_whole():
    x, weights, neuron, _ = case()
    whole = door(x, weights, neuron, final=True)
    first = door(x[:4], weights, neuron, final=True)
    second = door(x[4:], weights, neuron, first.state, final=True)
    assert torch.equal(torch.cat([first.spikes, second.spikes]), whole.spikes)
    torch.testing.assert_close(second.state, whole.state)


def test_bfloat16_is_computed_in_float32():
    x, weights, neuron, _ = case(torch.float32)
    rounded = x.detach().bfloat16().requires_grad_()
    found = door(rounded, weights, neuron, membranes=True)
    assert found.spikes.dtype == found.membranes.dtype == torch.bfloat16
    assert torch.equal(found.spikes.float(), door(rounded.float(), weights, neuron).spikes)
    found.spikes.sum().backward()
    assert rounded.grad.dtype == torch.bfloat16
    assert weights.grad.dtype == torch.float32


def test_without_the_native_module_it_is_the_twin(monkeypatch):
    x, weights, neuron, _ = case()
    compiled = door(x, weights, neuron, membranes=True)
    monkeypatch.setattr(recurrent, "native", lambda: None)
    monkeypatch.setattr("snnrun.kernels.lif.sequence.BUILT", False)
    readable = door(x, weights, neuron, membranes=True)
    assert torch.equal(compiled.spikes, readable.spikes)
    torch.testing.assert_close(compiled.membranes, readable.membranes)


@pytest.mark.parametrize(
    ("x", "weights", "message"),
    [
        ((3, 2, 4), (4, 5), r"weights \[neurons, neurons\], got \[3, 2, 4\] and \[4, 5\]"),
        ((3, 4), (4, 4), r"x \[time, batch, neurons\] .* got \[3, 4\]"),
        ((0, 2, 4), (4, 4), "of one step or more"),
    ],
)
def test_what_does_not_fit_is_refused(x, weights, message):
    with pytest.raises(ValueError, match=message):
        door(torch.ones(x), torch.ones(weights), SequenceNeuron(0.5))


def test_constants_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"constants \[3\] do not fit a step \[2, 4\]"):
        door(torch.ones(3, 2, 4), torch.ones(4, 4), SequenceNeuron(torch.ones(3)))


def test_the_operator_that_torch_compiles_passes_a_state_on():
    """Its backward pass asked for a gradient on the spikes before, and the kernel has none."""
    x, weights, neuron, learning = case(reset=SequenceReset.SUBTRACT)
    wanted = [x, weights, *learning]

    def run(x, weights):
        return door(x[:3], weights, neuron).spikes

    plain, traced = run(x, weights), torch.compile(run, backend="aot_eager", fullgraph=True)
    done = traced(x, weights)
    assert torch.equal(done, plain)
    expected = torch.autograd.grad(plain.sum(), wanted)
    torch.testing.assert_close(torch.autograd.grad(done.sum(), wanted), expected)
