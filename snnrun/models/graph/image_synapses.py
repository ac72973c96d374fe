"""What a config may say about synapses between images ``[channel, height, width]``."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from snnrun.models.graph.shapes import image, windowed
from snnrun.models.graph.synapse_settings import Shape, SynapsesSettings, WeightedSettings

if TYPE_CHECKING:  # a config is read without torch
    from torch import Generator

    from snnrun.models.graph.connections import Connection, Weighted

Kernel = Annotated[int, Field(ge=1, description="side of a window")]


class WindowsSettings(WeightedSettings):
    """Filters over windows of an image."""

    filters: Annotated[int, Field(ge=1, description="number of filters")]
    kernel: Kernel
    stride: Annotated[int, Field(ge=1, description="from one window to the next")] = 1
    padding: Annotated[int, Field(ge=0, description="zeros around the image")] = 0

    def reaches(self, pre: Shape) -> Shape | None:
        """Return filters, height and width."""
        return windowed(pre, self.filters, self.kernel, self.stride, self.padding)

    def windows(self) -> dict[str, int]:
        """Return what the windows are."""
        return {"kernel": self.kernel, "stride": self.stride, "padding": self.padding}


class Conv2dSettings(WindowsSettings):
    """Filters that are the same at all places."""

    def shape(self, pre: Shape, post: Shape) -> Shape:
        """Return filters, channels, height and width of a window."""
        return self.filters, image(pre)[0], self.kernel, self.kernel

    def make(
        self, pre: Shape, post: Shape, options: dict[str, Any], generator: "Generator"
    ) -> "Weighted":
        """Return the synapses."""
        from snnrun.models.graph.images import Conv2d

        return Conv2d(pre, post, **self.windows(), **options)


class LocalSettings(WindowsSettings):
    """Filters with weights of their own at every place."""

    def shape(self, pre: Shape, post: Shape) -> Shape:
        """Return the number of neurons that are reached, and the size of a window."""
        return post[0] * post[1] * post[2], image(pre)[0] * self.kernel * self.kernel

    def make(
        self, pre: Shape, post: Shape, options: dict[str, Any], generator: "Generator"
    ) -> "Weighted":
        """Return the synapses."""
        from snnrun.models.graph.images import Local

        return Local(pre, post, **self.windows(), **options)


class PoolSettings(SynapsesSettings):
    """A spike where any neuron of a window spikes."""

    weight: Annotated[float, Field(description="of such a spike")] = 1.0


class MaxPool2dSettings(PoolSettings):
    """Windows of one size."""

    kernel: Kernel
    stride: Annotated[
        int | None, Field(ge=1, description="from one window to the next; null: the kernel")
    ] = None

    def reaches(self, pre: Shape) -> Shape | None:
        """Return channel, height and width."""
        return windowed(pre, image(pre)[0], self.kernel, self.stride or self.kernel, 0)

    def build(self, pre: Shape, post: Shape, generator: "Generator") -> "Connection":
        """Return the synapses."""
        from snnrun.models.graph.pooling import MaxPool2d

        return MaxPool2d(
            pre,
            post,
            kernel=self.kernel,
            stride=self.stride,
            weight=self.weight,
            delay=self.delay,
        )


class AdaptiveMaxPool2dSettings(PoolSettings):
    """As many windows as the group that is reached has places."""

    def check(self, pre: Shape, post: Shape) -> None:
        """Refuse what is no image, and images of other channels."""
        if image(pre)[0] != image(post)[0]:
            raise ValueError(f"{list(pre)} and {list(post)}: expected as many channels")

    def build(self, pre: Shape, post: Shape, generator: "Generator") -> "Connection":
        """Return the synapses."""
        from snnrun.models.graph.pooling import AdaptiveMaxPool2d

        return AdaptiveMaxPool2d(
            pre,
            post,
            weight=self.weight,
            delay=self.delay,
        )
