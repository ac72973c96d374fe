"""A table of numbers in text files, with a column of classes.

With ``scale: min_max``, and over the rows that train alone,

    value = (number - min) / (max - min)   of its column, cut to [0, 1]; 0 where max = min

so what validates and tests is scaled by what was learned from, and nothing of it leaks. Classes are
sorted: by value where all are whole numbers, else by letters.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from snnrun.core.capabilities import Values
from snnrun.core.paths import cut as shorter
from snnrun.data.dataset import SPLITS, VALUES, Dataset, Size, ValuesAre
from snnrun.data.files import find
from snnrun.data.forms import Form
from snnrun.data.inferred import InferredSettings, blamed
from snnrun.data.source import Array, ArraySource, Labels
from snnrun.data.splitting import HeldOut, Load, cut, divide
from snnrun.data.table_files import Column, TableFile, is_number, rows_of
from snnrun.errors import DataError

Numbers = NDArray[np.float64]


class CsvSettings(InferredSettings):
    """The files, which of their columns are what, and how they are scaled."""

    places: ClassVar[frozenset[str]] = frozenset(SPLITS)

    train: Annotated[str, Field(description="file", examples=["train.csv"])]
    validation: Annotated[
        HeldOut | str, Field(description="file, a share of the training rows, or test: what tests")
    ] = 0.1
    test: Annotated[HeldOut | str, Field(description="file, or a share of the training rows")] = 0.2
    label: Annotated[
        Column, Field(description="column of the class: name, or number from 0 on; -1: the last")
    ] = -1
    columns: Annotated[
        tuple[Column, ...] | None,
        Field(min_length=1, description="of the values, by name or number; null: all others"),
    ] = None
    header: Annotated[
        bool | None,
        Field(description="whether the first row names columns; null: if a value in it is none"),
    ] = None
    delimiter: Annotated[
        str, Field(min_length=1, max_length=1, description="what stands between fields")
    ] = ","
    scale: Annotated[
        Literal["min_max"] | None,
        Field(description="min_max: each column to [0, 1], by its training rows; null: not"),
    ] = "min_max"
    values_are: ValuesAre = "unit"
    shape: Annotated[
        tuple[Size, ...] | None,
        Field(min_length=1, description="of a sample, such as [1, 28, 28]; null: a vector"),
    ] = None
    names: Annotated[
        tuple[str, ...] | None,
        Field(description="of the classes, as they stand in the column; null: all, sorted"),
    ] = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.scale and self.values_are != "unit":
            raise ValueError(f"values_are: must be unit where scale is {self.scale}")
        return self

    @property
    def values(self) -> Values:
        """Which values samples have."""
        return VALUES[self.values_are]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of a sample."""
        return self.shape or ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return self.names or ()

    @property
    def forms(self) -> tuple[Form, ...]:
        """Rows of the columns, scaled as those of the set; with the column of classes, or not."""
        limits = cache(partial(_limits, self, partial(_read, self)))
        change = partial(self._scaled, limits) if self.scale else None
        said = "numbers as in the training file" if self.scale else ""
        form = Form(
            self.input_shape, self.values, change=change, columns=self.columns_of, said=said
        )
        return (form,)

    def columns_of(self, names: Sequence[str] | None, width: int) -> Sequence[int] | None:
        """Return which columns of another table hold the values; None where these do not fit.

        Args:
            names: of its columns, if it has some.
            width: how many it has.
        """
        wanted = math.prod(self.input_shape)
        if names is not None and self.columns is not None and {*self.columns} <= {*names}:
            return [names.index(str(column)) for column in self.columns]
        if width == wanted:
            return range(width)
        label = self.label
        if isinstance(label, str):
            label = names.index(label) if names and label in names else width
        if width == wanted + 1 and -width <= label < width:
            return [number for number in range(width) if number != label % width]
        return None

    def _scaled(self, limits: Callable[[], tuple[Numbers, Numbers]], numbers: Array) -> Array:
        """Return numbers of columns, ``[samples, *shape]``, as the rows of the set are scaled."""
        rows = numbers.reshape(len(numbers), -1).astype(np.float64)
        values = _between(rows, *limits()).astype(np.float32)
        return values.reshape(-1, *self.input_shape)

    def infer(self) -> dict[str, Any]:
        """Return the shape of a sample and the classes, as the training file has them."""
        if self.shape and self.names:
            return {}
        with blamed("train"):
            table = self.table(self.train)
        with blamed("label"):
            label = table.number(self.label)
        with blamed("columns"):
            shape = self.shape or (len(self.value_columns(table)),)
        with blamed("train"):
            return {"shape": shape, "names": self.names or in_order(table.texts(label))}

    def table(self, name: str) -> TableFile:
        """Return the table of a name."""
        path = find(name)
        header = self.header
        if header is None:
            _, first = next(rows_of(path, self.delimiter))
            skipped = self.label % len(first) if isinstance(self.label, int) else None
            header = not all(is_number(f) for i, f in enumerate(first) if i != skipped)
        return TableFile(path, self.delimiter, header)

    def value_columns(self, table: TableFile) -> list[int]:
        """Return the numbers of the columns that hold values."""
        if self.columns is not None:
            return [table.number(column) for column in self.columns]
        label = table.number(self.label)
        return [number for number in range(table.width()) if number != label]


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Return each label once: by value where all are whole numbers, else by letters.

    Example:
        >>> in_order(["10", "9", "10"]), in_order(["setosa", "10", "9"])
        (('9', '10'), ('10', '9', 'setosa'))
    """
    found = set(labels)
    whole = all(label.lstrip("-").isdecimal() for label in found)
    return tuple(sorted(found, key=int) if whole else sorted(found))


def load(settings: CsvSettings) -> Dataset:
    """Return the splits, float32.

    Raises:
        DataError: a file is absent, or holds something else than the settings say.
    """
    read = cache(partial(_read, settings))
    limits = cache(partial(_limits, settings, read))

    def source(name: str) -> ArraySource:
        numbers, labels = read(name)
        if settings.scale:
            numbers = _between(numbers, *limits())
        return ArraySource(numbers.astype(np.float32).reshape(-1, *settings.input_shape), labels)

    def part(given: str | float) -> Load | float:
        return given if isinstance(given, float) else partial(source, given)

    given: Literal["test"] | Load | float = (
        "test" if settings.validation == "test" else part(settings.validation)
    )
    return divide(settings, partial(source, settings.train), given, part(settings.test))


def _limits(
    settings: CsvSettings, read: Callable[[str], tuple[Numbers, Labels]]
) -> tuple[Numbers, Numbers]:
    """Return minimum and maximum of each column over the rows that train."""
    numbers, labels = read(settings.train)
    own = settings.validation, settings.test
    shares = (each if isinstance(each, float) else 0.0 for each in own)
    training = numbers[cut(labels, *shares)[0]]
    return training.min(axis=0), training.max(axis=0)


def _between(numbers: Numbers, low: Numbers, high: Numbers) -> Numbers:
    """Return numbers as shares of the way from low to high, cut to [0, 1]."""
    found: Numbers = ((numbers - low) / np.where(high > low, high - low, np.inf)).clip(0, 1)
    return found


def _read(settings: CsvSettings, name: str) -> tuple[Numbers, Labels]:
    """Return the values ``[rows, columns]`` and the labels of a file."""
    table = settings.table(name)
    columns, places = settings.value_columns(table), {c: i for i, c in enumerate(settings.classes)}
    if len(columns) != math.prod(settings.input_shape):
        raise DataError(
            f"{table.path}: has {len(columns)} columns of values; expected samples of shape "
            f"{list(settings.input_shape)}"
        )
    labels = table.texts(table.number(settings.label))
    odd = next((label for label in labels if label not in places), None)
    if odd is not None:
        raise DataError(
            f"{table.path}: {shorter(repr(odd), 80)} is none of the classes "
            f"{shorter(', '.join(places), 500)}"
        )
    return table.numbers(columns), np.array([places[label] for label in labels], np.int64)
