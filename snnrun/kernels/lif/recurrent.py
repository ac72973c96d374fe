r"""LIF neurons that drive each other, over a whole sequence: the one door, differentiable.

The equations stand in :mod:`snnrun.kernels.lif.recurrent_reference`, which runs on a device other
than the CPU: single steps of its kernel. On the CPU, each step forward is a product and a step of
the compiled kernel, and what the neurons carry from step to step is kept. Backward, with D_t the
gradient on the input of step t,

.. math:: \frac{dL}{dS_{t-1}} \mathrel{+}= D_t W^T, \qquad \frac{dL}{dW} = \sum_t S_{t-1}^T D_t

where the sum is one product over time and batch.
"""

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from snnrun.kernels.lif import recurrent_reference as twin
from snnrun.kernels.lif.recurrent_arrays import Array, Carried, Stepper, array, nothing
from snnrun.kernels.lif.sequence import Train
from snnrun.kernels.lif.sequence_call import CONSTANTS, Call
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, State, at_first
from snnrun.kernels.native import native

Maybe = Tensor | None
_NUMBERS = len(CONSTANTS)


def recurrent(
    x: Tensor,
    weights: Tensor,
    neuron: SequenceNeuron,
    state: State | None = None,
    *,
    membranes: bool = False,
    final: bool = False,
) -> Train:
    """Run neurons over ``x [time, batch, neurons]``; torch differentiates the result.

    Args:
        x: the input from elsewhere, float32, float64 or bfloat16, which is computed in float32.
        weights: from each neuron of the layer to each, ``[from, to]``.
        neuron: the constants; a tensor must broadcast to a step of ``x``.
        state: where the neurons stand, passed on from an earlier sequence; None: at rest.
        membranes: whether these are wanted.
        final: whether the state after the last step is wanted.

    Raises:
        TypeError: another type of number.
        ValueError: no steps, or weights, constants or a state that do not fit.

    Example:
        >>> x = torch.tensor([1.0, 0.0, 0.0])[:, None, None]
        >>> recurrent(x, torch.ones(1, 1), SequenceNeuron(0.5)).spikes.flatten().tolist()
        [1.0, 1.0, 1.0]
    """
    call = Call.of(x[:1], neuron, None, membranes, final=True)
    if x.dim() != 3 or weights.shape != (x.shape[2], x.shape[2]):
        raise ValueError(
            f"expected x [time, batch, neurons] and weights [neurons, neurons], got "
            f"{list(x.shape)} and {list(weights.shape)}"
        )
    kind = torch.float64 if x.dtype == torch.float64 else torch.float32
    wide, weights = x.to(kind), weights.to(kind)
    state = at_first(wide[0], neuron) if state is None else state
    beyond = call.fixed.shape is not None or not wide.is_cpu
    if torch.compiler.is_compiling() or native() is None or beyond:
        done = twin.recurrent(wide, weights, neuron, state)
        spikes, before, after = done.spikes, done.membranes, done.state
    else:
        tensors = [*(_at_each(getattr(neuron, name), wide[0]) for name in CONSTANTS), *state]
        found: tuple[Any, ...] = _Recurrent.apply(call, wide, weights, *tensors)  # type: ignore[no-untyped-call]
        spikes, before, after = found[0], found[1], State(*found[2:])
    shown = before.to(x.dtype) if membranes and before is not None else None
    return Train(spikes.to(x.dtype), shown, after if final else None)


def _at_each(constant: Any, step: Tensor) -> Maybe:
    """Return a constant for each neuron of a step; None for one that is a number."""
    if not isinstance(constant, Tensor):
        return None
    try:
        return constant.to(step.dtype).expand(step.shape)
    except RuntimeError as error:
        raise ValueError(
            f"constants {list(constant.shape)} do not fit a step {list(step.shape)}"
        ) from error


class _Recurrent(torch.autograd.Function):
    """Spikes, membranes and the four parts of the state after.

    Of the ``tensors``, the first are the constants, None = a number; the others the state before.
    """

    @staticmethod
    def forward(
        ctx: Any, call: Call, x: Tensor, weights: Tensor, *tensors: Maybe
    ) -> tuple[Maybe, ...]:
        stepper = Stepper(call, tensors[:_NUMBERS])
        state = cast("Carried", tuple(array(cast("Tensor", each)) for each in tensors[_NUMBERS:]))
        currents, states, before = _like(x), [state], list[Array]()
        for each, current in zip(x, currents, strict=True):
            torch.addmm(each, torch.from_numpy(state[3]), weights, out=current)
            membranes, state = stepper.forward(current[None].numpy(), state)
            before += [] if membranes is None else [membranes]
            states.append(state)
        after = [torch.from_numpy(each).clone() for each in state]
        spikes = torch.from_numpy(np.stack([each[3] for each in states[1:]]))
        ctx.stepper, ctx.states = stepper, states
        ctx.save_for_backward(weights, currents)
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(after[3])
        shown = torch.from_numpy(np.concatenate(before)) if before else None
        return spikes, shown, *after

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *upstream: Maybe) -> tuple[Maybe, ...]:
        weights, currents = ctx.saved_tensors
        wanted = ctx.needs_input_grad[3 : 3 + _NUMBERS]
        on_currents, driving = torch.zeros_like(currents), _like(currents[:1])
        on_spikes, on_membranes = (_steps(each, len(currents)) for each in upstream[:2])
        on_state = tuple(None if each is None else array(each) for each in upstream[2:5])
        on_constants = nothing()
        for t in reversed(range(len(currents))):
            given = on_spikes[t]
            if t + 1 < len(currents):
                given = _driven(given, on_currents[t + 1], weights, driving)
            found = ctx.stepper.backward(
                currents[t : t + 1].numpy(),
                ctx.states[t],
                (*(None if each is None else array(each) for each in (given, on_membranes[t])),
                 *on_state),
                wanted,
            )  # fmt: skip
            on_currents[t] = torch.from_numpy(found.x)[0]
            on_state, on_constants = found.state, [*map(_sum, on_constants, found.constants)]
        on_weights = None
        if ctx.needs_input_grad[2]:
            fired = torch.from_numpy(np.stack([each[3] for each in ctx.states[:-1]]))
            on_weights = fired.flatten(0, 1).T @ on_currents.flatten(0, 1)
        rest = (
            None if each is None else torch.from_numpy(each) for each in (*on_constants, *on_state)
        )
        return None, on_currents, on_weights, *rest, None


def _like(x: Tensor) -> Tensor:
    return torch.empty_like(x, memory_format=torch.contiguous_format)


def _steps(upstream: Maybe, steps: int) -> list[Maybe]:
    """Return the gradient on each step ``[1, batch, neurons]``."""
    return [None] * steps if upstream is None else [each[None] for each in upstream]


def _driven(given: Maybe, later: Tensor, weights: Tensor, out: Tensor) -> Tensor:
    """Return the gradient on the spikes of a step, with that by what they drive at the next.

    Args:
        given: by themselves; None = 0.
        later: on the current of the next step.
        weights: through which they drive it.
        out: is overwritten.
    """
    if given is None:
        torch.mm(later, weights.T, out=out[0])
    else:
        torch.addmm(given[0], later, weights.T, out=out[0])
    return out


def _sum(one: Any, other: Any) -> Any:
    return one if other is None else other if one is None else one + other
