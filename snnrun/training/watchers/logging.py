"""Tells a logger how training goes: numbers, histograms of weights, figures, and how it ended."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from snnrun.loggers import LOGGERS, LoggerSettings, RemoteLoggerSettings
from snnrun.loggers.apart import Apart
from snnrun.loggers.logger import Logger, RunInfo
from snnrun.runs.folder import Metric
from snnrun.training.loop import Training
from snnrun.training.watchers import told
from snnrun.training.watchers.watcher import Watcher

#: Histograms and figures may take at most this share of the time.
SHARE = 0.02
#: So much of a session passes at least between two: a day has about a thousand, each of a size.
SPACING = 0.01


class Logging(Watcher):
    """Passes on to one logger what it wants to know."""

    def __init__(self, settings: LoggerSettings) -> None:
        self.name = f"{LOGGERS.name_of(settings)} logger"
        self.settings = settings
        self.logger = made(settings)
        self.pace = Pace()
        self._shown: dict[Path, int] = {}
        self._seen = -1

    def started(self, training: Training) -> None:
        """Begin, or go on, where training stands."""
        run = training.run_dir
        info = RunInfo(
            told.identity(run),
            run.path.name,
            run.path.absolute(),
            told.described(training.experiment),
        )
        self.logger.begin(info, training.at.epoch)

    def rewound(self, training: Training) -> None:
        """Tell that what was logged beyond is superseded."""
        self.logger.go_back(training.at.epoch)
        self._seen = -1

    def logged(self, training: Training, rows: list[Metric]) -> None:
        """Pass numbers on."""
        for epoch in dict.fromkeys(row["epoch"] for row in rows):
            own = (row for row in rows if row["epoch"] == epoch)
            values = {f"{row['split']}/{row['name']}": row["value"] for row in own}
            self.logger.numbers(epoch, values)

    def epoch_done(self, training: Training, rows: list[Metric]) -> None:
        """Show histograms and figures, if it is time."""
        if self.pace.due:
            with self.pace.spending():
                self._show(training)

    def stopped(self, training: Training) -> None:
        """Show how it looks now, and tell how it ended."""
        self._show(training)
        self.logger.end(told.ending(training.run_dir))

    def left_out(self) -> None:
        """End the process of the logger, if it has one."""
        if isinstance(self.logger, Apart):
            self.logger.release()

    def _show(self, training: Training) -> None:
        epoch = training.at.epoch
        if self.settings.wants("histograms") and not training.at.batch and epoch != self._seen:
            self._seen = epoch
            for name, values in told.tensors(training):
                if (histogram := told.histogram_of(values)) is not None:
                    self.logger.histogram(epoch, name, histogram)
        if self.settings.wants("figures"):
            for name, path in told.figures(training):
                changed = path.stat().st_mtime_ns
                if self._shown.get(path) != changed:
                    self._shown[path] = changed
                    self.logger.figure(epoch, name, path)


class Pace:
    """Keeps what takes time to a share of it."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._next = -math.inf

    @property
    def due(self) -> bool:
        """Whether there is time again."""
        return time.monotonic() >= self._next

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Measure what is done inside."""
        before = time.monotonic()
        yield
        now = time.monotonic()
        self._next = now + max((now - before) / SHARE, SPACING * (now - self._began))


def made(settings: LoggerSettings) -> Logger:
    """Return the logger of these settings, in another process if it may wait for a network."""
    if isinstance(settings, RemoteLoggerSettings):
        return Apart(settings)
    logger: Logger = LOGGERS.entry_of(settings).load()(settings)
    return logger
