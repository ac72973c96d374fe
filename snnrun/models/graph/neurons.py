"""The kinds of groups of neurons that a config may name."""

from snnrun.core.registry import Entry, Table
from snnrun.models.graph.group_settings import GroupSettings, InputSettings, RelaySettings
from snnrun.models.graph.izhikevich_settings import IzhikevichSettings
from snnrun.models.graph.lif_settings import (
    AdaptiveLifSettings,
    AlifSettings,
    ConductanceLifSettings,
    CurrentLifSettings,
    FedeSettings,
    LifSettings,
    PysnnAlifSettings,
)

__all__ = ["NEURONS", "GroupSettings"]

_GRAPH = "snnrun.models.graph."
_BOOK = "Gerstner, Kistler, Spiking Neuron Models (2002)"
_DIEHL_COOK = "Diehl, Cook, Frontiers in Computational Neuroscience 9 (2015)"

NEURONS: Table[Entry] = Table(
    "group of neurons",
    "snnrun.neurons",
    {
        "input": Entry(InputSettings, _GRAPH + "group:Input", "", "the input itself"),
        "relay": Entry(
            RelaySettings,
            _GRAPH + "relay:Relay",
            "",
            "neurons that pass on what arrives, as pools do",
        ),
        "lif": Entry(LifSettings, _GRAPH + "lif:LIF", _BOOK, "leaky integrate-and-fire neurons"),
        "adaptive_lif": Entry(
            AdaptiveLifSettings,
            _GRAPH + "lif:AdaptiveLIF",
            _DIEHL_COOK,
            "LIF neurons whose thresholds adapt from sample to sample; one winner a step if wanted",
        ),
        "alif": Entry(
            AlifSettings,
            _GRAPH + "adaptive:ALIF",
            "Bellec et al., Nature Communications 11 (2020)",
            "LIF neurons whose thresholds adapt within a sample, and fall back to their base",
        ),
        "pysnn_alif": Entry(
            PysnnAlifSettings,
            _GRAPH + "adaptive:FadingThresholdLIF",
            "",
            "LIF neurons of PySNN, whose thresholds fall to 0",
        ),
        "current_lif": Entry(
            CurrentLifSettings,
            _GRAPH + "current:CurrentLIF",
            _BOOK,
            "LIF neurons with currents that fade",
        ),
        "conductance_lif": Entry(
            ConductanceLifSettings,
            _GRAPH + "conductance:ConductanceLIF",
            _DIEHL_COOK,
            "LIF neurons with excitatory and inhibitory conductances",
        ),
        "fede": Entry(
            FedeSettings,
            _GRAPH + "fede:Fede",
            "Paredes-Vallés, Scheper, de Croon, IEEE Transactions on Pattern Analysis and Machine "
            "Intelligence 42 (2020)",
            "LIF neurons that receive W s less the traces of pre",
        ),
        "izhikevich": Entry(
            IzhikevichSettings,
            _GRAPH + "izhikevich:Izhikevich",
            "Izhikevich, IEEE Transactions on Neural Networks 14 (2003)",
            "membrane and recovery; one kind, or a mix of excitatory and inhibitory neurons",
        ),
    },
    GroupSettings,
    elsewhere={
        "diehl_cook": "adaptive_lif",
        "diehlandcook": "adaptive_lif",
        "if": "lif with tau: .inf",
        "currentlif": "current_lif",
        "adaptivelif": "adaptive_lif",
        "adaptivelifneuron": "pysnn_alif",
        "ifneuron": "lif with tau: .inf",
        "lifneuron": "lif",
        "fedeneuron": "fede",
    },
)
