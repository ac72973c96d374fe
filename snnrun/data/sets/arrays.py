"""Anybody's arrays in numpy's files, with or without time, with classes or numbers as targets.

Values are ``[samples, ...]``, of any type; bytes in the unit interval are divided by 255. Where one
axis is time, samples are read as ``[time, ...]``. Targets are

    classes      whole numbers from 0 on        [samples] or [samples, 1]
    numbers      floats                         [samples] or [samples, n]
    sequences    floats at every step           [samples, time, n]

A ``.npy`` file stays on disk, and only the samples of a batch are read; archives are read whole.
"""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from snnrun.core.capabilities import Target, Values
from snnrun.core.registry import Settings
from snnrun.data.array_files import ArrayFile, MappedSource, array_file, time_behind_samples
from snnrun.data.dataset import SPLITS, VALUES, Dataset, Size, ValuesAre
from snnrun.data.forms import BYTE, Form
from snnrun.data.inferred import InferredSettings, blamed
from snnrun.data.source import Array, ArraySource, Labels, Source
from snnrun.data.splitting import HeldOut, Load, divide
from snnrun.data.targets import whole_numbers
from snnrun.errors import DataError

_AXES = {"numbers": ["samples", "n"], "sequences": ["samples", "time", "n"]}
_MOST = 30_000  # classes; a config that names each of them can be read
_TARGETS = {"classes": Target.CLASSES, "numbers": Target.NUMBERS, "sequences": Target.SEQUENCES}


class PairSettings(Settings):
    """Two arrays with an entry for each sample."""

    values: Annotated[
        str, Field(description="file: x.npy, or xy.npz/x for x in an archive", examples=["x.npy"])
    ]
    targets: Annotated[str, Field(description="file, as for values", examples=["y.npy"])]


class ArraysSettings(InferredSettings):
    """The files, and what is in them."""

    places: ClassVar[frozenset[str]] = frozenset(
        f"{split}.{what}" for split in SPLITS for what in ("values", "targets")
    )

    train: PairSettings
    validation: Annotated[
        PairSettings | Literal["test"] | HeldOut,
        Field(description="files, a share of the training samples, or test: what tests"),
    ] = 0.1
    test: Annotated[
        PairSettings | HeldOut, Field(description="files, or a share of the training samples")
    ]
    values_are: ValuesAre = "unit"
    targets_are: Annotated[
        Literal["classes", "numbers", "sequences"] | None,
        Field(description="null: as the type of the training targets has it"),
    ] = None
    unit: Annotated[
        float | None,
        Field(gt=0, description="values are divided by it; null: bytes of the unit interval by "
              "255, others not"),
    ] = None  # fmt: skip
    time_axis: Annotated[
        int | None,
        Field(ge=0, description="of the arrays, 0 being the first; null: samples have no time"),
    ] = None
    shape: Annotated[
        tuple[Size, ...] | None,
        Field(min_length=1, description="of a sample, its time first; null: that of the files"),
    ] = None
    names: Annotated[
        tuple[str, ...] | None,
        Field(description="of the classes; null: 0, 1, ... up to the largest training label"),
    ] = None
    numbers: Annotated[
        int | None, Field(ge=1, description="in a target; null: as many as in the files")
    ] = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        timed = self.time_axis is not None
        if timed and self.values_are == "spike_times":
            raise ValueError("time_axis: must be null where values are spike times themselves")
        if timed and len(self.shape or ()) < 2:
            raise ValueError(f"shape: must be [time, ...] with a time axis, got {self.shape}")
        if self.targets_are == "sequences" and not timed:
            raise ValueError("targets_are: sequences need values with a time_axis")
        return self

    @property
    def values(self) -> Values:
        """Which values samples have."""
        return VALUES[self.values_are]

    @property
    def target(self) -> Target:
        """What a sample is to be answered with."""
        return _TARGETS[self.targets_are or "classes"]

    @property
    def steps(self) -> int | None:
        """How many steps samples have."""
        return None if self.time_axis is None else (self.shape or ())[0]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of a sample, without time."""
        return (self.shape or ())[self.time_axis is not None :]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self.names or ()

    @property
    def target_shape(self) -> tuple[int, ...]:
        """Shape of a target."""
        if self.target is Target.CLASSES:
            return ()
        time = () if self.steps is None or self.target is Target.NUMBERS else (self.steps,)
        return (*time, self.numbers or 1)

    @property
    def forms(self) -> tuple[Form, ...]:
        """Arrays as those of the files."""
        form = Form(self.sample_shape, self.values, time_axis=self.time_axis)
        if self.unit is not None:
            most = BYTE if self.unit == BYTE else None
            return (replace(form, unit=self.unit, most=most, scaled=True),)
        if self.values is Values.UNIT:
            return (replace(form, unit=BYTE, most=BYTE, bytes_only=True),)
        return (form,)

    def infer(self) -> dict[str, Any]:
        """Return shape, kind of targets, and names or numbers, as the training files have them."""
        found: dict[str, Any] = {}
        if self.shape is None:
            with blamed("train", "values"):
                found["shape"] = _shape(array_file(self.train.values), self.time_axis)
        known = self.names if self.targets_are == "classes" else self.numbers
        if self.targets_are is None or known is None:
            with blamed("train", "targets"):
                found |= self._infer_targets(array_file(self.train.targets))
        return found

    def _infer_targets(self, file: ArrayFile) -> dict[str, Any]:
        kind = self.targets_are or _kind(file)
        if kind == "classes":
            return {"targets_are": kind, "names": self.names or _classes(file)}
        return {"targets_are": kind, "numbers": self.numbers or _numbers_of_each(file, kind)}


def _shape(file: ArrayFile, time_axis: int | None) -> tuple[int, ...]:
    """Return the shape of a sample, its time first."""
    shape = file.header()[0]
    if len(shape) < 2 or (time_axis or 0) >= len(shape):
        axes = f", of which {time_axis} is time" if time_axis is not None else ""
        raise DataError(f"{file}: has shape {list(shape)}; expected axes [samples, ...]{axes}")
    found = shape[1:]
    if time_axis is not None:
        _, *rest = (*shape[:time_axis], *shape[time_axis + 1 :])  # samples are first of the others
        found = (shape[time_axis], *rest)
    if 0 in found:
        what = "step" if time_axis is not None and found[0] == 0 else "value"
        raise DataError(f"{file}: has shape {list(shape)}: no sample has a {what}")
    return found


def _kind(file: ArrayFile) -> str:
    """Return what targets are, judging by their type and shape."""
    shape, dtype = file.header()
    if dtype.kind in "iu" and (len(shape) == 1 or shape[1:] == (1,)):
        return "classes"
    return "sequences" if len(shape) == len(_AXES["sequences"]) else "numbers"


def _classes(file: ArrayFile) -> tuple[str, ...]:
    """Return a name for each number up to the largest label."""
    classes = int(_labels(file).max(initial=0)) + 1
    if classes > _MOST:
        raise DataError(
            f"{file}: labels reach up to {classes - 1:,}; expected numbers of classes, 0 and up, "
            f"below {_MOST:,}"
        )
    return tuple(map(str, range(classes)))


def _numbers_of_each(file: ArrayFile, kind: str) -> int:
    """Return how many numbers a target has, at a step if it has steps."""
    shape = file.header()[0]
    if kind == "numbers" and len(shape) == 1:
        return 1
    if len(shape) != len(_AXES[kind]):
        raise DataError(f"{file}: has shape {list(shape)}; expected [{', '.join(_AXES[kind])}]")
    return shape[-1]


def load(settings: ArraysSettings) -> Dataset:
    """Return the splits; nothing but headers and targets is read yet of what stays on disk.

    Raises:
        DataError: a file is absent or damaged, or holds something else than the settings say.
    """

    def part(given: PairSettings | float) -> Load | float:
        return given if isinstance(given, float) else partial(_source, settings, given)

    validation = settings.validation if settings.validation == "test" else part(settings.validation)
    return divide(
        settings, partial(_source, settings, settings.train), validation, part(settings.test)
    )


def _source(settings: ArraysSettings, pair: PairSettings) -> Source:
    values, targets = array_file(pair.values), array_file(pair.targets)
    answers = _labels(targets) if settings.target is Target.CLASSES else _numbers(targets, settings)
    shape, dtype = values.header()
    samples = shape[1 if settings.time_axis == 0 else 0]
    if samples != len(answers):
        raise DataError(f"{targets}: holds {len(answers)} targets for the {samples} of {values}")
    unit = _unit(settings, dtype)
    if values.mapped:
        return MappedSource(values, answers, unit, settings.time_axis)
    return ArraySource(time_behind_samples(values.open(), settings.time_axis), answers, unit)


def _unit(settings: ArraysSettings, dtype: np.dtype[Any]) -> float | None:
    """Return what values of a type are divided by; None where floats are read as they are."""
    if settings.unit is not None:
        return settings.unit
    if dtype == np.uint8 and settings.values is Values.UNIT:
        return float(BYTE)
    return None if dtype in (np.float32, np.float64) else 1.0


def _labels(file: ArrayFile) -> Labels:
    """Return the labels ``[samples]`` in a file."""
    return whole_numbers(np.array(file.open()).reshape(-1), str(file))


def _numbers(file: ArrayFile, settings: ArraysSettings) -> Array:
    """Return targets that are no classes, as float32 or float64."""
    found = np.array(file.open())
    floats = found if found.dtype in (np.float32, np.float64) else found.astype(np.float32)
    return floats[:, None] if floats.ndim == 1 and settings.target is Target.NUMBERS else floats
