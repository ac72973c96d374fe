"""Readouts of a LIF network, with one unit for each class. Settings only; S_t are the last spikes.

spikes   the units are LIF neurons; scores = share of the steps at which a unit spikes
linear   scores = (mean of S_t over the steps) W
leaky    o_t = k o_{t-1} + S_t W, k = exp(-1 / tau); scores = mean of o_t over the steps
"""

from typing import Annotated

from pydantic import Field

from snnrun.core.registry import Entry, Table
from snnrun.models.lif.neuron import NeuronChanges, SynapseSettings


class SpikesSettings(NeuronChanges):
    """LIF neurons that count their spikes."""


class LinearSettings(SynapseSettings):
    """Mean spikes times weights."""


class LeakySettings(SynapseSettings):
    """Leaky integrators, judged at every step."""

    tau: Annotated[float, Field(ge=0, description="time constant, steps; 0: no memory")] = 5.0
    skip: Annotated[
        int, Field(ge=0, description="first steps, which count for neither loss nor scores")
    ] = 0


_NET = "snnrun.models.lif.net:"
READOUTS: Table[Entry] = Table(
    "readout",
    "snnrun.readouts",
    {
        "spikes": Entry(
            SpikesSettings, _NET + "SpikesReadout", "", "LIF neurons; the one that spikes most wins"
        ),
        "linear": Entry(
            LinearSettings, _NET + "LinearReadout", "", "mean spikes times weights; nothing spikes"
        ),
        "leaky": Entry(
            LeakySettings,
            _NET + "LeakyReadout",
            "Bellec et al., Nature Communications 11 (2020)",
            "leaky integrators that never spike, judged at every step",
        ),
    },
)
