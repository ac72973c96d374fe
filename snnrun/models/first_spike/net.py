r"""Layers of current-based LIF neurons, each with at most one spike.

.. math:: g_l\tau_m \dot V = -g_l (V - E_l) + \sum_i w_i\, e^{-(t-t_i)/\tau_s}\,\Theta(t-t_i)

A neuron spikes when its membrane first reaches the threshold :math:`\vartheta`; for
:math:`\tau_m=\tau_s` and :math:`\tau_m=2\tau_s` that time, and its gradient, are closed forms
(:mod:`snnrun.kernels.first_spike`). Göltz et al., Nature Machine Intelligence 3 (2021).
"""

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Generator, Tensor, nn

from snnrun.kernels.first_spike import first_spike_times
from snnrun.models.first_spike.arrivals import Biases, Delay, build_stage
from snnrun.models.first_spike.settings import (
    FirstSpikeLayerSettings,
    FirstSpikeSettings,
    ThresholdNoise,
)
from snnrun.models.first_spike.stages import BiasesSettings
from snnrun.record import Record


class FirstSpikeLayer(nn.Module):
    """One fully connected layer; ``weights`` is ``[inputs + biases, neurons]``, biases last.

    Made in float64; ``.to(torch.float32)`` rounds once.
    """

    threshold_offsets: Tensor

    def __init__(
        self,
        settings: FirstSpikeLayerSettings,
        network: FirstSpikeSettings,
        inputs: int,
        generator: Generator,
    ) -> None:
        super().__init__()
        self.settings, self.neuron = settings, network.neuron_of(settings)
        self.precision = network.weight_precision
        stages = list(settings.before)
        if settings.bias_times:
            stages.append(BiasesSettings(times=settings.bias_times))
        self.before = nn.Sequential()
        for stage in stages:
            self.before.append(build_stage(stage, inputs, settings.size, generator))
            inputs = stage.outputs(inputs)
        drawn = _normal((inputs, settings.size), generator)
        init = settings.weights
        self.weights = nn.Parameter(init.mean + init.std * drawn, settings.trainable)
        if settings.threshold_noise:
            fixed = settings.threshold_noise.fixed
            offsets = fixed.mean + fixed.std * _normal((settings.size,), generator)
            self.register_buffer("threshold_offsets", offsets)

    @property
    def delays(self) -> list[Delay]:
        """The delay stages in front of the layer."""
        return [stage for stage in self.before if isinstance(stage, Delay)]

    @property
    def bias_times(self) -> Tensor:
        """Times of the spikes that reach the neurons straight away."""
        last = self.before[-1] if self.settings.bias_times else None
        return last.times if isinstance(last, Biases) else self.weights.new_empty(0)

    def arrivals(self, times: Tensor) -> Tensor:
        """Return when spikes reach the neurons, ``[batch, inputs + biases]``.

        With synaptic or dendritic delays: ``[batch, inputs + biases, neurons]``.
        """
        return cast(Tensor, self.before(times))

    def forward(self, times: Tensor, max_dw_norm: float | None = None) -> Tensor:
        """Return the spike times ``[batch, neurons]``; ``inf`` where a neuron stays silent."""
        found = first_spike_times(
            self.arrivals(times),
            self.acting_weights(),
            tau_syn=self.neuron.tau_syn,
            ratio=self.neuron.closed_form,
            threshold=self._level(len(times)),
            nominal_threshold=self.neuron.level,
            max_dw_norm=self.settings.max_dw_norm or max_dw_norm,
        )
        if self.settings.jitter:
            found = found + self.settings.jitter * torch.randn_like(found)
        return found

    def acting_weights(self) -> Tensor:
        """Return the weights as they act: rounded where the network has a precision.

        The gradient passes the rounding as if it were not there.
        """
        if self.precision is None:
            return self.weights
        rounded = torch.round(self.weights.detach() / self.precision) * self.precision
        return self.weights + (rounded - self.weights).detach()

    def _level(self, batch: int) -> float | Tensor:
        """Return what the summed input must reach, with the noise of this pass."""
        noise = self.settings.threshold_noise
        return self.neuron.level if noise is None else self._noisy_level(noise, batch)

    def _noisy_level(self, noise: ThresholdNoise, batch: int) -> Tensor:
        offsets = self.threshold_offsets
        per_spike = noise.per_spike * torch.randn(batch, len(offsets), dtype=offsets.dtype)
        per_batch = noise.per_batch * torch.randn_like(offsets)
        shift = offsets + per_spike + per_batch
        return self.neuron.level + self.neuron.g_leak * shift

    @torch.no_grad()
    def constrain(self, max_weight: float | None) -> None:
        """Restore, after a step, what must hold: bounded weights, positive delays."""
        limit = self.settings.max_weight or max_weight
        if limit is not None:
            self.weights.clamp_(-limit, limit)
        for delay in self.delays:
            delay.constrain()


class FirstSpikeNet(nn.Module):
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

    def forward(self, x: Tensor, max_dw_norm: float | None = None) -> Record:
        """Return the spike times of all layers for input spike times ``x [batch, inputs]``."""
        record = Record()
        for layer in self.layers:
            x = layer(x, max_dw_norm)
            record.times.append(x)
        return record

    def readout(self, record: Record) -> Tensor:
        """Return scores ``[batch, classes]``: the class whose neuron spikes first wins."""
        return -record.times[-1]

    def parameter_groups(self) -> Iterator[dict[str, Any]]:
        """Yield the trainable parameters with their own learning rates, as optimisers take them."""
        for layer in self.layers:
            parts = [(layer.weights, layer.settings.lr)]
            parts += [(delay.raw, delay.settings.lr) for delay in layer.delays]
            for parameter, rate in parts:
                if parameter.requires_grad:
                    yield {"params": [parameter], **({"lr": rate} if rate else {})}


def _normal(shape: tuple[int, ...], generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def build(
    settings: FirstSpikeSettings, input_size: int, classes: int, generator: Generator
) -> FirstSpikeNet:
    """Return a network with weights drawn from ``generator``.

    Raises:
        ValueError: the label layer does not have ``classes`` neurons.
    """
    settings.describe(input_size, classes)
    return FirstSpikeNet(settings, input_size, generator)
