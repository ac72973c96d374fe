"""What spikes may pass on their way to a layer: extra spikes, copies, delays. Settings only.

A layer lists its stages in ``before``; they are passed in that order.
"""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from snnrun.core.named import named
from snnrun.core.registry import Entry, Settings, Table

_DELGRAD = "Göltz et al., DelGrad, Nature Communications 16 (2025)"
_ARRIVALS = "snnrun.models.first_spike.arrivals:"


def _no_nan(time: float) -> float:
    if math.isnan(time):
        raise ValueError("must be a number, got nan")
    return time


#: A spike time in tau_syn; .inf: no spike.
SpikeTime = Annotated[float, Field(allow_inf_nan=True), AfterValidator(_no_nan)]
Share = Annotated[int, Field(ge=1)]
LearningRate = Annotated[
    float | None, Field(gt=0, description="learning rate of this part; null: the optimiser's")
]


class BiasesSettings(Settings):
    """Spikes that come at the same times in every sample."""

    times: Annotated[tuple[SpikeTime, ...], Field(min_length=1, description="spike times, tau_syn")]

    def outputs(self, inputs: int) -> int:
        """Return the number of spikes that leave the stage."""
        return inputs + len(self.times)


class MultiplexSettings(Settings):
    """Every input several times over: x, x, y, y, ..."""

    factor: Annotated[int, Field(ge=1, description="copies of each input")]

    def outputs(self, inputs: int) -> int:
        """Return the number of spikes that leave the stage."""
        return inputs * self.factor


class SigmoidSettings(Settings):
    """A delay of shift + scale / (1 + exp(-raw))."""

    shift: Annotated[float, Field(ge=0, description="shortest delay, tau_syn")] = 0.0
    scale: Annotated[float, Field(gt=0, description="longest minus shortest delay, tau_syn")] = 1.0


class ClipSettings(Settings):
    """Delays below 0 become 0 after every step."""


class ShiftSettings(Settings):
    """All delays of the stage grow by the same amount until none is below 0, after every step."""


POSITIVITIES: Table[Entry] = Table(
    "positivity",
    "snnrun.first_spike.positivities",
    {
        "sigmoid": Entry(SigmoidSettings, _ARRIVALS + "Sigmoid", _DELGRAD, "between two bounds"),
        "clip": Entry(ClipSettings, _ARRIVALS + "Clip", _DELGRAD, "cut off at 0"),
        "shift": Entry(ShiftSettings, _ARRIVALS + "Shift", _DELGRAD, "all moved up together"),
    },
)


class DelaySettings(Settings):
    """Trainable delays; the raw parameters start from a normal distribution."""

    kind: Annotated[
        Literal["axonal", "synaptic", "dendritic"],
        Field(description="one delay for each input, for each synapse, or for each neuron"),
    ]
    mean: Annotated[float, Field(description="mean of the initial raw parameters")] = 0.0
    std: Annotated[float, Field(ge=0, description="their standard deviation")] = 0.25
    positivity: Annotated[
        Settings,
        named(POSITIVITIES),
        Field(description="keeps delays above 0"),
    ] = SigmoidSettings()
    share_inputs: Annotated[
        Share, Field(description="this many blocks of inputs, one after another, share delays")
    ] = 1
    share_neurons: Annotated[
        Share, Field(description="this many blocks of neurons, one after another, share delays")
    ] = 1
    jitter: Annotated[
        float, Field(ge=0, description="standard deviation of noise on each arrival, tau_syn")
    ] = 0.0
    trainable: Annotated[bool, Field(description="whether the delays learn")] = True
    lr: LearningRate = None

    def outputs(self, inputs: int) -> int:
        """Return the number of spikes that leave the stage."""
        return inputs

    def shape(self, inputs: int, neurons: int) -> tuple[int, int]:
        """Return the shape of the raw parameters, ``[inputs or 1, neurons or 1]`` over sharing.

        Raises:
            ValueError: the sharing does not divide them.
        """
        rows = inputs if self.kind != "dendritic" else 1
        columns = neurons if self.kind != "axonal" else 1
        for name, size, share in (
            ("share_inputs", rows, self.share_inputs),
            ("share_neurons", columns, self.share_neurons),
        ):
            if size % share:
                raise ValueError(f"{name} is {share}, which does not divide {size} delays")
        return rows // self.share_inputs, columns // self.share_neurons


STAGES: Table[Entry] = Table(
    "stage",
    "snnrun.first_spike.stages",
    {
        "biases": Entry(BiasesSettings, _ARRIVALS + "Biases", "", "spikes at fixed times"),
        "multiplex": Entry(MultiplexSettings, _ARRIVALS + "Multiplex", "", "copies of each input"),
        "delay": Entry(DelaySettings, _ARRIVALS + "Delay", _DELGRAD, "trainable delays"),
    },
)
