r"""Schedules that are functions of how far training has come, and so have no state.

At every epoch, or every update of the weights, the target is set to the value of that moment.
"""

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from snnrun.core.position import Horizon
from snnrun.core.registry import Settings

RATE = "lr"


def _lowers_a_rate(gamma: float, info: ValidationInfo) -> float:
    if gamma > 1 and info.data.get("target") == RATE:
        raise ValueError(f"must be 1 or less, got {gamma:g}")
    return gamma


Factor = Annotated[
    float,
    Field(gt=0, description="the number is multiplied by this; a learning rate, by 1 or less"),
    AfterValidator(_lowers_a_rate),
]
Cycle = Annotated[
    int | None, Field(ge=1, description="epochs after which it begins anew; null: never")
]
Each = Literal["epoch", "update"]
EachField = Annotated[Each, Field(description="set it at each epoch, or each weight update")]


@dataclass(frozen=True)
class Moment:
    """How far training has come: whole epochs, and updates within the running one."""

    epoch: int
    update: int
    horizon: Horizon

    @property
    def epochs(self) -> float:
        """Epochs done, with their fraction."""
        return self.epoch + self.update / self.horizon.updates

    def within(self, cycle: int | None) -> "Moment":
        """Return the moment as it counts from the start of the running cycle."""
        return replace(self, epoch=self.epoch % cycle) if cycle else self


class ScheduleSettings(Settings):
    """Settings of a schedule.

    watches_a_number: whether it goes by a loss or an error instead of by the moment.
    """

    watches_a_number: ClassVar[bool] = False

    target: Annotated[
        str, Field(description="what changes: lr, or a number that the model or the rule offers")
    ] = RATE

    def due(self, each: Each) -> bool:
        """Tell whether the number changes at each epoch, or at each update of the weights."""
        return each == "epoch"


class FunctionSettings(ScheduleSettings):
    """Settings of a schedule that is a function of the moment."""

    @abstractmethod
    def value(self, initial: float, moment: Moment) -> float:
        """Return the number at a moment.

        Args:
            initial: what it would be without a schedule.
            moment: how far training has come.
        """


class StepSettings(FunctionSettings):
    """Multiply the number every so many epochs."""

    every: Annotated[int, Field(ge=1, description="epochs")]
    gamma: Factor = 0.1
    cycle: Cycle = None

    def value(self, initial: float, moment: Moment) -> float:
        """Return initial * gamma^floor(epoch / every), as repeated products round it."""
        return _powers(initial, self.gamma).at(moment.within(self.cycle).epoch // self.every)


class MultiStepSettings(FunctionSettings):
    """Multiply the number after chosen epochs."""

    at: Annotated[tuple[int, ...], Field(min_length=1, description="epochs, ascending")]
    gamma: Factor = 0.1

    def value(self, initial: float, moment: Moment) -> float:
        """Return the number, multiplied once for each of the epochs that have passed."""
        passed = [epoch for epoch in self.at if 0 < epoch <= moment.epoch]
        for epoch in sorted(set(passed)):
            initial *= self.gamma ** passed.count(epoch)
        return initial


class ExponentialSettings(FunctionSettings):
    """Multiply the number after every epoch."""

    gamma: Factor
    cycle: Cycle = None

    def value(self, initial: float, moment: Moment) -> float:
        """Return initial * gamma^epoch, as repeated products round it."""
        return _powers(initial, self.gamma).at(moment.within(self.cycle).epoch)


class LinearSettings(FunctionSettings):
    """Change the number along a straight line, which goes on if there is no cycle."""

    factor: Annotated[
        float, Field(ge=0, description="what the number comes to, as a multiple of the first")
    ]
    epochs: Annotated[
        int | None, Field(ge=1, description="epochs until then; null: a cycle, or the run")
    ] = None
    cycle: Cycle = None
    each: EachField = "epoch"

    def due(self, each: Each) -> bool:
        """Tell whether it changes now."""
        return each == self.each or each == "epoch"

    def value(self, initial: float, moment: Moment) -> float:
        r"""Return :math:`v_0 (1 + (f - 1) t / T)` at t of T epochs; never less than 0."""
        length = self.epochs or self.cycle or moment.horizon.epochs
        share = moment.within(self.cycle).epochs / length
        return max(0.0, initial * (1 + (self.factor - 1) * share))


class WaveSettings(FunctionSettings):
    """Raise the number along half a cosine and lower it along the other half, again and again."""

    factor: Annotated[
        float, Field(gt=0, description="the number at the crest, as a multiple of the first")
    ]
    cycle: Annotated[
        int | None, Field(ge=1, description="epochs of a whole wave; null: as long as the run")
    ] = None
    each: EachField = "epoch"

    def due(self, each: Each) -> bool:
        """Tell whether it changes now."""
        return each == self.each or each == "epoch"

    def value(self, initial: float, moment: Moment) -> float:
        r"""Return :math:`v_0 (1 + \frac12 (f - 1)(1 - \cos(2 \pi t / T)))` at t of T epochs."""
        share = moment.epochs / (self.cycle or moment.horizon.epochs)
        return initial * (1 + (self.factor - 1) * (1 - math.cos(2 * math.pi * share)) / 2)


class CosineSettings(FunctionSettings):
    """Lower the number along half a cosine."""

    epochs: Annotated[
        int | None,
        Field(ge=1, description="epochs until the lowest value; null: as long as the run"),
    ] = None
    minimum: Annotated[float, Field(ge=0, description="the lowest value")] = 0.0
    each: EachField = "epoch"

    def due(self, each: Each) -> bool:
        """Tell whether it changes now."""
        return each == self.each or each == "epoch"

    def value(self, initial: float, moment: Moment) -> float:
        r"""Return :math:`m + \frac12 (v_0 - m)(1 + \cos(\pi t / T))` at t of T epochs.

        At whole epochs it is rounded as torch rounds it, which goes from epoch to epoch.
        """
        length = self.epochs or moment.horizon.epochs
        if self.each == "update":
            share = moment.epochs / length
            return self.minimum + (initial - self.minimum) * (1 + math.cos(math.pi * share)) / 2
        return _cosine(initial, self.minimum, length).at(moment.epoch)


class OneCycleSettings(FunctionSettings):
    """Raise the number along half a cosine, then lower it far below where it began."""

    up: Annotated[float, Field(gt=0, lt=1, description="share of the run that it rises for")] = 0.3
    start: Annotated[
        float, Field(gt=0, le=1, description="where it begins, as a share of the highest value")
    ] = 0.04
    end: Annotated[
        float, Field(ge=0, le=1, description="where it ends, as a share of the highest value")
    ] = 4e-6

    def due(self, each: Each) -> bool:
        """Tell whether it changes now: always."""
        return True

    def value(self, initial: float, moment: Moment) -> float:
        """Return the number; ``initial`` is the highest value."""
        share = min(moment.epochs / moment.horizon.epochs, 1.0)
        if share < self.up:
            return initial * _between(self.start, 1.0, share / self.up)
        return initial * _between(1.0, self.end, (share - self.up) / (1 - self.up))


def _between(low: float, high: float, share: float) -> float:
    """Return the value between two others, along half a cosine."""
    return high + (low - high) * (1 + math.cos(math.pi * share)) / 2


class _Walk:
    """A number each value of which is rounded from the one before.

    The last one that was asked for is remembered: a training asks for one after the other.
    """

    def __init__(self, first: float, step: Callable[[int, float], float]) -> None:
        self.first, self.step = first, step
        self._last = 0, first

    def at(self, t: int) -> float:
        """Return the value after so many steps."""
        last, value = self._last if self._last[0] <= t else (0, self.first)
        for each in range(last + 1, t + 1):
            value = self.step(each, value)
        self._last = t, value
        return value


@lru_cache(typed=True)
def _powers(first: float, factor: float) -> _Walk:
    return _Walk(first, lambda _, before: before * factor)


@lru_cache(typed=True)
def _cosine(first: float, minimum: float, length: int) -> _Walk:
    def step(t: int, value: float) -> float:
        if (t - 1 - length) % (2 * length) == 0:
            return value + (first - minimum) * (1 - math.cos(math.pi / length)) / 2
        now, before = (1 + math.cos(math.pi * each / length) for each in (t, t - 1))
        return now / before * (value - minimum) + minimum

    return _Walk(first, step)
