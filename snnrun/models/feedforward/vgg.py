"""VGG networks of spiking neurons: convolutions of 3x3 and pools. Settings only.

Simonyan, Zisserman, Very deep convolutional networks for large-scale image recognition, ICLR (2015)
"""

from typing import Annotated, Literal

from pydantic import Field

from snnrun.core.named import named
from snnrun.models.feedforward.layer_settings import Layers, LayerSettings
from snnrun.models.feedforward.layers import LifSettings
from snnrun.models.feedforward.norms import NORMS, BatchNormSettings
from snnrun.models.feedforward.settings import NetworkSettings
from snnrun.models.feedforward.shaping import (
    AdaptiveAvgPoolSettings,
    AvgPoolSettings,
    DropoutSettings,
    MaxPoolSettings,
)
from snnrun.models.feedforward.weights import ConvSettings, LinearSettings
from snnrun.models.window import square

#: Convolutions before each pool, of 1, 2, 4, 8 and 8 times the width.
_BLOCKS = {11: (1, 1, 2, 2, 2), 13: (2,) * 5, 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
_WIDTHS = (1, 2, 4, 8, 8)


class VggSettings(NetworkSettings):
    """Which of them."""

    depth: Annotated[Literal[11, 13, 16, 19], Field(description="layers with weights")] = 11
    width: Annotated[int, Field(ge=1, description="channels of the first layer")] = 64
    norm: Annotated[
        Annotated[LayerSettings, named(NORMS, "batch_norm")] | None,
        Field(description="between each convolution and its neurons; null: nothing"),
    ] = BatchNormSettings()
    positions: Annotated[
        int, Field(ge=1, description="rows and columns that the last map is pooled to")
    ] = 7
    pool: Annotated[Literal["avg", "max"], Field(description="mean or maximum of 2x2 values")] = (
        "avg"
    )
    hidden: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(description="sizes of layers with neurons between the last map and the readout"),
    ] = ()
    dropout: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="chance of dropout before the readout, or behind hidden layers; 0: none",
        ),
    ] = 0.5
    dropout_each_step: Annotated[
        bool, Field(description="whether dropout draws for each step anew")
    ] = False

    def stack(self) -> Layers:
        """Return the layers."""
        layers: list[LayerSettings] = []
        norm = [self.norm] if self.norm else []
        for number, times in zip(_BLOCKS[self.depth], _WIDTHS, strict=True):
            for _ in range(number):
                layers += [self.conv(times * self.width), *norm, LifSettings()]
            layers.append(AvgPoolSettings() if self.pool == "avg" else MaxPoolSettings())
        layers.append(AdaptiveAvgPoolSettings(size=square(self.positions)))
        drop = DropoutSettings(chance=self.dropout, each_step=self.dropout_each_step)
        dropped = [drop] if self.dropout else []
        for size in self.hidden:
            layers += [LinearSettings(size=size), LifSettings(), *dropped]
        return (*layers, *([] if self.hidden else dropped))

    def conv(self, channels: int) -> ConvSettings:
        """Return a convolution that keeps the size of the image."""
        return ConvSettings(channels=channels, padding=square(1), init="kaiming")
