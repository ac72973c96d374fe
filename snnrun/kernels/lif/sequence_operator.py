"""LIF sequences as registered torch operators, through which ``torch.compile`` sees.

Outside of it, the autograd functions in ``sequence`` call faster.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from snnrun.kernels.lif import sequence_arrays as arrays
from snnrun.kernels.lif.sequence_call import Call, Fixed
from snnrun.kernels.lif.sequence_layout import Maybe


def numbers(call: Call) -> list[float]:
    """Return choices, constants and initial membrane as an operator takes them."""
    fixed = call.fixed
    return [float(each) for each in (*fixed.choices, *fixed.constants, fixed.initial)]


def _call(given: Sequence[float], steps: int, constant: bool, membranes: bool, final: bool) -> Call:
    reset, *flags, surrogate, sharpness, height = given[:9]
    choices = (int(reset), *map(bool, flags), int(surrogate), sharpness, height)
    fixed = Fixed(choices, tuple(given[9:17]), given[17], all=False)
    return Call(steps, constant, fixed, membranes, final)


@torch.library.custom_op("snnrun::lif_sequence", mutates_args=())
def lif_sequence_op(
    x: Tensor,
    tensors: Sequence[Tensor],
    places: int,
    given: Sequence[float],
    steps: int,
    constant: bool,
    membranes: bool,
    final: bool,
) -> list[Tensor]:
    """What is wanted of spikes, membranes and the state after; see ``sequence.sequence``.

    Bits of ``places`` say which of the constants and the parts of a state are tensors.
    """
    call = _call(given, steps, constant, membranes, final)
    *found, _ = arrays.forward(call, x, _spread(tensors, places))
    return [each for each in found if each is not None]


@torch.library.custom_op("snnrun::lif_sequence_backward", mutates_args=())
def lif_sequence_backward_op(
    upstream: Sequence[Tensor | None],
    x: Tensor,
    tensors: Sequence[Tensor],
    places: int,
    given: Sequence[float],
    steps: int,
    constant: bool,
    membranes: bool,
    final: bool,
) -> list[Tensor]:
    """Gradients on x and on the tensors that are there."""
    call = _call(given, steps, constant, membranes, final)
    wanted = [True, *(places >> place & 1 == 1 for place in range(12))]
    spikes, *others = upstream
    before = others.pop(0) if membranes else None
    every = [spikes, before, *others]
    found = arrays.backward(call, x, _spread(tensors, places), every, wanted)
    assert found.x is not None
    # What a delayed reset has still to act on passes no gradient.
    pairs = zip((found.tensors[place] for place in _set_bits(places)), tensors, strict=True)
    return [found.x, *(torch.zeros_like(of) if each is None else each for each, of in pairs)]


def _set_bits(places: int) -> list[int]:
    return [place for place in range(12) if places >> place & 1]


def _spread(tensors: Sequence[Tensor], places: int) -> list[Maybe]:
    there = dict(zip(_set_bits(places), tensors, strict=True))
    return [there.get(place) for place in range(12)]


@lif_sequence_op.register_fake
def _(
    x: Tensor,
    tensors: Sequence[Tensor],
    places: int,
    given: Sequence[float],
    steps: int,
    constant: bool,
    membranes: bool,
    final: bool,
) -> list[Tensor]:
    every = x.expand(steps, *x.shape) if constant else x
    kind = torch.float64 if x.dtype == torch.float64 else torch.float32
    each = [x.new_empty(every.shape[1:], dtype=kind) for _ in range(4 if final else 0)]
    return [torch.empty_like(every) for _ in range(1 + membranes)] + each


@lif_sequence_backward_op.register_fake
def _(upstream: Sequence[Maybe], x: Tensor, tensors: Sequence[Tensor], *_: Any) -> list[Tensor]:
    return [torch.empty_like(each) for each in (x, *tensors)]


def _setup_context(ctx: Any, inputs: tuple[Any, ...], output: list[Tensor]) -> None:
    x, tensors, *ctx.rest = inputs
    ctx.save_for_backward(x, *tensors)


def _backward(ctx: Any, upstream: list[Maybe]) -> tuple[Any, ...]:
    x, *tensors = ctx.saved_tensors
    on_x, *found = lif_sequence_backward_op(list(upstream), x, tensors, *ctx.rest)
    return on_x, found, None, None, None, None, None, None


lif_sequence_op.register_autograd(_backward, setup_context=_setup_context)
