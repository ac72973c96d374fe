"""The contract of a logger, and what it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnrun.loggers.settings import LoggerSettings


@dataclass(frozen=True)
class RunInfo:
    """What is known of a run before anything of it is logged.

    id: stays the same however often the run goes on.
    name: of its folder.
    folder: where it lies.
    config: the experiment, without places of files and what changes no result.
    """

    id: str
    name: str
    folder: Path
    config: Mapping[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """The config as one map, its keys such as ``train.optimizer.lr``."""
        return dict(_flat(self.config))


@dataclass(frozen=True)
class Histogram:
    """How many numbers of a tensor lie between two edges.

    counts: [bins]
    edges: [bins + 1], ascending
    total, squares: the sum of all numbers, and of their squares
    """

    counts: tuple[int, ...]
    edges: tuple[float, ...]
    total: float
    squares: float


@dataclass(frozen=True)
class Ending:
    """How a session of training ended.

    state: finished, interrupted, failed, or killed, of which nobody could tell.
    results: loss, accuracy and what the run is judged by, as ``last/test/accuracy``, of the last
        and the best epoch; empty unless it finished.
    """

    state: str
    results: Mapping[str, float]


class Logger:
    """Is told of a run; the methods do nothing unless overridden.

    Whatever one raises, training goes on without this logger, and a warning says why.
    """

    def __init__(self, settings: LoggerSettings) -> None:
        self.settings = settings

    def begin(self, run: RunInfo, epoch: int) -> None:
        """Begin a run, or go on with it after ``epoch``: what was logged beyond is superseded."""

    def go_back(self, epoch: int) -> None:
        """Training went back, within this session: what was logged beyond is superseded."""

    def numbers(self, epoch: int, values: Mapping[str, float]) -> None:
        """Log numbers of an epoch, such as ``validation/accuracy``."""

    def histogram(self, epoch: int, name: str, histogram: Histogram) -> None:
        """Log how the numbers of a tensor are distributed."""

    def figure(self, epoch: int, name: str, path: Path) -> None:
        """Log a figure, a PNG file."""

    def end(self, ending: Ending) -> None:
        """Log how the session ended; all that was logged must have arrived afterwards."""


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values in maps and lists, each with its key.

    Example:
        >>> dict(_flat({"model": {"layers": [{"size": 3}]}, "seed": 1}))
        {'model.layers.0.size': 3, 'seed': 1}
    """
    if isinstance(value, Mapping):
        pairs = [(str(name), each) for name, each in value.items()]
    elif isinstance(value, list | tuple):
        pairs = [(str(index), each) for index, each in enumerate(value)]
    else:
        yield key, value
        return
    for name, each in pairs:
        yield from _flat(each, f"{key}.{name}".lstrip("."))
