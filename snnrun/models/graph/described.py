"""What the compiled engine is told of groups, synapses and rules: numbers, and arrays as they lie.

Names are those of ``native/include/snnrun/graph.hpp``. A kind that no table here has runs readably.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from snnrun.models.graph.adaptive import ALIF, FadingThresholdLIF
from snnrun.models.graph.conductance import ConductanceLIF
from snnrun.models.graph.connections import Connection, Dense, Single
from snnrun.models.graph.constants import Constant
from snnrun.models.graph.current import CurrentLIF
from snnrun.models.graph.fede import Fede
from snnrun.models.graph.group import Group, Input
from snnrun.models.graph.images import Conv2d, Local, Windows
from snnrun.models.graph.izhikevich import Izhikevich
from snnrun.models.graph.lif import LIF, AdaptiveLIF
from snnrun.models.graph.pooling import AdaptiveMaxPool2d, MaxPool2d, Pool
from snnrun.models.graph.relay import Relay
from snnrun.models.graph.shapes import image
from snnrun.models.graph.sparse import Sparse
from snnrun.models.graph.traces import TraceSettings

Told = dict[str, Any]

LIF_KIND, CURRENT, CONDUCTANCE, IZHIKEVICH, RELAY = range(5)
EXACT, HELD, EULER, NONE = range(4)
FIXED, RAISED, FADING, FADING_EULER = range(4)
SYNAPSES = {"dense": 0, "one_to_one": 1, "all_but_self": 2, "pool": 3}
#: The longest delay or refractory period that the engine knows, in steps.
LONGEST = 2**20


def group_told(group: Group, dtype: torch.dtype) -> Told:
    """Return what the engine is told of a group."""
    told: Told = {"size": torch.Size(group.shape).numel(), **_trace(group.traced, group.dt)}
    for name, value in GROUPS[type(group)](group).items():
        told[name] = _constant(value, group.shape, dtype) if isinstance(value, Tensor) else value
    return told


def _constant(value: Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> NDArray[Any]:
    """Return a constant as one number for each neuron."""
    kind = dtype if value.is_floating_point() else torch.int64
    return np.ascontiguousarray(value.expand(shape).to(kind).flatten().numpy())


def _trace(settings: TraceSettings | None, dt: float) -> Told:
    """Return a trace; forward Euler scales what spikes add, and fades as any other."""
    if settings is None:
        return {}
    share = dt / settings.tau if settings.euler else 1.0
    return {
        "traced": True,
        "trace_decay": 1 - share if settings.euler else settings.kept(dt),
        "trace_amount": share * settings.amount,
        "trace_adds": settings.euler or settings.mode == "add",
    }


def _input(group: Input) -> Told:
    return {"input": True}


def _lif(group: LIF) -> Told:
    integration = EULER if group.euler else HELD if group.holds else EXACT
    return {
        "integration": integration if group.leaks else NONE,
        "decay": group.decay,
        "gain": group.gain,
        "rest": group.rest,
        "threshold": group.threshold,
        "reset": group.reset_to,
        "refractory": _within_samples(group.closed_steps),
        **({} if group.lower is None else {"lower": group.lower}),
    }


def _within_samples(steps: Constant) -> Constant:
    """Return numbers of steps that can be counted, each as good as endless."""
    return steps.clamp(max=LONGEST) if isinstance(steps, Tensor) else min(steps, LONGEST)


def _adaptive(group: AdaptiveLIF) -> Told:
    raised = {"level": RAISED, "theta_decay": group.theta_decay, "plus": group.plus}
    theta = group.theta.numpy().reshape(-1)
    return {**_lif(group), **raised, "theta": theta, "one_winner": group.one_winner}


def _alif(group: ALIF) -> Told:
    return {
        **_lif(group), "level": RAISED, "theta_decay": group.theta_decay, "plus": group.plus,
    }  # fmt: skip


def _fading(group: FadingThresholdLIF) -> Told:
    level = FADING if group.linear else FADING_EULER
    return {**_lif(group), "level": level, "theta_decay": group.fade, "plus": group.plus}


def _current(group: CurrentLIF) -> Told:
    return {**_lif(group), "kind": CURRENT, "input_decay": group.current_decay}


def _conductance(group: ConductanceLIF) -> Told:
    integration = EULER if group.euler else HELD if group.holds else EXACT
    return {
        **_adaptive(group),
        "kind": CONDUCTANCE,
        "integration": integration,
        "decay": group.decay if group.euler else _logarithm(group.decay),
        "input_decay": group.excitation_decay,
        "inhibition_decay": group.inhibition_decay,
        "excites_to": group.excites_to,
        "inhibits_to": group.inhibits_to,
    }


def _logarithm(value: Constant) -> Constant:
    if isinstance(value, Tensor):
        return value.log()
    return math.log(value) if value > 0 else -math.inf


def _fede(group: Fede) -> Told:
    return {**_lif(group), "minus_traces": True}


def _izhikevich(group: Izhikevich) -> Told:
    return {
        "kind": IZHIKEVICH, "theta_decay": group.a, "input_decay": group.b, "reset": group.c,
        "plus": group.d, "threshold": group.threshold, "rest": group.rest, "dt": group.dt,
    }  # fmt: skip


def _relay(group: Relay) -> Told:
    return {"kind": RELAY}


GROUPS: dict[type[Group], Callable[[Any], Told]] = {
    Input: _input,
    LIF: _lif,
    AdaptiveLIF: _adaptive,
    ALIF: _alif,
    FadingThresholdLIF: _fading,
    CurrentLIF: _current,
    ConductanceLIF: _conductance,
    Fede: _fede,
    Izhikevich: _izhikevich,
    Relay: _relay,
}


def synapses_told(synapses: Connection) -> Told:
    """Return what the engine is told of synapses."""
    low, high = synapses.bounds
    bounds = {} if low is None else {"low": low}
    bounds |= {} if high is None else {"high": high}
    kind = CONNECTIONS[type(synapses)](synapses)
    return {"delay": synapses.delay, **bounds, **kind}


def _dense(synapses: Dense) -> Told:
    return {"weights": _array(synapses.weight), "ready": synapses.ready.numpy(), **_of(synapses)}


def _sparse(synapses: Sparse) -> Told:
    mask = synapses.mask.to(torch.uint8).numpy()
    return {"weights": _array(synapses.weight), "mask": mask, **_of(synapses)}


def _windows(synapses: Windows) -> Told:
    numbers = torch.arange(1.0, torch.Size(synapses.pre).numel() + 1, dtype=torch.float64)
    sees = synapses.seen(numbers[None])[0].t().to(torch.int32) - 1
    rows, width = len(synapses.weight), synapses.inputs
    return {
        "weights": _array(synapses.weight).reshape(rows, width),
        "rows": rows,
        "width": width,
        "windows": len(sees),
        "sees": np.ascontiguousarray(sees.numpy()),
        **_of(synapses),
    }


def _of(synapses: Connection) -> Told:
    """Return what all synapses that can learn have."""
    told: Told = {"kept": 1 - synapses.decay, "norm_squares": synapses.squares}
    if synapses.target is not None and synapses.every != "epoch":
        told |= {"norm": synapses.target, "norm_steps": synapses.every == "step"}
    if synapses.delays is not None:
        rows = len(synapses.weight)
        told["delays"] = np.ascontiguousarray(synapses.delays.numpy().reshape(rows, -1))
    return told


def _single(synapses: Single) -> Told:
    return {"kind": SYNAPSES[synapses.kind], "weights": _array(synapses.weight)}


def _max_pool(pool: MaxPool2d) -> Told:
    numbers = _numbers(pool)
    windows = functional.unfold(numbers[:, None], pool.kernel, stride=pool.stride)
    return _pool(pool, windows.transpose(1, 2).flatten(0, 1).int() - 1)


def _adaptive_max_pool(pool: AdaptiveMaxPool2d) -> Told:
    numbers, (rows, columns) = _numbers(pool).int() - 1, pool.post[-2:]
    windows = [
        plane[_share(y, rows, len(plane)), _share(x, columns, len(plane[0]))].flatten()
        for plane, y, x in itertools.product(numbers, range(rows), range(columns))
    ]
    return _pool(pool, nn.utils.rnn.pad_sequence(windows, batch_first=True, padding_value=-1))


def _share(part: int, parts: int, length: int) -> slice:
    """Return one of the windows that an adaptive pool shares a side among."""
    return slice(part * length // parts, -(-(part + 1) * length // parts))


def _numbers(pool: Pool) -> Tensor:
    """Return the neurons of pre, from 1 on, ``[channel, height, width]``."""
    shape = image(pool.pre)
    return torch.arange(1.0, torch.Size(shape).numel() + 1, dtype=torch.float64).view(shape)


def _pool(pool: Pool, windows: Tensor) -> Told:
    sees = np.ascontiguousarray(windows.numpy())
    return {"kind": SYNAPSES["pool"], "weights": _array(pool.weight), "width": sees.shape[1],
            "sees": sees}  # fmt: skip


def _array(weight: Tensor) -> NDArray[Any]:
    return weight.detach().numpy()


CONNECTIONS: dict[type[Connection], Callable[[Any], Told]] = {
    Dense: _dense,
    Sparse: _sparse,
    Local: _windows,
    Conv2d: _windows,
    Single: _single,
    MaxPool2d: _max_pool,
    AdaptiveMaxPool2d: _adaptive_max_pool,
}


def within(group: Group, place: int, dtype: torch.dtype) -> list[Told]:
    """Return synapses that a group has by itself: Izhikevich's, which take a step."""
    if not isinstance(group, Izhikevich) or group.weights is None:
        return []
    weights = group.weights.to(dtype).contiguous().numpy()
    return [{"pre": place, "post": place, "delay": 1, "weights": weights}]


def known(group: Group) -> bool:
    """Whether the engine knows a group; one that would begin with a spike it does not."""
    begins = isinstance(group, Izhikevich) and bool((group.threshold <= group.rest).any())
    return type(group) in GROUPS and not begins
