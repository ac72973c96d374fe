"""What a config may say about a network of leaky integrate-and-fire neurons. Times are in steps."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from snnrun.core.capabilities import Capability, InputKind
from snnrun.core.named import named
from snnrun.core.registry import Settings
from snnrun.models.lif.neuron import NeuronChanges, NeuronSettings, SynapseSettings
from snnrun.models.lif.readouts import READOUTS, SpikesSettings
from snnrun.models.precision import Bits, told
from snnrun.models.settings import ModelSettings


class LayerSize(Settings):
    """How large a layer is."""

    size: Annotated[int, Field(ge=1, description="number of neurons")]


class LifLayerSettings(NeuronChanges, LayerSize):
    """One fully connected hidden layer."""

    recurrent: Annotated[
        bool, Field(description="whether its neurons also drive each other, a step later")
    ] = False
    recurrent_gain: Annotated[
        float,
        Field(ge=0, description="gain of these weights: std recurrent_gain / sqrt(size) at first"),
    ] = 1.0


class LifSettings(NeuronSettings, ModelSettings):
    """Hidden layers, and a readout with one unit for each class."""

    input_kind: ClassVar[InputKind] = InputKind.STEPS
    offers: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.LIF_LAYERS,
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

    layers: Annotated[
        tuple[LifLayerSettings, ...],
        Field(
            min_length=1,
            description="the hidden layers, from the input on",
            examples=[[{"size": 256}]],
        ),
    ]
    readout: Annotated[
        SynapseSettings,
        named(READOUTS, "spikes"),
        Field(description="what becomes of the spikes of the last hidden layer"),
    ] = SpikesSettings()
    bits: Bits = None

    def beyond(self) -> list[tuple[str, str]]:
        """Return key and reason of each layer that does more than the local rules know.

        Example:
            >>> LifSettings(layers=[{"size": 3}, {"size": 4, "recurrent": True}]).beyond()
            [('layers.1', 'recurrent')]
        """
        found = []
        for key, layer in self._spiking():
            if getattr(layer, "recurrent", False):
                found.append((key, "recurrent"))
            if layer.neuron(self).adaptation:
                found.append((key, "adaptation"))
        return found

    def _spiking(self) -> Iterator[tuple[str, NeuronChanges]]:
        yield from ((f"layers.{index}", layer) for index, layer in enumerate(self.layers))
        if isinstance(self.readout, NeuronChanges):
            yield "readout", self.readout

    @model_validator(mode="after")
    def _one_reset(self) -> Self:
        every = dict(self._spiking())
        for key, reason in self.beyond():
            if every[key].neuron(self).reset == "subtract_twice":
                raise ValueError(
                    f"{key}: reset is subtract_twice; expected subtract or zero with {reason}"
                )
        return self

    def layer_outputs(self, inputs: int, classes: int) -> Iterator[tuple[str, int]]:
        """Yield key and number of neurons of each layer."""
        yield from ((f"layers.{index}.size", layer.size) for index, layer in enumerate(self.layers))
        yield "readout", classes

    def describe(self, inputs: int, classes: int) -> list[tuple[str, str, int]]:
        """Return name, shape and number of parameters of each layer."""
        rows = []
        sizes = {f"layers.{index}": layer.size for index, layer in enumerate(self.layers)}
        precisions = {f"layers.{index}": layer.bits for index, layer in enumerate(self.layers)}
        precisions["readout"] = self.readout.bits
        own = {key for key, reason in self.beyond() if reason == "recurrent"}
        for name, size in (*sizes.items(), ("readout", classes)):
            shape, count = f"[{inputs} inputs, {size}]", inputs * size
            if name in own:
                shape, count = f"{shape}, recurrent", count + size * size
            bits = self.bits if precisions[name] is None else precisions[name]
            rows.append((name, shape + told(bits), count))
            inputs = size
        return rows
