"""Every kind of layer of a Spike-By-Spike network. Settings only; shapes (channels, height, width).

A layer turns input of one shape to output of another; ``parameters`` counts what it can learn.
"""

import math
from abc import abstractmethod
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, FiniteFloat

from snnrun.core.registry import Entry, Settings, Table
from snnrun.models.sbs.changes import InferenceChanges
from snnrun.models.sbs.inference import MOST, EpsXYSettings, InferenceSettings
from snnrun.models.window import Shape, WindowSettings


def _range(noise: tuple[float, float]) -> tuple[float, float]:
    if not 0 <= noise[0] <= noise[1] or noise[1] == 0:
        raise ValueError(f"must ascend and hold no negative number, got {list(noise)}")
    return noise


Noise = Annotated[tuple[FiniteFloat, FiniteFloat], AfterValidator(_range)]
#: Of an image, of a position, and of a layer: as many as the compiled pass draws spikes for.
MOST_PIXELS, MOST_INPUTS, MOST_POSITIONS = 2**28, 2**24, 2**29
_PAPER = "Rotermund, Pawelzik, Frontiers in Computational Neuroscience 13 (2019)"
_NNMF = "Lee, Seung, Nature 401 (1999)"


class LayerSettings(Settings):
    """What every layer can tell without being built."""

    #: Whether there are weights, ``[inputs of a position, neurons]``.
    weighted: ClassVar[bool] = False

    @abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the output for input of this shape.

        Raises:
            ValueError: the input does not fit; the text begins with the key to blame.
        """

    def weight_shape(self, shape: Shape) -> tuple[int, int]:
        """Return the shape of the weights, (0, 0) where there are none."""
        return 0, 0

    def eps_shape(self, shape: Shape, network: InferenceSettings) -> tuple[int, ...]:
        """Return the shape of the step sizes that depend on the place, () where there are none."""
        return ()


class GroupsSettings(LayerSettings):
    """How many neurons there are at each position."""

    neurons: Annotated[int, Field(ge=1, description="number of neurons of each group")]


class WeightsSettings(WindowSettings, GroupsSettings):
    """Weights, which hold p(input | neuron): not negative, every column sums to 1."""

    weighted: ClassVar[bool] = True

    trainable: Annotated[bool, Field(description="whether the weights learn")] = True
    backward: Annotated[
        bool, Field(description="pass errors to weights and layers below; false: to neither")
    ] = True
    noise: Annotated[
        Noise | None,
        Field(description="initial weights are uniform in this range; null: the network's"),
    ] = None
    lr: Annotated[
        float | None, Field(gt=0, description="learning rate of the weights; null: the optimiser's")
    ] = None

    def output_shape(self, shape: Shape) -> Shape:
        """Return one group of neurons for each position."""
        return self.neurons, *self.positions(shape)

    def weight_shape(self, shape: Shape) -> tuple[int, int]:
        """Return number of inputs of a position, and of neurons."""
        return shape[0] * math.prod(self.kernel_size(shape)), self.neurons


class DrawingSettings(InferenceChanges, WindowSettings):
    """What its groups see is drawn: by random numbers that count so many positions and inputs."""

    def positions(self, shape: Shape) -> tuple[int, int]:
        """Return rows and columns of output positions; refuse more than can be drawn for."""
        found = super().positions(shape)
        inputs = shape[0] * math.prod(self.kernel_size(shape))
        for what, count, most in (
            ("kernel: the input has {:,} numbers", math.prod(shape), MOST_PIXELS),
            ("kernel: a position has {:,} inputs", inputs, MOST_INPUTS),
            ("padding: makes {:,} positions", math.prod(found), MOST_POSITIONS),
        ):
            if count > most:
                raise ValueError(f"{what.format(count)}; spikes are drawn from {most:,} at most")
        return found


class SbsLayerSettings(DrawingSettings, WeightsSettings):
    """Groups of neurons that infer the causes of the spikes of their patch of the input."""

    local: Annotated[
        bool,
        Field(description="learn from the patch and its reconstruction instead of from errors"),
    ] = False

    def eps_shape(self, shape: Shape, network: InferenceSettings) -> tuple[int, ...]:
        """Return one step size for each position, and for each place in the kernel if wanted."""
        return _eps_shape(self.inference(network).eps_xy, self, shape)


class SbsPoolingSettings(DrawingSettings, LayerSettings):
    """Groups that count from which channel the spikes of their patch come; nothing to learn."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return as many channels at fewer positions."""
        return shape[0], *self.positions(shape)

    def eps_shape(self, shape: Shape, network: InferenceSettings) -> tuple[int, ...]:
        """Return one step size for each position, and for each place in the kernel if wanted."""
        return _eps_shape(self.inference(network).eps_xy, self, shape)


class PoolingSettings(WindowSettings, LayerSettings):
    """Pooling without spikes."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return as many channels at fewer positions; refuse padding beyond half the kernel."""
        kernel, padding = self.kernel_size(shape), self.padding
        if any(2 * around > size for size, around in zip(kernel, padding, strict=True)):
            raise ValueError(
                f"padding: at most half the kernel, which is {list(kernel)}, got {list(padding)}"
            )
        return shape[0], *self.positions(shape)


class AveragePoolingSettings(PoolingSettings):
    """The mean over each patch, for each channel; without padding, sums over channels stay 1."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return as many channels at fewer positions; refuse gaps in the patch."""
        if self.dilation != (1, 1):
            raise ValueError(f"dilation: must be 1 for average pooling, got {list(self.dilation)}")
        return super().output_shape(shape)


class MaxPoolingSettings(PoolingSettings):
    """The largest value of each patch, for each channel."""


class NnmfSettings(WeightsSettings):
    """The limit of many spikes: activities that reconstruct the patch best."""

    iterations: Annotated[int, Field(ge=1, description="steps towards that")] = 100
    eps_0: Annotated[
        float, Field(ge=0, le=MOST, description="size of a step; 0: Lee and Seung's own steps")
    ] = 1.0


class BpNnmfSettings(NnmfSettings):
    """The same, with the errors of a Spike-By-Spike layer instead of the exact gradient."""


class ReconstructionSettings(LayerSettings):
    """What the layer before makes of its own input, instead of classes: the last layer only."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the input: how many there are, the layer before knows."""
        return shape


def _eps_shape(eps: EpsXYSettings, window: WindowSettings, shape: Shape) -> tuple[int, ...]:
    if eps.per == "none":
        return ()
    positions = window.positions(shape)
    return positions if eps.per == "position" else (*positions, *window.kernel_size(shape))


_SBS = "snnrun.models.sbs."
LAYERS: Table[Entry] = Table(
    "layer",
    "snnrun.sbs.layers",
    {
        "sbs": Entry(
            SbsLayerSettings, _SBS + "layer:build", _PAPER, "groups that infer from spikes"
        ),
        "sbs_pooling": Entry(
            SbsPoolingSettings, _SBS + "pooling:SbsPooling", _PAPER, "groups that count channels"
        ),
        "average_pooling": Entry(
            AveragePoolingSettings, _SBS + "pooling:AveragePooling", "", "mean of each patch"
        ),
        "max_pooling": Entry(
            MaxPoolingSettings, _SBS + "pooling:MaxPooling", "", "largest value of each patch"
        ),
        "nnmf": Entry(NnmfSettings, _SBS + "nnmf:build", _NNMF, "the limit of many spikes"),
        "bp_nnmf": Entry(
            BpNnmfSettings, _SBS + "nnmf:build", _NNMF, "the same, with errors as of an sbs layer"
        ),
        "reconstruction": Entry(
            ReconstructionSettings,
            _SBS + "reconstruction:Reconstruction",
            _PAPER,
            "what the layer before makes of its input",
        ),
    },
    LayerSettings,
)
