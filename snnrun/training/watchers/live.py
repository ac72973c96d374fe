"""``live_accuracy.png`` in the run folder, drawn anew as training goes."""

import gc
import time

from snnrun.plots.live import Curves, draw_live
from snnrun.runs.folder import Metric
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher

#: Drawing may take at most this share of the time.
SHARE = 0.02


class LivePlot(Watcher):
    """Redraws when the time spent on drawing is small beside the time spent on training.

    What was logged before is read from the disk once.
    """

    name = "live plot"

    def __init__(self, seconds: float = 5.0) -> None:
        self.seconds = seconds
        self.curves: Curves | None = None
        self._next = time.monotonic() + seconds

    def epoch_done(self, training: Training, rows: list[Metric]) -> None:
        """Draw, if it is time."""
        self._read(training).add(rows)
        if time.monotonic() > self._next:
            self._draw(training)

    def stopped(self, training: Training) -> None:
        """Draw the final state."""
        self._draw(training)

    def _read(self, training: Training) -> Curves:
        if self.curves is None:
            self.curves = Curves(training.run_dir.logged())
        return self.curves

    def _draw(self, training: Training) -> None:
        before = time.monotonic()
        draw_live(self._read(training), training.run_dir.path / "live_accuracy.png")
        gc.collect()  # a picture is full of cycles, and the next one is as large
        now = time.monotonic()
        self._next = now + max(self.seconds, (now - before) / SHARE)
