"""Single steps of the compiled kernels of LIF sequences, one after the other.

What stays the same is turned into arrays once, and states stay arrays from step to step: in small
layers, turning tensors into arrays takes longer than the kernels do.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.kernels.lif.sequence_call import CONSTANTS, Call
from snnrun.kernels.native import native

Array = NDArray[Any]
Maybe = Array | None
#: Membrane, current, adaptation and spikes, each ``[batch, neurons]``.
Carried = tuple[Array, Array, Array, Array]


class StepGradients(NamedTuple):
    """On the input ``[1, batch, neurons]``, on what was carried, and on the constants.

    state: on membrane, current and adaptation, each ``[batch, neurons]``.
    constants: of each neuron and sample, None for those that are not wanted.
    """

    x: Array
    state: tuple[Array, Array, Array]
    constants: Sequence[Maybe]


class Stepper:
    """Does steps of one layer.

    Args:
        call: what is not a tensor.
        constants: those that are tensors, for each neuron and sample; None: a number.
    """

    def __init__(self, call: Call, constants: Sequence[Tensor | None]) -> None:
        self._module: Any = native()
        self._call = call
        self._constants = tuple(
            number if tensor is None else array(tensor)
            for number, tensor in zip(call.fixed.constants, constants, strict=True)
        )

    def forward(self, x: Array, state: Carried) -> tuple[Maybe, Carried]:
        """Return membranes, if they are wanted, and what is carried to the next step."""
        threads, call = torch.get_num_threads(), self._call
        given = (x, 1, False, call.fixed.choices, self._constants, state)
        done = self._module.lif_sequence(*given, False, call.membranes, False, True, threads)
        return done[1], done[2:6]

    def backward(
        self, x: Array, state: Carried, upstream: Sequence[Maybe], wanted: Sequence[bool]
    ) -> StepGradients:
        """Return the gradients of a step.

        Args:
            x, state: as of the forward pass.
            upstream: on spikes and membranes, ``[1, batch, neurons]``, and on membrane, current and
                adaptation after it; None: 0.
            wanted: of each constant.
        """
        given = (x, 1, False, self._call.fixed.choices, self._constants, state)
        threads = torch.get_num_threads()
        on_x, *on_state, constants = self._module.lif_sequence_gradient(
            *given, *upstream, None, True, True, tuple(wanted), threads
        )
        return StepGradients(on_x, (on_state[0], on_state[1], on_state[2]), constants)


def array(x: Tensor) -> Array:
    """Return a tensor as the kernels take it."""
    found: Array = x.detach().contiguous().numpy()
    return found


def nothing() -> list[Maybe]:
    """Return no gradient on any constant."""
    return [None] * len(CONSTANTS)
