"""What a training writes down as it goes: numbers, arrays of epochs, and how the run stands."""

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.peak import forget_peak, peak_memory
from snnrun.core.position import Position
from snnrun.runs import summary
from snnrun.runs.folder import Metric, RunDir
from snnrun.runs.progress import Best, Progress
from snnrun.runs.summary import Summary

#: Seconds between two notes of where a run stands.
EVERY = 5.0


@dataclass
class Journal:
    """The log of one run; in a process that does not write, of nothing.

    batches: of an epoch.
    epochs: of the run.
    summary: what the run comes to.
    metric_lines, history_lines: how many lines there are.
    seconds: of training in earlier sessions.
    memory: bytes that this process took at most in earlier sessions.
    """

    run: RunDir | None
    batches: int
    epochs: int
    summary: Summary
    metric_lines: int = 0
    history_lines: int = 0
    seconds: float = 0.0
    memory: int = 0
    _started: float = field(default_factory=time.monotonic)
    _reported: float = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds of training, over all sessions."""
        return self.seconds + time.monotonic() - self._started

    def start(self) -> None:
        """Count time and memory of this session from now on."""
        self._started = time.monotonic()
        forget_peak()

    def go_on(self, at: Position, progress: Progress) -> None:
        """Go on from a checkpoint; what was written after it is dropped."""
        self.seconds = progress.seconds
        self.metric_lines, self.history_lines = progress.metric_lines, progress.history_lines
        if self.run is None:
            return
        before = summary.read(self.run.path)
        self.memory = max(self.memory, before.get("memory", 0))
        self.summary.go_on(before, at.epoch)
        self.run.cut_lines(progress.metric_lines, progress.history_lines, at.epoch)
        self.metric_lines = len(self.run.metric_lines())
        self.history_lines = len(self.run.history_lines())

    def go_back(self, at: Position, progress: Progress) -> None:
        """Go back to a checkpoint of this run; the time runs on."""
        seconds = self.seconds
        self.go_on(at, progress)
        self.seconds = seconds

    def log(self, epoch: int, split: str, values: Mapping[str, float]) -> list[Metric]:
        """Write numbers of an epoch down and return them as they were written."""
        self.summary.note(epoch, split, values)
        step = epoch * self.batches
        rows = [
            Metric(step=step, epoch=epoch, split=split, name=n, value=v, time=self.elapsed)
            for n, v in values.items()
        ]
        if self.run:
            self.run.append_metrics(rows)
        self.metric_lines += len(rows)
        return rows

    def record(self, epoch: int, arrays: Mapping[str, NDArray[np.floating[Any]]]) -> None:
        """Write arrays of an epoch down."""
        if self.run:
            self.run.append_history(epoch, arrays)
        self.history_lines += len(arrays)

    def report(self, at: Position, best: Best) -> None:
        """Write where the run stands, now and then."""
        if time.monotonic() - self._reported > EVERY:
            self.status("running", at, best)

    def status(self, state: str, at: Position, best: Best, reason: str | None = None) -> None:
        """Write how the run stands."""
        self._reported = time.monotonic()
        if self.run is None:
            return
        content = {
            "state": state,
            "reason": reason,
            "epoch": at.epoch,
            "batch": at.batch,
            "batches": self.batches,
            "epochs": self.epochs,
            "best": best.flat(),
            "seconds": round(self.elapsed, 3),
            "memory": max(self.memory, peak_memory()),
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "process": os.getpid(),
            "host": socket.gethostname(),
        }
        durable = state != "running"
        self.run.write_json("status.json", content, durable)
        self.run.write_json(summary.SUMMARY, self.summary.content(content), durable)
