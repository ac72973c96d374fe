"""LIF neurons over a whole sequence: the one door, differentiable.

The equations and every constant stand in :mod:`snnrun.kernels.lif.sequence_reference`. The compiled
kernel (``native/include/snnrun/lif_sequence.hpp``) goes over all steps in one pass, and once more
for the gradient; between the two it keeps the input alone.
"""

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor

from snnrun.kernels.lif import sequence_arrays as arrays
from snnrun.kernels.lif import sequence_reference as twin
from snnrun.kernels.lif.sequence_call import Call, constants_of
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, Shape, State
from snnrun.kernels.lif.steady import is_constant, once
from snnrun.kernels.native import native

BUILT = native() is not None  # known before torch compiles, which cannot look for modules


class Train(NamedTuple):
    """What neurons did.

    spikes: 0 or 1, ``[time, batch, ...]``.
    membranes: H, before the reset, of the same shape; None unless asked for.
    state: after the last step; None unless asked for.
    """

    spikes: Tensor
    membranes: Tensor | None = None
    state: State | None = None


def sequence(
    x: Tensor,
    neuron: SequenceNeuron,
    state: State | None = None,
    *,
    steps: int | None = None,
    membranes: bool = False,
    final: bool = False,
) -> Train:
    """Run neurons over ``x [time, batch, ...]``; torch differentiates the result.

    Args:
        x: the input, float32, float64 or bfloat16, whose neurons compute in float32.
        neuron: the constants; a tensor must broadcast to a step of ``x``.
        state: where the neurons stand, passed on from an earlier sequence; None: at rest.
        steps: how many steps ``x [batch, ...]`` is shown for, unchanged; None: x has a time axis.
        membranes: whether these are wanted.
        final: whether the state after the last step is wanted.

    Raises:
        TypeError: another type of number.
        ValueError: no steps, or constants or a state that do not fit.

    Example:
        >>> x = torch.tensor([0.75, 0.75, 0.75])[:, None]
        >>> sequence(x, SequenceNeuron(0.5)).spikes.flatten().tolist()
        [0.0, 1.0, 0.0]
    """
    if steps is None and x.dim() and x.shape[0] > 1 and is_constant(x):
        x, steps = once(x), x.shape[0]
    call = Call.of(x, neuron, steps, membranes, final)
    shape, compiling = call.fixed.shape, torch.compiler.is_compiling()
    if not BUILT or (shape is not None and (compiling or not _by_kernels(x))):
        return _twin(x, neuron, state, call)
    if compiling:
        return _operator(x, call, _tensors(neuron, state))
    if call.fixed.all and state is None and not (membranes or final):
        return Train(cast(Tensor, _Spikes.apply(x, call)))  # type: ignore[no-untyped-call]
    tensors = _tensors(neuron, state)
    learns = torch.is_grad_enabled() and any(
        each is not None and each.requires_grad for each in (x, *tensors)
    )
    given = call, shape if learns else None, x, *tensors
    spikes, before, *after = _Sequence.apply(*given)  # type: ignore[no-untyped-call]
    return Train(spikes, before, State(*after) if final else None)


def _by_kernels(x: Tensor) -> bool:
    """Whether the kernels take derivatives that they do not know: not in 16 bits."""
    return arrays.on_the_cpu(x) and x.dtype != torch.bfloat16


def _operator(x: Tensor, call: Call, tensors: list[Tensor | None]) -> Train:
    """Call the registered operator."""
    from snnrun.kernels.lif.sequence_operator import lif_sequence_op, numbers

    places = sum(1 << place for place, each in enumerate(tensors) if each is not None)
    there = [each for each in tensors if each is not None]
    rest = call.steps, call.constant, call.membranes, call.final
    spikes, *others = lif_sequence_op(x, there, places, numbers(call), *rest)
    before = others.pop(0) if call.membranes else None
    return Train(spikes, before, State(*others) if call.final else None)


def _tensors(neuron: SequenceNeuron, state: State | None) -> list[Tensor | None]:
    """Return what is a tensor of constants and state, in the order of the kernel."""
    first = (neuron.initial, None, None, None) if state is None else state
    every = (*constants_of(neuron), *first)
    return [each if isinstance(each, Tensor) else None for each in every]


def _twin(x: Tensor, neuron: SequenceNeuron, state: State | None, call: Call) -> Train:
    """Run the readable twin; what is stored in 16 bits is computed in 32."""
    wide = x.float() if x.dtype == torch.bfloat16 else x
    done = twin.sequence(
        wide.expand(call.steps, *wide.shape) if call.constant else wide, neuron, state
    )
    before = done.membranes.to(x.dtype) if call.membranes else None
    return Train(done.spikes.to(x.dtype), before, done.state if call.final else None)


class _Spikes(torch.autograd.Function):
    """Spikes of neurons that begin at rest and whose constants are numbers."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, call: Call) -> Tensor:
        ctx.save_for_backward(x)
        ctx.call = call
        return arrays.spikes_of(call, x)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, None]:
        # The marked one refuses gradients of gradients, and takes a while, asked for them or not.
        found = _marked_gradient if torch.is_grad_enabled() else _gradient
        return found(ctx, upstream)


def _gradient(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, None]:
    (x,) = ctx.saved_tensors
    return arrays.gradient_of_spikes(ctx.call, x, upstream), None


_marked_gradient = torch.autograd.function.once_differentiable(_gradient)


def _derivative(shape: Shape, x: Tensor) -> Tensor:
    """Return what a function makes of x, a number for all of it too.

    Raises:
        ValueError: it makes anything else of it.
    """
    found: Any = shape(x)  # whatever it may be
    try:
        return torch.as_tensor(found, dtype=x.dtype, device=x.device).expand_as(x)
    except (TypeError, ValueError, RuntimeError) as error:
        got = list(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(f"surrogate: expected a derivative {list(x.shape)}, got {got}") from error


class _Sequence(torch.autograd.Function):
    """All outputs, and the gradients on all that may learn.

    shape: of the surrogate derivative, where the kernels do not know it and something learns.
    """

    @staticmethod
    def forward(
        ctx: Any, call: Call, shape: Shape | None, x: Tensor, *tensors: Tensor | None
    ) -> tuple[Any, ...]:
        *outputs, distances = arrays.forward(call, x, tensors, shape is not None)
        *_, sharpness, height = call.fixed.choices
        psi = None if shape is None else height * _derivative(shape, sharpness * distances)
        ctx.call = call
        ctx.save_for_backward(x, psi, *tensors)
        ctx.set_materialize_grads(False)
        if call.final:
            ctx.mark_non_differentiable(outputs[-1])
        return tuple(outputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *upstream: Tensor | None) -> tuple[Tensor | None, ...]:
        x, psi, *tensors = ctx.saved_tensors
        wanted = ctx.needs_input_grad[2:]
        found = arrays.backward(ctx.call, x, tuple(tensors), upstream, wanted, psi)
        return None, None, found.x, *found.tensors
