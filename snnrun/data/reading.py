"""The samples of batches, read and augmented: here, or ahead of time in other processes.

What a batch holds does not depend on who reads it. Workers are started once and stay; what one of
them finds wrong is raised here, as if it had been found here.
"""

import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from snnrun.core.capabilities import Values
from snnrun.core.random import Random
from snnrun.data.augmentations import Augmentation, changed
from snnrun.data.dataset import DataSettings
from snnrun.data.source import Array, FloatArray, Source, check_range
from snnrun.errors import DataError, SnnrunError

Numbers = NDArray[np.int64]
_SIGNALS = {signal.SIGINT, signal.SIGTERM}
#: Bytes below which a pipe is faster than a file in memory that is opened for each tensor; with
#: two workers, 0.4 ms against 5.7 for a batch of 20 kB, 64 ms against 24 for one of 7 MB.
SMALL = 2**20
#: Seconds that a worker outlives a SIGTERM: schedulers send it to all processes of a job at once,
#: and the one that trains goes on to the end of its update before it saves.
GRACE = 30


@dataclass(frozen=True)
class Request:
    """A batch to read.

    epoch, number: which batch it is.
    samples: the numbers of its samples, of this process.
    whole: how many samples it has in all processes.
    """

    epoch: int
    number: int
    samples: Numbers
    whole: int


Read = tuple[Request, Tensor, Tensor]


def read(source: Source, numbers: Numbers, allowed: Values, use: str) -> tuple[FloatArray, Array]:
    """Return values ``[n, *shape]`` and targets; what nobody looked at before is looked at now.

    Args:
        source: where samples come from.
        numbers: of samples.
        allowed: which values the data set promises.
        use: what they are read for, as messages call it.

    Raises:
        DataError: a file is absent or damaged, or values are not what was promised.
    """
    values, targets = source.read(numbers)
    if source.lazy and len(numbers):
        where = f"samples {numbers.min()} to {numbers.max()} of {use}"
        check_range(float(values.min()), float(values.max()), allowed, where)
    return values, targets


@dataclass(frozen=True)
class Reader(Dataset[Any]):
    """Reads and augments the samples of a batch, in whichever process.

    source: where samples come from.
    settings: what they are.
    augmentations: change them; none where nothing is learned.
    use: what they are shown for.
    learning: whether they are changed at random.
    seed: of the experiment.
    dtype: of values, and of targets that are numbers.
    """

    source: Source
    settings: DataSettings
    augmentations: Sequence[Augmentation]
    use: str
    learning: bool
    seed: int
    dtype: torch.dtype

    def __getitem__(self, request: Request) -> tuple[Tensor, Tensor]:
        random = Random(self.seed, self.use, request.epoch, request.number, request.samples)
        return self.read(request.samples, random if self.learning else None)

    def read(self, numbers: Numbers, random: Random | None = None) -> tuple[Tensor, Tensor]:
        """Return values ``[n, *shape]`` and targets, augmented if there are random numbers.

        Raises:
            DataError: a file is absent or damaged, or values are not what was promised.
        """
        found, targets = read(self.source, numbers, self.settings.values, self.use)
        values = torch.from_numpy(np.ascontiguousarray(found)).to(self.dtype)
        values = changed(self.augmentations, values, random)
        answers = torch.from_numpy(np.ascontiguousarray(targets))
        return values, answers.to(self.dtype) if answers.is_floating_point() else answers


class Reading:
    """Reads the batches that are asked for, in that order.

    Args:
        reader: reads one.
        workers: processes that do so ahead; 0: none.
    """

    def __init__(self, reader: Reader, workers: int = 0) -> None:
        self.reader, self.workers = reader, workers
        self._requests: list[Request] = []
        self._loader: DataLoader[Any] | None = None
        self._end: Callable[[], object] = lambda: None

    def __call__(self, requests: Sequence[Request]) -> Iterator[Read]:
        """Yield each request with its values and targets.

        Raises:
            DataError: a file is absent or damaged; a worker has ended.
        """
        if not self.workers:
            yield from ((request, *self.reader[request]) for request in requests)
            return
        self._requests[:] = requests
        with _signals_later():
            ahead = iter(self._started())
        for request in requests:
            with lost_workers_told():
                (epoch, number), found = next(ahead)
            if isinstance(found, Exception):
                raise found
            if (epoch, number) != (request.epoch, request.number):
                raise RuntimeError("two passes over the batches of one loader at the same time")
            values, targets = map(torch.as_tensor, found)
            yield request, values, targets

    def close(self) -> None:
        """End the workers; they start anew if they are needed again."""
        self._end()
        self._loader = None

    def _started(self) -> "DataLoader[Any]":
        if self._loader is None:
            self._loader = DataLoader(
                _Reporting(self.reader),
                batch_size=None,
                sampler=self._requests,  # what it holds when an epoch begins
                num_workers=self.workers,
                multiprocessing_context=_CONTEXT,
                collate_fn=_same,
                worker_init_fn=partial(_quiet, os.getpid()),
                persistent_workers=True,
                generator=torch.Generator(),  # else torch's own would move on
            )
            self._end = weakref.finalize(self, _end, self._loader)  # at exit, at the latest
        return self._loader


#: Workers share the samples that are in memory, and need no import. Python 3.14 starts them so no
#: longer by default; elsewhere than on Linux, forks of a process that draws or has threads are
#: not safe.
_CONTEXT = "fork" if sys.platform == "linux" else None


@contextmanager
def lost_workers_told() -> Iterator[None]:
    """Say what torch means where a worker was killed: a signal tells it so, anywhere in this block.

    Raises:
        DataError: a worker has ended.
    """
    try:
        yield
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise DataError(
            f"a process that reads samples has ended ({str(error).splitlines()[0]}); "
            "if memory is short, train.workers may be smaller"
        ) from error


@dataclass
class _Reporting(Dataset[Any]):
    """A reader that returns what a user can act on instead of raising it, with its traceback."""

    reader: Reader

    def __getitem__(self, request: Request) -> Any:
        place = request.epoch, request.number
        try:
            found = self.reader[request]
            return place, [each.numpy() if each.nbytes < SMALL else each for each in found]
        except (SnnrunError, OSError) as error:
            return place, error


def _end(loader: "DataLoader[Any]") -> None:
    # DataLoader has no way to say so but to be forgotten, and a traceback may remember it.
    if loader._iterator is not None:
        loader._iterator._shutdown_workers()  # type: ignore[attr-defined]


def _same(batch: Any) -> Any:
    return batch


@contextmanager
def _signals_later() -> Iterator[None]:
    """Hold signals back, so that a worker that is starting does not take them for its own."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _quiet(parent: int, worker: int) -> None:
    """Leave Ctrl-C to the process that trains, and SIGTERM as long as it needs to save."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: signal.alarm(GRACE))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this worker once the process that trains is gone.

    It may be waiting to send a batch that nobody will fetch, through a pipe of which the workers
    themselves hold the other end.
    """
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
