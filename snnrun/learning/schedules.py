r"""Schedules: numbers that change while training goes on, most often the learning rate.

Most are functions of how far training has come, and so have no state: at every epoch, or every
update of the weights, the target is set to the value of that moment. Some watch a loss or an error
instead (plateau, sbs_lr); those remember, and change the learning rate only.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.named import named
from snnrun.core.registry import Entry, Table
from snnrun.learning.functions import RATE as RATE
from snnrun.learning.functions import CosineSettings as CosineSettings
from snnrun.learning.functions import Each as Each
from snnrun.learning.functions import ExponentialSettings as ExponentialSettings
from snnrun.learning.functions import FunctionSettings as FunctionSettings
from snnrun.learning.functions import LinearSettings as LinearSettings
from snnrun.learning.functions import Moment as Moment
from snnrun.learning.functions import MultiStepSettings as MultiStepSettings
from snnrun.learning.functions import OneCycleSettings as OneCycleSettings
from snnrun.learning.functions import ScheduleSettings as ScheduleSettings
from snnrun.learning.functions import StepSettings as StepSettings
from snnrun.learning.functions import WaveSettings as WaveSettings

Values = Mapping[str, Mapping[str, float]]


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
        "linear": Entry(LinearSettings, _FUNCTION, "", "change along a straight line"),
        "wave": Entry(WaveSettings, _FUNCTION, "", "raise and lower along a whole cosine"),
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
