"""Learning in Spike-By-Spike networks: back-propagation through one averaged step of each layer.

The gradient of a layer stands in :mod:`snnrun.kernels.sbs.gradients`, that of layers that learn
locally in :mod:`snnrun.kernels.sbs.local`. Gradients gather over the batches of an update; the
mean is over all groups (samples times positions) that took part in it.
"""

import torch
from torch import Tensor

from snnrun.core.record import Record
from snnrun.core.registry import entry_of
from snnrun.errors import DataError, DivergedError
from snnrun.kernels.sbs.draw import as_images
from snnrun.kernels.sbs.geometry import patch_rows
from snnrun.kernels.sbs.local import local_gradient
from snnrun.learning.outcome import Outcome
from snnrun.learning.rule import Rule
from snnrun.learning.sbs.gradient_scale import GradientScale
from snnrun.learning.sbs.losses import TINY, Judged, MseKl, indicator
from snnrun.learning.sbs.settings import LOSSES, SbsRuleSettings
from snnrun.models.sbs.layer import SbsLayer
from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.nnmf import NnmfLayer
from snnrun.models.sbs.reconstruction import Reconstruction
from snnrun.models.sbs.spiking import SpikingLayer
from snnrun.models.sbs.weights import Weighted


class SbsRule(Rule):
    """Loss, gradients and what must hold of the weights, for one network."""

    settings: SbsRuleSettings
    model: SbsNet

    def __init__(self, settings: SbsRuleSettings, model: SbsNet) -> None:
        super().__init__(settings, model)
        self.loss = entry_of(LOSSES, settings.loss).load()(settings.loss)
        self.groups = [0] * len(model.layers)
        kept = settings.gradient_scale == "first_update"
        self.scale = GradientScale(len(model.layers), kept)

    def step(self, x: Tensor, target: Tensor) -> Outcome:
        """Add the gradients of a batch to those in the parameters.

        Args:
            x: images ``[batch, channel, height, width]``.
            target: labels ``[batch]``.
        """
        record = self.model(x)
        judged = self._judge(x, record, target)
        if self.settings.gradient_scale != "none":
            self._watch(record)
        self._gather(x, record, target, judged.objective)
        self.scale.batch_done()
        return Outcome(judged.report, self.scores(record))

    @torch.no_grad()
    def evaluate(self, x: Tensor, target: Tensor) -> tuple[Outcome, Record]:
        """Return the outcome of a batch and all activities; nothing learns."""
        record = self.model(x)
        return Outcome(self._judge(x, record, target).report, self.scores(record)), record

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
                layer.constrain_weights(self.settings.threshold / parts)
            except DataError as error:
                raise DivergedError(f"{name}.{error}; try a smaller learning rate") from error
        for spiking in self.model.spiking:
            spiking.constrain_epsilon_xy()

    def _judge(self, x: Tensor, record: Record, target: Tensor) -> Judged:
        last = self.model.layers[-1]
        found: Judged
        if isinstance(last, Reconstruction) and isinstance(self.loss, MseKl):
            found = self.loss.judge(record.activities[-1], self._shares(x, record, last.before))
        else:
            found = self.loss(self.model.scores(record), target)
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

    def _gather(self, x: Tensor, record: Record, target: Tensor, objective: Tensor) -> None:
        """Run back; gradients stay the mean over, or the sum of, all batches of the update."""
        learning = self._learning()
        for index, weights in learning:
            if weights.grad is None:
                self.groups[index] = 0
            elif self.settings.gradient_mean:
                weights.grad.mul_(self.groups[index])
        if objective.requires_grad:
            objective.backward()  # type: ignore[no-untyped-call]
        self._learn_locally(x, record, target)
        for index, weights in learning:
            h = record.activities[index]
            self.groups[index] += len(h) * h.shape[2] * h.shape[3]
            if self.settings.gradient_mean and weights.grad is not None:
                weights.grad.div_(self.groups[index])

    @torch.no_grad()
    def _learn_locally(self, x: Tensor, record: Record, target: Tensor) -> None:
        inputs = [x, *record.activities]
        for index, layer in enumerate(self.model.layers):
            if not (isinstance(layer, SbsLayer) and layer.learning.local):
                continue
            h = record.activities[index].detach()
            last = index == len(self.model.layers) - 1
            wanted = indicator(target, h)[:, :, None, None] if last else None
            new = local_gradient(inputs[index], layer.weights, h, layer.geometry, wanted)
            old = layer.weights.grad
            layer.weights.grad = new if old is None else old + new

    def _learning(self) -> list[tuple[int, Tensor]]:
        """Return number of layer and weights of those that learn."""
        layers = enumerate(self.model.layers)
        found = [(index, each.weights) for index, each in layers if isinstance(each, Weighted)]
        return [(index, weights) for index, weights in found if weights.requires_grad]

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
