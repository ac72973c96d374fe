r"""Layers of leaky integrate-and-fire neurons that advance in steps.

.. math:: I_t = \alpha I_{t-1} + x_t W, \quad U_t = \beta U_{t-1} + I_t, \quad
          S_t = [U_t \ge \vartheta], \quad U_t \leftarrow U_t - \vartheta S_t

with :math:`\alpha = e^{-1/\tau_{syn}}`, :math:`\beta = e^{-1/\tau_{mem}}`; no biases. The network
is differentiable: backward, a spike passes its surrogate derivative and the reset passes nothing.
Where no gradient is asked for, one compiled pass does the steps (:mod:`snnrun.kernels.lif.scan`).

Recurrent layers add :math:`S_{t-1} V` to :math:`I_t`. An adaptive threshold is
:math:`\vartheta + b A_{t-1}`, with :math:`A_t = e^{-1/\tau_a} A_{t-1} + S_t`: Bellec et al., Nature
Communications 11 (2020).
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, cast

import torch
from torch import Generator, Tensor, nn

from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.kernels.lif.counts import SurrogateDerivative
from snnrun.kernels.lif.recurrent import recurrent
from snnrun.kernels.lif.reference import Neuron, Reset, walk
from snnrun.kernels.lif.scan import scan
from snnrun.kernels.lif.sequence import sequence
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, SequenceReset
from snnrun.kernels.lif.spike_product import product
from snnrun.kernels.lif.steady import is_constant, once, repeated
from snnrun.kernels.lif.surrogates import SURROGATES, name_at
from snnrun.models.lif.neuron import NeuronSettings, SynapseSettings
from snnrun.models.lif.readouts import READOUTS, LeakySettings, LinearSettings, SpikesSettings
from snnrun.models.lif.settings import LifSettings
from snnrun.models.model import Model, Spiking
from snnrun.models.operations import Operations, of_input, of_spikes
from snnrun.models.quantised import quantised

RESETS = {
    "subtract": Reset.SUBTRACT,
    "subtract_twice": Reset.SUBTRACT_TWICE,
    "zero": Reset.ZERO,
}


def decay(tau: float) -> float:
    """Return what a step leaves of a quantity with this time constant in steps.

    Example:
        >>> decay(0.0), round(decay(5.0), 4)
        (0.0, 0.8187)
    """
    return math.exp(-1 / tau) if tau else 0.0


def constants(settings: NeuronSettings) -> Neuron:
    """Return the numbers that the kernels take."""
    surrogate = settings.surrogate
    return Neuron(
        decay(settings.tau_syn),
        decay(settings.tau_mem),
        settings.threshold,
        RESETS[settings.reset],
        SURROGATES.names().index(SURROGATES.name_of(surrogate)),
        surrogate.sharpness,
        height=surrogate.height,
    )


def filter_of(neuron: Neuron) -> Neuron:
    """Return the same neuron without its spikes: two filters in a row."""
    return neuron._replace(threshold=math.inf, reset=Reset.NONE)


def in_a_sequence(neuron: Neuron) -> SequenceNeuron | None:
    """Return the same neuron for :func:`sequence`; None for those of the notebooks alone."""
    if neuron.reset == Reset.SUBTRACT_TWICE or neuron.after_reset:
        return None
    resets = {Reset.NONE: SequenceReset.NONE, Reset.SUBTRACT: SequenceReset.SUBTRACT}
    return SequenceNeuron(
        neuron.membrane_decay,
        neuron.current_decay,
        threshold=neuron.threshold,
        reset=resets.get(neuron.reset, SequenceReset.SET),
        detach=True,
        surrogate=name_at(neuron.surrogate),
        sharpness=neuron.sharpness,
        height=neuron.height,
    )


def drawn(gain: float, inputs: int, neurons: int, generator: Generator) -> nn.Parameter:
    """Return weights ``[inputs, neurons]``, normal with standard deviation gain / sqrt(inputs)."""
    normal = torch.randn(inputs, neurons, generator=generator, dtype=torch.float64)
    return nn.Parameter(gain / math.sqrt(inputs) * normal)


class Synapses(nn.Module):
    """All-to-all weights ``[inputs, neurons]``, made in float64; ``.to(float32)`` rounds once."""

    def __init__(
        self, settings: SynapseSettings, inputs: int, neurons: int, generator: Generator
    ) -> None:
        super().__init__()
        self.rate, self.bits = settings.lr, settings.bits
        self.weights = drawn(settings.gain, inputs, neurons, generator)

    @property
    def acting(self) -> Tensor:
        """The weights as they act, of few bits if the settings say so."""
        return quantised(self.weights, self.bits)

    def current(self, x: Tensor) -> Tensor:
        """Return x W at every step; once, if ``x [time, batch, inputs]`` stays the same."""
        if is_constant(x):
            return repeated(once(x) @ self.acting, len(x))
        return (x.flatten(0, 1) @ self.acting).view(len(x), x.shape[1], -1)

    def trained_current(self, x: Tensor) -> Tensor:
        """Return the same, differentiable and faster where spikes are rare; rounded otherwise."""
        if is_constant(x) or not torch.is_grad_enabled():
            return self.current(x)
        return product(x.flatten(0, 1), self.acting).view(len(x), x.shape[1], -1)


class LifLayer(Synapses):
    """Synapses and the neurons behind them.

    recurrent: V, from each neuron to each, ``[from, to]``; None where they do not drive each other.
    adaptation, adaptation_decay: b and what a step leaves of A.
    """

    recurrent: Tensor | None

    def __init__(
        self,
        settings: SynapseSettings,
        neuron: Neuron,
        inputs: int,
        neurons: int,
        generator: Generator,
    ) -> None:
        super().__init__(settings, inputs, neurons, generator)
        self.neuron = neuron
        self.adaptation = self.adaptation_decay = 0.0
        self.register_parameter("recurrent", None)

    def adapt(self, settings: NeuronSettings) -> None:
        """Let the threshold follow the spikes, if the settings say so."""
        if settings.adaptation:
            self.adaptation = settings.adaptation
            self.adaptation_decay = decay(settings.tau_adaptation)

    def connect(self, gain: float, generator: Generator) -> None:
        """Let the neurons drive each other."""
        neurons = self.weights.shape[1]
        self.recurrent = drawn(gain, neurons, neurons, generator)

    @property
    def own_parameters(self) -> list[Tensor]:
        """The weights, and those among the neurons if there are any."""
        return [self.weights] if self.recurrent is None else [self.weights, self.recurrent]

    def derivative(self) -> SurrogateDerivative | None:
        """Return the surrogate derivative by the membrane; None where the threshold moves."""
        if self.adaptation:
            return None
        own = self.neuron
        return SurrogateDerivative(name_at(own.surrogate), own.threshold, own.sharpness)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return spikes and membranes ``[time, batch, neurons]``; membranes before the reset."""
        current = self.trained_current(x)
        beyond = self.recurrent is not None or self.adaptation > 0
        if not (beyond or current.requires_grad):
            done = scan(current, self.neuron, spikes=True, membranes=True)
            return cast("tuple[Tensor, Tensor]", (done.spikes, done.membranes))
        neuron = in_a_sequence(self.neuron)
        if neuron is not None:
            return self._train(current, neuron)
        return self.by_steps(current)

    def by_steps(self, current: Tensor) -> tuple[Tensor, Tensor]:
        """Return the same for ``current [time, batch, neurons]`` by the readable twin."""
        steps = list(walk(current, self.neuron))
        spikes = torch.stack([step.spikes for step in steps])
        return spikes, torch.stack([step.membrane for step in steps])

    def _train(self, current: Tensor, neuron: SequenceNeuron) -> tuple[Tensor, Tensor]:
        neuron = neuron._replace(adaptation=self.adaptation, adaptation_decay=self.adaptation_decay)
        if self.recurrent is None:
            train = sequence(current, neuron, membranes=True)
        else:
            train = recurrent(current, quantised(self.recurrent, self.bits), neuron, membranes=True)
        return train.spikes, cast("Tensor", train.membranes)


class Readout(LifLayer):
    """The layer with one unit for each class."""

    @abstractmethod
    def outputs(self, record: Record) -> Tensor:
        """Return what the scores are the mean of, ``[time, batch, classes]``."""


class SpikesReadout(Readout):
    """LIF neurons; the one that spikes most wins."""

    def __init__(self, settings: SpikesSettings, network: LifSettings, *rest: Any) -> None:
        own = settings.neuron(network)
        super().__init__(settings, constants(own), *rest)
        self.adapt(own)

    def outputs(self, record: Record) -> Tensor:
        """Return the spikes."""
        return record.spikes[-1]


class LeakyReadout(Readout):
    """Leaky integrators that never spike."""

    def __init__(self, settings: LeakySettings, network: LifSettings, *rest: Any) -> None:
        integrator = Neuron(0.0, decay(settings.tau), math.inf, Reset.NONE)
        super().__init__(settings, integrator, *rest)
        self.skip = settings.skip

    def outputs(self, record: Record) -> Tensor:
        """Return the membranes of the steps that count."""
        return record.membranes[-1][self.skip :]


class LinearReadout(LeakyReadout):
    """Mean spikes times weights: integrators without memory."""

    def __init__(self, settings: LinearSettings, network: LifSettings, *rest: Any) -> None:
        own = LeakySettings(tau=0.0, gain=settings.gain, lr=settings.lr, bits=settings.bits)
        super().__init__(own, network, *rest)


class LifNet(Model):
    """Hidden layers and a readout."""

    layers: list[LifLayer]

    def __init__(
        self, settings: LifSettings, input_size: int, classes: int, generator: Generator
    ) -> None:
        super().__init__()
        self.settings = settings
        sizes = [input_size, *(layer.size for layer in settings.layers)]
        layers = nn.ModuleList(
            LifLayer(layer, constants(layer.neuron(settings)), inputs, layer.size, generator)
            for layer, inputs in zip(settings.layers, sizes, strict=False)
        )
        self.layers = cast("list[LifLayer]", layers)
        kind = READOUTS.entry_of(settings.readout).load()
        self.readout: Readout = kind(settings.readout, settings, sizes[-1], classes, generator)
        for each, made in zip(settings.layers, self.layers, strict=True):
            made.adapt(each.neuron(settings))
            if each.recurrent:
                made.connect(each.recurrent_gain, generator)
        for layer in self.stack:
            layer.bits = settings.bits if layer.bits is None else layer.bits
        self._sharpness = [layer.neuron.sharpness for layer in self.stack]

    @property
    def stack(self) -> list[LifLayer]:
        """Every layer from the input on, the readout last."""
        return [*self.layers, self.readout]

    def forward(self, x: Tensor, random: Random | None = None) -> Record:
        """Return spikes and membranes of all layers for the input ``x [time, batch, inputs]``."""
        record = Record()
        for layer in self.stack:
            x, membranes = layer(x)
            record.spikes.append(x)
            record.membranes.append(membranes)
        record.outputs = self.readout.outputs(record)
        return record

    def spiking_layers(self) -> list[Spiking]:
        """Return the hidden layers, and the readout if it spikes."""
        keys = [*(f"layers.{index}" for index in range(len(self.layers))), "readout"]
        return [
            Spiking(key, layer.neuron.threshold, layer.derivative())
            for key, layer in zip(keys, self.stack, strict=True)
            if math.isfinite(layer.neuron.threshold)
        ]

    def operations(self, x: Tensor, record: Record) -> list[Operations]:
        """Return what the input takes at the first layer, and the spikes of each at the next."""
        keys = [*(f"layers.{index}" for index in range(len(self.layers))), "readout"]
        sizes = [layer.weights.shape[1] for layer in self.stack]
        spikes = record.spikes or [rates[None] for rates in record.rates]
        one = 1.0 if record.spikes else 1 / len(x)
        found = [of_input(keys[0], x, sizes[0])]
        for key, size, inputs in zip(keys[1:], sizes[1:], spikes, strict=False):
            found.append(of_spikes(key, inputs, size, one))
        return found

    def scores(self, record: Record) -> Tensor:
        """Return scores ``[batch, classes]``; the largest wins."""
        outputs = self.readout.outputs(record) if record.outputs is None else record.outputs
        return outputs.mean(0)

    def targets(self) -> dict[str, tuple[float, Callable[[float], None]]]:
        """Return the sharpness of the surrogate, at which layers of their own keep their share."""
        return {"surrogate.sharpness": (self.settings.surrogate.sharpness, self._sharpen)}

    def _sharpen(self, sharpness: float) -> None:
        share = sharpness / self.settings.surrogate.sharpness
        for layer, own in zip(self.stack, self._sharpness, strict=True):
            layer.neuron = layer.neuron._replace(sharpness=own * share)

    def parameter_groups(self) -> Iterator[dict[str, Any]]:
        """Yield the weights with their own learning rates, as optimisers take them."""
        rates = dict.fromkeys(layer.rate for layer in self.stack)
        for rate in rates:
            chosen = [layer for layer in self.stack if layer.rate == rate]
            weights = [each for layer in chosen for each in layer.own_parameters]
            yield {"params": weights, **({"lr": rate} if rate else {})}


def build(settings: LifSettings, input_size: int, classes: int, generator: Generator) -> LifNet:
    """Return a network with weights drawn from ``generator``."""
    return LifNet(settings, input_size, classes, generator)
