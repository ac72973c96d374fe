"""The exact gradient of first-spike times for times that come from elsewhere.

An integrator with finite steps, rounded weights or a chip give spike times near the exact ones;
their gradient is taken as that of the closed form at the given time, with the given weights. Where
no ideal neuron could spike at such a time the gradient is 0.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from snnrun.kernels.first_spike import tensors
from snnrun.kernels.first_spike.tensors import Constants


def with_exact_gradient(
    times: Tensor,
    arrivals: Tensor,
    weights: Tensor,
    *,
    tau_syn: float,
    ratio: int,
    threshold: float,
    max_dw_norm: float | None = None,
) -> Tensor:
    """Return ``times`` as a function of arrivals and weights.

    Args:
        times: given spike times ``[batch, post]``; inf = none.
        arrivals: ``[batch, pre]`` or ``[batch, pre, post]``.
        weights: ``[pre, post]``.
        tau_syn: synaptic time constant.
        ratio: membrane over synaptic time constant, 1 or 2.
        threshold: (threshold - leak) * g_leak.
        max_dw_norm: as in :func:`snnrun.kernels.first_spike.times.first_spike_times`.
    """
    constants = Constants(None, threshold, None, tau_syn, ratio, max_dw_norm)
    return _given(times, arrivals, weights, constants)


class _Given(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, times: Tensor, arrivals: Tensor, weights: Tensor, constants: Constants
    ) -> Tensor:
        ctx.constants = constants
        ctx.save_for_backward(arrivals, weights, times)
        return times.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[None, Tensor | None, Tensor | None, None]:
        values, constants = ctx.saved_tensors, ctx.constants
        plan = tensors.plan_of_times(values, constants)
        wanted = ctx.needs_input_grad[1:3]
        return None, *tensors.backward(values, constants, plan, upstream, wanted), None


_given: Callable[..., Tensor] = _Given.apply
