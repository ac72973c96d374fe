"""Weights of a layer: p(input | neuron), ``[inputs of a patch, neurons]``, columns sum to 1."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from snnrun.errors import DataError
from snnrun.kernels.sbs.check import MOST_FACTOR
from snnrun.kernels.sbs.geometry import Geometry


def uniform(
    shape: tuple[int, int], noise: tuple[float, float], generator: Generator | None
) -> Tensor:
    """Return weights drawn uniformly from the range ``noise``, each column divided by its sum."""
    low, high = noise
    drawn = torch.rand(shape, generator=generator, dtype=torch.float64)
    return normalised(low + (high - low) * drawn)


def normalised(weights: Tensor) -> Tensor:
    """Return the weights, each column divided by its sum.

    Raises:
        DataError: a column cannot be: its sum is not a positive number.
    """
    sums = weights.sum(0, keepdim=True)
    wrong = (~((sums > 0) & sums.isfinite())).flatten().nonzero().flatten().tolist()
    if wrong:
        raise DataError(
            f"weights: column {wrong[0]} sums to {sums[0, wrong[0]].item():g}; "
            "expected a positive number in every column"
        )
    return weights / sums


class Learning(NamedTuple):
    """How a layer takes part in learning.

    trainable: whether its weights learn.
    backward: whether it passes errors, to its weights and to the layer below.
    lr: learning rate of its weights; None: the optimiser's.
    local: whether its weights learn from the patch and its reconstruction.
    """

    trainable: bool = True
    backward: bool = True
    lr: float | None = None
    local: bool = False


class Weighted(nn.Module):
    """A layer with weights; made in float64, ``.to(float32)`` rounds once."""

    weights: nn.Parameter
    learning: Learning
    geometry: Geometry

    def set_weights(self, weights: Tensor, learning: Learning) -> None:
        """Take new weights, normalised."""
        self.learning = learning
        self.weights = nn.Parameter(normalised(weights), requires_grad=learning.trainable)

    @torch.no_grad()
    def norm_weights(self) -> None:
        """Divide each column by its sum.

        Raises:
            DataError: a column has no positive sum.
        """
        self.weights.copy_(normalised(self.weights))

    @torch.no_grad()
    def threshold_weights(self, threshold: float) -> None:
        """Raise weights below the threshold to it."""
        self.weights.clamp_(min=threshold)

    def constrain_weights(self, threshold: float) -> None:
        """Restore, after an update, what must hold of the weights."""
        if self.weights.requires_grad:
            self.norm_weights()
            self.threshold_weights(threshold)
            self.norm_weights()

    def check_weights(self) -> None:
        """Refuse weights that are no probabilities.

        Raises:
            DataError: says which.
        """
        refuse_beyond("weights", self.weights)
        normalised(self.weights.detach())


def refuse_beyond(name: str, found: Tensor) -> None:
    """Refuse factors of a step of which products are infinite, or that are no amounts.

    Raises:
        DataError: says which.
    """
    bad = (~((found >= 0) & (found <= MOST_FACTOR))).nonzero()
    if len(bad):
        place = bad[0].tolist()
        raise DataError(
            f"{name}: {found[tuple(place)].item():g} at {place}; "
            f"expected numbers from 0 to {MOST_FACTOR:g}"
        )


def pooling_weights(channels: int, geometry: Geometry) -> Tensor:
    """Return the weights of pooling as a layer of its own: from each channel to its neuron."""
    area = geometry.kernel[0] * geometry.kernel[1]
    return torch.eye(channels, dtype=torch.float64).repeat_interleave(area, 0) / area
