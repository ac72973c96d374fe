"""What is kept of every epoch of a first-spike network: weights and spike times of the labels."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.record import Record
from snnrun.learning.recorder import Recorder
from snnrun.models.first_spike.net import FirstSpikeNet

Floats = NDArray[np.floating[Any]]
#: Weights of the label layer are kept up to this number: 80 kB an epoch.
MOST = 20_000


class LabelRecorder(Recorder):
    """Keeps, of an epoch,

    - ``layers.<last>.weights [inputs + biases, neurons]``, unless there are very many;
    - ``label_times/mean`` and ``label_times/std [true class, neuron]`` over the samples in which
      the neuron spiked, in units of tau_syn; nan where it spiked in none.
    """

    def __init__(self, model: FirstSpikeNet) -> None:
        self.model = model
        self.times: list[Floats] = []
        self.labels: list[NDArray[np.int64]] = []

    def add(self, record: Record, labels: Tensor) -> None:
        """See the spike times of one batch."""
        self.times.append(record.times[-1].numpy(force=True))
        self.labels.append(labels.numpy(force=True))

    def seen(self) -> tuple[list[Floats], list[NDArray[np.int64]]]:
        """Return spike times and labels of every batch so far."""
        return self.times, self.labels

    def merge(self, others: Iterable[tuple[list[Floats], list[NDArray[np.int64]]]]) -> None:
        """Take in the batches that other processes have seen."""
        for times, labels in others:
            self.times += times
            self.labels += labels

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays named above."""
        weights = self.model.layers[-1].weights.numpy(force=True)
        name = f"layers.{len(self.model.layers) - 1}.weights"
        kept = {name: weights} if weights.size <= MOST else {}
        mean, std = by_class(np.concatenate(self.times), np.concatenate(self.labels))
        return {**kept, "label_times/mean": mean, "label_times/std": std}


def by_class(times: Floats, labels: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of spike times, each ``[true class, neuron]``.

    Args:
        times: ``[samples, neurons]``, a neuron for each class; ``inf`` = no spike, left out.
        labels: ``[samples]``.

    Example:
        >>> mean, std = by_class(np.array([[1.0, np.inf], [2.0, np.inf], [4.0, 3.0]]),
        ...                      np.array([0, 0, 1]))
        >>> mean.tolist(), std.tolist()
        ([[1.5, nan], [4.0, 3.0]], [[0.5, nan], [0.0, 0.0]])
    """
    classes = times.shape[1]
    fired = np.isfinite(times)
    cell = (classes * labels[:, None] + np.arange(classes))[fired]
    spikes = times[fired].astype(np.float64)

    def average(values: Floats) -> Floats:
        with np.errstate(invalid="ignore"):  # 0 / 0 is nan, as promised
            return np.bincount(cell, values, classes**2) / np.bincount(cell, None, classes**2)

    mean = average(spikes)
    std = np.sqrt(average((spikes - mean[cell]) ** 2))
    return mean.reshape(classes, classes), std.reshape(classes, classes)
