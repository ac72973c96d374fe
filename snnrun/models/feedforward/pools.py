"""Pools of a feed-forward network, images as vectors, rectifiers."""

from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, max_pool2d

from snnrun.models.feedforward.layer import Place, Stateless
from snnrun.models.feedforward.shaping import (
    AdaptiveAvgPoolSettings,
    AvgPoolSettings,
    FlattenSettings,
    MaxPoolSettings,
    ReluSettings,
)


class AvgPool(Stateless):
    """The mean of each patch; zeros around the input count."""

    def __init__(self, settings: AvgPoolSettings, place: Place) -> None:
        super().__init__()
        self.settings = settings

    def apply_to(self, x: Tensor) -> Tensor:
        """Pool ``x [samples, channels, height, width]``."""
        return avg_pool2d(x, self.settings.kernel, self.settings.steps, self.settings.padding)


class MaxPool(Stateless):
    """The largest value of each patch."""

    def __init__(self, settings: MaxPoolSettings, place: Place) -> None:
        super().__init__()
        self.settings = settings

    def apply_to(self, x: Tensor) -> Tensor:
        """Pool ``x [samples, channels, height, width]``."""
        return max_pool2d(x, self.settings.kernel, self.settings.steps, self.settings.padding)


class AdaptiveAvgPool(Stateless):
    """Means over patches that overlap, or repeat, where the sizes do not divide."""

    def __init__(self, settings: AdaptiveAvgPoolSettings, place: Place) -> None:
        super().__init__()
        self.settings = settings

    def apply_to(self, x: Tensor) -> Tensor:
        """Pool ``x [samples, channels, height, width]``."""
        return adaptive_avg_pool2d(x, self.settings.size)


class Flatten(Stateless):
    """An image as a vector."""

    def __init__(self, settings: FlattenSettings, place: Place) -> None:
        super().__init__()

    def apply_to(self, x: Tensor) -> Tensor:
        """Return the values of each sample in one row."""
        return x.flatten(1)


class Relu(Stateless):
    """max(x, 0)."""

    def __init__(self, settings: ReluSettings, place: Place) -> None:
        super().__init__()

    def apply_to(self, x: Tensor) -> Tensor:
        """Rectify ``x [samples, ...]``."""
        return x.relu()
