"""First-spike times and gradients on numpy arrays: the compiled kernel, or its twin where absent.

The equations stand in ``first_spike_reference``, the algorithm of the compiled kernel in
``native/include/snnrun/first_spike.hpp``.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnrun.kernels.first_spike import reference as twin
from snnrun.kernels.native import native

Floats = NDArray[Any]
Plan = Any  # what the compiled forward pass keeps for the backward pass; None for the twin


class Neuron(NamedTuple):
    """Constants of a layer; ``level`` is reached in the forward pass, ``nominal`` in the backward.

    They differ where the threshold is noisy; both are positive numbers or ``[batch, post]``.
    """

    tau_syn: float
    ratio: int
    level: float | Floats
    nominal: float | Floats
    max_dw_norm: float | None = None


class Cause(NamedTuple):
    """Spike times ``[batch, post]`` and all that their gradient needs."""

    arrivals: Floats
    weights: Floats
    times: Floats
    neuron: Neuron
    plan: Plan


def forward(arrivals: Floats, weights: Floats, neuron: Neuron, threads: int) -> Cause:
    """First spikes of a layer."""
    tau_syn, ratio, level, nominal, _ = neuron
    if (compiled := native()) is not None:
        times, plan = compiled.first_spike_forward(
            arrivals, weights, level, nominal, tau_syn, ratio, threads
        )
        return Cause(arrivals, weights, times, neuron, plan)
    check(arrivals, weights, neuron)
    times = twin.spike_times(arrivals, weights, tau_syn, ratio, level).astype(arrivals.dtype)
    return Cause(arrivals, weights, times, neuron, None)


def cause_of_times(
    arrivals: Floats, weights: Floats, times: Floats, neuron: Neuron, threads: int
) -> Cause:
    """The same for spike times from elsewhere: an integrator, noise, a chip."""
    plan = None
    if (compiled := native()) is not None:
        tau_syn, ratio, _, nominal, _ = neuron
        plan = compiled.first_spike_plan(arrivals, weights, times, nominal, tau_syn, ratio, threads)
    return Cause(arrivals, weights, times, neuron, plan)


def backward(
    cause: Cause, upstream: Floats, wanted: Sequence[bool], threads: int
) -> tuple[Floats | None, Floats | None]:
    """dL/darrivals and dL/dweights, each None unless ``wanted``, from ``upstream`` = dL/dtimes."""
    arrivals, weights, times, (tau_syn, ratio, _, nominal, limit), plan = cause
    found: tuple[Floats | None, Floats | None]
    if plan is not None:
        compiled: Any = native()
        most = math.inf if limit is None else limit
        found = compiled.first_spike_backward(plan, upstream, most, *wanted, threads)
        return found
    both = twin.gradients(arrivals, weights, times, upstream, tau_syn, ratio, nominal, limit)
    on_arrivals, on_weights = (x.astype(arrivals.dtype) for x in both)
    return on_arrivals if wanted[0] else None, on_weights if wanted[1] else None


def check(arrivals: Any, weights: Any, neuron: Neuron) -> None:
    """What the compiled module checks for itself; takes arrays and tensors alike."""
    number = str(arrivals.dtype).removeprefix("torch.")
    if arrivals.dtype != weights.dtype or number not in ("float32", "float64"):
        raise TypeError(
            "first_spike: arrivals and weights must both be float32 or both be float64, "
            f"not {arrivals.dtype} and {weights.dtype}"
        )
    if weights.ndim != 2 or arrivals.shape[1:] not in (weights.shape[:1], weights.shape):
        raise ValueError(
            "first_spike: expected arrivals [batch, pre] or [batch, pre, post] and weights "
            f"[pre, post], not {list(arrivals.shape)} and {list(weights.shape)}"
        )
    for level in (neuron.level, neuron.nominal):
        if np.ndim(level) and np.shape(level) != (len(arrivals), weights.shape[1]):
            raise ValueError(
                "first_spike: expected threshold as a number or [batch, post] = "
                f"{[len(arrivals), weights.shape[1]]}, not {list(np.shape(level))}"
            )
    if neuron.ratio not in (1, 2):
        raise ValueError(f"first_spike: ratio must be 1 or 2, not {neuron.ratio}")
    if not neuron.tau_syn > 0:
        raise ValueError(f"first_spike: tau_syn must be positive, not {neuron.tau_syn}")
