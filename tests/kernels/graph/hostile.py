"""Calls of the compiled graphs that are right but for a few things, and what becomes of them.

``python -m tests.kernels.graph.hostile EXAMPLES``: in a process of its own, so that a crash is
seen. Each call works, or raises a TypeError, ValueError or MemoryError that says something.
"""

import copy
import faulthandler
import gc
import math
import resource
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snnrun.kernels.native import native
from tests.kernels.graph.cases import call, groups, intervals, synapses

ROOM = 3 * 2**30  # bytes that the process may take
EXPECTED = (TypeError, ValueError, MemoryError)


NUMBERS = st.sampled_from(
    [-1, 0, 1, 2, 4, 5, 7, 10**6, 2**31 - 2, 2**31, 2**32, 2**63 - 1, -(2**63), 2**64, 0.5, 1e30,
     1e300, -1e30, math.nan, math.inf, -math.inf, True, False]
)  # fmt: skip
OTHERS = st.sampled_from([None, "text", b"", (), [], {}, [[]], object(), 1j, np.float32(2)])
TYPES = st.sampled_from(
    ["f4", "f8", ">f4", "f2", "u1", "i4", "i8", "u4", "u8", "?", "O", "U3", "c8", "M8[s]", "V4"]
)


def _typed(shape: tuple[int, ...], kind: str, fill: float) -> Any:
    made = np.zeros(shape, kind)
    if made.dtype.kind in "fc":
        made[...] = fill
    return made


ARRAYS = st.builds(
    _typed,
    st.lists(st.integers(0, 6), max_size=3).map(tuple),
    TYPES,
    st.sampled_from([0.0, 1.0, -1e30, math.nan, math.inf]),
)


def _changed(array: Any, how: str) -> Any:
    """Return an array in another form."""
    flat, extreme = array.copy(), array.dtype.type(0)
    if array.dtype.kind in "iu":
        extreme = np.iinfo(array.dtype).max
    elif array.dtype.kind == "f":
        extreme = array.dtype.type(math.nan)
    if how == "read only":
        flat.flags.writeable = False
    elif how == "extreme" and flat.size:
        flat.flat[-1] = extreme
    elif how == "lowest" and flat.size:
        flat.flat[0] = np.iinfo(array.dtype).min if array.dtype.kind in "iu" else -math.inf
    elif how == "strided":
        return np.repeat(array, 2, axis=-1)[..., ::2]
    elif how == "turned":
        return array.T
    elif how == "reversed":
        return array[::-1]
    elif how == "longer":
        return np.concatenate([array, array])
    elif how == "shorter":
        return array[:-1]
    elif how == "unaligned" and flat.size:
        raw = np.zeros(flat.nbytes + 1, np.uint8)[1:]
        flat = raw.view(flat.dtype).reshape(flat.shape)
    return flat


FORMS = st.sampled_from(
    ["read only", "extreme", "lowest", "strided", "turned", "reversed", "longer", "shorter",
     "unaligned"]
)  # fmt: skip


def _places(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all that lies in lists, maps and tuples."""
    inside = part.items() if isinstance(part, dict) else enumerate(part)
    found = []
    for key, each in inside:
        found.append((*path, key))
        if isinstance(each, dict | list | tuple):
            found += _places(each, (*path, key))
    return found


@st.composite
def spoiled(draw: Any, right: Any) -> Any:
    """Draw a description with up to three things changed."""
    shared: list[Any] = []
    for _ in range(draw(st.integers(0, 3))):
        places = _places(right)
        if not places:
            break
        *where, key = draw(st.sampled_from(places))
        how = draw(st.sampled_from(["number", "other", "array", "form", "gone", "twice", "shared"]))
        changes = {
            "number": partial(_put, key, lambda _: draw(NUMBERS)),
            "other": partial(_put, key, lambda _: draw(OTHERS)),
            "array": partial(_put, key, lambda _: draw(ARRAYS)),
            "form": partial(_put, key, lambda each: _changed(each, draw(FORMS))),
            "shared": partial(_put, key, lambda each: shared.append(each) or shared[0]),
            "gone": partial(_without, key),
            "twice": _doubled,
        }
        try:
            right = _with(right, where, changes[how])
        except (TypeError, AttributeError, ValueError, IndexError):
            continue  # the change does not fit what is there
    return right


def _with(part: Any, where: Sequence[Any], change: Callable[[Any], Any]) -> Any:
    """Return lists, maps and tuples in which the one at a path is changed; others stay."""
    if not where:
        return change(part)
    return _put(where[0], lambda inner: _with(inner, where[1:], change), part)


def _put(key: Any, change: Callable[[Any], Any], part: Any) -> Any:
    made = list(part) if isinstance(part, tuple) else copy.copy(part)
    made[key] = change(part[key])
    return tuple(made) if isinstance(part, tuple) else made


def _without(key: Any, part: Any) -> Any:
    if isinstance(part, dict):
        return {name: each for name, each in part.items() if name != key}
    return type(part)(each for number, each in enumerate(part) if number != key)


def _doubled(part: Any) -> Any:
    if isinstance(part, dict):
        raise TypeError("a map has no key twice")
    return part * 2


def tried(function: Any, /, *arguments: Any, **named: Any) -> Any:
    """Call; return None where that is refused as it should be."""
    try:
        return function(*arguments, **named)
    except EXPECTED as error:
        if not (str(error) or isinstance(error, MemoryError)):
            raise RuntimeError("it was refused without a word") from error
    return None


def _portion(shown: dict[str, Any], rewarded: bool) -> dict[str, Any]:
    """Return the arguments of a portion of an episode: the first of the samples."""
    ((starts, places),) = shown["inputs"]
    return {
        "inputs": [(starts[:1], places)], "words": shown["words"][:1], "wanted": [1],
        "told": [0.5] if rewarded else [],
    }  # fmt: skip


def main(examples: int) -> None:
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
    many = settings(
        max_examples=examples, deadline=None, database=None, print_blob=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    module: Any = native()

    @many
    @given(data=st.data(), single=st.booleans(), at=st.sampled_from(["graph", "run", "both"]))
    def graphs(data: Any, single: bool, at: str) -> None:
        kind, number = np.float32 if single else np.float64, data.draw(st.integers(1, 9))
        right = {"groups": groups(kind), "synapses": synapses(kind, number)}
        shown = call(6 <= number <= 8)
        made = data.draw(spoiled(right)) if at != "run" else right
        arguments = data.draw(spoiled(shown)) if at != "graph" else shown
        portion = data.draw(spoiled(_portion(shown, 6 <= number <= 8)))
        graph = tried(module.GraphFloat if single else module.GraphDouble, **made)
        if graph is None:
            return
        for part in made.values():  # arrays that nobody else keeps
            for each in part:
                each.clear()
            part.clear()
        del right, made
        gc.collect()
        for _ in range(2):
            tried(graph.run, **arguments)
            tried(graph.refresh)
            tried(graph.begin, arguments.get("learning"))
            for _ in range(2):
                tried(graph.go_on, **portion)
            tried(graph.end, portion.get("told"))

    @many
    @given(arguments=spoiled(intervals()))
    def trains(arguments: Any) -> None:
        tried(module.counted_intervals, **arguments)

    graphs()
    trains()


if __name__ == "__main__":
    main(int(sys.argv[1]))
