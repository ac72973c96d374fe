"""What else looks on while a network trains: rows of ``metrics.csv``, or your own code.

A callback is called with its settings, and notified of a training as every
:class:`snnrun.training.watchers.watcher.Watcher` is. It changes nothing: weights and numbers have
the same bits with it and without.
"""

from snnrun.core.registry import Entry, Settings, Table


class CallbackSettings(Settings):
    """What there is to say of a callback."""


class MetricsCsvSettings(CallbackSettings):
    """A table for spreadsheets: ``metrics.csv`` in the run folder, with a row for each epoch."""


CALLBACKS: Table[Entry] = Table(
    "callback",
    "snnrun.callbacks",
    {
        "metrics_csv": Entry(
            MetricsCsvSettings,
            "snnrun.training.watchers.metrics_csv:MetricsCsv",
            "",
            "metrics.csv in the run folder, a row for each epoch",
        ),
    },
    CallbackSettings,
)
