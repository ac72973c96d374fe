"""Schedules of the learning rate: what a config may say of them, and torch's own.

Most go on once an epoch; some watch a number, after each epoch or each update of the weights.
"""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.registry import Entry, entry_of
from snnrun.learning.optimizers import OptimSettings

if TYPE_CHECKING:  # a config is read without torch
    from torch.optim import Optimizer

Factor = Annotated[float, Field(gt=0, le=1, description="the learning rate is multiplied by this")]
Each = Literal["epoch", "update"]
Values = Mapping[str, Mapping[str, float]]


class ScheduleSettings(OptimSettings):
    """Settings of a schedule of the learning rate, which goes on once an epoch."""

    def due(self, each: Each) -> bool:
        """Tell whether it goes on after each epoch, or after each update of the weights."""
        return each == "epoch"

    def value(self, values: Values) -> float | None:
        """Return the number that it goes by, if any, of those of the epoch or the update.

        Args:
            values: loss and accuracy by split: train, and validation after an epoch.
        """
        return None


class StepSettings(ScheduleSettings):
    """Multiply the learning rate every so many epochs."""

    every: Annotated[int, Field(ge=1, description="epochs")]
    gamma: Factor = 0.1

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the torch class."""
        return {"step_size": self.every, "gamma": self.gamma}


class MultiStepSettings(ScheduleSettings):
    """Multiply the learning rate after chosen epochs."""

    at: Annotated[tuple[int, ...], Field(min_length=1, description="epochs, ascending")]
    gamma: Factor = 0.1

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the torch class."""
        return {"milestones": list(self.at), "gamma": self.gamma}


class ExponentialSettings(ScheduleSettings):
    """Multiply the learning rate after every epoch."""

    gamma: Factor


class CosineSettings(ScheduleSettings):
    """Lower the learning rate along half a cosine."""

    epochs: Annotated[int, Field(ge=1, description="epochs until the lowest learning rate")]
    minimum: Annotated[float, Field(ge=0, description="the lowest learning rate")] = 0.0

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the torch class."""
        return {"T_max": self.epochs, "eta_min": self.minimum}


class PlateauSettings(ScheduleSettings):
    """Multiply the learning rate when a number has not become smaller for a while."""

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
        return self

    def due(self, each: Each) -> bool:
        """Tell whether it goes on now."""
        return each == self.each

    def value(self, values: Values) -> float | None:
        """Return the loss, or the error, 1 - accuracy."""
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


_TORCH = "torch.optim.lr_scheduler:"
SCHEDULERS: dict[str, Entry] = {
    "step": Entry(StepSettings, _TORCH + "StepLR", "", "lower every so many epochs"),
    "multistep": Entry(MultiStepSettings, _TORCH + "MultiStepLR", "", "lower after chosen epochs"),
    "exponential": Entry(
        ExponentialSettings, _TORCH + "ExponentialLR", "", "lower after every epoch"
    ),
    "cosine": Entry(
        CosineSettings,
        _TORCH + "CosineAnnealingLR",
        "Loshchilov, Hutter 2017",
        "lower along half a cosine",
    ),
    "plateau": Entry(
        PlateauSettings, _TORCH + "ReduceLROnPlateau", "", "lower when nothing improves"
    ),
    "sbs_lr": Entry(
        SbSLRSettings,
        "snnrun.learning.sbs.schedule:SbSLRScheduler",
        "",
        "lower along with the loss",
    ),
}


def build_scheduler(settings: ScheduleSettings | None, optimizer: "Optimizer") -> "Schedule | None":
    """Return the schedule; None for a constant learning rate."""
    if settings is None:
        return None
    build = entry_of(SCHEDULERS, settings).load()
    return Schedule(settings, build(optimizer, **settings.arguments()))


class Schedule:
    """A schedule of the learning rate, told what it goes by when it is time to go on."""

    def __init__(self, settings: ScheduleSettings, scheduler: Any) -> None:
        self.settings, self.scheduler = settings, scheduler
        self.counts_updates = settings.due("update")

    def after(self, each: Each, values: Values) -> None:
        """Go on after an epoch or an update, if that is what the schedule counts."""
        if not self.settings.due(each):
            return
        value = self.settings.value(values)
        with warnings.catch_warnings():
            # torch cannot know that the optimiser did step, before the run was continued.
            warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step")
            self.scheduler.step(*(() if value is None else (value,)))

    def state_dict(self) -> dict[str, Any]:
        """Return where it stands."""
        state: dict[str, Any] = self.scheduler.state_dict()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go to where it stood."""
        self.scheduler.load_state_dict(state)
