"""What a config may say about a network of leaky integrate-and-fire neurons. Times are in steps."""

from typing import Annotated, ClassVar

from pydantic import Field

from snnrun.core.capabilities import Capability, InputKind
from snnrun.core.named import named
from snnrun.core.registry import Settings
from snnrun.models.lif.neuron import NeuronChanges, NeuronSettings, SynapseSettings
from snnrun.models.lif.readouts import READOUTS, SpikesSettings
from snnrun.models.settings import ModelSettings


class LayerSize(Settings):
    """How large a layer is."""

    size: Annotated[int, Field(ge=1, description="number of neurons")]


class LifLayerSettings(NeuronChanges, LayerSize):
    """One fully connected hidden layer."""


class LifSettings(NeuronSettings, ModelSettings):
    """Hidden layers, and a readout with one unit for each class."""

    input_kind: ClassVar[InputKind] = InputKind.STEPS
    offers: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.LIF_LAYERS,
            Capability.GRADIENTS,
            Capability.RATES,
            Capability.SPIKES,
            Capability.MEMBRANES,
            Capability.OUTPUTS,
        }
    )
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

    def describe(self, inputs: int, classes: int) -> list[tuple[str, str, int]]:
        """Return name, shape and number of parameters of each layer."""
        rows = []
        sizes = {f"layers.{index}": layer.size for index, layer in enumerate(self.layers)}
        for name, size in (*sizes.items(), ("readout", classes)):
            rows.append((name, f"[{inputs} inputs, {size}]", inputs * size))
            inputs = size
        return rows
