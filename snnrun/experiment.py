"""An experiment: everything that a run needs. Two equal experiments give two equal runs."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from snnrun.config.dumping import dump
from snnrun.config.problems import explain, in_order, words
from snnrun.config.reading import Document, is_override, read_config
from snnrun.core.paths import steps
from snnrun.core.registry import Entry, Settings, named, nested
from snnrun.data import DATASETS, DataSettings
from snnrun.data.augmentations import AUGMENTATIONS, AugmentationSettings
from snnrun.encoders import ENCODERS
from snnrun.encoders.settings import EncoderSettings
from snnrun.errors import ConfigError
from snnrun.learning import RULES
from snnrun.learning.optimizers import OPTIMIZERS, AdamSettings, OptimSettings
from snnrun.learning.schedules import SCHEDULERS, ScheduleSettings
from snnrun.learning.settings import RuleSettings
from snnrun.models import MODELS
from snnrun.models.settings import ModelSettings


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
        tuple[Annotated[AugmentationSettings, named(AUGMENTATIONS, "augmentation")], ...],
        Field(description="what happens to training samples each time they are shown, in order"),
    ] = ()
    precision: Annotated[
        Literal["float32", "float64"], Field(description="floating-point numbers of the network")
    ] = "float32"
    optimizer: Annotated[
        OptimSettings,
        named(OPTIMIZERS, "optimizer", "adam"),
        Field(description="turns gradients to steps"),
    ] = AdamSettings()
    scheduler: Annotated[
        Annotated[ScheduleSettings, named(SCHEDULERS, "scheduler")] | None,
        Field(description="changes the learning rate; null: constant"),
    ] = None
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
            description="CPU threads; null: one for small networks, else as many as torch takes",
        ),
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
    tensorboard: Annotated[bool, Field(description="write scalars for TensorBoard")] = True

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


class Experiment(Settings):
    """Data, encoder, network, learning rule, and how to train."""

    seed: Annotated[int, Field(ge=0, description="of initial weights, order and noise")] = 0
    data: Annotated[DataSettings, named(DATASETS, "data set"), Field(description="what to learn")]
    encoder: Annotated[
        EncoderSettings, named(ENCODERS, "encoder"), Field(description="from values to spikes")
    ]
    model: Annotated[ModelSettings, named(MODELS, "model"), Field(description="the network")]
    learning: Annotated[
        RuleSettings, named(RULES, "learning rule"), Field(description="how the weights change")
    ]
    train: Annotated[Train, Field(description="how long, and with which optimiser")]

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of a sample as the encoder gets it."""
        shape = self.data.input_shape
        for change in self.train.augment:
            shape = change.output_shape(shape)
        return shape

    @property
    def input_size(self) -> int:
        """Number of input neurons."""
        return math.prod(self.encoder.output_shape(self.sample_shape))

    @property
    def model_input(self) -> Any:
        """What the network and its settings are told of their input: its size or its shape."""
        return self.model.input_shape(self.encoder.output_shape(self.sample_shape))

    def layers(self) -> list[tuple[str, str, int]]:
        """Return name, shape and number of parameters of each layer.

        Raises:
            ValueError: the network does not fit the data.
        """
        return self.model.describe(self.model_input, len(self.data.classes))

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        problems = list(self._misfits())
        if problems:
            raise nested(problems)
        return self

    def _misfits(self) -> Iterator[dict[str, Any]]:
        """Yield what does not fit together; its text may begin with the key that is to blame."""
        for part, check in (
            ("train", self._check_augmentations),
            ("encoder", lambda: self.input_size),
            ("encoder", self._check_code),
            ("model", self.layers),
            ("learning", self._check_rule),
            ("train", self._check_accumulation),
            ("train", self._check_device),
        ):
            try:
                check()
            except ValueError as error:
                key, colon, text = str(error).partition(": ")
                path = [int(step) if step.isdigit() else step for step in steps(key)[0]]
                if colon and path[0] in type(getattr(self, part)).model_fields:
                    yield {"type": "misfit", "loc": (part, *path), "msg": text}
                else:
                    yield {"type": "misfit", "loc": (part,), "msg": str(error)}
                return

    def _check_code(self) -> None:
        """Refuse an encoder that shows what the network cannot see."""
        kind, wanted = self.encoder.output_kind, self.model.input_kind
        if kind != wanted:
            kinds = {n: getattr(entry.settings, "output_kind", "") for n, entry in ENCODERS.items()}
            able = [name for name, each in kinds.items() if each == wanted]
            raise ValueError(
                f"gives {kind}, but the model takes {wanted}; those that fit: {', '.join(able)}"
            )

    def _check_rule(self) -> None:
        """Refuse a learning rule that cannot train the network."""
        if not isinstance(self.model, self.learning.trains):
            able = [n for n, e in RULES.items() if isinstance(self.model, _trained(e))]
            raise ValueError(f"does not train this model; those that do: {', '.join(able)}")
        self.learning.check(self.model, self.encoder)

    def _check_augmentations(self) -> None:
        """Refuse an augmentation that does not fit the samples."""
        shape = self.data.input_shape
        for index, change in enumerate(self.train.augment):
            try:
                shape = change.output_shape(shape)
            except ValueError as error:
                raise ValueError(f"augment.{index}: {error}") from error

    def _check_accumulation(self) -> None:
        """Refuse to gather the gradients of batches where the rule leaves only the last one's."""
        if self.train.accumulate > 1 and not self.learning.accumulates:
            able = [n for n, e in RULES.items() if cast("Any", e.settings).accumulates]
            raise ValueError(
                f"accumulate: must be 1 for this learning rule, got {self.train.accumulate}; "
                f"rules that gather gradients: {', '.join(able)}"
            )

    def _check_device(self) -> None:
        """Refuse a device that the network does not run on."""
        if self.train.device not in ("auto", *self.model.devices):
            able = [n for n, e in MODELS.items() if self.train.device in _devices(e)]
            raise ValueError(
                f"device: this model runs on {' and '.join(self.model.devices)} only; "
                f"on {self.train.device} runs: {', '.join(able)}"
            )

    def dump_yaml(self) -> str:
        """Return a config file with every setting; it loads as an equal experiment."""
        return dump(self.model_dump())


def _trained(entry: Entry) -> type[Settings]:
    """Return the kind of networks that a rule trains."""
    return cast("type[RuleSettings]", entry.settings).trains


def _devices(entry: Entry) -> tuple[str, ...]:
    """Return where a kind of networks runs."""
    return cast("type[ModelSettings]", entry.settings).devices


def load_config(path: Path | str, overrides: Sequence[str] = ()) -> Experiment:
    """Read and check a config file, with ``key=value`` overrides.

    Where ``train.epochs=...`` shortens the run, savepoints that it no longer reaches are dropped.

    Raises:
        ConfigError: with every problem that was found, each on a line that says where it is.
    """
    document = read_config(Path(path), overrides)
    if {"config", "grid"} <= document.data.keys() and "model" not in document.data:
        where = document.where(("grid",))
        raise ConfigError(f"{where}: grid: this is a sweep; it is run by snnrun sweep {path}")
    _shorten(document)
    problems = list(document.problems)
    try:
        experiment = Experiment.model_validate(words(document.data))
    except ValidationError as error:
        problems += explain(error, document, Experiment)
    if problems:
        raise ConfigError(in_order(problems))
    return experiment


def _shorten(document: Document) -> None:
    """Drop savepoints of the file that lie behind the end which an override sets."""
    epochs, points = (document.node(("train", key)) for key in ("epochs", "savepoints"))
    if epochs is None or points is None or not isinstance(points.value, list):
        return
    if is_override(epochs.where) and not is_override(points.where):
        end = epochs.value if isinstance(epochs.value, int | float) else math.inf
        points.value = [
            each for each in points.value if not isinstance(each.value, int) or each.value <= end
        ]
