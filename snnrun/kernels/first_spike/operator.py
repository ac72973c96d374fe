"""``first_spike_times`` as registered torch operators, through which ``torch.compile`` sees.

A registered operator keeps tensors only, so the backward pass sorts the inputs again; outside of
``torch.compile`` the autograd function in ``first_spike`` keeps the plan and calls faster.
"""

from typing import Any, cast

import torch
from torch import Tensor

from snnrun.kernels.first_spike import tensors
from snnrun.kernels.first_spike.tensors import Constants


@torch.library.custom_op("snnrun::first_spike", mutates_args=())
def first_spike_op(
    arrivals: Tensor,
    weights: Tensor,
    noise: Tensor | None,
    level: float,
    nominal: float | None,
    tau_syn: float,
    ratio: int,
    max_dw_norm: float | None,
) -> Tensor:
    """Spike times ``[batch, post]``; see ``first_spike.first_spike_times``."""
    constants = Constants(noise, level, nominal, tau_syn, ratio, max_dw_norm)
    return tensors.forward(arrivals, weights, constants)[0]


@torch.library.custom_op("snnrun::first_spike_backward", mutates_args=())
def first_spike_backward_op(
    upstream: Tensor,
    arrivals: Tensor,
    weights: Tensor,
    times: Tensor,
    noise: Tensor | None,
    level: float,
    nominal: float | None,
    tau_syn: float,
    ratio: int,
    max_dw_norm: float | None,
) -> tuple[Tensor, Tensor]:
    """Gradients on arrivals and weights at the given spike times, wherever these come from."""
    constants = Constants(noise, level, nominal, tau_syn, ratio, max_dw_norm)
    values = arrivals, weights, times
    plan = tensors.plan_of_times(values, constants)
    found = tensors.backward(values, constants, plan, upstream, (True, True))
    return cast("tuple[Tensor, Tensor]", found)


@first_spike_op.register_fake
def _(arrivals: Tensor, weights: Tensor, *_: object) -> Tensor:
    return arrivals.new_empty(arrivals.shape[0], weights.shape[1])


@first_spike_backward_op.register_fake
def _(upstream: Tensor, arrivals: Tensor, weights: Tensor, *_: object) -> tuple[Tensor, Tensor]:
    return arrivals.new_empty(arrivals.shape), weights.new_empty(weights.shape)


def _setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    arrivals, weights, noise, *ctx.constants = inputs
    ctx.save_for_backward(arrivals, weights, output, noise)


def _backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
    on_arrivals, on_weights = first_spike_backward_op(upstream, *ctx.saved_tensors, *ctx.constants)
    return on_arrivals, on_weights, None, None, None, None, None, None


first_spike_op.register_autograd(_backward, setup_context=_setup_context)
