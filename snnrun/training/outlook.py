"""What a training would do, told before it begins: how many steps, and what one costs."""

import resource
import sys
from dataclasses import dataclass

import torch

from snnrun.core.durations import duration_words
from snnrun.core.memory import size_words
from snnrun.experiment import Experiment
from snnrun.training.choosing import choose_threads
from snnrun.training.loop import Training
from snnrun.training.pace import seconds_alone


@dataclass(frozen=True)
class Cost:
    """What was measured.

    batch: seconds of a batch: read, encoded, and learned from.
    memory: bytes that the process, or the GPU, has held at most.
    threads: that it ran on; None on a GPU.
    """

    batch: float
    memory: int
    threads: int | None


@dataclass(frozen=True)
class Outlook:
    """What a training would do.

    samples: of the training split.
    batches: of an epoch.
    device: cpu or cuda.
    cost: of a batch; None where it was not measured.
    tried: whether it was to be measured.
    """

    experiment: Experiment
    samples: int
    batches: int
    device: str
    cost: Cost | None = None
    tried: bool = False

    def __str__(self) -> str:
        train = self.experiment.train
        epochs = f"{train.epochs:,} epoch{'s' if train.epochs > 1 else ''}"
        batches = f"{self.batches:,} batch{'es' if self.batches > 1 else ''}"
        lines = [
            f"valid: it would train {epochs} of {batches} of {train.batch_size:,}, "
            f"of {self.samples:,} samples, on {self.device}"
        ]
        if train.batch_size > self.samples:
            lines.append(
                f"note: train.batch_size is {train.batch_size:,}, and there are {self.samples:,} "
                "samples: each epoch is one batch of all of them"
            )
        kept = ", ".join(f"{epoch:,}" for epoch in train.savepoints)
        lines.append(f"keeps: {f'epochs {kept}, ' if kept else ''}the last and the best")
        return "\n".join([*lines, *self._measured()])

    def _measured(self) -> list[str]:
        if self.cost is None:
            why = "not measured: an epoch is one batch, and the first one prepares things too"
            return [why] if self.tried else []
        seconds, epochs = self.cost.batch, self.experiment.train.epochs
        where = "the GPU" if self.cost.threads is None else f"threads: {self.cost.threads}"
        return [
            f"measured: {duration_words(seconds)} a batch ({where}), "
            f"{duration_words(seconds * self.batches)} an epoch, "
            f"{duration_words(seconds * self.batches * epochs)} in all, without validation; "
            f"{size_words(self.cost.memory)} of memory"
        ]


def outlook(training: Training, measure: bool = False) -> Outlook:
    """Return what a training that has not begun would do.

    Args:
        training: it stays as it is, but for the number of its threads.
        measure: whether to learn from some batches, on a copy.
    """
    cost = None
    if measure:
        tried, threads = choose_threads(training), training.settings.threads
        seconds = tried.get(threads or 0) or seconds_alone(training)
        if seconds is not None:
            cost = Cost(seconds, _memory(training.learner.device), _threads(training))
    return Outlook(
        training.experiment,
        len(training.dataset.train),
        training.batches,
        training.learner.device.type,
        cost,
        measure,
    )


def _threads(training: Training) -> int | None:
    return None if training.learner.device.type == "cuda" else training.settings.threads or 1


def _memory(device: torch.device) -> int:
    """Return the most that was held so far."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most
