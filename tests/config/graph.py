"""A network whose neurons and synapses have names of their own, and a config of it to break.

No network of snnrun has maps with free keys yet; this one has nothing but its settings.
"""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field

from snnrun.core.capabilities import InputKind
from snnrun.core.named import named
from snnrun.core.paths import dotted
from snnrun.core.registry import Entry, Settings, Table
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.learning import RULES
from snnrun.learning.settings import RuleSettings
from snnrun.models import MODELS
from snnrun.models.settings import ModelSettings
from tests.config.yinyang import write


class InputSettings(Settings):
    """The encoded sample."""

    tau_trace: Annotated[float, Field(gt=0, description="of the trace, steps")] = 20.0


class GroupSettings(Settings):
    """LIF neurons."""

    n: Annotated[int, Field(ge=1, description="number of neurons")]
    tau: Annotated[float, Field(gt=0, description="of the membrane, steps")] = 100.0
    threshold: float = -52.0


NEURONS: Table[Entry] = Table(
    "neuron",
    "tests.neurons",
    {
        "input": Entry(InputSettings, "", summary="the sample"),
        "lif": Entry(GroupSettings, "", summary="leaky integrate-and-fire"),
    },
)


class PairSettings(Settings):
    """Pair STDP."""

    nu: Annotated[tuple[float, float], Field(description="depression and potentiation")] = (
        1e-4,
        1e-2,
    )


PLASTICITIES: Table[Entry] = Table(
    "plasticity",
    "tests.plasticities",
    {"stdp": Entry(PairSettings, "", summary="pairs of spikes")},
)


class SynapsesSettings(Settings):
    """From one group to another."""

    kind: Literal["dense", "one_to_one", "all_but_self"] = "dense"
    weight: Annotated[float, Field(description="of each synapse at first")] = 0.3
    delays: Annotated[dict[str, int], Field(default_factory=dict, description="branch: steps")]
    rule: Annotated[
        Annotated[Settings, named(PLASTICITIES)] | None,
        Field(description="how the weights change; null: not at all"),
    ] = None


class PulseSettings(Settings):
    """A current."""

    at: Annotated[int, Field(ge=0, description="step")]
    amplitude: float = 1.0


class GraphSettings(ModelSettings):
    """Groups of neurons and the synapses between them."""

    input_kind: ClassVar[InputKind] = InputKind.STEPS

    neurons: Annotated[
        dict[str, Annotated[Settings, named(NEURONS)]],
        Field(
            min_length=1,
            description="groups",
            examples=[{"X": {"name": "input"}, "Ae": {"name": "lif", "n": 50}}],
        ),
    ]
    synapses: Annotated[
        dict[str, SynapsesSettings],
        Field(description="from -> to", examples=[{"X -> Ae": {"rule": {"name": "stdp"}}}]),
    ]
    rates: Annotated[
        dict[str, Annotated[float, Field(ge=0)]],
        Field(default_factory=dict, description="wanted, spikes a step"),
    ]
    pulses: Annotated[
        dict[str, tuple[PulseSettings, ...]],
        Field(default_factory=dict, description="group: currents that enter it"),
    ]
    readout: Annotated[str, Field(description="the group that is judged", examples=["Ae"])]

    def describe(self, input_size, classes):
        for edge in self.synapses:
            for end in edge.split(" -> "):
                if end not in self.neurons:
                    raise ValueError(f"{dotted(('synapses', edge))}: there is no group {end!r}")
        return [(edge, "[]", 0) for edge in self.synapses]


class EdgesSettings(RuleSettings):
    """Each synapse learns by its own rule."""


GRAPH = """\
seed: 0
data: {name: digits}
encoder: {name: poisson, steps: 60}
model:
  name: graph
  neurons:
    X: {name: input}
    Ae: {name: lif, n: 50, tau: 90}
    A.i: {name: lif, n: 50}
  synapses:
    X -> Ae:
      weight: 0.5
      rule: {name: stdp, nu: [1e-5, 1e-3]}
    Ae -> A.i: {kind: one_to_one, delays: {near: 1, far: 3}}
  rates: {Ae: 0.1, A.i: 0.2}
  pulses:
    Ae: [{at: 3}, {at: 7, amplitude: 2}]
  readout: Ae
learning: {name: edges}
train: {epochs: 1, batch_size: 20}
"""


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let configs name the network and its rule."""
    graph = Entry(GraphSettings, "", summary="groups and synapses")
    edges = Entry(EdgesSettings, "", summary="as the synapses say")
    for table, more in ((MODELS, {"graph": graph}), (RULES, {"edges": edges})):
        monkeypatch.setattr(table, "_known", {**table.known, **more})


def problems(folder: Path, old: str = "", new: str = "", overrides: tuple[str, ...] = ()) -> list:
    """What is said of the config in which ``old`` stands as ``new``, without the folder."""
    assert old in GRAPH
    path = write(folder, GRAPH.replace(old, new) if old else GRAPH, "g.yaml")
    try:
        load_config(path, overrides)
    except ConfigError as error:
        return [line.replace(f"{folder}/", "") for line in error.problems]
    return []
