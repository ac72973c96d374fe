"""LIF neurons over a whole sequence: the one door, differentiable.

The equations and every constant stand in :mod:`snnrun.kernels.lif.sequence_reference`.
"""

from typing import NamedTuple

from torch import Tensor

from snnrun.kernels.lif import sequence_reference as twin
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, State


class Train(NamedTuple):
    """What neurons did.

    spikes: 0 or 1, ``[time, batch, ...]``.
    membranes: H, before the reset, of the same shape; None unless it was asked for.
    state: after the last step.
    """

    spikes: Tensor
    membranes: Tensor | None
    state: State


def sequence(
    x: Tensor, neuron: SequenceNeuron, state: State | None = None, *, membranes: bool = False
) -> Train:
    """Run neurons over ``x [time, batch, ...]``; torch differentiates the result.

    Args:
        x: the input; the same at every step if its stride over time is 0.
        neuron: the constants; a tensor must broadcast to a step of ``x``.
        state: where the neurons stand, passed on from an earlier sequence; None: at rest.
        membranes: whether these are wanted.
    """
    done = twin.sequence(x, neuron, state)
    return Train(done.spikes, done.membranes if membranes else None, done.state)
