"""Things that are right, with a few parts changed: types, shapes, strides, values, or missing."""

import copy
import math
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import numpy as np

NUMBERS = [
    -1, 0, 1, 2, 4, 5, 7, 100, 10**6, 2**31 - 2, 2**31, 2**32, 2**40, 2**62, 2**63 - 1, -(2**63),
    2**64, 0.5, 1e30, 3e38, 1e300, -1e30, 1e-45, math.nan, math.inf, -math.inf, True, False,
]  # fmt: skip
OTHERS = [None, "text", b"", (), [], {}, [[]], object(), 1j, np.float32(2), range(2)]
TYPES = [
    "f4", "f8", ">f4", "f2", "u1", "u2", "i4", "i8", "u4", "u8", "?", "O", "U3", "c8", "M8[s]",
    "V4",
]  # fmt: skip
VALUES = [0.0, 1.0, -1.0, -1e30, 1e-45, 3e38, math.nan, math.inf, -math.inf]
LONG = 2**40  # of an axis, where another one has no length


def array(random: Random) -> Any:
    """Draw an array that was not asked for."""
    made = np.zeros([random.randrange(7) for _ in range(random.randrange(5))], random.choice(TYPES))
    if made.dtype.kind in "fc":
        made[...] = random.choice(VALUES)
    return made


def _between(each: Any) -> Any:
    """Return the same numbers, with something else between them: strides fit no item."""
    rows = np.zeros(each.shape, np.dtype([("before", "u1"), ("here", each.dtype)]))
    rows["here"] = each
    return rows["here"]


def _moved(each: Any, random: Random) -> Any:
    """Return the same numbers, where none of their type should lie."""
    raw = np.zeros(each.nbytes + 8, np.uint8)[random.choice([1, 2, 4]) :]
    return raw[: each.nbytes].view(each.dtype).reshape(each.shape)


def _filled(each: Any, random: Random) -> Any:
    """Return it with one number, or all of them, at its limits."""
    kind, full = each.dtype.kind, each.copy()
    if kind in "iu":
        limits = np.iinfo(each.dtype)
        value = random.choice([limits.min, limits.max, limits.max // 2, limits.min // 2])
    else:
        value = random.choice(VALUES)
    full.flat[slice(None) if random.random() < 0.3 else random.randrange(full.size)] = value
    return full


def _resized(each: Any, random: Random) -> Any:
    shape = list(each.shape) or [1]
    axis = random.randrange(len(shape))
    shape[axis] = max(0, shape[axis] + random.choice([-1, 1, 5, 64]))
    return np.resize(each, shape)


def _long(each: Any, axis: int) -> Any:
    """Return one without numbers, an axis of which is long all the same."""
    if each.ndim < 2:
        raise ValueError("it has one axis")
    shape = [0] * each.ndim
    shape[axis] = LONG
    return np.zeros(shape, each.dtype)


def _read_only(each: Any) -> Any:
    other = each.copy()
    other.flags.writeable = False
    return other


def _stretched(each: Any, random: Random) -> Any:
    """Return it with numbers that lie at the same place."""
    strides = [random.choice([0, one]) for one in each.strides]
    return np.lib.stride_tricks.as_strided(each, each.shape, strides)


FORMS: dict[str, Callable[[Any, Random], Any]] = {
    "read only": lambda each, _: _read_only(each),
    "filled": _filled,
    "strided": lambda each, _: np.repeat(each, 2, axis=-1)[..., ::2],
    "turned": lambda each, _: each.T,
    "reversed": lambda each, _: each[..., ::-1],
    "twice": lambda each, _: np.concatenate([each, each]),
    "shorter": lambda each, _: each[:-1],
    "flat": lambda each, _: each.reshape(-1),
    "one more axis": lambda each, _: each[..., None],
    "one less": lambda each, _: each[0],
    "none of the first": lambda each, _: each[:0],
    "none of the last": lambda each, _: each[..., :0],
    "empty and long": lambda each, _: _long(each, -1),
    "long and empty": lambda each, _: _long(each, 0),
    "other type": lambda each, random: each.astype(random.choice(TYPES)),
    "between": lambda each, _: _between(each),
    "moved": _moved,
    "resized": _resized,
    "stretched": _stretched,
}


def _changed(each: Any, random: Random) -> Any:
    """Return an array in another form."""
    if not isinstance(each, np.ndarray):
        raise TypeError("no array")
    made = FORMS[random.choice(list(FORMS))](each, random)
    if made.size and made.nbytes > 2**24:
        raise ValueError("too long")
    return made


def _places(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all that lies in lists, maps and tuples."""
    found = []
    for key, each in part.items() if isinstance(part, dict) else enumerate(part):
        found.append((*path, key))
        if isinstance(each, dict | list | tuple):
            found += _places(each, (*path, key))
    return found


def spoiled(random: Random, right: Any) -> Any:
    """Return a description with up to three things changed, hardly ever with none."""
    shared: list[Any] = []
    changes: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
        "number": lambda key: partial(_put, key, lambda _: random.choice(NUMBERS)),
        "other": lambda key: partial(_put, key, lambda _: random.choice(OTHERS)),
        "array": lambda key: partial(_put, key, lambda _: array(random)),
        "form": lambda key: partial(_put, key, lambda each: _changed(each, random)),
        "shared": lambda key: partial(_put, key, lambda each: shared.append(each) or shared[0]),
        "gone": lambda key: partial(_without, key),
        "twice": lambda key: _doubled,
    }
    often = ["number", "form", "form", *changes]
    for _ in range(random.choice([0, 1, 1, 1, 1, 2, 2, 3, 3])):
        places = _places(right)
        if not places:
            break
        *where, key = random.choice(places)
        try:
            right = _with(right, where, changes[random.choice(often)](key))
        except (TypeError, AttributeError, ValueError, IndexError, OverflowError, RuntimeError):
            continue  # the change does not fit what is there; numpy says so of dates by the last
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
