"""What a config may say about a feed-forward network."""

import math
from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.core.capabilities import Capability, InputKind
from snnrun.core.named import named
from snnrun.models.feedforward.layer_settings import Layers, LayerSettings, Shape, text
from snnrun.models.feedforward.layers import LAYERS, everything, rows, shapes, through
from snnrun.models.feedforward.memories import memories
from snnrun.models.feedforward.neuron import NeuronSettings
from snnrun.models.feedforward.weights import LinearSettings, WeightsSettings
from snnrun.models.precision import Bits, told
from snnrun.models.settings import ModelSettings


class NetworkSettings(ModelSettings):
    """A list of layers, however it is made; ``scores`` are the mean of the outputs over time."""

    input_kind: ClassVar[InputKind] = InputKind.IMAGE_STEPS
    offers: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.GRADIENTS,
            Capability.TRACES,
            Capability.RATES,
            Capability.SPIKES,
            Capability.MEMBRANES,
            Capability.OUTPUTS,
        }
    )
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")
    targets: ClassVar[tuple[str, ...]] = ("surrogate.sharpness",)
    #: Whether configs list the layers, and can change each of them.
    lists_layers: ClassVar[bool] = False

    neuron: Annotated[
        NeuronSettings, Field(description="the neuron of layers that do not say otherwise")
    ] = NeuronSettings()
    bits: Bits = None

    @abstractmethod
    def stack(self) -> Layers:
        """Return the layers, from the input on, without a readout that is added."""

    def readout(self, classes: int) -> Layers:
        """Return what is added behind the last layer."""
        return (LinearSettings(size=classes),)

    def input_shape(self, shape: tuple[int, ...]) -> Shape:
        """Return the shape (channels, height, width) of samples of this shape.

        Raises:
            ValueError: they are neither images nor vectors.
        """
        if len(shape) not in (1, 3):
            raise ValueError(f"takes images [channel, height, width], not samples of {text(shape)}")
        return shape if len(shape) == 3 else (*shape, 1, 1)

    def check_steps(self, steps: int) -> None:
        """Refuse a number of steps that a layer is not for."""
        for key, layer in everything(self.stack(), "layers"):
            try:
                layer.check_steps(steps)
            except ValueError as error:
                raise ValueError(f"{key}.{error}") from error

    def check_traces(self) -> None:
        """Refuse layers that do not learn step by step."""
        try:
            memories(self.stack(), self.readout(1), self.neuron)
        except ValueError as error:
            raise ValueError(
                f"does not train model.{error}; learning.name=surrogate does"
            ) from error

    def whole_batches(self) -> str | None:
        """Name the first layer that has to see all samples of a batch."""
        for key, layer in everything(self.stack(), "layers"):
            if layer.whole_batches:
                return f"{key} ({LAYERS.name_of(layer)}) has to see whole batches"
        return None

    def describe(self, inputs: Shape, classes: int) -> list[tuple[str, str, int]]:
        """Return name, shape and number of parameters of each layer; ``inputs`` is a shape.

        Raises:
            ValueError: a layer does not fit its input, or the last not the classes.
        """
        layers = dict(everything(self.stack(), "layers"))
        found = [
            (name, shape + self._precision(layers[name]), count)
            for name, shape, count in rows(self.stack(), inputs, self.neuron, "layers")
        ]
        final = through(self.stack(), inputs, "layers")
        readout = self.readout(classes)
        for layer, (_, shape, count) in zip(
            readout, rows(readout, final, self.neuron, "readout"), strict=True
        ):
            found.append(("readout", shape + self._precision(layer), count))
        final = through(self.readout(classes), final, "readout")
        if final != (classes,):
            raise ValueError(
                f"layers: the last layer gives {text(final)}, but {classes} classes need "
                f"{text((classes,))}"
            )
        return found

    def layer_outputs(self, inputs: Shape, classes: int) -> Iterator[tuple[str, int]]:
        """Yield key and number of outputs of each layer in the list itself.

        The layers of networks that no config lists are called ``layers``.
        """
        for key, _, _, after in shapes(self.stack(), inputs, "layers"):
            yield key if self.lists_layers else "layers", math.prod(after)

    def _precision(self, layer: LayerSettings) -> str:
        """Return what tables say of the bits of a layer."""
        if not isinstance(layer, WeightsSettings):
            return ""
        return told(self.bits if layer.bits is None else layer.bits)


class FeedforwardSettings(NetworkSettings):
    """The layers themselves."""

    lists_layers: ClassVar[bool] = True

    layers: Annotated[
        tuple[Annotated[LayerSettings, named(LAYERS)], ...],
        Field(
            min_length=1,
            description="the layers, from the input on",
            examples=[
                [
                    {"name": "conv", "channels": 16, "kernel": 3, "padding": 1},
                    {"name": "batch_norm"},
                    {"name": "lif"},
                    {"name": "max_pool"},
                    {"name": "linear", "size": 64},
                    {"name": "lif"},
                ]
            ],
        ),
    ]
    output: Annotated[
        Literal["linear", "as_is"],
        Field(
            description="linear: weights to one output a class behind the last layer, unless that "
            "is linear or leaky itself; as_is: the last layer has one output a class"
        ),
    ] = "linear"

    def stack(self) -> Layers:
        """Return the layers."""
        return self.layers

    def readout(self, classes: int) -> Layers:
        """Return weights, unless the last layer reads out itself."""
        own = self.output == "as_is" or self.layers[-1].reads_out
        return () if own else super().readout(classes)
