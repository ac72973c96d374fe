"""``first_spike_times`` as registered torch operators, through which ``torch.compile`` sees.

A registered operator keeps tensors only, so the backward pass sorts the inputs again; outside of
``torch.compile`` the autograd function in ``first_spike`` keeps the plan and calls faster.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.kernels import first_spike_arrays as arrays
from snnrun.kernels.first_spike_arrays import Neuron


def as_array(x: Tensor) -> NDArray[Any]:
    """A contiguous numpy view of a tensor, a copy where it has to be."""
    return np.ascontiguousarray(x.numpy(force=True))


def neuron_of(
    noise: Tensor | None,
    level: float,
    nominal: float | None,
    tau_syn: float,
    ratio: int,
    max_dw_norm: float | None,
) -> Neuron:
    """Constants as the kernels take them; ``noise``, if any, holds the thresholds to reach."""
    reach = level if noise is None else as_array(noise)
    return Neuron(tau_syn, ratio, reach, reach if nominal is None else nominal, max_dw_norm)


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
    neuron = neuron_of(noise, level, nominal, tau_syn, ratio, max_dw_norm)
    values = as_array(arrivals), as_array(weights)
    cause = arrays.forward(*values, neuron, torch.get_num_threads())
    return torch.from_numpy(cause.times).to(arrivals.device)


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
    neuron = neuron_of(noise, level, nominal, tau_syn, ratio, max_dw_norm)
    threads = torch.get_num_threads()
    cause = arrays.cause_of_times(
        as_array(arrivals), as_array(weights), as_array(times), neuron, threads
    )
    found = arrays.backward(cause, as_array(upstream), (True, True), threads)
    on_arrivals, on_weights = (torch.from_numpy(np.asarray(x)).to(upstream.device) for x in found)
    return on_arrivals, on_weights


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
