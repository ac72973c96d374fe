"""How active the layers of a network are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.capabilities import Capability
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Measure, Subject
from snnrun.kernels.lif.counts import felt
from snnrun.learning.outcome import Outcome

Floats = NDArray[np.floating[Any]]
#: Samples that are shown again.
SAMPLES = 100


@dataclass
class _Sums:
    """Of a layer, over the samples so far; pairs are pairs of sample and neuron."""

    pairs: int = 0
    spikes: float = 0.0
    silent: int = 0
    saturated: int = 0
    awake: NDArray[np.bool_] | None = None  # neurons that spiked for some sample
    membranes: int = 0
    hits: int = 0


class Activity(Measure):
    """Keeps, of each layer that spikes, called as in configs, such as ``layers.0``,

    ``<layer>/density``: spikes per neuron and step; where neurons spike once at most, per neuron.
    ``<layer>/silent``: share of the pairs of sample and neuron without a spike.
    ``<layer>/saturated``: share of them with a spike at every step; nan where there are no steps.
    ``<layer>/dead``: share of the neurons that spike for no sample.
    ``<layer>/hit``: share of the membranes of all steps at which the surrogate derivative is above
        a tenth of its height; nan where there are no membranes or there is no derivative. Of all
        samples, or of 100 drawn from the seed, where the rule leaves no membranes in the record.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.layers: dict[str, _Sums] = {}
        self._timed = False

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        spiking = self.subject.learner.model.spiking_layers()
        keys = [layer.key for layer in spiking]
        self._timed = not record.rates
        for index, found in enumerate(record.rates or record.times):
            key = keys[index] if index < len(keys) else f"layers.{index}"
            sums = self.layers.setdefault(key, _Sums())
            (_count_times if self._timed else _count)(sums, _ready(found))
        self._hit(record)

    def arrays(self) -> Arrays:
        """Return them; nothing of networks that tell neither rates nor times."""
        if not any(sums.membranes for sums in self.layers.values()):
            self._show_again()
        found: Arrays = {}
        for key, sums in self.layers.items():
            dead = 0.0 if sums.awake is None else 1 - float(sums.awake.mean())
            shares = {
                "density": sums.spikes / sums.pairs,
                "silent": sums.silent / sums.pairs,
                "saturated": np.nan if self._timed else sums.saturated / sums.pairs,
                "dead": dead,
                "hit": sums.hits / sums.membranes if sums.membranes else np.nan,
            }
            found |= {f"{key}/{name}": np.array(value) for name, value in shares.items()}
        return found

    def _show_again(self) -> None:
        """Show some samples, if the rule leaves out what the model would record."""
        learner, offers = self.subject.learner, self.subject.experiment.offers
        surrogates = any(layer.derivative for layer in learner.model.spiking_layers())
        if surrogates and Capability.MEMBRANES in offers:
            for batch in self.subject.batches(self.subject.some(SAMPLES)):
                self._hit(learner.model(batch.inputs, batch.random))

    def _hit(self, record: Record) -> None:
        spiking = self.subject.learner.model.spiking_layers()
        for layer, membranes in zip(spiking, record.membranes, strict=False):
            if layer.derivative is not None:
                sums = self.layers[layer.key]
                sums.membranes += membranes.numel()
                sums.hits += felt(membranes, layer.derivative)


def _ready(found: Tensor) -> Floats:
    """Return what a batch told, ``[batch, neurons]``; on small arrays, numpy is the faster."""
    wide = found.float() if found.dtype.itemsize < 4 else found  # numpy has no bfloat16
    return wide.flatten(1).numpy(force=True)


def _count(sums: _Sums, rates: Floats) -> None:
    """Add the rates of a batch, ``[batch, neurons]``."""
    sums.pairs += rates.size
    sums.spikes += float(rates.sum(1).sum(dtype=np.float64))
    sums.silent += rates.size - int(np.count_nonzero(rates))
    sums.saturated += int(np.count_nonzero(rates >= 1))
    _wake(sums, rates.max(0) > 0)


def _count_times(sums: _Sums, times: Floats) -> None:
    """Add the spike times of a batch, ``[batch, neurons]``."""
    spiking = int(np.count_nonzero(times < np.inf))
    sums.pairs += times.size
    sums.spikes += spiking
    sums.silent += times.size - spiking
    _wake(sums, times.min(0) < np.inf)


def _wake(sums: _Sums, awake: NDArray[np.bool_]) -> None:
    sums.awake = awake if sums.awake is None else sums.awake | awake
