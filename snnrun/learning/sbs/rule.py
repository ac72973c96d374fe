"""Learning in Spike-By-Spike networks: back-propagation through one averaged step of each layer.

The gradient of a layer stands in :mod:`snnrun.kernels.sbs.gradients`, that of layers that learn
locally in :mod:`snnrun.kernels.sbs.local`. The mean is over all groups (samples times positions)
that took part in an update.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.errors import DataError, DivergedError
from snnrun.kernels.sbs.draw import as_images
from snnrun.kernels.sbs.geometry import patch_rows
from snnrun.kernels.sbs.local import local_gradient
from snnrun.learning.outcome import Outcome, Totals
from snnrun.learning.sbs.activity import SbsActivity
from snnrun.learning.sbs.gradient_scale import GradientScale
from snnrun.learning.sbs.losses import TINY, Judged, MseKl, indicator
from snnrun.learning.sbs.settings import LOSSES, SbsRuleSettings
from snnrun.learning.watched import WatchedRule
from snnrun.models.sbs.layer import SbsLayer
from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.nnmf import NnmfLayer
from snnrun.models.sbs.reconstruction import Reconstruction
from snnrun.models.sbs.spiking import SpikingLayer
from snnrun.models.sbs.weights import Weighted


class SbsRule(WatchedRule):
    """Loss, gradients and what must hold of the weights, for one network."""

    settings: SbsRuleSettings
    model: SbsNet

    def __init__(self, settings: SbsRuleSettings, model: SbsNet) -> None:
        super().__init__(settings, model)
        self.loss = LOSSES.entry_of(settings.loss).load()(settings.loss)
        kept = settings.gradient_scale == "first_update"
        self.scale = GradientScale(len(model.layers), kept)
        self.threshold = settings.threshold
        self.activity: SbsActivity = SbsActivity(model)

    def targets(self) -> dict[str, tuple[float, Callable[[float], None]]]:
        """Return the smallest weight after an update."""
        return {"threshold": (self.settings.threshold, partial(setattr, self, "threshold"))}

    def gathers(self, parameter: Tensor) -> Literal["mean", "sum"]:
        """Return mean for weights whose gradient is a mean over groups, sum for step sizes."""
        weights = any(parameter is layer.weights for _, layer in self.model.weighted)
        return self.settings.gathers if weights else "sum"

    def step(self, batch: Batch) -> Outcome:
        """Leave the gradients of a batch in the parameters.

        Args:
            batch: images ``[batch, channel, height, width]``.
        """
        record = self.model(batch.inputs, batch.random)
        judged = self._judge(batch, record)
        reported = self.largest()
        self.scale.begin()
        if self.settings.gradient_scale != "none":
            self._watch(record)
        if judged.objective.requires_grad:
            judged.objective.backward()  # type: ignore[no-untyped-call]
        if batch.shared and reported:
            self._rescale(self.scale.product)
        self._learn_locally(batch, record)
        self._divide(batch, record)
        self.scale.batch_done()
        errors = torch.tensor(self.scale.largest, dtype=torch.float64)
        largest: dict[str, Callable[[], Tensor]] = dict.fromkeys(reported, lambda: errors)
        outcome = Outcome(judged.samples.mean(), self.scores(record), largest=largest)
        self.activity.see([batch.inputs, *record.activities], outcome)
        return outcome

    def largest(self) -> dict[str, int]:
        """Report the largest error of each layer, as long as the scales change."""
        scaled = self.settings.gradient_scale != "none"
        return {"error": len(self.scale.values)} if scaled and not self.scale.frozen.item() else {}

    def rescale(self, totals: Totals) -> None:
        """Divide the gradients, of which the scales were taken out, by those of all processes."""
        self.scale.take(totals.largest("error"))
        self._rescale(lambda layer: 1 / self.scale.product(layer))
        self.scale.batch_done()

    def evaluate(self, batch: Batch) -> tuple[Outcome, Record]:
        """Return the outcome of a batch and all activities; nothing learns."""
        record = self.model(batch.inputs, batch.random)
        return Outcome(self._judge(batch, record).samples, self.scores(record)), record

    def scores(self, record: Record) -> Tensor:
        """Return scores ``[batch, classes]``; no class wins in a network that reconstructs."""
        found = self.model.scores(record).detach()
        if self.model.settings.classifies:
            return found
        return torch.full_like(found[:, :1], -torch.inf)

    def constrain(self) -> None:
        """Bring the weights back to probabilities, and keep step sizes above their threshold.

        Raises:
            DivergedError: that is not possible any more.
        """
        self.scale.updated()
        for name, layer in self.model.weighted:
            channels = len(layer.weights) // _area(layer)
            parts = channels if self.settings.threshold_per_channel else 1
            try:
                layer.constrain_weights(self.threshold / parts)
            except DataError as error:
                raise DivergedError(f"model.{name}.{error}") from error
        for spiking in self.model.spiking:
            spiking.constrain_epsilon_xy()

    def _judge(self, batch: Batch, record: Record) -> Judged:
        last, samples = self.model.layers[-1], batch.whole
        found: Judged
        if isinstance(last, Reconstruction) and isinstance(self.loss, MseKl):
            shares = self._shares(batch.inputs, record, last.before)
            found = self.loss.judge(record.activities[-1], shares, samples)
        else:
            found = self.loss(self.model.scores(record), batch.targets, samples)
        return found

    @torch.no_grad()
    def _shares(self, x: Tensor, record: Record, layer: SbsLayer) -> Tensor:
        """Return the normalised patches that the layer before the last one sees."""
        seen = [x, *record.activities][-3]
        rows = patch_rows(seen, layer.geometry)
        shares = rows / (rows.sum(1, keepdim=True) + TINY)
        return as_images(shares, len(x), layer.output_size)

    def _watch(self, record: Record) -> None:
        """Scale the errors of layers that take theirs from the averaged step."""
        for index, layer in enumerate(self.model.layers):
            if isinstance(layer, SpikingLayer) or _approximate(layer):
                self.scale.watch(index, record.activities[index])

    @torch.no_grad()
    def _rescale(self, factor: Callable[[int], float]) -> None:
        """Multiply the gradients that errors left in each layer by a factor of the layer."""
        for index, layer in enumerate(self.model.layers):
            local = isinstance(layer, SbsLayer) and layer.learning.local
            for name, parameter in layer.named_parameters(recurse=False):
                if parameter.grad is not None and not (local and name == "weights"):
                    parameter.grad.mul_(factor(index))

    @torch.no_grad()
    def _learn_locally(self, batch: Batch, record: Record) -> None:
        inputs = [batch.inputs, *record.activities]
        for index, layer in enumerate(self.model.layers):
            if not (isinstance(layer, SbsLayer) and layer.learning.local):
                continue
            h = record.activities[index].detach()
            last = index == len(self.model.layers) - 1
            wanted = indicator(batch.targets, h)[:, :, None, None] if last else None
            new = local_gradient(inputs[index], layer.weights, h, layer.geometry, wanted)
            old = layer.weights.grad
            layer.weights.grad = new if old is None else old + new

    def _divide(self, batch: Batch, record: Record) -> None:
        """Make gradients of weights the mean over groups: samples times positions."""
        if not self.settings.gradient_mean:
            return
        for index, layer in enumerate(self.model.layers):
            if isinstance(layer, Weighted) and layer.weights.grad is not None:
                h = record.activities[index]
                layer.weights.grad.div_(batch.whole * h.shape[2] * h.shape[3])

    def epoch_statistics(self) -> dict[str, float]:
        """Return the scale of the errors of every layer that has one."""
        values = enumerate(self.scale.values.tolist())
        return {f"gradient_scale/layers.{index}": scale for index, scale in values if scale}


def _area(layer: Weighted) -> int:
    rows, columns = layer.geometry.kernel
    return rows * columns


def _approximate(layer: object) -> bool:
    return isinstance(layer, NnmfLayer) and layer.approximate


build = SbsRule
