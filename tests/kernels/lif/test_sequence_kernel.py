"""The compiled LIF sequences: against the readable twin, by numbers, memory, refusals."""

import gc

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrun.kernels.lif import sequence_reference as twin
from snnrun.kernels.lif.sequence import sequence
from snnrun.kernels.lif.sequence_call import CONSTANTS, Call
from snnrun.kernels.lif.sequence_operator import lif_sequence_op, numbers
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, SequenceReset, State
from snnrun.kernels.lif.surrogates import SURROGATES
from snnrun.kernels.native import native
from tests.kernels.lif.sequences import assert_same

compiled = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
USUAL = SequenceNeuron(0.6, threshold=0.9)
DOUBLE = torch.float64


def drawn(*shape, dtype=DOUBLE, seed=0):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed)) + 0.3


def neurons(draw, one):
    """A neuron whose constants are numbers, or tensors of one number or of one for each neuron."""

    def constant(low, high):
        kind = draw(st.sampled_from(["number", "number", "one", "each"]))
        value = low + (high - low) * draw(st.integers(0, 100)) / 100
        if kind == "number":
            return value
        each = torch.full((1,) if kind == "one" else one[1:], value, dtype=DOUBLE)
        return each.requires_grad_(draw(st.booleans()))

    reset, delayed = draw(st.sampled_from(SequenceReset)), draw(st.booleans())
    plain = draw(st.booleans())
    return SequenceNeuron(
        membrane_decay=constant(0, 1),
        current_decay=0.0 if plain else constant(0, 0.9),
        input_scale=constant(0.3, 1.2),
        threshold=constant(0.3, 1.3),
        v_reset=constant(-0.4, 0.2),
        rest=0.0 if plain else constant(-0.1, 0.1),
        initial=constant(-0.2, 0.4),
        adaptation=0.0 if plain else constant(0, 0.4),
        adaptation_decay=0.0 if plain else constant(0, 0.9),
        reset=reset,
        delayed=delayed or reset == SequenceReset.HOLD,
        detach=draw(st.booleans()),
        strict=draw(st.booleans()),
        raised=not plain and draw(st.booleans()),
        surrogate=draw(
            st.sampled_from([*sorted(SURROGATES), lambda x: (-x.abs()).exp() * x.cos()])
        ),
        sharpness=draw(st.sampled_from([0.7, 3.0])),
        height=draw(st.sampled_from([1.0, 0.4])),
    )


@compiled
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_compiled_equals_twin(data):
    draw = data.draw
    steps = draw(st.sampled_from([1, 2, 4, 7, 20, 21, 43]))
    one = (draw(st.integers(1, 3)), draw(st.sampled_from([1, 5, 31, 64, 75])))
    neuron, seed = neurons(draw, one), draw(st.integers(0, 1000))
    constant = draw(st.booleans())
    x = drawn(*one, seed=seed) if constant else drawn(steps, *one, seed=seed)
    state = None
    if draw(st.booleans()):
        state = State(*drawn(3, *one, seed=seed + 1).unbind(), (drawn(*one) > 0).to(DOUBLE))
        state = State(*(part.requires_grad_() for part in state[:3]), state.fired)
    assert_same(x, neuron, state, steps if constant else None, seed)


@compiled
@pytest.mark.parametrize("reset", [SequenceReset.SET, SequenceReset.SUBTRACT, SequenceReset.NONE])
@pytest.mark.parametrize("surrogate", sorted(SURROGATES))
def test_compiled_equals_twin_in_float32(surrogate, reset):
    neuron = USUAL._replace(surrogate=surrogate, reset=reset, input_scale=0.8, v_reset=-0.1)
    assert_same(drawn(25, 3, 333, dtype=torch.float32), neuron)


@compiled
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("delayed", [False, True])
@pytest.mark.parametrize("reset", [SequenceReset.SET, SequenceReset.SUBTRACT])
def test_membranes_right_at_the_threshold(reset, delayed, strict):
    neuron = SequenceNeuron(0.5, reset=reset, delayed=delayed, strict=strict)
    x = drawn(12, 3, 67).mul(2).round() / 2
    assert_same(x, neuron)
    assert (twin.sequence(x, neuron).membranes == 1).sum() > 20


@compiled
@pytest.mark.parametrize("reset", [SequenceReset.SET, SequenceReset.SUBTRACT])
@pytest.mark.parametrize("constant", [False, True])
def test_more_steps_than_a_block_holds(reset, constant):
    """Gradients go back block by block, each from the membranes before it."""
    neuron = USUAL._replace(reset=reset, initial=0.2)
    x = drawn(3, 359) if constant else drawn(300, 3, 359)
    assert_same(x, neuron, None, 300 if constant else None)


@compiled
def test_what_is_long_is_written_past_the_cache():
    x = drawn(40, 16, 1024, dtype=torch.float32)  # 2.6 MB
    assert_same(x, USUAL)
    found, expected = sequence(x, USUAL, membranes=True), twin.sequence(x, USUAL)
    assert torch.equal(found.spikes, expected.spikes)
    assert torch.equal(found.membranes, expected.membranes)


@compiled
@pytest.mark.parametrize("neuron", [USUAL, USUAL._replace(current_decay=0.5, adaptation=0.2)])
def test_the_same_bits_for_any_number_of_threads(neuron):
    before, found = torch.get_num_threads(), []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        x = drawn(9, 5, 2001, dtype=torch.float32).requires_grad_()
        spikes = sequence(x, neuron).spikes
        (spikes * drawn(9, 5, 2001, dtype=torch.float32, seed=1)).sum().backward()
        found.append((spikes.detach(), x.grad))
    torch.set_num_threads(before)
    for other in found[1:]:
        assert all(map(torch.equal, found[0], other))


@compiled
@pytest.mark.parametrize("neuron", [USUAL, USUAL._replace(threshold=torch.rand(3, 1, 1) + 0.2)])
def test_channels_last_is_followed(neuron):
    """Images whose channels lie side by side are neither copied nor laid out anew."""
    x = drawn(4, 2, 3, 5, 6, dtype=torch.float32)
    merged = x.flatten(0, 1).contiguous(memory_format=torch.channels_last)
    other = merged.view(4, 2, 3, 5, 6).requires_grad_()
    x.requires_grad_()
    upstream = drawn(4, 2, 3, 5, 6, dtype=torch.float32, seed=1)
    straight, turned = sequence(x, neuron).spikes, sequence(other, neuron).spikes
    assert turned.stride() == other.stride() != straight.stride()
    assert torch.equal(straight, turned)
    (straight * upstream).sum().backward()
    (turned * upstream).sum().backward()
    torch.testing.assert_close(x.grad, other.grad)


@compiled
@pytest.mark.parametrize("neuron", [USUAL, USUAL._replace(current_decay=0.5)])
def test_bfloat16_is_stored_and_float32_computed(neuron):
    """What comes of 16 bits is what float32 makes of the same numbers, rounded once."""
    short = drawn(7, 3, 77, dtype=torch.float32).bfloat16().requires_grad_()
    wide = short.detach().float().requires_grad_()
    upstream = drawn(7, 3, 77, dtype=torch.float32, seed=1).bfloat16()
    one = sequence(short, neuron, membranes=True)
    other = sequence(wide, neuron, membranes=True)
    ((one.spikes + one.membranes) * upstream).sum().backward()
    ((other.spikes + other.membranes) * upstream.float()).sum().backward()
    assert one.spikes.dtype == short.grad.dtype == torch.bfloat16
    assert torch.equal(one.spikes.float(), other.spikes)
    assert torch.equal(one.membranes, other.membranes.bfloat16())
    assert torch.equal(short.grad, wide.grad.bfloat16())


@compiled
def test_a_state_passed_on_goes_on_as_if_nothing_had_been_cut():
    neuron = USUAL._replace(current_decay=0.4, adaptation=0.3, adaptation_decay=0.8)
    x = drawn(11, 2, 9).requires_grad_()
    whole = sequence(x, neuron, final=True)
    half = sequence(x[:4], neuron, final=True)
    rest = sequence(x[4:], neuron, half.state, final=True)
    assert torch.equal(whole.spikes, torch.cat([half.spikes, rest.spikes]))
    assert all(map(torch.equal, whole.state, rest.state))
    upstream = drawn(11, 2, 9, seed=1)
    one = torch.autograd.grad((whole.spikes * upstream).sum(), x)
    two = torch.autograd.grad((torch.cat([half.spikes, rest.spikes]) * upstream).sum(), x)
    torch.testing.assert_close(one, two)


@compiled
@pytest.mark.parametrize("steps", [1, 3, 24])
def test_input_that_stays_the_same_is_one_step_long(steps):
    once = drawn(3, 40).requires_grad_()
    many = once.detach().clone().requires_grad_()
    upstream = drawn(steps, 3, 40, seed=1)
    short = sequence(once, USUAL, steps=steps).spikes
    long = sequence(many.expand(steps, 3, 40), USUAL).spikes
    assert torch.equal(short, long)
    (short * upstream).sum().backward()
    (long * upstream).sum().backward()
    torch.testing.assert_close(once.grad, many.grad)


@compiled
@pytest.mark.parametrize("detach", [True, False])
@pytest.mark.parametrize("reset", [SequenceReset.NONE, SequenceReset.SUBTRACT, SequenceReset.SET])
def test_membranes_have_their_true_gradient(reset, detach):
    """Where no spike depends on the input, all is linear: numerical gradients are exact."""
    neuron = USUAL._replace(reset=reset, detach=detach, current_decay=0.5, threshold=30.0)
    constants = drawn(2, 4).abs() * 0.5
    decay, scale = (each.clone().requires_grad_() for each in constants)

    def run(x, decay, scale):
        given = neuron._replace(membrane_decay=decay, input_scale=scale, height=1e-30)
        return sequence(x, given, membranes=True, final=True).membranes

    x = drawn(5, 3, 4).requires_grad_()
    assert torch.autograd.gradcheck(run, (x, decay, scale))


@pytest.mark.parametrize("reset", [SequenceReset.SUBTRACT, SequenceReset.SET])
@pytest.mark.parametrize("surrogate", ["arctan", "sigmoid"])
def test_the_gradient_is_that_of_a_spike_made_smooth(surrogate, reset):
    """With one step between input and spike, dS/dx is psi: the derivative of a smooth spike.

    Central differences of the smooth spike at the membrane of the neuron.
    """
    sharpness = 2.0
    smooth = {
        "arctan": lambda u: torch.atan(u * sharpness) / sharpness,
        "sigmoid": lambda u: 4 * torch.sigmoid(u * sharpness) / sharpness,
    }[surrogate]
    neuron = USUAL._replace(surrogate=surrogate, sharpness=sharpness, reset=reset)
    x = drawn(1, 2, 50).requires_grad_()
    (found,) = torch.autograd.grad(sequence(x, neuron).spikes.sum(), x)
    step = 1e-6
    distance = x.detach() - neuron.threshold
    wanted = (smooth(distance + step) - smooth(distance - step)) / (2 * step)
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-8)


@compiled
def test_memory_of_long_arrays_is_taken_again_only_when_nobody_holds_it():
    x = drawn(8, 64, 512, dtype=torch.float32)
    first = sequence(x, USUAL).spikes
    where, kept = first.data_ptr(), first[0]
    copy = first.clone()
    del first
    gc.collect()
    second = sequence(-x, USUAL).spikes
    assert second.data_ptr() != where
    assert torch.equal(kept, copy[0])
    del kept
    gc.collect()
    third = sequence(x, USUAL).spikes
    assert third.data_ptr() == where
    assert torch.equal(third, copy)


REFUSED = [
    (torch.zeros(3, 2, dtype=torch.int64), USUAL, {}, TypeError, "expected float32, float64 or"),
    (torch.zeros(0, 2), USUAL, {}, ValueError, r"one step or more, got \[0, 2\]"),
    (torch.zeros(3, 2), USUAL, {"steps": 0}, ValueError, "one step or more"),
    (
        torch.zeros(3, 2, 5),
        USUAL._replace(threshold=torch.ones(4)),
        {},
        ValueError,
        r"\[4\] do not fit a step \[2, 5\]",
    ),
    (
        torch.zeros(3, 2),
        USUAL._replace(reset=SequenceReset.HOLD),
        {},
        ValueError,
        "must be delayed",
    ),
]


@compiled
@pytest.mark.parametrize(("x", "neuron", "more", "kind", "text"), REFUSED)
def test_refusals(x, neuron, more, kind, text):
    with pytest.raises(kind, match=text):
        sequence(x, neuron, **more)


WRONG = {
    "steps": ({"steps": 4}, ValueError, "of 4 steps"),
    "type": ({"x": torch.zeros(3, 2, dtype=torch.int32).numpy()}, TypeError, "float32 or float64"),
    "reset": ({"choices": (9, *[False] * 5, 0, 1.0, 1.0)}, ValueError, "reset must lie in"),
    "surrogate": ({"choices": (1, *[False] * 5, 99, 1.0, 1.0)}, ValueError, "surrogate must lie"),
    "shape": ({"state": (torch.zeros(3).numpy(), 0.0, 0.0, 0.0)}, ValueError, "membrane: does not"),
    "numbers": ({"constants": (0.5,)}, ValueError, "8 constants"),
}


@compiled
@pytest.mark.parametrize("case", WRONG)
def test_the_binding_refuses(case):
    change, kind, text = WRONG[case]
    right = {
        "x": torch.zeros(3, 2).numpy(),
        "steps": 3,
        "constant": False,
        "choices": (1, *[False] * 5, 0, 1.0, 1.0),
        "constants": (0.5, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0),
        "state": (0.0,) * 4,
        "threads": 1,
    }
    forward = {"spikes": True, "membranes": False, "distances": False, "final": False}
    gradients = dict.fromkeys(
        ("on_spikes", "on_membranes", "on_membrane", "on_current", "on_adapted", "psi")
    )
    wanted = {"want_x": True, "want_state": False, "want_constants": (False,) * 8}
    calls = [
        (native().lif_sequence, forward),
        (native().lif_sequence_gradient, gradients | wanted),
    ]
    for call, more in calls:
        assert call(**right, **more) is not None
        with pytest.raises(kind, match=text):
            call(**right | change, **more)


LEARNING = USUAL._replace(
    membrane_decay=torch.tensor(0.6, dtype=DOUBLE),
    threshold=torch.linspace(0.7, 1.1, 5, dtype=DOUBLE),
    current_decay=0.3,
)


@compiled
@pytest.mark.parametrize("neuron", [USUAL, LEARNING])
@pytest.mark.parametrize("steps", [None, 4])
def test_torch_compiles_through_it(neuron, steps):
    """With the backend that traces forward and backward passes and compiles nothing."""
    constants = [x.requires_grad_() for x in neuron if torch.is_tensor(x)]

    def run(x):
        done = sequence(x, neuron, steps=steps, membranes=True, final=True)
        return done.spikes.sum() + (done.membranes * done.spikes).sum() + done.state.membrane.sum()

    x = drawn(*([3, 2, 5] if steps is None else [2, 5])).requires_grad_()
    traced = torch.compile(run, backend="aot_eager", fullgraph=True)
    found, wanted = (torch.autograd.grad(each(x), [x, *constants]) for each in (traced, run))
    for mine, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(mine, theirs)


@compiled
@pytest.mark.parametrize("neuron", [USUAL, LEARNING])
def test_torch_finds_nothing_wrong_with_the_operator(neuron):
    call = Call.of(drawn(3, 2, 5), neuron, None, True, True)
    tensors = [x for x in neuron if torch.is_tensor(x)]
    places = sum(
        1 << CONSTANTS.index(name) for name, x in neuron._asdict().items() if torch.is_tensor(x)
    )
    rest = numbers(call), 3, False, True, True
    checked = torch.library.opcheck(
        lif_sequence_op, (drawn(3, 2, 5).requires_grad_(), tensors, places, *rest)
    )
    assert set(checked.values()) == {"SUCCESS"}
