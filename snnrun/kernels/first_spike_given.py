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

from snnrun.kernels import first_spike_arrays as arrays
from snnrun.kernels.first_spike_arrays import Neuron
from snnrun.kernels.first_spike_op import as_array


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
        max_dw_norm: as in :func:`snnrun.kernels.first_spike.first_spike_times`.
    """
    neuron = Neuron(tau_syn, ratio, threshold, threshold, max_dw_norm)
    return _given(times, arrivals, weights, neuron)


class _Given(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, times: Tensor, arrivals: Tensor, weights: Tensor, neuron: Neuron
    ) -> Tensor:
        ctx.neuron = neuron
        ctx.save_for_backward(times, arrivals, weights)
        return times.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[None, Tensor | None, Tensor | None, None]:
        times, values, weights = (as_array(x) for x in ctx.saved_tensors)
        threads = torch.get_num_threads()
        cause = arrays.cause_of_times(values, weights, times, ctx.neuron, threads)
        wanted = ctx.needs_input_grad[1:3]
        found = arrays.backward(cause, as_array(upstream), wanted, threads)
        on_arrivals, on_weights = (None if x is None else torch.from_numpy(x) for x in found)
        return None, on_arrivals, on_weights, None


_given: Callable[..., Tensor] = _Given.apply
