"""What a network of LIF neurons does with a sample of each class, step by step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays
from snnrun.evaluation.measures.examples import Records
from snnrun.kernels.lif.reference import Neuron, Reset
from snnrun.models.lif.net import LifNet

#: Neurons of a layer whose spikes are kept, which can be told apart in print: of more every k-th.
LINES = 100
#: Hidden neurons of a layer whose membranes are kept.
TRACES = 5


class StepExamples(Records):
    """Keeps, of one sample of each class (see :class:`~snnrun.evaluation.measures.examples.Records`
    for its number and classes), of at most 100 neurons of a layer,

    input: ``[examples, time, inputs]``.
    layer_0, ...: uint8 ``[examples, time, neurons]``, spikes of the layers that spike.
    readout: ``[examples, time, classes]``, membranes of the readout before the reset, of all.

    of five neurons of each hidden layer, from the most silent to the busiest, of the first example

    traced_0, ...: int64 ``[neurons]``, which ones.
    membranes_0, ...: ``[time, neurons]``, before the reset; spikes_0, ...: uint8, the same shape.

    and of the network, an entry for the input and each layer that spikes, an entry for each layer

    every, sizes: int64 ``[1 + spiking]``; every k-th neuron was kept, of so many.
    thresholds, drops: ``[layers]``, inf = never spikes; what a spike takes from the membrane,
        nan: all of it.
    """

    def keep(self, batch: Batch, record: Record) -> Arrays:
        """Return input, spikes and membranes of one example."""
        spikes = [layer[:, 0].numpy(force=True) for layer in record.spikes[: self._spiking]]
        found = {"input": batch.inputs[:, 0].numpy(force=True)}
        found |= {f"layer_{i}": each.astype(np.uint8) for i, each in enumerate(spikes)}
        self.sizes = [each.shape[1] for each in found.values()]
        found = {name: each[:, :: every_kth(each.shape[1])] for name, each in found.items()}
        found["readout"] = record.membranes[-1][:, 0].numpy(force=True)
        return found

    def arrays(self) -> Arrays:
        """Return them."""
        found, neurons = super().arrays(), [layer.neuron for layer in self._model.stack]
        if not len(found["numbers"]):
            return {}
        return {
            **found,
            **self._traces(),
            "sizes": np.array(self.sizes),
            "every": np.array([every_kth(size) for size in self.sizes]),
            "thresholds": np.array([neuron.threshold for neuron in neurons]),
            "drops": np.array([drop(neuron) for neuron in neurons]),
        }

    def _traces(self) -> Arrays:
        _, record = self.show(self.chosen()[0])
        found: Arrays = {}
        for index in range(len(self._model.layers)):
            spikes = record.spikes[index][:, 0].numpy(force=True)
            traced = self.traced(index, spikes)
            found[f"traced_{index}"] = np.array(traced)
            found[f"membranes_{index}"] = record.membranes[index][:, 0, traced].numpy(force=True)
            found[f"spikes_{index}"] = spikes[:, traced].astype(np.uint8)
        return found

    def traced(self, layer: int, spikes: NDArray[Any]) -> list[int]:
        """Return the neurons of a hidden layer whose membranes are kept.

        Args:
            layer: its number.
            spikes: ``[time, neurons]`` of the first example.
        """
        return spread(spikes.sum(axis=0), TRACES)

    @property
    def _model(self) -> LifNet:
        model = self.subject.learner.model
        assert isinstance(model, LifNet)
        return model

    @property
    def _spiking(self) -> int:
        """How many layers spike; those behind them only add up."""
        return sum(bool(np.isfinite(layer.neuron.threshold)) for layer in self._model.stack)


def every_kth(neurons: int) -> int:
    """Return k such that every k-th neuron of a layer is kept.

    Example:
        >>> every_kth(100), every_kth(256)
        (1, 3)
    """
    return -(-neurons // LINES)


def drop(neuron: Neuron) -> float:
    """Return what a spike takes from the membrane; nan where it takes all."""
    drops = {Reset.ZERO: np.nan, Reset.NONE: 0.0, Reset.SUBTRACT: neuron.threshold}
    return float(drops.get(neuron.reset, 2 * neuron.threshold))


def spread(counts: NDArray[Any], number: int) -> list[int]:
    """Return so many neurons, from the fewest spikes to the most, in steps as equal as there are.

    Example:
        >>> spread(np.array([4, 0, 9, 2, 0, 0]), 3)
        [1, 0, 2]
    """
    left, chosen = np.array(counts, float), list[int]()
    for wanted in np.linspace(left.min(), left.max(), min(number, len(left))):
        chosen.append(int(np.argmin(np.abs(left - wanted))))
        left[chosen[-1]] = np.inf
    return sorted(chosen, key=lambda index: counts[index])
