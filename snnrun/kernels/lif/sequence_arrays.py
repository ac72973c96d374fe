"""Tensors to and from the compiled kernels of LIF sequences."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnrun.kernels.lif.sequence_reference import SequenceNeuron
from snnrun.kernels.lif.surrogates import SURROGATES
from snnrun.kernels.native import native

#: The constants, in the order of the kernel.
CONSTANTS = (
    "membrane_decay",
    "current_decay",
    "input_scale",
    "threshold",
    "v_reset",
    "rest",
    "adaptation",
    "adaptation_decay",
)
KINDS = (torch.float32, torch.float64, torch.bfloat16)
_SURROGATE = {name: index for index, name in enumerate(SURROGATES)}

Maybe = Tensor | None


class Call(NamedTuple):
    """What is not a tensor.

    steps, constant: how many steps, and whether x is the same at each, without a time axis.
    choices: reset, delayed, detach, strict, raised, surrogate, sharpness and height.
    constants: the numbers; of those that are tensors, anything.
    initial: the membrane before the first step.
    membranes, final: whether they are wanted.
    """

    steps: int
    constant: bool
    choices: tuple[Any, ...]
    constants: tuple[float, ...]
    initial: float
    membranes: bool
    final: bool

    @classmethod
    def of(
        cls, x: Tensor, neuron: SequenceNeuron, steps: int | None, membranes: bool, final: bool
    ) -> "Call":
        """Check and gather.

        Raises:
            TypeError: another type of number.
            ValueError: no steps.
        """
        if x.dtype not in KINDS:
            raise TypeError(f"x: expected float32, float64 or bfloat16, not {x.dtype}")
        length = (len(x) if x.dim() else 0) if steps is None else steps
        if length < 1:
            raise ValueError(f"x: expected [time, ...] of one step or more, got {list(x.shape)}")
        choices = (
            int(neuron.reset),
            neuron.delayed,
            neuron.detach,
            neuron.strict,
            neuron.raised,
            _SURROGATE[neuron.surrogate],
            neuron.sharpness,
            neuron.height,
        )
        numbers = (getattr(neuron, name) for name in CONSTANTS)
        constants = tuple(0.0 if isinstance(each, Tensor) else each for each in numbers)
        initial = 0.0 if isinstance(neuron.initial, Tensor) else neuron.initial
        return cls(length, steps is not None, choices, constants, initial, membranes, final)


class Gradients(NamedTuple):
    """On x, and on the tensors among constants and state."""

    x: Maybe
    tensors: tuple[Maybe, ...]


def forward(call: Call, x: Tensor, tensors: Sequence[Maybe]) -> tuple[Any, ...]:
    """Return spikes, membranes and the four parts of the state after, None where not wanted.

    Args:
        call: what is not a tensor.
        x: the input.
        tensors: the constants and the parts of a state that are tensors.
    """
    layout = _Layout(x, call)
    module: Any = native()
    found = module.lif_sequence(
        *layout.start(x, tensors), True, call.membranes, call.final, torch.get_num_threads()
    )
    every = [layout.back(each, x.dtype, timed=True) for each in found[:2]]
    return *every, *(layout.back(each, None, timed=False) for each in found[2:])


def backward(
    call: Call,
    x: Tensor,
    tensors: Sequence[Maybe],
    upstream: Sequence[Maybe],
    wanted: Sequence[bool] = (True,) + (False,) * 12,
) -> Gradients:
    """Return the gradients that are wanted.

    Args:
        call, x, tensors: as of the forward pass.
        upstream: gradients on what it returned, None = 0.
        wanted: of x and of each of the tensors.
    """
    layout = _Layout(x, call)
    spikes, membranes, *after = list[Maybe](upstream) + [None] * (5 - len(upstream))
    module: Any = native()
    on_x, *state, constants = module.lif_sequence_gradient(
        *layout.start(x, tensors),
        layout.array(spikes, x.dtype, timed=True),
        layout.array(membranes, x.dtype, timed=True),
        *(layout.array(each, layout.kind, timed=False) for each in after[:3]),
        wanted[0],
        any(wanted[9:12]),
        tuple(wanted[1:9]),
        torch.get_num_threads(),
    )
    found = [*constants, *state, None]
    pairs = zip(found, tensors, wanted[1:], strict=True)
    to = (
        layout.summed(array, of) if need and of is not None else None for array, of, need in pairs
    )
    return Gradients(layout.back(on_x, x.dtype, timed=not call.constant), tuple(to))


class _Layout:
    """How the numbers of a layer lie in memory.

    Where they lie close together in another order than that of the axes, such as channels last,
    the kernels follow it: all that matters to them is that time comes first.
    """

    def __init__(self, x: Tensor, call: Call) -> None:
        self.call = call
        self.step = x.shape if call.constant else x.shape[1:]
        self.kind = torch.float64 if x.dtype == torch.float64 else torch.float32
        self.order = None if x.is_contiguous() else self._order(x)

    def _order(self, x: Tensor) -> list[int] | None:
        """Return the axes of a step from the outermost to the innermost, if they lie close."""
        first = 0 if self.call.constant else 1
        axes = sorted(range(first, x.dim()), key=x.stride, reverse=True)
        close = x.permute(*range(first), *axes).is_contiguous()
        return [axis - first for axis in axes] if close else None

    def _axes(self, timed: bool) -> list[int] | None:
        if self.order is None or not timed:
            return self.order
        return [0, *(axis + 1 for axis in self.order)]

    def array(self, x: Maybe, kind: torch.dtype | None, timed: bool) -> Any:
        """Return a tensor as the kernels take it."""
        if x is None:
            return None
        axes = self._axes(timed)
        x = x.detach() if axes is None else x.detach().permute(axes)
        x = x.to(kind).contiguous()
        return x.view(torch.uint16).numpy() if kind == torch.bfloat16 else x.numpy()

    def back(self, array: Any, kind: torch.dtype | None, timed: bool) -> Maybe:
        """Return what the kernels made as a tensor."""
        if array is None:
            return None
        x = torch.from_numpy(array)
        x = x.view(torch.bfloat16) if kind == torch.bfloat16 else x
        axes = self._axes(timed)
        return x if axes is None else x.permute([axes.index(axis) for axis in range(len(axes))])

    def start(self, x: Tensor, tensors: Sequence[Maybe]) -> tuple[Any, ...]:
        """Return the first arguments of both kernels."""
        call = self.call
        every = (*call.constants, call.initial, 0.0, 0.0, 0.0)
        given = tuple(
            number if tensor is None else self._each(tensor)
            for number, tensor in zip(every, tensors, strict=True)
        )
        shown = self.array(x, x.dtype, timed=not call.constant)
        return shown, call.steps, call.constant, call.choices, given[:8], given[8:]

    def _each(self, x: Tensor) -> Any:
        """Return one number for each neuron of a step."""
        try:
            wide = x.detach().broadcast_to(self.step)
        except RuntimeError as error:
            raise ValueError(
                f"constants or state {list(x.shape)} do not fit a step {list(self.step)}"
            ) from error
        return self.array(wide, self.kind, timed=False)

    def summed(self, array: Any, of: Tensor) -> Tensor:
        """Return the gradient on a tensor that was broadcast, from that on each neuron."""
        each = self.back(array, None, timed=False)
        assert each is not None
        return each.sum_to_size(of.shape).to(of.dtype)
