"""Layers without anything to learn: pools, flatten, rectifiers, dropout. Settings only."""

import math
from typing import Annotated

from pydantic import Field

from snnrun.models.feedforward.layer_settings import LayerSettings, Shape, image
from snnrun.models.feedforward.neuron import NeuronSettings
from snnrun.models.window import Margins, Sizes, WindowSettings


class PoolSettings(LayerSettings):
    """A pool over patches of each channel."""

    kernel: Annotated[Sizes, Field(description="rows and columns of a patch")] = (2, 2)
    stride: Annotated[
        Sizes | None, Field(description="rows, columns to the next patch; null: the kernel")
    ] = None
    padding: Annotated[
        Margins, Field(description="rows, columns around the input, at most half the kernel")
    ] = (0, 0)

    def memory(self, network: NeuronSettings) -> None:
        """Return None."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return as many channels at fewer positions."""
        given = image(shape, "a pool")
        if any(2 * p > k for p, k in zip(self.padding, self.kernel, strict=True)):
            raise ValueError(
                f"padding: at most half the kernel, which is {list(self.kernel)}, "
                f"got {list(self.padding)}"
            )
        window = WindowSettings(kernel=self.kernel, stride=self.steps, padding=self.padding)
        return given[0], *window.positions(given)

    @property
    def steps(self) -> tuple[int, int]:
        """Rows and columns to the next patch."""
        return self.stride or self.kernel


class AvgPoolSettings(PoolSettings):
    """The mean of each patch."""

    def spike_size(self, size: float | None, shape: Shape) -> float | None:
        """Return the share of a spike in its patch."""
        return None if size is None else size / math.prod(self.kernel)


class MaxPoolSettings(PoolSettings):
    """The largest value of each patch."""

    def spike_size(self, size: float | None, shape: Shape) -> float | None:
        """Return the same size."""
        return size


class AdaptiveAvgPoolSettings(LayerSettings):
    """Means over patches, as large as they have to be for so many positions."""

    size: Annotated[Sizes, Field(description="rows and columns of positions")] = (1, 1)

    def memory(self, network: NeuronSettings) -> None:
        """Return None."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return as many channels at so many positions."""
        return image(shape, "adaptive_avg_pool")[0], *self.size

    def spike_size(self, size: float | None, shape: Shape) -> float | None:
        """Return the share of a spike in its patch, whose size is the mean if they differ."""
        return None if size is None else size * math.prod(self.size) / math.prod(shape[1:])


class FlattenSettings(LayerSettings):
    """An image as a vector."""

    def memory(self, network: NeuronSettings) -> None:
        """Return None."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return a vector of as many values."""
        return (math.prod(shape),)

    def spike_size(self, size: float | None, shape: Shape) -> float | None:
        """Return the same size."""
        return size


class ReluSettings(LayerSettings):
    """Rectifiers, max(x, 0): what a conventional network has where this one spikes."""

    def memory(self, network: NeuronSettings) -> None:
        """Return None."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        return shape


class DropoutSettings(LayerSettings):
    """In training, values that are left out at random; the others are times 1 / (1 - chance)."""

    chance: Annotated[float, Field(ge=0, lt=1, description="of a value to be left out")] = 0.5
    each_step: Annotated[
        bool, Field(description="draw for each step anew, and not once for the whole sequence")
    ] = False

    def memory(self, network: NeuronSettings) -> None:
        """Return None; refuse to tell of masks of steps, which are drawn together."""
        if self.each_step:
            raise ValueError("has each_step")

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        return shape

    def spike_size(self, size: float | None, shape: Shape) -> float | None:
        """Return the same size: nothing is left out where nothing is learned."""
        return size
