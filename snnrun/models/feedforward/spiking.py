"""Neurons of a feed-forward network; their equations stand in the kernel."""

import math
from typing import cast

import torch
from torch import Tensor, nn

from snnrun.kernels.lif.sequence import sequence
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, SequenceReset
from snnrun.kernels.lif.surrogates import SURROGATES
from snnrun.models.feedforward.layer import Layer, Place, Shown
from snnrun.models.feedforward.layers import LeakySettings, LifSettings

_RESETS = {
    "set": SequenceReset.SET,
    "subtract": SequenceReset.SUBTRACT,
    "none": SequenceReset.NONE,
}


class Lif(Layer):
    """Leaky integrate-and-fire neurons.

    leak: w, of which the membrane keeps 1 - sigmoid(w), if that learns.
    threshold: if that learns.
    sharpness: of the surrogate derivative; schedules may change it.
    """

    leak: Tensor | None
    threshold: Tensor | None

    def __init__(self, settings: LifSettings, place: Place) -> None:
        super().__init__()
        self.neuron = settings.neuron(place.network)
        self.sharpness = self.neuron.surrogate.sharpness
        decay = self.neuron.membrane_decay
        leak = math.log((1 - decay) / decay) if self.neuron.learn_tau else None
        self._learn("leak", leak)
        self._learn("threshold", self.neuron.threshold if self.neuron.learn_threshold else None)

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

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return the spikes ``[time, batch, ...]`` for ``x``, which the record gets too."""
        done = sequence(x, self.constants(), membranes=shown.membranes)
        shown.record.spikes.append(done.spikes)
        shown.record.rates.append(done.spikes.mean(0).flatten(1))
        if shown.membranes:
            shown.record.membranes.append(cast("Tensor", done.membranes))
        return done.spikes


class Leaky(Layer):
    """Leaky integrators that never spike."""

    def __init__(self, settings: LeakySettings, place: Place) -> None:
        super().__init__()
        self.neuron = SequenceNeuron(settings.decay, threshold=math.inf, reset=SequenceReset.NONE)

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return the membranes ``[time, batch, ...]`` for the input ``x``."""
        return cast("Tensor", sequence(x, self.neuron, membranes=True).membranes)
