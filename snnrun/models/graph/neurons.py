"""What a config may say about the groups of neurons of a graph. Times are in ms."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.core.registry import Entry, Settings, Table
from snnrun.models.graph.traces import TraceSettings

if TYPE_CHECKING:  # a config is read without torch
    from snnrun.models.graph.group import Group

Count = Annotated[int, Field(ge=1)]
Size = Annotated[
    Count | tuple[Count, ...] | None,
    Field(description="number of neurons, or [channel, height, width]; null: by its synapses"),
]
Trace = Annotated[TraceSettings | None, Field(description="what spikes leave behind, for rules")]


class GroupSettings(Settings):
    """A group of neurons.

    given: whether its spikes are the input of the network.
    """

    given: ClassVar[bool] = False

    trace: Trace = None

    @abstractmethod
    def build(self, shape: tuple[int, ...], dt: float) -> "Group":
        """Return the group, for steps of ``dt`` ms."""


class InputSettings(GroupSettings):
    """The input: one neuron for each value of a sample."""

    given: ClassVar[bool] = True

    def build(self, shape: tuple[int, ...], dt: float) -> "Group":
        """Return the group."""
        from snnrun.models.graph.group import Input

        return Input(shape, self.trace, dt)


class SizedSettings(GroupSettings):
    """A group that receives something."""

    size: Size = None

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape of the group; None: by its synapses."""
        return (self.size,) if isinstance(self.size, int) else self.size


class RelaySettings(SizedSettings):
    """Neurons that spike where anything positive arrives."""

    def build(self, shape: tuple[int, ...], dt: float) -> "Group":
        """Return the group."""
        from snnrun.models.graph.relay import Relay

        return Relay(shape, self.trace, dt)


class LifSettings(SizedSettings):
    """Leaky integrate-and-fire neurons."""

    tau: Annotated[
        float, Field(gt=0, allow_inf_nan=True, description="membrane time constant; .inf: no leak")
    ] = 100.0
    decay: Annotated[
        float | None, Field(ge=0, le=1, description="what a step leaves; goes before tau")
    ] = None
    gain: Annotated[float, Field(description="factor of the input")] = 1.0
    rest: Annotated[float, Field(description="where the membrane begins, and leaks to")] = -65.0
    threshold: Annotated[float, Field(description="membrane at which a neuron spikes")] = -52.0
    reset: Annotated[float | None, Field(description="membrane after a spike; null: the rest")] = (
        None
    )
    refractory: Annotated[
        float, Field(ge=0, description="how long a neuron is closed after a spike")
    ] = 5.0
    closed: Annotated[
        Literal["input", "membrane"],
        Field(description="what stands still in that time: input is left out, or nothing moves"),
    ] = "input"
    euler: Annotated[
        bool, Field(description="steps of forward Euler instead of the exact decay")
    ] = False
    lower: Annotated[float | None, Field(description="lowest membrane; null: none")] = None

    def constants(self) -> dict[str, object]:
        """Return the arguments of the group."""
        own = self.model_dump(exclude={"size", "trace", "closed"})
        return {**own, "holds": self.closed == "membrane"}

    def build(self, shape: tuple[int, ...], dt: float) -> "Group":
        """Return the group."""
        from snnrun.models.graph.lif import LIF

        constants: dict[str, object] = self.constants()
        return LIF(shape, trace=self.trace, dt=dt, **constants)  # type: ignore[arg-type]


class AdaptiveLifSettings(LifSettings):
    """LIF neurons whose threshold is raised by their spikes, from sample to sample."""

    plus: Annotated[float, Field(description="what a spike adds to the threshold")] = 0.05
    tau_theta: Annotated[
        float, Field(gt=0, description="how long that lasts: its time constant")
    ] = 1e7
    one_winner: Annotated[
        bool,
        Field(
            description="whether of all neurons that spike at a step only one is kept, by chance; "
            "all of them are reset and adapt"
        ),
    ] = False

    def build(self, shape: tuple[int, ...], dt: float) -> "Group":
        """Return the group."""
        from snnrun.models.graph.lif import AdaptiveLIF

        constants: dict[str, object] = self.constants()
        return AdaptiveLIF(shape, trace=self.trace, dt=dt, **constants)  # type: ignore[arg-type]


NEURONS: Table[Entry] = Table(
    "group of neurons",
    "snnrun.neurons",
    {
        "input": Entry(InputSettings, "snnrun.models.graph.group:Input", "", "the input itself"),
        "relay": Entry(
            RelaySettings,
            "snnrun.models.graph.relay:Relay",
            "",
            "neurons that pass on what arrives, as behind a pool",
        ),
        "lif": Entry(
            LifSettings,
            "snnrun.models.graph.lif:LIF",
            "Gerstner, Kistler, Spiking Neuron Models (2002)",
            "leaky integrate-and-fire neurons",
        ),
        "adaptive_lif": Entry(
            AdaptiveLifSettings,
            "snnrun.models.graph.lif:AdaptiveLIF",
            "Diehl, Cook, Frontiers in Computational Neuroscience 9 (2015)",
            "LIF neurons with adaptive thresholds, and one winner a step if wanted",
        ),
    },
    GroupSettings,
    elsewhere={"diehl_cook": "adaptive_lif", "diehlandcook": "adaptive_lif"},
)
