"""What a data set holds, and what an encoder makes of it: for people who look before they train."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from snnrun.core.capabilities import Capability, InputKind, Target
from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.data import Dataset
from snnrun.data.augmentations import AUGMENTATIONS, changed
from snnrun.data.source import ArraySource, Source, Subset
from snnrun.encoders import build_encoder
from snnrun.encoders.encoder import Encoder
from snnrun.experiment import Experiment
from snnrun.plots.samples import MOST, Coded
from snnrun.training.learner import PRECISIONS, training_values

#: Samples that are looked at where samples are read from disk.
LOOKED_AT = 200
#: Of a vector, of which many samples are shown beside each other.
COLUMNS = 20


@dataclass(frozen=True)
class SplitFacts:
    """What a split holds.

    samples: how many.
    dtype: of the numbers as they are kept, or read.
    low, high: the smallest and largest value.
    looked_at: samples that these are of.
    memory: bytes of the samples where they are kept in memory; None: they stay on disk.
    counts: samples of each class, ``[classes]``; None where there are no classes, or nobody knows.
    """

    samples: int
    dtype: str
    low: float
    high: float
    looked_at: int
    memory: int | None
    counts: NDArray[np.int64] | None


def facts_of(source: Source, classes: int) -> SplitFacts:
    """Return what a split holds.

    Args:
        source: of its samples.
        classes: how many there are.

    Raises:
        DataError: a file is damaged.
    """
    targets, whole = source.targets(), source
    counts = np.bincount(targets, minlength=classes) if classes and targets is not None else None
    while isinstance(whole, Subset):
        whole = whole.whole
    number = min(len(source), len(source) if not source.lazy else LOOKED_AT)
    values, _ = source.read(np.arange(number)) if source.lazy else source.read(np.arange(1))
    dtype, memory = str(values.dtype), None
    low, high = source.range() or (float(values.min()), float(values.max()))
    if isinstance(whole, ArraySource):
        dtype = str(whole.values.dtype)
        memory = len(source) * math.prod(source.shape) * whole.values.dtype.itemsize
    return SplitFacts(len(source), dtype, low, high, number, memory, counts)


def coded(experiment: Experiment, dataset: Dataset, each: int = 1) -> tuple[Coded, Encoder]:
    """Return training samples of each class as the network sees them where it learns nothing.

    Args:
        experiment: says how they are encoded.
        dataset: of the samples.
        each: how many of a class.

    Raises:
        DataError: a file is damaged.
    """
    encoder = build_encoder(
        experiment.encoder, experiment.sample_shape, experiment.model.input_kind
    )
    encoder.fit(training_values(dataset))
    encoder.eval()
    augmentations = tuple(
        AUGMENTATIONS.entry_of(change).load()(change) for change in experiment.train.augment
    )
    numbers, titles = _chosen(dataset, each)
    with torch.no_grad():
        values = torch.from_numpy(np.ascontiguousarray(dataset.train.read(numbers)[0]))
        values = changed(augmentations, values.to(PRECISIONS[experiment.train.precision]))
        random = Random(experiment.seed, "train", 0, 0, numbers)
        given = encoder(encoder.prepare(values), random)
        shown = given.dense(values) if isinstance(given, Events) else given
    plane = Capability.PLANE in experiment.data.offers
    many, labels = _many(dataset, plane) if values.dim() == 2 else (None, None)
    found = Coded(
        values=values.numpy(),
        timed=experiment.data.steps is not None,
        titles=titles,
        kind=_kind(experiment, encoder),
        coded=shown.numpy(),
        constant=encoder.constant,
        plane=plane,
        many=many,
        labels=labels,
        classes=experiment.data.classes,
    )
    return found, encoder


def _kind(experiment: Experiment, encoder: Encoder) -> InputKind:
    """Return what the encoder gives: what the model takes."""
    return encoder.kind or experiment.model.input_kind


def _chosen(dataset: Dataset, each: int) -> tuple[NDArray[np.int64], list[str]]:
    """Return the numbers of the first training samples of every class, and what they are called.

    Of sets so small that all fit, all samples.
    """
    source, classes = dataset.train, dataset.classes
    targets = source.targets()
    if dataset.settings.target is not Target.CLASSES or not classes:
        numbers = np.arange(min(6, len(source)))
        return numbers, [f"sample {number}" for number in numbers]
    if targets is None:
        targets = source.read(np.arange(min(len(source), LOOKED_AT)))[1]
    if len(source) <= MOST:
        chosen = np.argsort(targets, kind="stable")
    else:
        each = max(1, min(each, MOST // len(classes)))
        found = [np.flatnonzero(targets == label)[:each] for label in range(len(classes))]
        chosen = np.concatenate(found)[:MOST].astype(np.int64)
    return chosen, [classes[label] for label in targets[chosen]]


def _many(dataset: Dataset, plane: bool) -> tuple[NDArray[Any] | None, NDArray[Any] | None]:
    """Return training samples that are vectors, and their labels; few numbers of each, or none."""
    source = dataset.train
    few = len(source) <= MOST or not (plane or source.shape[0] <= COLUMNS)
    if dataset.settings.target is not Target.CLASSES or few:
        return None, None
    values, labels = source.read(np.arange(min(len(source), 2000)))
    return values, labels
