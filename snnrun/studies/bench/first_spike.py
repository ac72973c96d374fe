"""First spikes, and Lambert W."""

import math

import numpy as np
import torch
from torch import Tensor

from snnrun.kernels.first_spike import reference as twin
from snnrun.kernels.first_spike.times import first_spike_times
from snnrun.kernels.lambertw.function import lambertw_op
from snnrun.kernels.lambertw.reference import value_and_slope
from snnrun.studies.bench.work import Results, Work

#: For each pair of an input and a neuron that has not spiked before it; each spike; each cause of a
#: spike, backward.
OF_PAIR, OF_SPIKE, OF_CAUSE = 10, 100, 8
#: Single precision here, double in the twin.
TIMES, GRADIENTS = 1e-4, 1e-3


def equal_work(large: bool) -> Work:
    """tau_mem = tau_syn."""
    return _work(large, ratio=1)


def double_work(large: bool) -> Work:
    """tau_mem = 2 tau_syn."""
    return _work(large, ratio=2)


def _work(large: bool, ratio: int) -> Work:
    batch, pre, post = (50, 256, 128) if large else (16, 128, 64)
    random = torch.Generator().manual_seed(0)
    arrivals = 0.15 + 1.85 * torch.rand(batch, pre, generator=random)
    weights = 0.05 + 0.2 * torch.randn(pre, post, generator=random)
    weights.requires_grad_()
    upstream = torch.rand(batch, post, generator=random)

    def ours() -> Results:
        times = first_spike_times(arrivals, weights, tau_syn=1.0, ratio=ratio, threshold=1.0)
        (on_weights,) = torch.autograd.grad(times, weights, upstream)
        return {"times": times, "gradient": on_weights}

    def readable() -> Results:
        given, w = arrivals.numpy(), weights.detach().numpy()
        times = twin.spike_times(given, w, 1.0, ratio, 1.0)
        both = twin.gradients(given, w, times, upstream.numpy(), 1.0, ratio, 1.0)
        return {"times": times.astype(np.float32), "gradient": both[1].astype(np.float32)}

    pairs, arrays = batch * pre * post, batch * pre + 2 * batch * post + 2 * pre * post
    times = torch.from_numpy(np.asarray(readable()["times"]))
    return Work(
        f"{batch} x {pre} x {post}", pairs, "input, neuron and sample", 4 * arrays / pairs,
        operations(arrivals, times) / pairs, ours, readable,
        {"times": TIMES, "gradient": GRADIENTS},
    )  # fmt: skip


def operations(arrivals: Tensor, times: Tensor) -> float:
    """Return how many operations a layer cannot do without, forward and backward.

    Inputs that come at the same time count as one.

    Args:
        arrivals: ``[batch, pre]``.
        times: spikes, ``[batch, post]``.

    Example:
        >>> arrivals, times = torch.tensor([[0.0, 0.5, 0.5, 2.0]]), torch.tensor([[1.0, math.inf]])
        >>> operations(arrivals, times)  # 2 + 3 pairs, a spike of 2 causes
        166.0
    """
    inputs = arrivals.sort(dim=1).values
    inputs[:, 1:][inputs[:, 1:] == inputs[:, :-1]] = math.inf
    causes = (inputs[..., None] <= times[:, None]) & inputs.isfinite()[..., None]
    found = times.isfinite()
    pairs, spikes, of_spikes = causes.sum(), found.sum(), causes.sum(1)[found].sum()
    return float(OF_PAIR * pairs + OF_SPIKE * spikes + OF_CAUSE * of_spikes)


def lambertw_work(large: bool) -> Work:
    """Branch 0, half of the numbers negative; its operations depend on the number."""
    count = 500_000 if large else 100_000
    z = torch.rand(count, generator=torch.Generator().manual_seed(0)) * 2 / math.e - 1 / math.e

    def ours() -> Results:
        return dict(zip(("W", "slope"), lambertw_op(z, 0), strict=True))

    def readable() -> Results:
        found = (each.astype(np.float32) for each in value_and_slope(z.numpy(), 0))
        return dict(zip(("W", "slope"), found, strict=True))

    return Work(
        f"{count:,}", count, "number", bytes=3 * 4, operations=None, ours=ours, twin=readable,
        tolerances={"W": 1e-5, "slope": 1e-3},
    )  # fmt: skip
