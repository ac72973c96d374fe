"""From a source to batches: in an order, from any position, of any share, by any number of workers.

The order of an epoch is a function of (seed, epoch), and everything random of a sample one of its
number. So a batch is the same whatever was shown before, and whoever reads it.

Where samples fit in memory and are not changed each time they are shown, they are prepared once and
stay. Else they are read batch by batch; with workers, other processes read and augment ahead.
"""

import math
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from snnrun.core.batch import Batch
from snnrun.core.random import Random, generator, seed_torch
from snnrun.data.augmentations import Augmentation
from snnrun.data.dataset import DataSettings
from snnrun.data.memory import fits
from snnrun.data.source import Source, check_range
from snnrun.encoders.encoder import Encoder
from snnrun.errors import DataError

Numbers = NDArray[np.int64]
CHUNK = 2000  #: samples that are prepared at once, where all of them are


@dataclass(frozen=True)
class Use:
    """What samples are shown for.

    name: train, validation, test, ...: random numbers depend on it.
    learning: whether they are shuffled and augmented.
    """

    name: str
    learning: bool = False


@dataclass(frozen=True)
class Share:
    """Which part of every batch a process takes: part ``rank`` of ``size``."""

    rank: int = 0
    size: int = 1

    def of(self, numbers: Tensor) -> Tensor:
        """Return the part of a batch that is its own."""
        return numbers.tensor_split(self.size)[self.rank] if self.size > 1 else numbers


@dataclass
class Loader:
    """Batches of one split.

    source: where samples come from.
    settings: what they are.
    encoder: prepares and encodes them.
    augmentations: change training samples each time they are shown.
    use: what they are shown for.
    seed: of the experiment.
    size: samples of a batch.
    dtype, device: of the batches.
    share: which part of every batch is wanted.
    workers: processes that read ahead; 0: none.
    keep: whether to prepare all samples once; None: if they fit in memory.
    only: the numbers of the samples to show; None: all.
    """

    source: Source
    settings: DataSettings
    encoder: Encoder
    use: Use
    seed: int
    size: int
    augmentations: Sequence[Augmentation] = ()
    dtype: torch.dtype = torch.float32
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    share: Share = Share()
    workers: int = 0
    keep: bool | None = None
    only: Numbers | None = None

    def __post_init__(self) -> None:
        self._prepared: tuple[Tensor, Tensor] | None = None
        self._reader = _Reader(
            self.source, self.settings, self.augmentations, self.use, self.seed, self.dtype
        )

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""
        samples = len(self.source) if self.only is None else len(self.only)
        return math.ceil(samples / self.size)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of an epoch, from number ``start`` on."""
        order = self._order(epoch)
        every = (
            (number, order[number * self.size : (number + 1) * self.size])
            for number in range(start, len(self))
        )
        if self._stays():
            yield from self._from_memory(epoch, every)
        else:
            yield from self._from_source(epoch, every)

    def _order(self, epoch: int) -> Tensor:
        if self.only is not None:
            return torch.from_numpy(self.only)
        samples = len(self.source)
        if self.use.learning:
            return torch.randperm(samples, generator=generator(self.seed, "order", epoch))
        return torch.arange(samples)

    # ---- samples that stay ----

    def _stays(self) -> bool:
        if self._prepared is not None:
            return True
        if self.only is not None or (self.use.learning and self.augmentations):
            return False
        return self._fit_in_memory() if self.keep is None else self.keep

    def _fit_in_memory(self) -> bool:
        """Tell whether all prepared samples fit in memory, judging by the first."""
        values, _ = self._reader.read(np.arange(1))
        one = self.encoder.prepare(values)
        self.keep = fits(len(self.source) * one.numel() * one.element_size())
        return self.keep

    def _from_memory(self, epoch: int, every: Iterator[tuple[int, Tensor]]) -> Iterator[Batch]:
        inputs, targets = self._all()
        for number, whole in every:
            own = self.share.of(whole)
            random = Random(self.seed, self.use.name, epoch, number, own.numpy())
            chosen = own.to(self.device)
            yield self._batch(
                inputs.index_select(0, chosen), targets.index_select(0, chosen), random, len(whole)
            )

    def _all(self) -> tuple[Tensor, Tensor]:
        """Return all samples, prepared, and their targets; made once, a chunk at a time."""
        if self._prepared is None:
            inputs, targets, samples = torch.empty(0), torch.empty(0), len(self.source)
            for begin in range(0, samples, CHUNK):
                end = min(begin + CHUNK, samples)
                values, given = self._reader.read(np.arange(begin, end))
                part = self.encoder.prepare(values.to(self.device))
                if not begin:
                    inputs = part.new_empty(samples, *part.shape[1:])
                    targets = given.new_empty(samples, *given.shape[1:])
                inputs[begin:end], targets[begin:end] = part, given
            self._prepared = inputs, targets.to(self.device)
        return self._prepared

    # ---- samples that are read each time ----

    def _from_source(self, epoch: int, every: Iterator[tuple[int, Tensor]]) -> Iterator[Batch]:
        requests = [
            _Request(epoch, number, self.share.of(whole).numpy(), len(whole))
            for number, whole in every
        ]
        for request, values, targets in self._read(requests):
            random = Random(self.seed, self.use.name, epoch, request.number, request.samples)
            prepared = self.encoder.prepare(values.to(self.device))
            yield self._batch(prepared, targets.to(self.device), random, request.whole)

    def _read(self, requests: "list[_Request]") -> "Iterator[tuple[_Request, Tensor, Tensor]]":
        if not self.workers:
            return map(self._reader.__getitem__, requests)
        reader: Any = self._reader
        return iter(
            DataLoader(
                reader,
                None,
                sampler=requests,
                num_workers=self.workers,
                collate_fn=_same,
                worker_init_fn=_quiet,
            )
        )

    def _batch(self, prepared: Tensor, targets: Tensor, random: Random, whole: int) -> Batch:
        seed_torch(self.seed, self.use.name, random.epoch, random.number)
        shown = self.encoder(prepared, random)
        samples = whole if self.use.learning else len(targets)
        return Batch(shown, targets, random, self.encoder.constant, samples)


def _same(batch: Any) -> Any:
    return batch


def _quiet(worker: int) -> None:
    """Leave signals to the process that trains; a worker ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@dataclass(frozen=True)
class _Request:
    """A batch to read: its epoch and number, the samples of this share, and how many in all."""

    epoch: int
    number: int
    samples: Numbers
    whole: int


@dataclass
class _Reader(Dataset):  # type: ignore[type-arg]
    """Reads and augments the samples of a batch, in whichever process."""

    source: Source
    settings: DataSettings
    augmentations: Sequence[Augmentation]
    use: Use
    seed: int
    dtype: torch.dtype

    def __getitem__(self, request: _Request) -> tuple[_Request, Tensor, Tensor]:
        random = Random(self.seed, self.use.name, request.epoch, request.number, request.samples)
        return request, *self.read(request.samples, random if self.use.learning else None)

    def read(self, numbers: Numbers, random: Random | None = None) -> tuple[Tensor, Tensor]:
        """Return values ``[n, *shape]`` and targets, augmented if there are random numbers."""
        found, targets = self.source.read(numbers)
        if self.source.lazy:
            self._check(numbers, found, targets)
        values = torch.from_numpy(np.ascontiguousarray(found)).to(self.dtype)
        for index, augment in enumerate(self.augmentations):
            own = random and random.of(f"augment.{index}")
            values = augment(values, own) if own else augment.still(values)
        return values, torch.from_numpy(np.ascontiguousarray(targets))

    def _check(self, numbers: Numbers, values: Any, targets: Any) -> None:
        """Refuse samples that are not what the settings say."""
        if not len(numbers):
            return
        where = f"samples {numbers.min()} to {numbers.max()} of {self.use.name}"
        low, high = float(values.min()), float(values.max())
        check_range(low, high, self.settings.values, where)
        classes = len(self.settings.classes)
        if classes and not (0 <= targets.min() and targets.max() < classes):
            raise DataError(
                f"{where}: labels reach from {targets.min()} to {targets.max()}; "
                f"expected 0 to {classes - 1}"
            )
