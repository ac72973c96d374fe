r"""Layers that learn step by step: what they carry on, and gradients by traces of their input.

The membranes that weights W drive are, but for resets, filters of their input x,

.. math:: H_t = \ldots + k\,W \hat x_t, \qquad
          \hat I_t = a\,\hat I_{t-1} + x_t, \quad \hat x_t = b\,\hat x_{t-1} + \hat I_t,

so with :math:`\delta_t` the gradient on :math:`W x_t` that does not look into other steps, the
gradient on W is :math:`\sum_t \delta_t \hat x_t^\top`: online training through time. A bias is the
weight of an input of 1. a and b are those of the neurons behind; where the outputs follow without
memory, :math:`\hat x_t = x_t`. Between two steps stay states and traces, whatever their number.

Xiao et al., Online training through time for spiking neural networks, NeurIPS (2022).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import torch
from torch import Tensor

from snnrun.kernels.lif.sequence_reference import State
from snnrun.models.feedforward.layer_settings import Memory


class Trace:
    """The filtered input of weights, up to now.

    input: of x, of its shape.
    ones: of an input of 1.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._current: Tensor | None = None
        self.input: Tensor | None = None
        self._one = self.ones = 0.0

    def see(self, x: Tensor) -> None:
        """Take in the input of a step."""
        membrane, current = self._memory
        self._one = current * self._one + 1
        self.ones = membrane * self.ones + self._one
        self._current = _filtered(self._current, current, x.detach())
        self.input = _filtered(self.input, membrane, self._current)


def _filtered(before: Tensor | None, decay: float, x: Tensor) -> Tensor:
    return x if before is None or not decay else torch.add(x, before, alpha=decay)


@dataclass
class Carried:
    """What a network carries from step to step.

    memories: of the neurons that each layer of weights drives, by its key.
    states: of the neurons, by the key of their layer; they pass no gradient.
    traces: of the input of weights, by the key of their layer.
    """

    memories: Mapping[str, Memory]
    states: dict[str, State] = field(default_factory=dict)
    traces: dict[str, Trace] = field(default_factory=dict)

    def keep(self, key: str, state: State | None) -> None:
        """Take in where neurons stand."""
        assert state is not None
        self.states[key] = State(*(each.detach() for each in state))

    def trace(self, key: str, x: Tensor) -> Trace:
        """Return the trace of the input of weights, after ``x [batch, ...]`` of this step."""
        trace = self.traces.setdefault(key, Trace(self.memories[key]))
        trace.see(x)
        return trace


class Weights(Protocol):
    """What a layer of weights has to tell."""

    def times(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Return the output for ``x [samples, ...]``."""

    def on_input(self, upstream: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        """Return the gradient on x, given that on the output."""

    def on_weight(self, upstream: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        """Return the gradient on the weights, given that on the output for x."""


def by_trace(
    layer: Weights, x: Tensor, weight: Tensor, bias: Tensor | None, trace: Trace
) -> Tensor:
    """Return the output for ``x [batch, ...]`` of a step, whose weights learn by a trace."""
    return cast("Tensor", _ByTrace.apply(layer, x, weight, bias, trace.input, trace.ones))  # type: ignore[no-untyped-call]


class _ByTrace(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        layer: Weights,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        trace: Tensor,
        ones: float,
    ) -> Tensor:
        ctx.layer, ctx.ones = layer, ones
        ctx.save_for_backward(x, weight, trace)
        return layer.times(x, weight, bias)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, trace = ctx.saved_tensors
        _, on_x, on_weight, on_bias, *_ = ctx.needs_input_grad
        return (
            None,
            ctx.layer.on_input(upstream, x, weight) if on_x else None,
            ctx.layer.on_weight(upstream, trace, weight) if on_weight else None,
            ctx.ones * upstream.sum([0, *range(2, upstream.dim())]) if on_bias else None,
            None,
            None,
        )
