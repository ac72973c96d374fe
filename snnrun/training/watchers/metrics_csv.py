"""``metrics.csv`` in the run folder: every number, with a row for each epoch."""

import csv
import io
import time

from snnrun.runs.files import write_text
from snnrun.runs.folder import Metric
from snnrun.training.loop import Training
from snnrun.training.watchers.callback import Callback

FILE = "metrics.csv"
#: Seconds between two writings while a network trains.
PAUSE = 5.0


class MetricsCsv(Callback):
    """Writes the table anew now and then, and at the end."""

    _next = 0.0

    def epoch_done(self, training: Training, rows: list[Metric]) -> None:
        """Write, if it is time."""
        if time.monotonic() > self._next:
            self._write(training)

    def logged(self, training: Training, rows: list[Metric]) -> None:
        """Write what is tested at the end."""
        if any(row["split"] == "test" for row in rows):
            self._write(training)

    def stopped(self, training: Training) -> None:
        """Write the final state."""
        self._write(training)

    def _write(self, training: Training) -> None:
        columns = training.run_dir.metrics()
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(columns)
        for row in zip(*(column.tolist() for column in columns.values()), strict=True):
            table.writerow("" if value != value else value for value in row)  # nan: not logged
        write_text(training.run_dir.path / FILE, text.getvalue(), durable=False)
        self._next = time.monotonic() + PAUSE
