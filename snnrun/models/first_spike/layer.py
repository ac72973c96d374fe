"""One fully connected layer of first-spike neurons, with all that may stand before it."""

from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor, nn

from snnrun.core.random import Random
from snnrun.kernels.first_spike.given import with_exact_gradient
from snnrun.kernels.first_spike.integrator import integrated_spike_times
from snnrun.kernels.first_spike.times import first_spike_times
from snnrun.models.first_spike.arrivals import Biases, Delay, build_stage
from snnrun.models.first_spike.settings import FirstSpikeLayerSettings, FirstSpikeSettings
from snnrun.models.first_spike.stages import BiasesSettings


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
        self.precision, self.integrator = network.weight_precision, network.integrator
        stages = list(settings.before)
        if settings.bias_times:
            stages.append(BiasesSettings(times=settings.bias_times))
        self.before = nn.Sequential()
        for stage in stages:
            self.before.append(build_stage(stage, inputs, settings.size, generator))
            inputs = stage.outputs(inputs)
        #: The delay stages in front of the layer.
        self.delays = tuple(stage for stage in self.before if isinstance(stage, Delay))
        drawn = _normal((inputs, settings.size), generator)
        init = settings.weights
        self.weights = nn.Parameter(init.mean + init.std * drawn, settings.trainable)
        if settings.threshold_noise:
            fixed = settings.threshold_noise.fixed
            offsets = fixed.mean + fixed.std * _normal((settings.size,), generator)
            self.register_buffer("threshold_offsets", offsets)

    @property
    def bias_times(self) -> Tensor:
        """Times of the spikes that reach the neurons straight away."""
        last = self.before[-1] if self.settings.bias_times else None
        return last.times if isinstance(last, Biases) else self.weights.new_empty(0)

    @property
    def noisy(self) -> bool:
        """Whether anything in it is random."""
        noise, settings = self.settings.threshold_noise, self.settings
        jitter = settings.jitter or any(delay.settings.jitter for delay in self.delays)
        return bool(jitter or (noise and (noise.per_spike or noise.per_batch)))

    def arrivals(self, times: Tensor, random: Random | None = None) -> Tensor:
        """Return when spikes reach the neurons, ``[batch, inputs + biases]``.

        With synaptic or dendritic delays: ``[batch, inputs + biases, neurons]``. Without random
        numbers, nothing jitters.
        """
        for index, stage in enumerate(self.before):
            times = stage(times, random and random.of(f"before.{index}"))
        return times

    def synaptic_events(self, times: Tensor) -> int:
        """Return how often a spike reaches a neuron, whenever; ``times [batch, inputs]``."""
        for stage in self.before:
            if not isinstance(stage, Delay):
                times = stage(times, None)
        neurons = self.settings.size if times.dim() == 2 else 1
        return neurons * int(np.count_nonzero(times.numpy(force=True) < np.inf))

    def forward(
        self, times: Tensor, random: Random | None = None, max_dw_norm: float | None = None
    ) -> Tensor:
        """Return the spike times ``[batch, neurons]``; ``inf`` where a neuron stays silent.

        Args:
            times: input spike times ``[batch, inputs]``.
            random: the random numbers of the samples; None: no noise but the fixed one.
            max_dw_norm: as in :func:`snnrun.kernels.first_spike.times.first_spike_times`.
        """
        arrivals = self.arrivals(times, random)
        limit, level = self.settings.max_dw_norm or max_dw_norm, self.neuron.level
        if self.integrator is None and self.precision is None:
            found = first_spike_times(
                arrivals,
                self.weights,
                threshold=self._noisy(level, len(times), random, self.neuron.g_leak),
                nominal_threshold=level,
                max_dw_norm=limit,
                **self._closed_form(),
            )
        else:
            given = self._imperfect_times(arrivals, random)
            found = with_exact_gradient(
                given,
                arrivals,
                self.weights,
                threshold=level,
                max_dw_norm=limit,
                **self._closed_form(),
            )
        if self.settings.jitter and random:
            found = found + self.settings.jitter * random.normal("jitter", found.shape[1:], found)
        return found

    @torch.no_grad()
    def _imperfect_times(self, arrivals: Tensor, random: Random | None) -> Tensor:
        """Return the times of stepped or rounded neurons, which pass the exact gradient."""
        neuron, weights = self.neuron, self.acting_weights()
        if self.integrator is None:
            level = self._noisy(neuron.level, len(arrivals), random, neuron.g_leak)
            return first_spike_times(arrivals, weights, threshold=level, **self._closed_form())
        return integrated_spike_times(
            arrivals,
            weights,
            tau_syn=neuron.tau_syn,
            tau_mem=neuron.tau_mem,
            g_leak=neuron.g_leak,
            leak=neuron.leak,
            threshold=self._noisy(neuron.threshold, len(arrivals), random, 1.0),
            **self.integrator.model_dump(),
        )

    def _closed_form(self) -> dict[str, Any]:
        return {"tau_syn": self.neuron.tau_syn, "ratio": self.neuron.closed_form}

    def acting_weights(self) -> Tensor:
        """Return the weights as they act: rounded where the network has a precision.

        They learn unrounded, with the gradient of unrounded weights at the rounded ones' times.
        """
        if self.precision is None:
            return self.weights
        return torch.round(self.weights.detach() / self.precision) * self.precision

    def _noisy(
        self, level: float, batch: int, random: Random | None, gain: float
    ) -> float | Tensor:
        """Return ``level`` plus ``gain`` times the threshold noise, ``[batch, neurons]``."""
        noise = self.settings.threshold_noise
        if noise is None:
            return level
        offsets = self.threshold_offsets.expand(batch, -1)
        if random and noise.per_spike:
            drawn = random.normal("threshold of a spike", offsets.shape[1:], offsets)
            offsets = offsets + noise.per_spike * drawn
        if random and noise.per_batch:
            drawn = random.batch.normal("threshold of a batch", offsets.shape[1:], offsets)
            offsets = offsets + noise.per_batch * drawn
        return level + gain * offsets

    def constrain(self, max_weight: float | None) -> None:
        """Restore, after a step, what must hold: bounded weights, positive delays."""
        limit = self.settings.max_weight or max_weight
        if limit is not None and self.weights.requires_grad:
            self.weights.data.clamp_(-limit, limit)
        for delay in self.delays:
            delay.constrain()


def _normal(shape: tuple[int, ...], generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64)
