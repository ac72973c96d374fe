r"""Schedules: numbers that change while training goes on, most often the learning rate.

Most are functions of how far training has come, and so have no state: at every epoch, or every
update of the weights, the target is set to the value of that moment. Some watch a loss or an error
instead (plateau, sbs_lr); those remember, and change the learning rate only.
"""

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.named import named
from snnrun.core.position import Horizon
from snnrun.core.registry import Entry, Settings, Table

RATE = "lr"
Factor = Annotated[float, Field(gt=0, le=1, description="the number is multiplied by this")]
Each = Literal["epoch", "update"]
EachField = Annotated[Each, Field(description="set it at each epoch, or each weight update")]
Values = Mapping[str, Mapping[str, float]]


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

    def value(self, initial: float, moment: Moment) -> float:
        """Return initial * gamma^floor(epoch / every), as repeated products round it."""
        return _repeated(initial, self.gamma, moment.epoch // self.every)


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

    def value(self, initial: float, moment: Moment) -> float:
        """Return initial * gamma^epoch, as repeated products round it."""
        return _repeated(initial, self.gamma, moment.epoch)


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
        return _cosine(initial, self.minimum, moment.epoch, length)


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


class PlateauSettings(ScheduleSettings):
    """Multiply the learning rate when a number has not become smaller for a while."""

    watches_a_number: ClassVar[bool] = True

    gamma: Annotated[
        float, Field(gt=0, lt=1, description="the learning rate is multiplied by this")
    ] = 0.75
    patience: Annotated[
        int, Field(ge=0, description="epochs or updates without improvement that are forgiven")
    ] = 10
    watches: Annotated[
        Literal["train loss", "train error", "validation loss", "validation error"],
        Field(description="the number"),
    ] = "train loss"
    each: Annotated[
        Each, Field(description="look at it after each epoch, or each update of the weights")
    ] = "epoch"
    minimum: Annotated[float, Field(ge=0, description="the lowest learning rate")] = 0.0

    @model_validator(mode="after")
    def _updates_have_no_validation(self) -> Self:
        if self.each == "update" and not self.watches.startswith("train"):
            raise ValueError(
                f"watches: must be train loss or train error where each is update, "
                f"got {self.watches}"
            )
        if self.target != RATE:
            raise ValueError(f"target: must be lr for a schedule that watches, got {self.target}")
        return self

    def due(self, each: Each) -> bool:
        """Tell whether it looks at its number now."""
        return each == self.each

    def watched(self, values: Values) -> float:
        """Return the loss, or the error, 1 - accuracy, of the epoch or the update."""
        split, name = self.watches.split()
        found = values[split]
        return found["loss"] if name == "loss" else 1 - found["accuracy"]

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the torch class."""
        return {"factor": self.gamma, "patience": self.patience, "min_lr": self.minimum}


class SbSLRSettings(PlateauSettings):
    """Lower the learning rate along with the loss, and when the loss stays level."""

    tau: Annotated[
        float, Field(ge=1, description="epochs or updates over which the loss is filtered")
    ] = 10.0

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the schedule."""
        return {**super().arguments(), "tau": self.tau}


_HERE = "snnrun.learning.schedules:"
_FUNCTION = _HERE + "FunctionSettings"
FUNCTIONS: Table[Entry] = Table(
    "schedule",
    "snnrun.schedules",
    {
        "step": Entry(StepSettings, _FUNCTION, "", "lower every so many epochs"),
        "multistep": Entry(MultiStepSettings, _FUNCTION, "", "lower after chosen epochs"),
        "exponential": Entry(ExponentialSettings, _FUNCTION, "", "lower after every epoch"),
        "cosine": Entry(
            CosineSettings, _FUNCTION, "Loshchilov, Hutter 2017", "lower along half a cosine"
        ),
        "one_cycle": Entry(
            OneCycleSettings,
            _FUNCTION,
            "Smith, Topin 2019",
            "raise, then lower far below the start",
        ),
    },
    FunctionSettings,
)


class WarmupSettings(FunctionSettings):
    """Raise the number in a straight line at first, then follow another schedule."""

    epochs: Annotated[float, Field(gt=0, description="epochs, or parts of one, that it rises for")]
    start: Annotated[
        float, Field(ge=0, lt=1, description="where it begins, as a share of the number")
    ] = 0.0
    then: Annotated[
        Annotated[FunctionSettings, named(FUNCTIONS)] | None,
        Field(description="what follows, counted from the start of training; null: constant"),
    ] = None

    def due(self, each: Each) -> bool:
        """Tell whether it changes now: always, for the rise goes from update to update."""
        return True

    def value(self, initial: float, moment: Moment) -> float:
        """Return the number."""
        later = self.then.value(initial, moment) if self.then else initial
        share = min(moment.epochs / self.epochs, 1.0)
        return later * (self.start + (1 - self.start) * share)


SCHEDULERS: Table[Entry] = Table(
    "scheduler",
    "snnrun.schedulers",
    {
        **FUNCTIONS.known,
        "warmup": Entry(WarmupSettings, _FUNCTION, "", "raise in a straight line at first"),
        "plateau": Entry(
            PlateauSettings,
            "torch.optim.lr_scheduler:ReduceLROnPlateau",
            "",
            "lower when nothing improves",
        ),
        "sbs_lr": Entry(
            SbSLRSettings,
            "snnrun.learning.sbs.schedule:SbSLRScheduler",
            "",
            "lower along with the loss",
        ),
    },
    ScheduleSettings,
)


def _repeated(value: float, factor: float, times: int) -> float:
    for _ in range(times):
        value *= factor
    return value


def _between(low: float, high: float, share: float) -> float:
    """Return the value between two others, along half a cosine."""
    return high + (low - high) * (1 + math.cos(math.pi * share)) / 2


def _cosine(initial: float, minimum: float, epoch: int, length: int) -> float:
    value = initial
    for t in range(1, epoch + 1):
        if (t - 1 - length) % (2 * length) == 0:
            value += (initial - minimum) * (1 - math.cos(math.pi / length)) / 2
        else:
            now, before = (1 + math.cos(math.pi * each / length) for each in (t, t - 1))
            value = now / before * (value - minimum) + minimum
    return value
