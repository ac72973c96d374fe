r"""Layers of current-based LIF neurons, each with at most one spike.

.. math:: g_l\tau_m \dot V = -g_l (V - E_l) + \sum_i w_i\, e^{-(t-t_i)/\tau_s}\,\Theta(t-t_i)

A neuron spikes when its membrane first reaches the threshold :math:`\vartheta`; for
:math:`\tau_m=\tau_s` and :math:`\tau_m=2\tau_s` that time, and its gradient, are closed forms
(:mod:`snnrun.kernels.first_spike.times`). Göltz et al., Nature Machine Intelligence 3 (2021).
"""

from collections.abc import Iterator
from typing import Any, cast

from torch import Generator, Tensor, nn

from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.models.first_spike.arrivals import Delay
from snnrun.models.first_spike.layer import FirstSpikeLayer
from snnrun.models.first_spike.settings import FirstSpikeSettings
from snnrun.models.model import Model
from snnrun.models.operations import Operations


class FirstSpikeNet(Model):
    """A stack of layers; the last has one neuron for each class."""

    layers: list[FirstSpikeLayer]

    def __init__(self, settings: FirstSpikeSettings, input_size: int, generator: Generator) -> None:
        super().__init__()
        self.settings = settings
        sizes = [input_size, *(layer.size for layer in settings.layers)]
        layers = nn.ModuleList(
            FirstSpikeLayer(layer, settings, inputs, generator)
            for layer, inputs in zip(settings.layers, sizes, strict=False)
        )
        self.layers = cast("list[FirstSpikeLayer]", layers)

    def forward(
        self, x: Tensor, random: Random | None = None, max_dw_norm: float | None = None
    ) -> Record:
        """Return the spike times of all layers for input spike times ``x [batch, inputs]``."""
        record = Record()
        if random is None and self.noisy:
            random = Random.fresh(len(x))
        for index, layer in enumerate(self.layers):
            x = layer(x, _of(index, layer, random), max_dw_norm)
            record.times.append(x)
        return record

    def arrivals(self, x: Tensor, record: Record, random: Random | None = None) -> Iterator[Tensor]:
        """Yield when spikes reached each layer: ``[batch, inputs + biases(, neurons)]``.

        Args:
            x: input spike times.
            record: what a pass over them left behind.
            random: the random numbers of that pass.
        """
        for index, (layer, times) in enumerate(
            zip(self.layers, [x, *record.times[:-1]], strict=True)
        ):
            yield layer.arrivals(times, _of(index, layer, random))

    def operations(self, x: Tensor, record: Record) -> list[Operations]:
        """Return what spikes take at each layer, each of them once; biases are spikes, too."""
        return [
            Operations(f"layers.{index}", layer.synaptic_events(times))
            for index, (layer, times) in enumerate(
                zip(self.layers, [x, *record.times[:-1]], strict=True)
            )
        ]

    def scores(self, record: Record) -> Tensor:
        """Return scores ``[batch, classes]``: the class whose neuron spikes first wins."""
        return -record.times[-1]

    @property
    def noisy(self) -> bool:
        """Whether anything in it is random."""
        return any(layer.noisy for layer in self.layers)

    def delays(self) -> Iterator[tuple[str, Delay]]:
        """Yield name and stage of all delays, e.g. ``layers.0.before.0``, front to back."""
        for name, part in self.named_modules():
            if isinstance(part, Delay):
                yield name, part

    def parameter_groups(self) -> Iterator[dict[str, Any]]:
        """Yield the trainable parameters by learning rate, as optimisers take them."""
        groups: dict[float | None, list[nn.Parameter]] = {}
        for layer in self.layers:
            parts = [(layer.weights, layer.settings.lr)]
            parts += [(delay.raw, delay.settings.lr) for delay in layer.delays]
            for parameter, rate in parts:
                if parameter.requires_grad:
                    groups.setdefault(rate, []).append(parameter)
        for rate, parameters in groups.items():
            yield {"params": parameters, **({"lr": rate} if rate else {})}


def _of(index: int, layer: FirstSpikeLayer, random: Random | None) -> Random | None:
    """Return the random numbers of a layer, if it needs any."""
    return random.of(f"layers.{index}") if random and layer.noisy else None


def build(
    settings: FirstSpikeSettings, input_size: int, classes: int, generator: Generator
) -> FirstSpikeNet:
    """Return a network with weights drawn from ``generator``.

    Raises:
        ValueError: the label layer does not have ``classes`` neurons.
    """
    settings.describe(input_size, classes)
    return FirstSpikeNet(settings, input_size, generator)
