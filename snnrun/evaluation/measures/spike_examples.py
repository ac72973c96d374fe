"""Spikes of a sample of each class in a network of first spikes, and what reaches its labels."""

import numpy as np
import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays
from snnrun.evaluation.measures.examples import Records
from snnrun.models.first_spike.arrivals import Biases
from snnrun.models.first_spike.layer import FirstSpikeLayer
from snnrun.models.first_spike.net import FirstSpikeNet


class SpikeExamples(Records):
    """Keeps, of one sample of each class (see :class:`~snnrun.evaluation.measures.examples.Records`
    for its number and classes), times in tau_syn, inf = no spike,

    input: ``[examples, inputs]``.
    layer_0, ...: ``[examples, neurons]``, first-spike times of each layer.
    arrivals: ``[examples, inputs + biases(, neurons)]``, when spikes reach the last layer.

    and of the network

    biases_0, ...: ``[biases]``, times of the spikes that reach a layer whatever the input.
    weights: ``[inputs + biases, neurons]`` of the last layer, as they act.
    tau_syn, ratio, level: of its neurons: the synaptic time constant, tau_mem / tau_syn, and what
        the summed input must reach, (threshold - leak) g_leak.
    """

    def keep(self, batch: Batch, record: Record) -> Arrays:
        """Return the spikes of one example."""
        *_, last = self._model.arrivals(batch.inputs, record, batch.random)
        found = {"input": batch.inputs, "arrivals": last}
        found |= {f"layer_{index}": times for index, times in enumerate(record.times)}
        return {name: times[0].numpy(force=True) for name, times in found.items()}

    def arrays(self) -> Arrays:
        """Return them."""
        layers = self._model.layers
        neuron = layers[-1].neuron
        return {
            **super().arrays(),
            **{f"biases_{i}": _biases(each).numpy(force=True) for i, each in enumerate(layers)},
            "weights": layers[-1].acting_weights().numpy(force=True),
            "tau_syn": np.array(neuron.tau_syn),
            "ratio": np.array(neuron.tau_mem / neuron.tau_syn),
            "level": np.array(neuron.level),
        }

    @property
    def _model(self) -> FirstSpikeNet:
        model = self.subject.learner.model
        assert isinstance(model, FirstSpikeNet)
        return model


def _biases(layer: FirstSpikeLayer) -> Tensor:
    times = [stage.times for stage in layer.before if isinstance(stage, Biases)]
    return torch.cat(times) if times else layer.weights.new_empty(0)
