"""Call the compiled module from several threads of Python, with several threads of its own.

    python -m tests.kernels.hostile.threads ROUNDS

Each call that is right is made by four threads at once; all must return what one alone returns.
Calls of graphs take turns, and each finds what those before it have left: of what they return
nothing is compared here (``tests/kernels/graph/test_calls.py`` compares what they learn).

Threads are those of the module, not those of torch, whose waiting the thread sanitizer cannot see
(``make sanitize-threads``).
"""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

import numpy as np

from snnrun.kernels.native import native
from tests.kernels.hostile.calls import CALLS
from tests.kernels.hostile.drawing import Call
from tests.kernels.hostile.graphs import REFUSED, call, groups, synapses

AT_ONCE = 4


def wide(module: Any) -> dict[str, Call]:
    """Return calls that are cut into many tasks."""
    draw = np.random.default_rng(0)

    def numbers(*shape: int) -> Any:
        return draw.random(shape).astype(np.float32)

    constants, zeros = (0.9, 0.8, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0), (0.0,) * 4
    sequence = {"x": numbers(6, 20000), "steps": 6, "constant": False, "constants": constants,
                "choices": (0, *(False,) * 5, 0, 1.0, 1.0), "state": zeros}  # fmt: skip
    spikes = {"neuron": (0.5, 0.9, 1.0, 0, 0, 1.0, False), "step_weights": numbers(8), "steps": 8,
              "late": 0, "constant": False, "backwards": False, "wanted": (True,) * 6}  # fmt: skip
    first = {"arrivals": numbers(64, 100), "weights": numbers(100, 200) / 10, "nominal": 1.0,
             "tau_syn": 1.0, "ratio": 1, "threads": 4}  # fmt: skip
    plan = module.first_spike_forward(**first, level=1.0)[1]
    matrix = module.sparse((numbers(900, 400) < 0.1).astype(np.float32), 0.5)
    wide: dict[str, dict[str, Any]] = {
        "lambertw": {"z": -numbers(20000) / 3, "branch": 0},
        "counted_normal": {"key": 7, "samples": np.arange(300), "count": 4096},
        "counted_bernoulli": {"key": 7, "samples": np.arange(64), "chances": numbers(64, 800),
                              "steps": 40},
        "lif_scan": {"current": numbers(8, 6, 5000), "readout": numbers(5000, 3), **spikes},
        "lif_sequence": {**sequence, "spikes": True, "membranes": True, "distances": True,
                         "final": True},
        "lif_sequence_gradient": {
            **sequence, "on_spikes": numbers(6, 20000), "on_membranes": None, "on_membrane": None,
            "on_current": None, "on_adapted": None, "psi": None, "want_x": True,
            "want_state": True, "want_constants": (True,) * 8},
        "readout_gradient": {"bits": np.full((50, 63), 2**31 + 5, np.uint32),
                             "signal": numbers(50, 3), "out": numbers(2000, 3)},
        "first_spike_forward": {**first, "level": 1.0},
        "first_spike_backward": {"plan": plan, "upstream": numbers(64, 200), "max_dw_norm": 1.0,
                                 "want_arrivals": True, "want_weights": True},
        "narrow_gradient": {"x": numbers(5000, 50), "weights": numbers(3, 50), "want_x": True,
                            "signal": numbers(5000, 3), "want_weights": True},
        "spike_counts": {"spikes": numbers(5, 200000).round()},
        "felt_membranes": {"membranes": numbers(5, 40000), "surrogate": 0, "threshold": 1.0,
                           "sharpness": 1.0, "level": 0.1},
    }  # fmt: skip
    calls = {name: (getattr(module, name), each) for name, each in wide.items()}
    right = {"right": numbers(400, 30), "out": numbers(900, 30)}
    found = {name: (call, each | {"threads": 4}) for name, (call, each) in calls.items()}
    return found | {"product": (matrix.product, right | {"threads": 4})}


def arrays(found: Any) -> Iterator[Any]:
    """Yield the arrays and numbers of a result, in order."""
    if isinstance(found, tuple | list):
        for each in found:
            yield from arrays(each)
    elif isinstance(found, np.ndarray | int | float):
        yield np.asarray(found)


def result(function: Any, right: dict[str, Any]) -> list[Any]:
    """Make a call with four threads, and with what it writes to of its own; return what it gave."""
    own = {key: each.copy() for key, each in right.items() if key == "out"}
    own |= {"threads": 4} if "threads" in right else {}
    return [*arrays(function(**right | own)), *own.get("out", ())]


def tried(function: Any, right: dict[str, Any]) -> None:
    """Make one call by several threads at once, and compare what they return with the first one."""
    expected = result(function, right)

    def compare(_: int) -> None:
        for _ in range(3):
            for one, other in zip(result(function, right), expected, strict=True):
                np.testing.assert_array_equal(one, other)

    together(compare)


def learned(function: Any, right: dict[str, Any], number: int) -> None:
    """Make one call of a graph that the threads share; only one of them builds a graph."""
    if "groups" not in right or number == 0:  # it empties these
        with suppress(*REFUSED):  # another one may have ended the episode
            function(**right)


def asked(module: Any) -> None:
    """Ask a graph for what it has learned, while one of the threads lets it learn at first."""
    graph = module.GraphFloat(groups(np.float32), synapses(np.float32))

    def ask(number: int) -> None:
        for _ in range(50):
            if number == 0:
                graph.run(**call())
            elif number == 1:
                graph.traces(1)
            else:
                graph.membranes(1)

    together(ask)


def together(task: Any) -> None:
    """Run a task in several threads that begin at the same time."""
    begin = threading.Barrier(AT_ONCE)

    def run(number: int) -> None:
        begin.wait()
        task(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(run, range(AT_ONCE)))


def main(rounds: int) -> None:
    module: Any = native()
    module.keep_own_threads()
    for seed in range(rounds):
        for name in CALLS:
            function, right = CALLS[name](module, Random(seed))
            if name.startswith("Graph"):  # what it has learned is part of its result
                together(partial(learned, function, right))
            else:
                tried(function, right)
        asked(module)
        for function, right in wide(module).values():
            tried(function, right)
    print(
        f"{rounds} rounds of {len(CALLS)} calls, each by {AT_ONCE} threads at once: the same, "
        "but for graphs, of which nothing was compared"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
