"""Calls of the compiled module that are right: one for each name of its stub, drawn at random.

``CALLS`` holds a function for each name; it is called with the module and a random generator, and
returns what to call and the arguments by name, each of those in the stub.
"""

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from tests.kernels.hostile import graphs, sbs
from tests.kernels.hostile.drawing import Call, floating, numbers, threads, yes


def _first_spike(random: Random, kind: Any) -> dict[str, Any]:
    """Arguments that a forward pass and a plan share, of 5 samples, 4 inputs and 3 neurons."""
    per_synapse = random.random() < 0.4
    return {
        "arrivals": numbers(random, *(5, 4, 3) if per_synapse else (5, 4), kind=kind),
        "weights": numbers(random, 4, 3, kind=kind),
        "nominal": random.choice([1.0, numbers(random, 5, 3, kind=kind)]),
        "tau_syn": 1.0, "ratio": random.choice([1, 2]), "threads": threads(random),
    }  # fmt: skip


def _forward(random: Random, kind: Any) -> dict[str, Any]:
    level = random.choice([1.0, numbers(random, 5, 3, kind=kind)])
    return _first_spike(random, kind) | {"level": level}


def first_spike_forward(module: Any, random: Random) -> Call:
    return module.first_spike_forward, _forward(random, floating(random))


def first_spike_plan(module: Any, random: Random) -> Call:
    kind = floating(random)
    times = {"times": numbers(random, 5, 3, kind=kind)}
    return module.first_spike_plan, _first_spike(random, kind) | times


def first_spike_backward(module: Any, random: Random) -> Call:
    kind = floating(random)
    _, plan = module.first_spike_forward(**_forward(random, kind))
    arrivals, weights = yes(random, 2)
    return module.first_spike_backward, {
        "plan": plan, "upstream": numbers(random, 5, 3, kind=kind),
        "max_dw_norm": random.choice([1.0, math.inf]), "want_arrivals": arrivals,
        "want_weights": weights, "threads": threads(random),
    }  # fmt: skip


def lambertw(module: Any, random: Random) -> Call:
    z = -numbers(random, 7, 3, kind=floating(random)) / 3
    return module.lambertw, {"z": z, "branch": random.choice([0, -1]), "threads": threads(random)}


def _counted(random: Random) -> dict[str, Any]:
    return {"key": 7, "samples": np.arange(4), "threads": threads(random)}


def counted_words(module: Any, random: Random) -> Call:
    return module.counted_words, _counted(random) | {"count": 9, "kind": random.randrange(6)}


def counted_uniform(module: Any, random: Random) -> Call:
    return module.counted_uniform, _counted(random) | {"count": 9}


def counted_normal(module: Any, random: Random) -> Call:
    return module.counted_normal, _counted(random) | {"count": 9}


def counted_bernoulli(module: Any, random: Random) -> Call:
    chances = numbers(random, 4, 6, kind=floating(random))
    return module.counted_bernoulli, _counted(random) | {"chances": chances, "steps": 5}


def counted_intervals(module: Any, random: Random) -> Call:
    return module.counted_intervals, graphs.intervals()


def sparse(module: Any, random: Random) -> Call:
    kind = floating(random)
    x = numbers(random, 6, 5, kind=kind) * (numbers(random, 6, 5) > 0.7)

    def both(**arguments: Any) -> None:
        found = module.sparse(**arguments)
        for turned in () if found is None else (False, True):
            rows, inner = arguments["x"].shape[:: -1 if turned else 1]
            out = np.zeros((rows, 2), arguments["x"].dtype)
            multiply = found.transposed_product if turned else found.product
            multiply(np.ones((inner, 2), out.dtype), out, 1)

    return both, {"x": x.astype(kind), "share": 0.9}


def _product(kind: Any, turned: bool) -> Callable[[Any, Random], Call]:
    def call(module: Any, random: Random) -> Call:
        made = module.sparse((numbers(random, 6, 5) * 1).astype(kind), 1.0)
        inner, rows = (6, 5) if turned else (5, 6)
        return made.transposed_product if turned else made.product, {
            "right": numbers(random, inner, 3, kind=kind), "out": np.zeros((rows, 3), kind),
            "threads": threads(random),
        }  # fmt: skip

    return call


def narrow_product(module: Any, random: Random) -> Call:
    kind = floating(random)
    x, weights = numbers(random, 70, 5, kind=kind), numbers(random, 3, 5, kind=kind)
    return module.narrow_product, {"x": x, "weights": weights, "threads": threads(random)}


def narrow_gradient(module: Any, random: Random) -> Call:
    kind = floating(random)
    want_x, want_weights = yes(random, 2)
    return module.narrow_gradient, {
        "x": numbers(random, 70, 5, kind=kind), "weights": numbers(random, 3, 5, kind=kind),
        "signal": numbers(random, 70, 3, kind=kind), "want_x": want_x,
        "want_weights": want_weights, "threads": threads(random),
    }  # fmt: skip


def lif_scan(module: Any, random: Random) -> Call:
    kind, constant = floating(random), random.random() < 0.4
    neurons, reads = random.choice([1, 5, 37]), random.random() < 0.6
    spikes, membranes, derivatives, total, rates, bits = yes(random, 6)
    return module.lif_scan, {
        "current": numbers(random, *() if constant else (8,), 3, neurons, kind=kind), "steps": 8,
        "neuron": (0.5, 0.9, 1.0, random.randrange(4), random.randrange(3), 1.0, True),
        "step_weights": numbers(random, 8, kind=kind),
        "readout": numbers(random, neurons, 3, kind=kind) if reads else None,
        "late": 2, "constant": constant, "backwards": random.random() < 0.5,
        "wanted": (spikes, membranes, derivatives, total, rates, bits and reads),
        "threads": threads(random),
    }  # fmt: skip


def spike_counts(module: Any, random: Random) -> Call:
    spikes = numbers(random, 5, 3, 4, kind=floating(random)).round()
    return module.spike_counts, {"spikes": spikes, "threads": threads(random)}


def felt_membranes(module: Any, random: Random) -> Call:
    return module.felt_membranes, {
        "membranes": numbers(random, 5, 30, kind=floating(random)), "surrogate": 0,
        "threshold": 1.0, "sharpness": 1.0, "level": 0.1, "threads": threads(random),
    }  # fmt: skip


def _sequence(random: Random) -> tuple[dict[str, Any], Any, Any]:
    """Return arguments that both passes share, the type of x, and that of constants."""
    kind = random.choice([np.float32, np.float64, np.uint16])
    number, constant = np.float64 if kind == np.float64 else np.float32, random.random() < 0.4
    reset = random.randrange(4)
    delayed, detach, strict, raised, multiple = yes(random, 5)
    x = numbers(random, *() if constant else (6,), 3, 5)

    def one(value: float) -> Any:
        return random.choice([value, value, numbers(random, 3, 5, kind=number)])

    constants = tuple(map(one, (0.9, 0.8, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)))
    return {
        "x": (x * 30).astype(kind) if kind == np.uint16 else x.astype(kind), "steps": 6,
        "constant": constant, "constants": constants, "state": tuple(map(one, (0.0,) * 4)),
        "choices": (reset, delayed or reset == 3, detach, strict, raised, multiple,
                    random.randrange(3), 1.0, 1.0),
        "threads": threads(random),
    }, kind, number  # fmt: skip


def lif_sequence(module: Any, random: Random) -> Call:
    arguments, _, _ = _sequence(random)
    wanted = zip(("spikes", "membranes", "distances", "final"), yes(random, 4), strict=True)
    return module.lif_sequence, arguments | dict(wanted)


def lif_sequence_gradient(module: Any, random: Random) -> Call:
    arguments, kind, number = _sequence(random)

    def maybe(*shape: int, kind: Any = number) -> Any:
        return random.choice([None, (numbers(random, *shape) * 30).astype(kind)])

    want_x, want_state = yes(random, 2)
    return module.lif_sequence_gradient, arguments | {
        "on_spikes": maybe(6, 3, 5, kind=kind), "on_membranes": maybe(6, 3, 5, kind=kind),
        "on_membrane": maybe(3, 5), "on_current": maybe(3, 5), "on_adapted": maybe(3, 5),
        "psi": maybe(6, 3, 5, kind=kind), "want_x": want_x, "want_state": want_state,
        "want_constants": yes(random, 8),
    }  # fmt: skip


def readout_gradient(module: Any, random: Random) -> Call:
    kind, neurons = floating(random), random.choice([1, 5, 37])
    bits = np.full((6, (neurons + 31) // 32), random.getrandbits(32), np.uint32)
    return module.readout_gradient, {
        "bits": bits, "signal": numbers(random, 6, 3, kind=kind),
        "out": np.zeros((neurons, 3), kind), "threads": threads(random),
    }  # fmt: skip


def _no_arguments(name: str) -> Callable[[Any, Random], Call]:
    return lambda module, _: (getattr(module, name), {})


CALLS: dict[str, Callable[[Any, Random], Call]] = {
    "cpu_level": _no_arguments("cpu_level"),
    "keep_own_threads": _no_arguments("keep_own_threads"),
    "first_spike_forward": first_spike_forward,
    "first_spike_plan": first_spike_plan,
    "first_spike_backward": first_spike_backward,
    "lambertw": lambertw,
    "counted_words": counted_words,
    "counted_uniform": counted_uniform,
    "counted_normal": counted_normal,
    "counted_bernoulli": counted_bernoulli,
    "counted_intervals": counted_intervals,
    "sparse": sparse,
    "SparseFloat.product": _product(np.float32, False),
    "SparseFloat.transposed_product": _product(np.float32, True),
    "SparseDouble.product": _product(np.float64, False),
    "SparseDouble.transposed_product": _product(np.float64, True),
    "narrow_product": narrow_product,
    "narrow_gradient": narrow_gradient,
    "lif_scan": lif_scan,
    "spike_counts": spike_counts,
    "felt_membranes": felt_membranes,
    "lif_sequence": lif_sequence,
    "lif_sequence_gradient": lif_sequence_gradient,
    "readout_gradient": readout_gradient,
    **sbs.CALLS,
    **graphs.CALLS,
}
