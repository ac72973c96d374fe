"""First-spike times as a differentiable torch function.

``first_spike_times`` gives the first threshold crossing of leaky integrate-and-fire neurons with
exponential synapses, exactly, by the closed forms in ``first_spike_reference``. Its gradient is
that of the implicit function: with kernel k and membrane slope V' at the spike T,
dT/dw_i = -k(T - t_i) / V' and dT/dt_i = w_i k'(T - t_i) / V'. The model is that of fastAndDeep
and, with arrivals per synapse, of DelGrad.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from snnrun.kernels.first_spike import tensors
from snnrun.kernels.first_spike.operator import first_spike_op
from snnrun.kernels.first_spike.tensors import Constants


def first_spike_times(
    arrivals: Tensor,
    weights: Tensor,
    *,
    tau_syn: float,
    ratio: int,
    threshold: float | Tensor,
    nominal_threshold: float | None = None,
    max_dw_norm: float | None = None,
) -> Tensor:
    """First spike of every neuron, ``[batch, post]``, in the unit of ``arrivals``; inf = none.

    Args:
        arrivals: input spike times, ``[batch, pre]``, or ``[batch, pre, post]`` where each synapse
            has a delay of its own; inf is no spike. float32 or float64, as the weights.
        weights: ``[pre, post]``.
        tau_syn: synaptic time constant, in the unit of ``arrivals``.
        ratio: membrane over synaptic time constant, 1 or 2.
        threshold: (threshold - leak) * g_leak; ``[batch, post]`` if it is noisy. One that is not
            positive is never crossed.
        nominal_threshold: what the gradient takes for the threshold; None: ``threshold`` itself.
        max_dw_norm: a sample whose gradient on a weight exceeds it changes no weight of that
            neuron; gradients on arrivals stay.

    A nan in the incoming gradient counts as 0. Thresholds get no gradient.

    Raises:
        TypeError: arrivals and weights are not both float32 or both float64.
        ValueError: shapes do not fit, or ratio or tau_syn is out of range.

    >>> arrivals = torch.tensor([[0.0, 0.5]], dtype=torch.float64)
    >>> weights = torch.full((2, 1), 2.0, dtype=torch.float64)
    >>> times = first_spike_times(arrivals, weights, tau_syn=1.0, ratio=1, threshold=1.0)
    >>> round(times.item(), 6)
    0.686131
    """
    noise = threshold.detach() if isinstance(threshold, Tensor) else None
    level = math.nan if isinstance(threshold, Tensor) else threshold
    constants = Constants(noise, level, nominal_threshold, tau_syn, ratio, max_dw_norm)
    if torch.compiler.is_compiling():
        traced: Tensor = first_spike_op(arrivals, weights, *constants)
        return traced
    return _differentiable(arrivals, weights, constants)


class _FirstSpike(torch.autograd.Function):
    """Keeps the plan of the forward pass, and costs a fifth of a registered operator's call."""

    @staticmethod
    def forward(ctx: Any, arrivals: Tensor, weights: Tensor, constants: Constants) -> Tensor:
        times, ctx.plan = tensors.forward(arrivals, weights, constants)
        ctx.constants = constants
        ctx.save_for_backward(arrivals, weights, times)
        return times

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        values, wanted = ctx.saved_tensors, ctx.needs_input_grad[:2]
        return *tensors.backward(values, ctx.constants, ctx.plan, upstream, wanted), None


_differentiable: Callable[..., Tensor] = _FirstSpike.apply
