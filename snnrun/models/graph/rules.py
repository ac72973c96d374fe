"""What a config may say about the rules by which synapses learn."""

from typing import Annotated, ClassVar

from pydantic import Field

from snnrun.core.registry import Entry, Table
from snnrun.models.graph.reward_rules import (
    MSTDPETSettings,
    MSTDPSettings,
    TracedRewardSettings,
)
from snnrun.models.graph.rule_settings import PlasticitySettings, Rate, Tau


class PairSettings(PlasticitySettings):
    """How much spikes of either side change."""

    rule: ClassVar[str] = "snnrun.models.graph.plasticity:Pair"

    nu: Annotated[
        tuple[Rate, Rate], Field(description="for spikes of pre, and for spikes of post")
    ] = (1e-4, 1e-2)


class WeightDependentSettings(PairSettings):
    """How much spikes of either side change."""

    rule: ClassVar[str] = "snnrun.models.graph.plasticity:WeightDependent"
    bounded: ClassVar[frozenset[str]] = frozenset({"lower", "upper"})


class HebbianSettings(PairSettings):
    """How much spikes of either side change."""

    rule: ClassVar[str] = "snnrun.models.graph.plasticity:Hebbian"


class PowerLawSettings(PlasticitySettings):
    """How much spikes of post change, and towards what."""

    rule: ClassVar[str] = "snnrun.models.graph.plasticity:PowerLaw"
    bounded: ClassVar[frozenset[str]] = frozenset({"upper"})

    nu: Rate = 1e-2
    x_target: Annotated[float, Field(description="trace of pre at which nothing changes")] = 0.4
    mu: Annotated[
        float, Field(ge=0, description="how strongly weights near their upper bound resist")
    ] = 1.0


class TripletSettings(PlasticitySettings):
    """How much pairs and triplets of spikes change."""

    rule: ClassVar[str] = "snnrun.models.graph.triplet:Triplet"
    traces: ClassVar[tuple[str, ...]] = ()

    nu_pre: Annotated[Rate, Field(description="for spikes of pre")] = 1e-4
    nu_pair: Annotated[Rate, Field(description="for spikes of post")] = 0.0
    nu_triplet: Annotated[Rate, Field(description="for spikes of post that follow others")] = 1e-2
    tau_pre: Annotated[Tau, Field(description="time constant of the trace of pre, ms")] = 20.0
    tau_post: Annotated[Tau, Field(description="time constant of the trace of post, ms")] = 20.0
    tau_slow: Annotated[Tau, Field(description="time constant of its slower one, ms")] = 40.0
    adds: Annotated[
        bool, Field(description="whether spikes add to traces of the rule; else they set them")
    ] = False


class FedeSettings(PlasticitySettings):
    """How fast synapses follow the traces of pre, and around which weight."""

    rule: ClassVar[str] = "snnrun.models.graph.fede_rule:Fede"
    traces: ClassVar[tuple[str, ...]] = ("pre",)

    nu: Rate = 1e-4
    center: Annotated[float, Field(description="weight around which they are balanced")] = 0.5
    a: Annotated[float, Field(ge=0, le=1, description="offset of both exponentials")] = 0.0


_FLORIAN = "Florian, Neural Computation 19 (2007)"
_STDP = "Morrison, Diesmann, Gerstner, Biological Cybernetics 98 (2008)"

PLASTICITY: Table[Entry] = Table(
    "rule of synapses",
    "snnrun.plasticity",
    {
        "pair": Entry(PairSettings, PairSettings.rule, _STDP, "STDP of pairs of spikes"),
        "weight_dependent": Entry(
            WeightDependentSettings,
            WeightDependentSettings.rule,
            _STDP,
            "STDP of pairs, weaker towards the bounds",
        ),
        "hebbian": Entry(
            HebbianSettings, HebbianSettings.rule, _STDP, "potentiation by either spike"
        ),
        "power_law": Entry(
            PowerLawSettings,
            PowerLawSettings.rule,
            "Querlioz et al., IEEE Transactions on Nanotechnology 12 (2013); Diehl, Cook, "
            "Frontiers in Computational Neuroscience 9 (2015)",
            "at spikes of post, towards the inputs that spiked lately",
        ),
        "triplet": Entry(
            TripletSettings,
            TripletSettings.rule,
            "Pfister, Gerstner, Journal of Neuroscience 26 (2006); Diehl, Cook, Frontiers in "
            "Computational Neuroscience 9 (2015)",
            "STDP that also asks how lately post spiked before",
        ),
        "fede": Entry(
            FedeSettings,
            FedeSettings.rule,
            "Paredes-Valles et al., IEEE Transactions on Pattern Analysis and Machine Intelligence "
            "42 (2020)",
            "by traces of pre alone, around a balance of weights",
        ),
        "mstdp": Entry(
            MSTDPSettings, MSTDPSettings.rule, _FLORIAN, "STDP of pairs, times the reward"
        ),
        "mstdpet": Entry(
            MSTDPETSettings,
            MSTDPETSettings.rule,
            _FLORIAN,
            "an eligibility trace of STDP of pairs, times the reward",
        ),
        "mstdpet_traces": Entry(
            TracedRewardSettings,
            TracedRewardSettings.rule,
            _FLORIAN,
            "the same by the traces of the groups, with spikes as they arrive, and a mean over the "
            "batch",
        ),
    },
    PlasticitySettings,
    elsewhere={
        "stdp": "pair",
        "stdp_pair": "pair",
        "postpre": "pair",
        "rstdp": "mstdp",
        "fedestdp": "fede",
        "weightdependentpostpre": "weight_dependent",
    },
)
