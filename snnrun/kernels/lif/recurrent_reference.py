r"""LIF neurons that drive each other; the readable twin.

.. math:: I_t = a\,I_{t-1} + x_t + S_{t-1} W

and all else as in :mod:`snnrun.kernels.lif.sequence_reference`: single steps of it, with the state
passed on. Torch differentiates the loop. Bellec et al., Long short-term memory and
learning-to-learn in networks of spiking neurons, NeurIPS (2018).
"""

from typing import cast

import torch
from torch import Tensor

from snnrun.kernels.lif.sequence import Train, sequence
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, State, at_first


def recurrent(
    x: Tensor, weights: Tensor, neuron: SequenceNeuron, state: State | None = None
) -> Train:
    """Return spikes, membranes and the state after the last step.

    Args:
        x: the input from elsewhere, ``[time, batch, neurons]``.
        weights: W, ``[from, to]``.
        neuron: the constants.
        state: where the neurons stand; None: at rest.

    Example:
        >>> x = torch.tensor([1.0, 0.0, 0.0])[:, None, None]
        >>> recurrent(x, torch.ones(1, 1), SequenceNeuron(0.5)).spikes.flatten().tolist()
        [1.0, 1.0, 1.0]
    """
    state = at_first(x[0], neuron) if state is None else state
    spikes, steps = state.fired, []
    for each in x.unbind(0):
        driven = each + spikes @ weights
        done = sequence(driven[None], neuron, state, membranes=True, final=True)
        spikes, state = done.spikes[0], cast("State", done.state)
        steps.append((spikes, cast("Tensor", done.membranes)[0]))
    every, membranes = (torch.stack(each) for each in zip(*steps, strict=True))
    return Train(every, membranes, state)
