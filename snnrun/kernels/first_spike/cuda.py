"""First-spike times and gradients on a CUDA device.

Memory is torch's, so it is reused in the order of the stream; the structs mirror
``native/include/snnrun/cuda.hpp``, where each field is explained.
"""

import ctypes
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnrun.kernels.cuda import Library, address, call
from snnrun.kernels.first_spike.arrays import Neuron, check

_WHOLE, _REAL, _POINTER = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


class Layer(ctypes.Structure):
    """A layer and its spikes."""

    _fields_ = (
        *((name, _WHOLE) for name in ("batch", "pre", "post", "per_synapse", "ratio")),
        *((name, _REAL) for name in ("tau_syn", "level", "nominal")),
        *((name, _POINTER) for name in ("levels", "nominals", "arrivals", "weights", "times")),
        *((name, _POINTER) for name in ("origin", "since", "on_membrane", "on_current")),
    )


class Schedule(ctypes.Structure):
    """Scratch of a forward pass."""

    _fields_ = tuple((name, _POINTER) for name in ("arrival", "decay", "reach", "order"))


class Gradient(ctypes.Structure):
    """Input, scratch and output of a backward pass."""

    _fields_ = (
        ("max_dw_norm", _REAL),
        *((name, _POINTER) for name in ("upstream", "on_membrane", "on_current", "scale", "sums")),
        *((name, _POINTER) for name in ("on_arrivals", "on_weights")),
    )


class Plan(NamedTuple):
    """What the backward pass needs; shapes as in the structs."""

    library: Library
    arrivals: Tensor
    weights: Tensor
    neuron: Neuron
    origin: Tensor
    since: Tensor
    on_membrane: Tensor
    on_current: Tensor


def forward(
    library: Library, arrivals: Tensor, weights: Tensor, neuron: Neuron
) -> tuple[Tensor, Plan]:
    """Return spike times ``[batch, post]`` and the plan for their gradient."""
    plan = _plan(library, arrivals, weights, neuron)
    times = torch.empty_like(plan.since)
    places = plan.origin.numel() * (len(weights) + 1)
    floats = [weights.new_empty(places) for _ in range(3)]
    order = weights.new_empty(places, dtype=torch.int32)
    scratch = Schedule(*map(address, (*floats, order)))
    _run("forward", plan, times, ctypes.byref(scratch))
    return times, plan


def plan_of_times(
    library: Library, arrivals: Tensor, weights: Tensor, times: Tensor, neuron: Neuron
) -> Plan:
    """Return the plan for spike times from elsewhere."""
    plan = _plan(library, arrivals, weights, neuron)
    _run("plan", plan, times.detach().contiguous())
    return plan


def backward(
    plan: Plan, upstream: Tensor, wanted: Sequence[bool]
) -> tuple[Tensor | None, Tensor | None]:
    """Return dL/darrivals and dL/dweights, each None unless ``wanted``."""
    arrivals, weights, upstream = plan.arrivals, plan.weights, upstream.contiguous()
    on_arrivals = torch.empty_like(arrivals) if wanted[0] else None
    on_weights = torch.empty_like(weights) if wanted[1] else None
    sizes = map(_WHOLE, (len(arrivals), *weights.shape))
    chunks = plan.library.snnrun_weight_chunks(*sizes) if wanted[1] else 1
    sums = on_weights if chunks == 1 else weights.new_empty(chunks, *weights.shape)
    scratch = [torch.empty_like(plan.since) for _ in range(3)]
    most = plan.neuron.max_dw_norm
    gradient = Gradient(
        math.inf if most is None else most,
        *map(address, (upstream, *scratch, sums, on_arrivals, on_weights)),
    )
    _run("backward", plan, None, ctypes.byref(gradient))
    return on_arrivals, on_weights


def _plan(library: Library, arrivals: Tensor, weights: Tensor, neuron: Neuron) -> Plan:
    check(arrivals, weights, neuron)
    all_of_them = (arrivals, weights, *map(_tensor, (neuron.level, neuron.nominal)))
    own = [x for x in all_of_them if x is not None]
    if len({(x.device, x.dtype) for x in own}) > 1:
        found = ", ".join(f"{x.dtype} on {x.device}" for x in own)
        raise TypeError(f"first_spike: expected one type on one device, not {found}")
    arrivals, weights = arrivals.detach().contiguous(), weights.detach().contiguous()
    level = _contiguous(neuron.level)
    nominal = level if neuron.nominal is neuron.level else _contiguous(neuron.nominal)
    neuron = neuron._replace(level=level, nominal=nominal)
    batch, post = len(arrivals), weights.shape[1]
    origin = weights.new_empty(batch if arrivals.ndim == 2 else batch * post)
    outcome = (weights.new_empty(batch, post) for _ in range(3))
    return Plan(library, arrivals, weights, neuron, origin, *outcome)


def _tensor(level: Any) -> Tensor | None:
    return level if isinstance(level, Tensor) else None


def _contiguous(level: Any) -> Any:
    return level.contiguous() if isinstance(level, Tensor) else level


def _run(name: str, plan: Plan, times: Tensor | None, *scratch: Any) -> None:
    """Hand the layer of a plan to a function of the library."""
    neuron = plan.neuron
    levels = [_tensor(x) for x in (neuron.level, neuron.nominal)]
    numbers = [math.nan if isinstance(x, Tensor) else x for x in (neuron.level, neuron.nominal)]
    layer = Layer(
        len(plan.arrivals),
        *plan.weights.shape,
        plan.arrivals.ndim == 3,
        neuron.ratio,
        neuron.tau_syn,
        *numbers,
        *map(address, (*levels, plan.arrivals, plan.weights, times, *plan[4:])),
    )
    call(plan.library, f"first_spike_{name}", plan.weights, ctypes.byref(layer), *scratch)
