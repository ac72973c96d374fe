r"""Batch normalisation over time, batch and positions.

Mean and variance :math:`\sigma^2` of n values that are repeated at T steps are those of n T values.
Only the running variance differs, which counts one value less: :math:`\sigma^2 n T / (n T - 1)`.
Where processes share a batch, both are those of the whole: ``joint_norm.py``.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

from snnrun.errors import DataError
from snnrun.kernels.lif.steady import is_constant, once, repeated
from snnrun.models.feedforward.joint_norm import joint_norm
from snnrun.models.feedforward.layer import Joint, Place, Shown, at_every_step
from snnrun.models.feedforward.norms import BatchNormSettings, TebnSettings


class BatchNorm(Joint):
    """One normalisation for all steps."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, settings: BatchNormSettings, place: Place) -> None:
        super().__init__()
        self.settings, self.name = settings, place.name
        ones = torch.ones(place.shape[0], dtype=torch.float64)
        first = settings.weight * (place.network.threshold if settings.by_threshold else 1.0)
        self.weight, self.bias = nn.Parameter(first * ones), nn.Parameter(0 * ones)
        self.register_buffer("running_mean", 0 * ones)
        self.register_buffer("running_var", ones.clone())

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Normalise ``x [time, batch, channels, ...]``.

        Raises:
            DataError: a batch to learn from has one value a channel.
        """
        values, steps = math.prod(x.shape[1:]) // x.shape[2], len(x)
        if self.training and self.world.size > 1:
            return self._normalise_together(x)
        if self.training:
            self._refuse_one(steps * values)
        if not self.training or steps == 1 or not is_constant(x):
            return at_every_step(self._normalise, x)
        if values == 1:  # whose variance needs a second step
            return at_every_step(self._normalise, x.contiguous())
        share = steps * (values - 1) / (steps * values - 1)
        return repeated(self._normalise_steady(once(x), share), steps)

    def _refuse_one(self, values: int) -> None:
        if values == 1:
            raise DataError(
                f"{self.name}: one value of a channel has no variance; expected more samples in "
                "each batch, or steps"
            )

    def _normalise(self, x: Tensor) -> Tensor:
        with_, mean, var = self.settings, self.running_mean, self.running_var
        return batch_norm(
            x, mean, var, self.weight, self.bias, self.training, with_.momentum, with_.eps
        )

    def _normalise_together(self, x: Tensor) -> Tensor:
        """Normalise the share of a batch that this process has."""
        steady = is_constant(x)
        shown, steps = (once(x), len(x)) if steady else (x.flatten(0, 1), 1)
        done = joint_norm(shown, self.weight, self.bias, self.settings.eps, self.world, steps)
        self._refuse_one(counted := done.counted)
        momentum = self.settings.momentum
        self.running_mean.lerp_(done.mean, momentum)
        self.running_var.lerp_(done.variance * (counted / (counted - 1)), momentum)
        return repeated(done.y, steps) if steady else done.y.reshape(x.shape)

    def _normalise_steady(self, x: Tensor, share: float) -> Tensor:
        """Normalise one step of many; the variance that stays is times ``share``."""
        mean, var = torch.zeros_like(self.running_mean), torch.zeros_like(self.running_var)
        found = batch_norm(x, mean, var, self.weight, self.bias, True, 1.0, self.settings.eps)
        self.running_mean.lerp_(mean, self.settings.momentum)
        self.running_var.lerp_(share * var, self.settings.momentum)
        return found


class Tebn(BatchNorm):
    """The same, with a factor for each step."""

    settings: TebnSettings

    def __init__(self, settings: TebnSettings, place: Place) -> None:
        super().__init__(settings, place)
        self.factors = nn.Parameter(torch.ones(settings.steps, dtype=torch.float64))

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Normalise ``x [time, batch, channels, ...]``, which has as many steps as factors.

        Raises:
            DataError: it has not.
        """
        if len(x) != len(self.factors):
            raise DataError(
                f"{self.name}: tebn has factors for {len(self.factors)} steps, but the input has "
                f"{len(x)}; expected steps: {len(x)}"
            )
        return super().forward(x, shown) * self.factors.view(-1, *[1] * (x.dim() - 1))
