"""What a config may say about the synapses of a graph: kind, delay, weights, and how they learn."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.named import named
from snnrun.core.registry import Entry, Settings, Table
from snnrun.models.graph.rules import PLASTICITY, PlasticitySettings

if TYPE_CHECKING:  # a config is read without torch
    from torch import Generator

    from snnrun.models.graph.connections import Connection


class InitSettings(Settings):
    """Where weights begin."""


class UniformSettings(InitSettings):
    """Evenly from one number to another."""

    low: Annotated[float, Field(description="the lowest")] = 0.0
    high: Annotated[float, Field(description="the highest")] = 1.0


class NormalSettings(InitSettings):
    """Normal numbers."""

    mean: Annotated[float, Field(description="mean")] = 0.0
    std: Annotated[float, Field(ge=0, description="standard deviation")] = 0.1


class ConstantSettings(InitSettings):
    """All the same."""

    value: Annotated[float, Field(description="of every weight")] = 1.0


_INITIAL = "snnrun.models.graph.initial:"

INITS: Table[Entry] = Table(
    "beginning of weights",
    "snnrun.inits",
    {
        "uniform": Entry(
            UniformSettings, _INITIAL + "uniform", "", "evenly from one number to another"
        ),
        "normal": Entry(NormalSettings, _INITIAL + "normal", "", "normal numbers"),
        "constant": Entry(ConstantSettings, _INITIAL + "constant", "", "all the same"),
    },
    InitSettings,
)


class NormaliseSettings(Settings):
    """What the synapses of each neuron are brought to, behind each sample that it learns from."""

    to: Annotated[float, Field(gt=0, description="sum over the synapses of a neuron")]
    of: Annotated[
        Literal["magnitudes", "squares"],
        Field(description="sum of |w| (L1), or the root of the sum of w^2 (L2)"),
    ] = "magnitudes"


class SynapsesSettings(Settings):
    """Synapses from one group to another."""

    delay: Annotated[
        int, Field(ge=0, description="steps from a spike to its arrival; 0: in the same step")
    ] = 0

    def build(
        self, pre: tuple[int, ...], post: tuple[int, ...], generator: "Generator"
    ) -> "Connection":
        """Return the synapses."""
        raise NotImplementedError


class DenseSettings(SynapsesSettings):
    """All-to-all synapses."""

    init: Annotated[
        InitSettings, named(INITS, "uniform"), Field(description="where weights begin")
    ] = UniformSettings()
    bounds: Annotated[
        tuple[float | None, float | None],
        Field(description="lowest and highest weight, kept after every change; null: none"),
    ] = (None, None)
    normalise: Annotated[
        NormaliseSettings | None, Field(description="of the weights; null: they are not")
    ] = None
    rules: Annotated[
        tuple[Annotated[PlasticitySettings, named(PLASTICITY)], ...],
        Field(description="how they learn; what several rules change adds up; none: they do not"),
    ] = ()

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        low, high = self.bounds
        if low is not None and high is not None and not low < high:
            raise ValueError(f"bounds: expected the lower one first, got [{low:g}, {high:g}]")
        for index, rule in enumerate(self.rules):
            for bound, name in zip(self.bounds, ("lower", "upper"), strict=True):
                if bound is None and name in rule.bounded:
                    raise ValueError(f"rules.{index}: needs a {name} bound of the weights")
        return self

    def build(
        self, pre: tuple[int, ...], post: tuple[int, ...], generator: "Generator"
    ) -> "Connection":
        """Return the synapses, with weights that are drawn."""
        from snnrun.models.graph.connections import Dense

        norm = self.normalise
        made = Dense(
            pre,
            post,
            delay=self.delay,
            bounds=self.bounds,
            norm=norm and norm.to,
            squares=norm is not None and norm.of == "squares",
        )
        begin = INITS.entry_of(self.init).load()
        made.weight.data = begin(self.init, tuple(made.weight.shape), generator)
        return made


class SingleSettings(SynapsesSettings):
    """Synapses that share one weight."""

    weight: Annotated[float, Field(description="of all of them")]

    def build(
        self, pre: tuple[int, ...], post: tuple[int, ...], generator: "Generator"
    ) -> "Connection":
        """Return the synapses."""
        from snnrun.models.graph.connections import Single

        kind = SYNAPSES.name_of(self)
        return Single(pre, post, kind=kind, weight=self.weight, delay=self.delay)  # type: ignore[arg-type]


class OneToOneSettings(SingleSettings):
    """From each neuron to the one of the same place."""


class AllButSelfSettings(SingleSettings):
    """From each neuron to all but the one of the same place."""


_CONNECTIONS = "snnrun.models.graph.connections:"

SYNAPSES: Table[Entry] = Table(
    "kind of synapses",
    "snnrun.synapses",
    {
        "dense": Entry(DenseSettings, _CONNECTIONS + "Dense", "", "all to all"),
        "one_to_one": Entry(
            OneToOneSettings, _CONNECTIONS + "Single", "", "to the neuron of the same place"
        ),
        "all_but_self": Entry(
            AllButSelfSettings, _CONNECTIONS + "Single", "", "to all but that of the same place"
        ),
    },
    SynapsesSettings,
    elsewhere={"full": "dense", "linear": "dense", "all_to_all": "dense"},
)
