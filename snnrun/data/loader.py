"""From a source to batches: in an order, from any position, of any share, by any number of workers.

The order of an epoch is a function of (seed, epoch), and everything random of a sample one of its
number. So a batch is the same whatever was shown before, and whoever reads it.

Where samples fit in memory and are not changed each time they are shown, they are prepared once and
stay. Else they are read batch by batch; with workers, other processes read and augment ahead.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.capabilities import Target
from snnrun.core.episodes import Episodes
from snnrun.core.memory import fits
from snnrun.core.random import Random, generator, seed_torch
from snnrun.data.augmentations import Augmentation
from snnrun.data.dataset import DataSettings
from snnrun.data.reading import Numbers, Reader, Reading, Request
from snnrun.data.source import Source
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.listed import Listed

#: What is read at once where all samples are: so many, of so many bytes at most.
CHUNK, ROOM = 2000, 64 * 2**20


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
        self._reader = Reader(
            self.source, self.settings, self.augmentations, self.use.name, self.use.learning,
            self.seed, self.dtype,
        )  # fmt: skip
        self._read = Reading(self._reader, self.workers)

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

    def close(self) -> None:
        """End the workers."""
        self._read.close()

    # ---- samples that stay ----

    def _stays(self) -> bool:
        if self._prepared is not None:
            return True
        differs = self.use.learning and any(each.random for each in self.augmentations)
        if self.only is not None or differs:
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
            samples = len(self.source)
            requests = [
                Request(0, place, numbers, samples)
                for place, numbers in enumerate(chunks(self.source))
            ]
            read = self._read if self.source.lazy else Reading(self._reader)
            inputs, targets = torch.empty(0), torch.empty(0)
            for request, values, given in read(requests):
                part = self.encoder.prepare(values.to(self.device))
                if not request.number:
                    inputs = part.new_empty(samples, *part.shape[1:])
                    targets = given.new_empty(samples, *given.shape[1:])
                own = slice(request.samples[0], request.samples[-1] + 1)
                inputs[own], targets[own] = part, given
            read.close()
            self._prepared = inputs, targets.to(self.device)
        return self._prepared

    # ---- samples that are read each time ----

    def _from_source(self, epoch: int, every: Iterator[tuple[int, Tensor]]) -> Iterator[Batch]:
        requests = [
            Request(epoch, number, self.share.of(whole).numpy(), len(whole))
            for number, whole in every
        ]
        for request, values, targets in self._read(requests):
            random = Random(self.seed, self.use.name, epoch, request.number, request.samples)
            prepared = self.encoder.prepare(values.to(self.device))
            yield self._batch(prepared, targets.to(self.device), random, request.whole)

    def _batch(self, prepared: Tensor, targets: Tensor, random: Random, whole: int) -> Batch:
        seed_torch(self.seed, self.use.name, random.epoch, random.number)
        shown: Any
        if self.settings.target is Target.ACTIONS:
            spikes = not isinstance(self.encoder, Listed)
            shown = Episodes(self.source.environment, self.encoder.prepare, self.encoder, spikes)
        else:
            shown = self.encoder(prepared, random)
        samples = whole if self.use.learning else len(targets)
        return Batch(shown, targets, random, self.encoder.constant, samples)


def chunks(source: Source) -> Iterator[Numbers]:
    """Yield the numbers of all samples, in order, as many at once as may be read at once."""
    size = max(1, min(CHUNK, ROOM // (4 * math.prod(source.shape))))
    for begin in range(0, len(source), size):
        yield np.arange(begin, min(begin + size, len(source)))
