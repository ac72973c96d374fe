"""What a config may say about a first-spike network. Times share the unit of tau_syn."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.capabilities import Capability
from snnrun.core.named import named
from snnrun.core.registry import Settings
from snnrun.models.first_spike.stages import (
    STAGES,
    BiasesSettings,
    DelaySettings,
    LearningRate,
    MultiplexSettings,
    SpikeTime,
)
from snnrun.models.settings import ModelSettings


class Normal(Settings):
    """A normal distribution."""

    mean: Annotated[float, Field(description="mean")]
    std: Annotated[float, Field(ge=0, description="standard deviation")]


class NeuronSettings(Settings):
    """A leaky integrate-and-fire neuron with exponential synapses."""

    tau_syn: Annotated[float, Field(gt=0, description="synaptic time constant")] = 1.0
    tau_mem: Annotated[
        float, Field(gt=0, description="membrane time constant: tau_syn or twice tau_syn")
    ] = 1.0
    g_leak: Annotated[float, Field(gt=0, description="leak conductance")] = 1.0
    leak: Annotated[float, Field(description="leak potential, where the membrane rests")] = 0.0
    threshold: Annotated[float, Field(description="firing threshold of the membrane")] = 1.0
    ratio: Annotated[
        Literal[1, 2] | None,
        Field(
            description="closed form to use where tau_mem / tau_syn is neither 1 nor 2, as on a "
            "chip whose time constants are off; null: as the time constants say"
        ),
    ] = None

    @model_validator(mode="after")
    def _closed_form_exists(self) -> Self:
        if self.ratio is None and self.tau_mem not in (self.tau_syn, 2 * self.tau_syn):
            raise ValueError(
                f"tau_mem must equal tau_syn or twice tau_syn (tau_syn is {self.tau_syn:g}), "
                f"got {self.tau_mem:g}: only these two have a closed form"
            )
        if self.threshold <= self.leak:
            raise ValueError(
                f"threshold must lie above leak ({self.leak:g}), got {self.threshold:g}"
            )
        return self

    @property
    def closed_form(self) -> int:
        """tau_mem / tau_syn as the closed form takes it: 1 or 2."""
        return self.ratio or (1 if self.tau_mem == self.tau_syn else 2)

    @property
    def level(self) -> float:
        """What the summed input must reach: (threshold - leak) * g_leak."""
        return (self.threshold - self.leak) * self.g_leak


class NeuronChanges(Settings):
    """What differs from the network's neuron in one layer; null: the network's value."""

    tau_syn: Annotated[float | None, Field(gt=0, description="synaptic time constant")] = None
    tau_mem: Annotated[float | None, Field(gt=0, description="membrane time constant")] = None
    g_leak: Annotated[float | None, Field(gt=0, description="leak conductance")] = None
    leak: Annotated[float | None, Field(description="leak potential")] = None
    threshold: Annotated[float | None, Field(description="firing threshold")] = None
    ratio: Annotated[Literal[1, 2] | None, Field(description="closed form to use")] = None


class ThresholdNoise(Settings):
    """Noise on the threshold; gradients take the threshold without it."""

    fixed: Annotated[
        Normal, Field(description="drawn once for each neuron, as the mismatch of a chip")
    ] = Normal(mean=0.0, std=0.0)
    per_spike: Annotated[
        float, Field(ge=0, description="standard deviation for each sample and neuron")
    ] = 0.0
    per_batch: Annotated[
        float, Field(ge=0, description="standard deviation for each batch and neuron")
    ] = 0.0


class FirstSpikeLayerSettings(Settings):
    """One fully connected layer of neurons."""

    size: Annotated[int, Field(ge=1, description="number of neurons")]
    weights: Annotated[Normal, Field(description="distribution of the initial weights")] = Normal(
        mean=1.0, std=1.0
    )
    bias_times: Annotated[
        tuple[SpikeTime, ...],
        Field(description="times of spikes that reach every neuron whatever the input, tau_syn"),
    ] = ()
    max_missing_spikes: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="share of (sample, neuron) pairs of a batch that may stay silent before "
            "the weights are bumped",
        ),
    ] = 0.3
    before: Annotated[
        tuple[
            Annotated[BiasesSettings | MultiplexSettings | DelaySettings, named(STAGES)],
            ...,
        ],
        Field(description="what spikes pass before they reach the layer, in order"),
    ] = ()
    neuron: Annotated[
        NeuronChanges | None,
        Field(description="what differs from the network's neuron; null: nothing"),
    ] = None
    threshold_noise: Annotated[
        ThresholdNoise | None, Field(description="noise on the threshold; null: none")
    ] = None
    jitter: Annotated[
        float, Field(ge=0, description="standard deviation of noise on the spike times, tau_syn")
    ] = 0.0
    max_weight: Annotated[
        float | None, Field(gt=0, description="clips the weights; null: as the learning rule says")
    ] = None
    max_dw_norm: Annotated[
        float | None, Field(gt=0, description="as in the learning rule, for this layer alone")
    ] = None
    trainable: Annotated[bool, Field(description="whether the weights learn")] = True
    lr: LearningRate = None

    @model_validator(mode="after")
    def _frozen_layers_are_not_bumped(self) -> Self:
        if not self.trainable and self.max_missing_spikes < 1:
            raise ValueError(
                "max_missing_spikes must be 1 where trainable is false: a frozen layer cannot be "
                f"bumped, got {self.max_missing_spikes:g}"
            )
        return self


class IntegratorSettings(Settings):
    """Spike times by stepping through time instead of the closed form; gradients stay exact."""

    step: Annotated[float, Field(gt=0, description="size of a step, tau_syn")] = 0.01
    time: Annotated[float, Field(gt=0, description="duration, tau_syn")] = 4.0
    dialect: Annotated[
        Literal["exact", "fastanddeep", "delgrad"],
        Field(description="constants of the differential equation, or of one of the originals"),
    ] = "exact"


class FirstSpikeSettings(NeuronSettings, ModelSettings):
    """A stack of fully connected layers; the last layer has one neuron for each class."""

    offers: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.FIRST_SPIKE_LAYERS, Capability.GRADIENTS, Capability.SPIKE_TIMES}
    )
    devices: ClassVar[tuple[str, ...]] = ("cpu", "cuda")

    layers: Annotated[
        tuple[FirstSpikeLayerSettings, ...],
        Field(
            min_length=1,
            description="the layers, from the first hidden to the label layer",
            examples=[
                [
                    {"size": 120, "bias_times": [0.9], "weights": {"mean": 1.5, "std": 0.8}},
                    {"size": 3, "bias_times": [0.9], "weights": {"mean": 0.5, "std": 0.8}},
                ]
            ],
        ),
    ]
    weight_precision: Annotated[
        float | None,
        Field(
            gt=0,
            description="weights act as multiples of this, as on a chip, and learn unrounded; "
            "null: as they are",
        ),
    ] = None

    integrator: Annotated[
        IntegratorSettings | None,
        Field(description="steps through time instead of the closed form; null: closed form"),
    ] = None

    @model_validator(mode="after")
    def _layers_have_a_closed_form(self) -> Self:
        for index, layer in enumerate(self.layers):
            try:
                self.neuron_of(layer)
            except ValueError as error:
                raise ValueError(f"layers.{index}.neuron: {error}") from error
        return self

    def neuron_of(self, layer: FirstSpikeLayerSettings) -> NeuronSettings:
        """Return the neuron of a layer: the network's, with the layer's changes."""
        own = {name: getattr(self, name) for name in NeuronSettings.model_fields}
        changes = layer.neuron.model_dump(exclude_none=True) if layer.neuron else {}
        return NeuronSettings(**(own | changes))

    def layer_outputs(self, inputs: int, classes: int) -> Iterator[tuple[str, int]]:
        """Yield key and number of neurons of each layer."""
        yield from ((f"layers.{index}.size", layer.size) for index, layer in enumerate(self.layers))

    def describe(self, inputs: int, classes: int) -> list[tuple[str, str, int]]:
        """Return name, shape and number of parameters of each layer and its delays.

        Raises:
            ValueError: the label layer does not have one neuron for each class.
        """
        if self.layers[-1].size != classes:
            raise ValueError(
                f"layers.{len(self.layers) - 1}.size: the last layer has {self.layers[-1].size} "
                f"neurons, but the data have {classes} classes; "
                f"model.layers.-1.size={classes} changes it"
            )
        rows: list[tuple[str, str, int]] = []
        for index, layer in enumerate(self.layers):
            name = f"layers.{index}"
            for number, stage in enumerate(layer.before):
                if isinstance(stage, DelaySettings):
                    shape = stage.shape(inputs, layer.size)
                    title = f"[{shape[0]}, {shape[1]}] {stage.kind} delays"
                    rows.append((f"{name}.before.{number}", title, shape[0] * shape[1]))
                inputs = stage.outputs(inputs)
            biases = len(layer.bias_times)
            shown = f"[{inputs} inputs + {biases} biases, {layer.size}]"
            rows.append((name, shown, (inputs + biases) * layer.size))
            inputs = layer.size
        return rows
