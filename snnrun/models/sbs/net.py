"""Spike-By-Spike networks: layer after layer, each runs all of its spikes before the next begins.

A layer's final activities are the chances of the spikes that the next layer draws. The spikes of a
sample depend on the seed, on what they are for (split and epoch), on the layer and on the number of
the sample, and on nothing else: neither on other samples of its batch nor on threads.
"""

from collections.abc import Iterator
from typing import Any, Protocol, cast, runtime_checkable

from torch import Generator, Tensor, nn

from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.errors import DataError
from snnrun.kernels.sbs.layer import Draw
from snnrun.models.model import Model
from snnrun.models.operations import Operations
from snnrun.models.sbs.layer import SbsLayer
from snnrun.models.sbs.layers import LAYERS, ReconstructionSettings
from snnrun.models.sbs.reconstruction import Reconstruction
from snnrun.models.sbs.settings import SbsSettings
from snnrun.models.sbs.spiking import SpikingLayer
from snnrun.models.sbs.weights import Weighted, refuse_beyond
from snnrun.models.window import Shape


@runtime_checkable
class _Counted(Protocol):
    """A layer that multiplies; pooling without spikes does not."""

    def updates(self, x: Tensor) -> float: ...


class SbsNet(Model):
    """A stack of layers."""

    layers: list[nn.Module]

    def __init__(self, settings: SbsSettings, shape: Shape, generator: Generator) -> None:
        super().__init__()
        self.settings = settings
        layers = nn.ModuleList()
        for layer, before, _ in settings.shapes(shape):
            if isinstance(layer, ReconstructionSettings):
                layers.append(Reconstruction(cast(SbsLayer, layers[-1])))
            else:
                build = LAYERS.entry_of(layer).load()
                layers.append(build(layer, settings, before, generator))
        self.layers = cast("list[nn.Module]", layers)
        self.register_load_state_dict_post_hook(_check)  # type: ignore[no-untyped-call]

    def forward(self, x: Tensor, random: Random | None = None) -> Record:
        """Return the activities of all layers for images ``x [batch, channel, height, width]``.

        Args:
            x: not negative.
            random: the random numbers of the samples; None: numbers that follow torch's own
                generator.
        """
        record = Record()
        random = random or Random.fresh(len(x))
        for index, layer in enumerate(self.layers):
            draws = isinstance(layer, SpikingLayer)
            x = layer(x, draw_of(index, random)) if draws else layer(x)
            record.activities.append(x)
        return record

    def scores(self, record: Record) -> Tensor:
        """Return scores ``[batch, classes]``: the most active neuron of the last layer wins."""
        return record.activities[-1].flatten(1)

    def operations(self, x: Tensor, record: Record) -> list[Operations]:
        """Return what a batch takes: one multiplication for each spike and neuron that it moves."""
        found = []
        inputs = [x, *record.activities[:-1]]
        for index, (layer, received) in enumerate(zip(self.layers, inputs, strict=True)):
            if isinstance(layer, _Counted):
                updates = layer.updates(received)
                found.append(Operations(f"layers.{index}", 0.0, updates))
        return found

    def spikes(self, x: Tensor, record: Record) -> dict[str, float]:
        """Return how many spikes the groups of each layer draw in a batch."""
        inputs = [x, *record.activities[:-1]]
        return {
            f"layers.{index}": layer.spikes_of(received)
            for index, (layer, received) in enumerate(zip(self.layers, inputs, strict=True))
            if isinstance(layer, SpikingLayer)
        }

    @property
    def weighted(self) -> list[tuple[str, Weighted]]:
        """Name and layer of all layers with weights, from the input on."""
        layers = enumerate(self.layers)
        return [(f"layers.{index}", each) for index, each in layers if isinstance(each, Weighted)]

    @property
    def spiking(self) -> list[SpikingLayer]:
        """All layers that draw spikes, from the input on."""
        return [layer for layer in self.layers if isinstance(layer, SpikingLayer)]

    def parameter_groups(self) -> Iterator[dict[str, Any]]:
        """Yield the trainable parameters with their own learning rates, as optimisers take them."""
        parts = [(layer.weights, layer.learning.lr) for _, layer in self.weighted]
        parts += [
            (layer.epsilon_xy, layer.place.constants.eps_xy.lr)
            for layer in self.spiking
            if layer.epsilon_xy is not None
        ]
        learning = [(parameter, rate) for parameter, rate in parts if parameter.requires_grad]
        for rate in dict.fromkeys(rate for _, rate in learning):
            group = [parameter for parameter, own in learning if own == rate]
            yield {"params": group, **({"lr": rate} if rate else {})}


def draw_of(layer: int, random: Random) -> Draw:
    """Return which random numbers the spikes of a layer come from."""
    return Draw(random.of(f"layers.{layer}").key("spikes"), random.samples)


def _check(model: SbsNet, _: object) -> None:
    """Refuse loaded weights that are no probabilities, and step sizes that no layer takes."""
    for index, layer in enumerate(model.layers):
        try:
            if isinstance(layer, Weighted):
                layer.check_weights()
            if isinstance(layer, SpikingLayer) and layer.epsilon_xy is not None:
                refuse_beyond("epsilon_xy", layer.epsilon_xy)
        except DataError as error:
            raise DataError(f"layers.{index}.{error}") from error


def build(settings: SbsSettings, shape: Shape, classes: int, generator: Generator) -> SbsNet:
    """Return a network with weights drawn from ``generator``.

    Raises:
        ValueError: a layer does not fit its input, or the last not the ``classes``.
    """
    settings.describe(shape, classes)
    return SbsNet(settings, shape, generator)
