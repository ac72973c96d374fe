"""The compiled LIF sequences: several spikes a step, and numbers that are absurd."""

import pytest
import torch

from snnrun.kernels.lif import sequence_reference as twin
from snnrun.kernels.lif.sequence import sequence
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, SequenceReset
from tests.kernels.lif.sequences import assert_same
from tests.kernels.lif.test_sequence_kernel import DOUBLE, USUAL, compiled, drawn


@compiled
@pytest.mark.parametrize("detach", [False, True])
@pytest.mark.parametrize("reset", [SequenceReset.SET, SequenceReset.SUBTRACT, SequenceReset.NONE])
@pytest.mark.parametrize("more", [{}, {"current_decay": 0.4}, {"adaptation": 0.3}])
def test_several_spikes_a_step(reset, detach, more):
    neuron = SequenceNeuron(0.7, threshold=0.4, reset=reset, detach=detach, multiple=True, **more)
    x = drawn(9, 3, 67)
    if reset == SequenceReset.SET and not detach:
        with pytest.raises(
            ValueError, match="multiple: a reset that sets the membrane needs detach"
        ):
            sequence(x, neuron)
        return
    assert_same(x, neuron)
    learning = neuron._replace(threshold=torch.full((67,), 0.4, dtype=DOUBLE).requires_grad_())
    assert_same(x, learning)
    assert sequence(x, neuron).spikes.max() >= 3


@compiled
@pytest.mark.parametrize("threshold", [-0.5, 0.4])
def test_several_spikes_of_absurd_membranes(threshold):
    """A threshold below 0, as learning may make it, is reached once; nan and -inf reach none."""
    x = drawn(6, 2, 40)
    x[2, 1, 7], x[1, 0, 3] = float("nan"), -float("inf")
    neuron = SequenceNeuron(0.5, threshold=threshold, multiple=True)
    neuron = neuron._replace(reset=SequenceReset.SET, detach=True)
    found, expected = sequence(x, neuron).spikes, twin.sequence(x, neuron).spikes
    assert torch.equal(found, expected)
    assert found.min() == 0
    assert found.max() >= 1


@compiled
def test_infinite_and_absent_numbers():
    """A threshold of inf never spikes; nan stays where it is."""
    x = drawn(6, 2, 40)
    assert not sequence(x, USUAL._replace(threshold=float("inf"))).spikes.any()
    x[2, 1, 7] = float("nan")
    wide = x.clone().requires_grad_()
    spikes = sequence(wide, USUAL).spikes
    (gradient,) = torch.autograd.grad(spikes.sum(), wide)
    assert gradient.isnan().nonzero()[:, 1:].unique(dim=0).tolist() == [[1, 7]]


@compiled
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("threshold", [float("inf"), -float("inf")])
@pytest.mark.parametrize("reset", [SequenceReset.SET, SequenceReset.SUBTRACT])
def test_infinite_membranes_at_infinite_thresholds(reset, threshold, strict):
    """What differs by no number from a threshold does not reach it."""
    x = drawn(6, 2, 40)
    x[1, 0, :9], x[2, 1, 3:] = threshold, threshold
    neuron = SequenceNeuron(0.5, threshold=threshold, reset=reset, strict=strict)
    found, expected = sequence(x, neuron).spikes, twin.sequence(x, neuron).spikes
    assert torch.equal(found, expected)


@compiled
def test_a_surrogate_that_there_is_not():
    with pytest.raises(ValueError, match="unknown surrogate 'arctn'; did you mean 'arctan'"):
        sequence(drawn(3, 2), USUAL._replace(surrogate="arctn"))
