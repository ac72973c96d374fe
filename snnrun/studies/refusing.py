"""What a sweep file may not say of keys and their values, though each by itself would do."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from snnrun.core.registry import near
from snnrun.studies.space import Point, Range, Values, keys_of

#: What a run has of the sweep alone, and how that says it.
_ELSEWHERE = {"seed": "seeds: [...]", "config": "config: FILE, or configs: {NAME: FILE}"}
_TOLD = 8  # values that a message names


def check_places(places: Mapping[str, Iterable[str]]) -> None:
    """Refuse keys that are set where what the sweep says of each run would overwrite them.

    Args:
        places: what a place in the file is called -> keys, or keys joined by commas.

    Raises:
        ValueError: one of them is such a key.
    """
    for place, axes in places.items():
        for key in {key for axis in axes for key in keys_of(axis)} & _ELSEWHERE.keys():
            raise ValueError(f"{place}: {key}: expected outside of it, as {_ELSEWHERE[key]}")


def check_points(points: Sequence[Point]) -> None:
    """Refuse points whose values do not fit their keys.

    Raises:
        ValueError: one does not.
    """
    for place, point in enumerate(points):
        for axis, value in point.items():
            try:
                _check_together(axis, value)
            except ValueError as error:
                raise ValueError(f"points.{place}: {error}") from None


def check_axes(axes: Mapping[str, Values | Range], before: Mapping[str, Values]) -> None:
    """Refuse axes that cannot be followed.

    Args:
        axes: key or keys -> values.
        before: keys that stand fast before any of them, and their values.

    Raises:
        ValueError: a value does not fit its keys; a condition names no earlier key, or a value that
            it never has.
    """
    known: dict[str, Values | Range] = dict(before)
    for axis, values in axes.items():
        keys = keys_of(axis)
        for value in values.values if isinstance(values, Values) else ():
            _check_together(axis, value)
        if isinstance(values, Range) and len(keys) > 1:
            raise ValueError(f"{axis} are {len(keys)} keys; expected values, got a range")
        for key, wanted in values.when.items():
            if key not in known:
                raise ValueError(f"{axis}: when: {unknown(key, list(known))}")
            for value in wanted if isinstance(wanted, list) else [wanted]:
                _check_met(f"{axis}: when: {key}", value, known[key])
        known |= {key: _part(values, place, len(keys)) for place, key in enumerate(keys)}


def _check_together(axis: str, value: Any) -> None:
    """Refuse a value of keys that change together, but for a list with one for each.

    Raises:
        ValueError: it is something else.
    """
    keys = keys_of(axis)
    if len(keys) > 1 and not (isinstance(value, list) and len(value) == len(keys)):
        raise ValueError(
            f"{axis} are {len(keys)} keys; expected as many values in a list, got "
            f"{json.dumps(value, default=str)}"
        )


def _part(axis: Values | Range, place: int, keys: int) -> Values | Range:
    """Return the values of one of the keys that change together."""
    if isinstance(axis, Range) or keys == 1:
        return axis
    return Values(values=[value[place] for value in axis.values], when={})


def _check_met(place: str, value: Any, among: Values | Range) -> None:
    """Refuse a value that a key never has, so that what depends on it would never be tried.

    Raises:
        ValueError: with the nearest value that it has.
    """
    if isinstance(among, Range):
        if not isinstance(value, int | float) or not among.low <= value <= among.high:
            told = f"lies between {among.low} and {among.high}"
            raise ValueError(f"{place} is never {json.dumps(value)}; it {told}")
    elif value not in among.values:
        guess = near(str(value), [each for each in among.values if isinstance(each, str)])
        there = ", ".join(map(json.dumps, among.values[:_TOLD]))
        hint = f"did you mean {guess!r}?" if guess else f"it is one of: {there}"
        raise ValueError(f"{place} is never {json.dumps(value)}; {hint}")


def unknown(key: str, known: Sequence[str]) -> str:
    """Say that there is no such key, and which one was most likely meant."""
    guess = near(key, known)
    hint = f"; did you mean {guess!r}?" if guess else f"; there are: {', '.join(known) or 'none'}"
    return f"no key {key!r} stands before it{hint}"
