"""Where a sweep looks: values of keys that are all tried, and ranges that a search draws from.

A key may depend on another: ``when: {learning.name: eprop}`` leaves it out of every point in which
that key has another value. Keys joined by commas change together.
"""

import json
import math
from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from snnrun.core.registry import Settings

if TYPE_CHECKING:
    from optuna.trial import Trial

_ROUNDING = 1e-9  # of steps that would end at the upper end if there were no rounding
#: What is changed in a config: key -> value.
Point = dict[str, Any]

When = Annotated[
    dict[str, Any],
    Field(
        default_factory=dict,
        description="key: value, or a list of values, that earlier keys must have",
    ),
]


class Values(Settings):
    """Values that are tried, or drawn from."""

    values: Annotated[list[Any], Field(min_length=1, description="the values")]
    when: When


class Range(Settings):
    """Numbers between two ends; whole ones if both ends are."""

    low: Annotated[int | float, Field(description="the lower end, which may be drawn")]
    high: Annotated[int | float, Field(description="the upper end, which may be drawn")]
    log: Annotated[bool, Field(description="draw the logarithm evenly")] = False
    step: Annotated[int | float | None, Field(gt=0, description="distance of numbers")] = None
    when: When

    @property
    def whole(self) -> bool:
        """Whether it holds whole numbers."""
        return all(isinstance(each, int) for each in (self.low, self.high, self.step or 1))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"high: must be above low = {self.low}, got {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"low: must be above 0 where log is true, got {self.low}")
        if self.log and self.step is not None:
            raise ValueError("step: cannot be together with log")
        times = (self.high - self.low) / self.step if self.step else 0
        if abs(times - round(times)) > _ROUNDING * times:
            last = f"{self.low + math.floor(times) * (self.step or 0):.6g}"
            raise ValueError(
                f"step: must lead from low to high = {self.high}, but the last number is {last}"
            )
        return self


def _of_list(given: Any) -> Any:
    """Take a plain list for its values."""
    if isinstance(given, dict) and "values" not in given and {"low", "high"} & given.keys():
        raise ValueError("must be a list of values; a search draws from ranges")
    return _listed(given, "must be a list of values, or {values, when}")


def _of_range(given: Any) -> Any:
    """Tell the two kinds of axes of a search apart by what they name."""
    if isinstance(given, dict) and ("values" in given) != ("low" in given or "high" in given):
        return (Values if "values" in given else Range).model_validate(given)
    return _listed(given, "must be a list of values, or a map such as {low, high}")


def _listed(given: Any, expected: str) -> Any:
    if isinstance(given, list):
        return {"values": given}
    if not isinstance(given, dict):
        raise ValueError(f"{expected}, got {json.dumps(given, default=str)}")
    return given


Tried = Annotated[Values, BeforeValidator(_of_list)]
Drawn = Annotated[Values | Range, BeforeValidator(_of_range)]


def keys_of(axis: str) -> list[str]:
    """Return the keys that change together.

    Example:
        >>> keys_of("model.tau_mem, model.tau_syn")
        ['model.tau_mem', 'model.tau_syn']
    """
    return [key.strip() for key in axis.split(",")]


def grid(axes: Mapping[str, Values], start: Point) -> Iterator[Point]:
    """Yield every combination, each once; the last axis changes fastest."""
    seen = set()
    for chosen in product(*(axis.values for axis in axes.values())):
        point = dict(start)
        for (axis, values), value in zip(axes.items(), chosen, strict=True):
            if _holds(values.when, point):
                point |= spread(axis, value)
        word = json.dumps(point, sort_keys=True)
        if word not in seen:
            seen.add(word)
            yield point


def draw(axes: Mapping[str, Values | Range], start: Point, trial: "Trial") -> Point:
    """Let a trial of Optuna choose a point; what it chose before, it chooses again."""
    point = dict(start)
    for axis, among in axes.items():
        if _holds(among.when, point):
            point |= spread(axis, _suggested(axis, among, trial))
    return point


def _suggested(axis: str, among: Values | Range, trial: "Trial") -> Any:
    if isinstance(among, Values):
        words = [_word(value) for value in among.values]
        return among.values[words.index(trial.suggest_categorical(axis, words))]
    if not among.whole:
        return trial.suggest_float(
            axis, float(among.low), float(among.high), log=among.log, step=among.step
        )
    low, high, step = int(among.low), int(among.high), int(among.step or 1)
    return trial.suggest_int(axis, low, high, log=among.log, step=step)


def _word(value: Any) -> str | int | float | bool | None:
    """Return a value as Optuna keeps it, which keeps no lists and maps."""
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value)


def spread(axis: str, value: Any) -> Point:
    """Return the values of keys that change together, each with its own."""
    keys = keys_of(axis)
    return dict(zip(keys, value if len(keys) > 1 else [value], strict=True))


def _holds(when: Mapping[str, Any], point: Point) -> bool:
    """Tell whether a point meets a condition."""
    return all(
        key in point and point[key] in (wanted if isinstance(wanted, list) else [wanted])
        for key, wanted in when.items()
    )
