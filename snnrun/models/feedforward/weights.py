"""Layers with weights: convolution and all-to-all. Settings only."""

import math
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.models.feedforward.layer_settings import LayerSettings, Shape, image
from snnrun.models.feedforward.neuron import NeuronSettings
from snnrun.models.precision import OwnBits
from snnrun.models.window import Sizes, WindowSettings


class WeightsSettings(LayerSettings):
    """How weights begin and act, and whether there are biases."""

    bias: Annotated[bool, Field(description="whether each output has a bias")] = True
    init: Annotated[
        Literal["uniform", "kaiming"],
        Field(
            description="initial weights and biases: uniform within 1 / sqrt(inputs of an output), "
            "as torch begins; or normal with std sqrt(2 / outputs of an input), biases 0"
        ),
    ] = "uniform"
    bits: OwnBits = None

    def memory(self, network: NeuronSettings) -> None:
        """Return None."""


class ConvSettings(WindowSettings, WeightsSettings):
    """A convolution."""

    channels: Annotated[int, Field(ge=1, description="output channels")]
    kernel: Annotated[Sizes, Field(description="rows and columns of the kernel")] = (3, 3)
    groups: Annotated[
        int, Field(ge=1, description="channels are split in so many groups that do not mix")
    ] = 1

    def output_shape(self, shape: Shape) -> Shape:
        """Return (channels, rows, columns)."""
        given = image(shape, "conv")
        for what, channels in (("input", given[0]), ("output", self.channels)):
            if channels % self.groups:
                raise ValueError(
                    f"groups: {self.groups} do not divide the {channels} {what} channels"
                )
        return self.channels, *self.positions(given)

    def weight_shape(self, shape: Shape) -> Shape:
        """Return the shape of the weights, (outputs, inputs of a group, rows, columns)."""
        return self.channels, shape[0] // self.groups, *self.kernel

    def fan_out(self, shape: Shape) -> list[list[int]]:
        """Return how many outputs each row and column reaches: at the borders fewer."""
        rows, columns = self.reach(image(shape, "conv"))
        each = self.channels // self.groups
        return [[row * column * each for column in columns] for row in rows]

    def parameters(self, shape: Shape, network: NeuronSettings) -> int:
        """Return how many weights and biases there are."""
        return math.prod(self.weight_shape(shape)) + self.bias * self.channels


class LinearSettings(WeightsSettings):
    """All-to-all weights; an image is taken as a vector."""

    reads_out: ClassVar[bool] = True

    size: Annotated[int, Field(ge=1, description="number of outputs")]

    def output_shape(self, shape: Shape) -> Shape:
        """Return a vector."""
        return (self.size,)

    def fan_out(self, shape: Shape) -> int:
        """Return the number of outputs."""
        return self.size

    def parameters(self, shape: Shape, network: NeuronSettings) -> int:
        """Return how many weights and biases there are."""
        return math.prod(shape) * self.size + self.bias * self.size
