"""Every kind of layer of a feed-forward network. Settings only."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.core.named import named
from snnrun.core.registry import Entry, Table
from snnrun.models.feedforward.layer_settings import Layers, LayerSettings, Memory, Shape, text
from snnrun.models.feedforward.neuron import NeuronChanges, NeuronSettings
from snnrun.models.feedforward.norms import NORMS
from snnrun.models.feedforward.shaping import (
    AdaptiveAvgPoolSettings,
    AvgPoolSettings,
    DropoutSettings,
    FlattenSettings,
    MaxPoolSettings,
    ReluSettings,
)
from snnrun.models.feedforward.weights import ConvSettings, LinearSettings


class LifSettings(NeuronChanges, LayerSettings):
    """Leaky integrate-and-fire neurons, one for each value of the input."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        return shape

    def parameters(self, shape: Shape, network: NeuronSettings) -> int:
        """Return how many constants learn."""
        return self.neuron(network).parameters

    def memory(self, network: NeuronSettings) -> Memory:
        """Return the filters of membrane and current; the reset is left out."""
        neuron = self.neuron(network)
        for what in ("learn_tau", "learn_threshold", "adaptation"):
            if getattr(neuron, what):
                raise ValueError(f"has {what}")
        return Memory(neuron.membrane_decay, neuron.current_decay)

    def spike_size(self, size: float | None, shape: Shape) -> float:
        """Return 1."""
        return 1.0


class LeakySettings(LayerSettings):
    """Leaky integrators that never spike; what they give is the membrane."""

    reads_out: ClassVar[bool] = True

    decay: Annotated[float, Field(ge=0, le=1, description="what a step leaves of the membrane")] = (
        0.5
    )

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        return shape

    def memory(self, network: NeuronSettings) -> Memory:
        """Return the filter of the membrane."""
        return Memory(self.decay)


_HERE = "snnrun.models.feedforward."
LAYERS: Table[Entry] = Table(
    "layer",
    "snnrun.feedforward.layers",
    {
        "conv": Entry(ConvSettings, _HERE + "connections:Conv", "", "a convolution"),
        "linear": Entry(LinearSettings, _HERE + "connections:Linear", "", "all-to-all weights"),
        **NORMS.known,
        "lif": Entry(
            LifSettings,
            _HERE + "spiking:Lif",
            "Fang et al., ICCV (2021), for time constants that learn",
            "leaky integrate-and-fire neurons",
        ),
        "leaky": Entry(LeakySettings, _HERE + "spiking:Leaky", "", "integrators that never spike"),
        "avg_pool": Entry(AvgPoolSettings, _HERE + "pools:AvgPool", "", "mean of each patch"),
        "max_pool": Entry(
            MaxPoolSettings, _HERE + "pools:MaxPool", "", "largest value of each patch"
        ),
        "adaptive_avg_pool": Entry(
            AdaptiveAvgPoolSettings, _HERE + "pools:AdaptiveAvgPool", "", "mean, to a given size"
        ),
        "flatten": Entry(FlattenSettings, _HERE + "pools:Flatten", "", "an image as a vector"),
        "relu": Entry(
            ReluSettings, _HERE + "pools:Relu", "", "rectifiers, of networks that do not spike"
        ),
        "dropout": Entry(
            DropoutSettings, _HERE + "dropout:Dropout", "", "leaves values out in training"
        ),
    },
    LayerSettings,
    elsewhere=NORMS.elsewhere,
)


class ResidualSettings(LayerSettings):
    """A body and a way around it, for the same input."""

    body: Annotated[
        tuple[Annotated[LayerSettings, named(LAYERS)], ...],
        Field(
            min_length=1,
            description="the layers of the body",
            examples=[[{"name": "conv", "channels": 16, "padding": 1}, {"name": "lif"}]],
        ),
    ]
    shortcut: Annotated[
        tuple[Annotated[LayerSettings, named(LAYERS)], ...],
        Field(description="the layers around it; none: the input itself"),
    ] = ()
    combine: Annotated[
        Literal["add", "and", "iand"],
        Field(description="body + shortcut; or of spikes, body * shortcut, (1 - body) * shortcut"),
    ] = "add"

    def memory(self, network: NeuronSettings) -> None:
        """Return None; the layers inside tell of themselves."""

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the body, which that of the shortcut must equal."""
        after, around = (through(layers, shape, key) for key, layers in self.inside())
        if after != around:
            raise ValueError(f"body: gives {text(after)}, but the shortcut {text(around)}")
        return after

    def spike_size(self, size: float | None, shape: Shape) -> float | None:
        """Return the size if it is the same in body and shortcut."""
        body, around = (spike_size(layers, size, shape) for _, layers in self.inside())
        return body if body == around else None

    def inside(self) -> Iterator[tuple[str, Layers]]:
        """Yield body and shortcut."""
        yield from (("body", self.body), ("shortcut", self.shortcut))


LAYERS.add(
    "residual",
    Entry(
        ResidualSettings,
        _HERE + "stack:Residual",
        "Fang et al., Deep residual learning in spiking neural networks, NeurIPS (2021)",
        "layers and a way around them: added, and, iand",
    ),
)


def shapes(
    layers: Layers, shape: Shape, key: str
) -> Iterator[tuple[str, LayerSettings, Shape, Shape]]:
    """Yield key and settings of each layer, with the shapes of its input and its output.

    Raises:
        ValueError: a layer does not fit its input; the text begins with the key to blame.
    """
    for index, layer in enumerate(layers):
        try:
            after = layer.output_shape(shape)
        except ValueError as error:
            raise ValueError(f"{key}.{index}.{error}") from error
        yield f"{key}.{index}", layer, shape, after
        shape = after


def through(layers: Layers, shape: Shape, key: str) -> Shape:
    """Return the shape of the output of a list of layers.

    Raises:
        ValueError: as :func:`shapes`.
    """
    for *_, after in shapes(layers, shape, key):
        shape = after
    return shape


def spike_size(layers: Layers, size: float | None, shape: Shape) -> float | None:
    """Return what one spike is behind a list of layers, as for one of them."""
    for _, layer, before, _ in shapes(layers, shape, ""):
        size = layer.spike_size(size, before)
    return size


def rows(
    layers: Layers, shape: Shape, network: NeuronSettings, key: str
) -> Iterator[tuple[str, str, int]]:
    """Yield name, kind with shape of the output, and number of parameters of each layer.

    Layers inside another have rows of their own, before it.

    Raises:
        ValueError: as :func:`shapes`.
    """
    for name, layer, before, after in shapes(layers, shape, key):
        for inner, inside in layer.inside():
            yield from rows(inside, before, network, f"{name}.{inner}")
        try:
            count = layer.parameters(before, network)
        except ValueError as error:
            raise ValueError(f"{name}.{error}") from error
        yield name, f"{LAYERS.name_of(layer)} -> {text(after)}", count


def everything(layers: Layers, key: str) -> Iterator[tuple[str, LayerSettings]]:
    """Yield key and settings of each layer, before those inside it."""
    for index, layer in enumerate(layers):
        yield f"{key}.{index}", layer
        for inner, inside in layer.inside():
            yield from everything(inside, f"{key}.{index}.{inner}")
