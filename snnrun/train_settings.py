"""How a network is trained: how long, in which batches, with which optimiser, what is kept."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from snnrun.callbacks import CALLBACKS, CallbackSettings
from snnrun.core.named import named, nested
from snnrun.core.registry import Settings
from snnrun.data.augmentations import AUGMENTATIONS, AugmentationSettings
from snnrun.learning.optimizers import OPTIMIZERS, AdamSettings, OptimSettings
from snnrun.learning.schedules import SCHEDULERS, ScheduleSettings
from snnrun.loggers import LOGGERS, LoggerSettings, TensorBoardSettings

#: Tells validators that a config is that of a run folder, perhaps from elsewhere.
OF_RUN = "of_run"
_TENSORBOARD = TensorBoardSettings()


class Clip(Settings):
    """Limits of the gradients of an update; first of each number, then of all together."""

    norm: Annotated[
        float | None, Field(gt=0, description="longest gradient of all parameters; null: no limit")
    ] = None
    value: Annotated[
        float | None, Field(gt=0, description="largest number in a gradient; null: no limit")
    ] = None


class EarlyStopping(Settings):
    """When training ends before its last epoch."""

    patience: Annotated[
        int, Field(ge=1, description="epochs without a better validation that are waited for")
    ]


class Train(Settings):
    """How long, in which batches, with which optimiser, and what to leave behind."""

    epochs: Annotated[int, Field(ge=1, description="passes over the training data", examples=[100])]
    batch_size: Annotated[int, Field(ge=1, description="samples of a step", examples=[150])]
    accumulate: Annotated[
        int, Field(ge=1, description="batches whose gradients make one update of the weights")
    ] = 1
    eval_batch_size: Annotated[
        int, Field(ge=1, description="samples at once where nothing is learned")
    ] = 1000
    augment: Annotated[
        tuple[Annotated[AugmentationSettings, named(AUGMENTATIONS)], ...],
        Field(description="what happens to training samples each time they are shown, in order"),
    ] = ()
    precision: Annotated[
        Literal["float32", "float64"], Field(description="floating-point numbers of the network")
    ] = "float32"
    optimizer: Annotated[
        Annotated[OptimSettings, named(OPTIMIZERS, "adam")] | None,
        Field(description="turns gradients to steps; null for rules that change weights alone"),
    ] = AdamSettings()
    clip: Annotated[Clip | None, Field(description="limits of the gradients; null: none")] = None
    scheduler: Annotated[
        Annotated[ScheduleSettings, named(SCHEDULERS)] | None,
        Field(description="changes the learning rate; null: constant"),
    ] = None
    schedules: Annotated[
        tuple[Annotated[ScheduleSettings, named(SCHEDULERS)], ...],
        Field(description="further schedules, each with a target of its own"),
    ] = ()
    on_nan: Annotated[
        Literal["stop", "skip", "rewind"],
        Field(
            description="where loss, gradients or weights are no longer finite: stop; skip that "
            "update of the weights; or rewind to the last checkpoint and leave it out"
        ),
    ] = "stop"
    early_stopping: Annotated[
        EarlyStopping | None, Field(description="ends training that has settled; null: never")
    ] = None
    start_from: Annotated[
        str | None,
        Field(description="run folder, or epoch_0300 in one, whose weights to start from"),
    ] = None
    frozen: Annotated[
        tuple[str, ...],
        Field(description="parameters that do not learn, such as layers.0.* of the model"),
    ] = ()
    savepoints: Annotated[
        tuple[int, ...],
        Field(description="epochs to keep, ascending; the last and the best are always kept"),
    ] = ()
    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        Field(description="where to train; auto: on a GPU if there is one and the model can"),
    ] = "auto"
    threads: Annotated[
        int | None,
        Field(
            ge=1,
            le=1024,
            description="CPU threads; null: one, or as many as torch takes: what is faster here, "
            "which is then kept in the run's config",
        ),
    ] = None
    workers: Annotated[
        int, Field(ge=0, le=256, description="processes that read samples ahead; 0: none")
    ] = 0
    in_memory: Annotated[
        bool | None,
        Field(description="keep all encoded samples in memory; null: if there is room"),
    ] = None
    checkpoint_minutes: Annotated[
        float,
        Field(gt=0, allow_inf_nan=True, description="minutes between two checkpoints, at most"),
    ] = 5.0
    time_limit_minutes: Annotated[
        float | None, Field(gt=0, description="save and stop after this many minutes; null: never")
    ] = None
    live_plot: Annotated[
        bool, Field(description="keep live_accuracy.png in the run folder up to date")
    ] = True
    tensorboard: Annotated[
        bool,
        Field(description="write scalars for TensorBoard; short for {name: tensorboard} below"),
    ] = True
    loggers: Annotated[
        tuple[Annotated[LoggerSettings, named(LOGGERS)], ...],
        Field(description="where else the run is told of while it trains"),
    ] = ()
    callbacks: Annotated[
        tuple[Annotated[CallbackSettings, named(CALLBACKS)], ...],
        Field(description="what else looks on while the network trains"),
    ] = ()

    @property
    def all_loggers(self) -> tuple[LoggerSettings, ...]:
        """The loggers, with that of ``tensorboard`` unless it is among them."""
        listed = any(isinstance(each, TensorBoardSettings) for each in self.loggers)
        return self.loggers if listed or not self.tensorboard else (_TENSORBOARD, *self.loggers)

    def lacking(self) -> Iterator[tuple[int, str]]:
        """Yield the index of each logger that cannot log here, and why not."""
        for index, each in enumerate(self.loggers):
            if text := each.lacking():
                yield index, text

    @field_validator("loggers")
    @classmethod
    def _can_log(
        cls, loggers: tuple[LoggerSettings, ...], info: ValidationInfo
    ) -> tuple[LoggerSettings, ...]:
        names, problems = [LOGGERS.name_of(each) for each in loggers], []
        for index, (name, each) in enumerate(zip(names, loggers, strict=True)):
            elsewhere = (info.context or {}).get(OF_RUN)
            text = None if elsewhere else each.lacking()
            if name in names[:index]:
                text = f"{name} is there already; expected each logger once"
            if text:
                problems.append({"type": "misfit", "loc": (index, "name"), "msg": text})
        if problems:
            raise nested(problems)
        return loggers

    @field_validator("savepoints")
    @classmethod
    def _within_the_run(cls, points: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        epochs = info.data.get("epochs")
        outside = [point for point in points if point < 1 or (epochs and point > epochs)]
        if outside:
            raise ValueError(f"must lie between 1 and train.epochs = {epochs}, got {outside[0]}")
        if list(points) != sorted(set(points)):
            raise ValueError(f"must ascend, each epoch once, got {list(points)}")
        return points
