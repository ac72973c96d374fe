"""What a config may say about a leaky integrate-and-fire neuron and its weights, in steps.

Settings only; the equations stand in :mod:`snnrun.kernels.lif.reference`.
"""

from typing import Annotated, Literal

from pydantic import Field

from snnrun.core.named import named
from snnrun.core.registry import Settings
from snnrun.kernels.lif.surrogates import SURROGATES, SuperSpikeSettings, SurrogateSettings
from snnrun.models.precision import OwnBits

TauMem = Annotated[
    float,
    Field(gt=0, allow_inf_nan=True, description="membrane time constant, steps; .inf: no leak"),
]
TauSyn = Annotated[float, Field(ge=0, description="synaptic time constant, steps; 0: no memory")]
Threshold = Annotated[float, Field(gt=0, description="membrane at which a neuron spikes")]
ResetRule = Annotated[
    Literal["subtract", "subtract_twice", "zero"],
    Field(
        description="what a spike does to the membrane: subtract the threshold; do so twice, as "
        "the notebook of the eligibility rule does; or set it to zero"
    ),
]
Adaptation = Annotated[
    float, Field(ge=0, description="what each spike adds to the threshold, for a while; 0: nothing")
]
TauAdaptation = Annotated[
    float, Field(gt=0, description="time constant of what spikes added to the threshold, steps")
]
_PSI = Field(description="what learning takes for the derivative of a spike by the membrane")


class NeuronSettings(Settings):
    """A leaky integrate-and-fire neuron."""

    tau_mem: TauMem = 20.0
    tau_syn: TauSyn = 5.0
    threshold: Threshold = 1.0
    reset: ResetRule = "subtract"
    surrogate: Annotated[SurrogateSettings, named(SURROGATES, "superspike"), _PSI] = (
        SuperSpikeSettings()
    )
    adaptation: Adaptation = 0.0
    tau_adaptation: TauAdaptation = 100.0


class SynapseSettings(Settings):
    """The weights of a layer."""

    gain: Annotated[
        float,
        Field(ge=0, description="initial weights are normal: mean 0, std gain / sqrt(inputs)"),
    ] = 1.0
    lr: Annotated[
        float | None, Field(gt=0, description="learning rate of the weights; null: the optimiser's")
    ] = None
    bits: OwnBits = None


class NeuronChanges(SynapseSettings):
    """The weights of a layer, and what differs from the network's neuron; null: nothing."""

    tau_mem: Annotated[TauMem | None, Field(description="membrane time constant, steps")] = None
    tau_syn: Annotated[TauSyn | None, Field(description="synaptic time constant, steps")] = None
    threshold: Annotated[
        Threshold | None, Field(description="membrane at which a neuron spikes")
    ] = None
    reset: Annotated[ResetRule | None, Field(description="what a spike does to the membrane")] = (
        None
    )
    surrogate: Annotated[Annotated[SurrogateSettings, named(SURROGATES)] | None, _PSI] = None

    adaptation: Annotated[
        Adaptation | None, Field(description="what each spike adds to the threshold, for a while")
    ] = None
    tau_adaptation: Annotated[
        TauAdaptation | None, Field(description="time constant of the adaptation, steps")
    ] = None

    def neuron(self, network: NeuronSettings) -> NeuronSettings:
        """Return the neuron of the layer."""
        names = NeuronSettings.model_fields
        own = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return NeuronSettings(**({name: getattr(network, name) for name in names} | own))
