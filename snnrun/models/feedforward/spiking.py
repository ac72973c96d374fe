"""Neurons of a feed-forward network; their equations stand in the kernel."""

import math
from typing import cast

import torch
from torch import Tensor, nn

from snnrun.kernels.lif.counts import SurrogateDerivative
from snnrun.kernels.lif.sequence import sequence
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, SequenceReset
from snnrun.kernels.lif.surrogates import SURROGATES
from snnrun.models.feedforward.layer import Layer, Place, Shown
from snnrun.models.feedforward.layers import LeakySettings, LifSettings
from snnrun.models.feedforward.neuron import NeuronSettings
from snnrun.models.model import Spiking

_RESETS = {
    "set": SequenceReset.SET,
    "subtract": SequenceReset.SUBTRACT,
    "none": SequenceReset.NONE,
}


class Neurons(nn.Module):
    """The constants of leaky integrate-and-fire neurons, of which some may learn.

    leak: w, of which the membrane keeps 1 - sigmoid(w), if that learns.
    threshold: if that learns.
    sharpness: of the surrogate derivative; schedules may change it.
    """

    leak: Tensor | None
    threshold: Tensor | None

    def __init__(self, neuron: NeuronSettings) -> None:
        super().__init__()
        self.neuron = neuron
        self.sharpness = neuron.surrogate.sharpness
        decay = neuron.membrane_decay
        self._learn("leak", math.log((1 - decay) / decay) if neuron.learn_tau else None)
        self._learn("threshold", neuron.threshold if neuron.learn_threshold else None)

    def _learn(self, name: str, first: float | None) -> None:
        made = None if first is None else nn.Parameter(torch.tensor(first, dtype=torch.float64))
        self.register_parameter(name, made)

    def constants(self) -> SequenceNeuron:
        """Return what the kernel takes; what learns is a tensor."""
        own = self.neuron
        decay = own.membrane_decay if self.leak is None else 1 - torch.sigmoid(self.leak)
        return SequenceNeuron(
            membrane_decay=decay,
            current_decay=own.current_decay,
            input_scale=1 - decay if own.decay_input else 1.0,
            threshold=own.threshold if self.threshold is None else self.threshold,
            v_reset=own.v_reset,
            rest=own.rest,
            initial=own.rest,
            reset=_RESETS[own.reset],
            delayed=own.delayed,
            detach=own.detach,
            strict=own.strict,
            adaptation=own.adaptation,
            adaptation_decay=own.adaptation_decay,
            surrogate=SURROGATES.name_of(own.surrogate),
            sharpness=self.sharpness,
            height=own.surrogate.height,
        )


class Lif(Neurons, Layer):
    """Leaky integrate-and-fire neurons as a layer; ``key`` is what configs call it."""

    def __init__(self, settings: LifSettings, place: Place) -> None:
        super().__init__(settings.neuron(place.network))
        self.key = place.name

    def described(self) -> Spiking:
        """Return what rules are told of the layer; a threshold that learns is that of now."""
        threshold = self.neuron.threshold if self.threshold is None else self.threshold.item()
        derivative = SurrogateDerivative(
            SURROGATES.name_of(self.neuron.surrogate), threshold, self.sharpness
        )
        return Spiking(self.key, threshold, derivative)

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return the spikes ``[time, batch, ...]`` for ``x``, which the record gets too."""
        carried, neuron = shown.carried, self.constants()
        if carried is None:
            done = sequence(x, neuron, membranes=shown.membranes)
        else:
            state = carried.states.get(self.key)
            done = sequence(x, neuron, state, membranes=shown.membranes, final=True)
            carried.keep(self.key, done.state)
        shown.record.spikes.append(done.spikes)
        if not torch.is_grad_enabled():
            shown.record.rates.append(done.spikes.mean(0).flatten(1))
        if shown.membranes:
            shown.record.membranes.append(cast("Tensor", done.membranes))
        return done.spikes


class Leaky(Layer):
    """Leaky integrators that never spike."""

    def __init__(self, settings: LeakySettings, place: Place) -> None:
        super().__init__()
        self.key = place.name
        self.neuron = SequenceNeuron(settings.decay, threshold=math.inf, reset=SequenceReset.NONE)

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return the membranes ``[time, batch, ...]`` for the input ``x``."""
        carried = shown.carried
        if carried is None:
            return cast("Tensor", sequence(x, self.neuron, membranes=True).membranes)
        done = sequence(x, self.neuron, carried.states.get(self.key), membranes=True, final=True)
        carried.keep(self.key, done.state)
        return cast("Tensor", done.membranes)
