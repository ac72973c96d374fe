"""What a config may say about the rules by which synapses learn: ``plasticity.py`` has them."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from snnrun.core.registry import Entry, Settings, Table

if TYPE_CHECKING:  # a config is read without torch
    from snnrun.models.graph.plasticity import Plasticity

Rate = Annotated[float, Field(description="learning rate")]


class PlasticitySettings(Settings):
    """A rule.

    bounded: which bounds of the weights it needs: lower, upper.
    """

    bounded: ClassVar[frozenset[str]] = frozenset()

    def build(self) -> "Plasticity":
        """Return the rule."""
        return PLASTICITY.entry_of(self).load()(**self.model_dump())  # type: ignore[no-any-return]


class PairSettings(PlasticitySettings):
    """How much spikes of either side change."""

    nu: Annotated[
        tuple[Rate, Rate], Field(description="for spikes of pre, and for spikes of post")
    ] = (1e-4, 1e-2)


class WeightDependentSettings(PairSettings):
    """How much spikes of either side change."""

    bounded: ClassVar[frozenset[str]] = frozenset({"lower", "upper"})


class HebbianSettings(PairSettings):
    """How much spikes of either side change."""


class PowerLawSettings(PlasticitySettings):
    """How much spikes of post change, and towards what."""

    bounded: ClassVar[frozenset[str]] = frozenset({"upper"})

    nu: Rate = 1e-2
    x_target: Annotated[float, Field(description="trace of pre at which nothing changes")] = 0.4
    mu: Annotated[
        float, Field(ge=0, description="how strongly weights near their upper bound resist")
    ] = 1.0


_PLASTICITY = "snnrun.models.graph.plasticity:"
_STDP = "Morrison, Diesmann, Gerstner, Biological Cybernetics 98 (2008)"

PLASTICITY: Table[Entry] = Table(
    "rule of synapses",
    "snnrun.plasticity",
    {
        "pair": Entry(PairSettings, _PLASTICITY + "Pair", _STDP, "STDP of pairs of spikes"),
        "weight_dependent": Entry(
            WeightDependentSettings,
            _PLASTICITY + "WeightDependent",
            _STDP,
            "STDP of pairs, weaker towards the bounds",
        ),
        "hebbian": Entry(
            HebbianSettings, _PLASTICITY + "Hebbian", _STDP, "potentiation by either spike"
        ),
        "power_law": Entry(
            PowerLawSettings,
            _PLASTICITY + "PowerLaw",
            "Querlioz et al., IEEE Transactions on Nanotechnology 12 (2013); Diehl, Cook, "
            "Frontiers in Computational Neuroscience 9 (2015)",
            "at spikes of post, towards the inputs that spiked lately",
        ),
    },
    PlasticitySettings,
    elsewhere={"stdp": "pair", "stdp_pair": "pair", "postpre": "pair"},
)
