"""What looks on while a network trains, and is notified of how it goes; it changes nothing."""

import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from snnrun.errors import WatcherWarning
from snnrun.runs.folder import Metric

if TYPE_CHECKING:
    from snnrun.training.loop import Training


class Watcher:
    """Is notified of how training goes; the methods do nothing unless overridden.

    One that fails is left out from there on, with a warning; training goes on.
    """

    name = "watcher"

    def started(self, training: "Training") -> None:
        """Training begins, or goes on, at ``training.at``."""

    def batch_done(self, training: "Training") -> None:
        """One more batch is done."""

    def epoch_done(self, training: "Training", rows: list[Metric]) -> None:
        """One more epoch is done and evaluated; ``rows`` is what was logged of it."""

    def logged(self, training: "Training", rows: list[Metric]) -> None:
        """Numbers were logged: of an epoch, of the network before training, of tests at the end."""

    def rewound(self, training: "Training") -> None:
        """Training went back, and goes on at ``training.at``."""
        self.stopped(training)
        self.started(training)

    def stopped(self, training: "Training") -> None:
        """Training ends here, for whatever reason."""

    def left_out(self) -> None:
        """It failed, and is notified no more: let go of what it holds."""


class Watchers:
    """All the watchers of one training."""

    def __init__(self, watchers: Sequence[Watcher] = ()) -> None:
        self._each = list(watchers)

    def notify(self, event: str, training: "Training", *arguments: Any) -> None:
        """Notify all of them of an event, the name of a method of :class:`Watcher`."""
        for watcher in list(self._each):
            try:
                getattr(watcher, event)(training, *arguments)
            except Exception as error:
                self._each.remove(watcher)
                with suppress(Exception):
                    watcher.left_out()
                reason = str(error) or type(error).__name__
                text = f"the {watcher.name} is off from here on: {reason}"
                warnings.warn(text, WatcherWarning, stacklevel=2)
