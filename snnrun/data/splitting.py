"""Train, validation and test of data that come with fewer files than that.

A share that is held out is the last part of every class, in the order of the source; without
classes, the last part of all samples. Nothing is random, so a run can be repeated without a seed,
and files that are sorted by class are no trap. Of a class of n samples

    floor(n test + 1/2) test, floor(n validation + 1/2) before these validate, and the rest trains.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from snnrun.core.capabilities import Target
from snnrun.data.dataset import SPLITS, Dataset, DataSettings
from snnrun.data.source import Array, Numbers, Source, Subset
from snnrun.errors import DataError

HeldOut = Annotated[
    float, Field(gt=0, lt=1, description="share of the training file: the last of every class")
]
Validation = Annotated[
    Literal["held_out", "test"],
    Field(
        description="held_out: the last part of the training file validates and does not train; "
        "test: all of it trains, and what tests validates too, so the best epoch has seen it"
    ),
]
Load = Callable[[], Source]


def divide(
    settings: DataSettings,
    train: Load,
    validation: Load | float | Literal["test"],
    test: Load | float,
) -> Dataset:
    """Return a data set of sources and of shares that are held out of the training source.

    Args:
        settings: of the data set.
        train: makes the training source, of which shares are held out.
        validation: makes a source, is a share, or "test": what tests validates too.
        test: makes a source, or is a share.

    Raises:
        DataError: of its splits, if a share comes to no sample.
    """
    shares = tuple(each if isinstance(each, float) else 0.0 for each in (validation, test))
    whole = cache(train)

    @cache
    def numbers() -> tuple[Numbers, Numbers, Numbers]:
        return cut(_classes(settings, whole()), *shares)

    def part(split: str) -> Source:
        return Subset(whole(), numbers()[SPLITS.index(split)])

    own: dict[str, Source | Load] = {
        "train": partial(part, "train") if any(shares) else whole,
        "test": partial(part, "test") if isinstance(test, float) else cache(test),
    }
    if validation == "test":
        own["validation"] = own["test"]
    else:
        own["validation"] = validation if callable(validation) else partial(part, "validation")
    return Dataset(settings, own)


def of_two_files(
    settings: DataSettings,
    validation: Literal["held_out", "test"],
    train: Load,
    test: Load,
    parts: int = 6,
) -> Dataset:
    """Return a data set that is published as two files.

    Args:
        settings: of the data set.
        validation: held_out: the last of so many ``parts`` of the first file validates, whatever
            its classes; test: the test file does.
        train, test: read the files.
    """
    whole, test = cache(train), cache(test)
    if validation == "test":
        return Dataset(settings, {"train": whole, "validation": test, "test": test})

    def part(validates: bool) -> Source:
        at = len(whole()) * (parts - 1) // parts
        return whole().part(at, None) if validates else whole().part(None, at)

    first, last = partial(part, False), partial(part, True)
    return Dataset(settings, {"train": first, "validation": last, "test": test})


def _classes(settings: DataSettings, source: Source) -> Array:
    """Return what must be in every part alike: the class of each sample, or one for all."""
    targets = source.targets()
    if settings.target is Target.CLASSES and targets is not None:
        return targets
    return np.zeros(len(source), np.int64)


def cut(classes: Array, validation: float, test: float) -> tuple[Numbers, Numbers, Numbers]:
    """Return the numbers of the samples that train, validate and test, each ascending.

    Args:
        classes: of each sample, ``[samples]``.
        validation, test: shares to be held out; 0: none.

    Raises:
        DataError: a share, or what is left to train, comes to no sample.

    Example:
        >>> for numbers in cut(np.array([7, 7, 7, 7, 3, 3]), 0.25, 0.25):
        ...     print(numbers)
        [0 1]
        [2 4]
        [3 5]
    """
    found: list[list[Numbers]] = [[], [], []]
    sizes = np.unique(classes, return_counts=True)[1]
    for own in np.split(np.argsort(classes, kind="stable"), np.cumsum(sizes)[:-1]):
        first = len(own) - _count(test, len(own))
        middle = max(first - _count(validation, len(own)), 0)
        for part, numbers in zip(found, np.split(own, [middle, first]), strict=True):
            part.append(numbers)
    train, *held = (np.sort(np.concatenate(part)) for part in found)
    for name, share, numbers in (
        ("training", 1.0, train), ("validation", validation, held[0]), ("test", test, held[1])
    ):  # fmt: skip
        if share and not len(numbers):
            raise DataError(
                f"no sample is left for {name}: {validation:g} of {len(classes)} samples are to "
                f"validate and {test:g} to test, the last of every class"
            )
    return train, held[0], held[1]


def _count(share: float, samples: int) -> int:
    return int(np.floor(share * samples + 0.5))
