"""Every learning rule that a config can name."""

from snnrun.core.registry import Entry, Table
from snnrun.learning.correlation.control_settings import ControlSettings
from snnrun.learning.correlation.settings import CorrelationSettings
from snnrun.learning.first_spike.settings import FirstSpikeRuleSettings
from snnrun.learning.local.settings import (
    EligibilitySettings,
    EpropSettings,
    OnlineSettings,
    RandomFeedbackSettings,
)
from snnrun.learning.sbs.settings import SbsRuleSettings
from snnrun.learning.settings import RuleSettings
from snnrun.learning.surrogate.settings import SurrogateRuleSettings

_LOCAL = "snnrun.learning.local."

RULES: Table[Entry] = Table(
    "learning rule",
    "snnrun.rules",
    {
        "first_spike": Entry(
            settings=FirstSpikeRuleSettings,
            target="snnrun.learning.first_spike.rule:build",
            paper="Göltz et al., Fast and energy-efficient neuromorphic deep learning with "
            "first-spike times, Nature Machine Intelligence 3 (2021)",
            summary="exact gradients of first-spike times; weight bumping wakes silent layers",
        ),
        "random_feedback": Entry(
            settings=RandomFeedbackSettings,
            target=_LOCAL + "random_feedback:RandomFeedback",
            paper="Nøkland, Direct feedback alignment provides learning in deep neural networks, "
            "NeurIPS (2016)",
            summary="error, fed back by random weights, times mean input and surrogate derivative",
        ),
        "eligibility": Entry(
            settings=EligibilitySettings,
            target=_LOCAL + "eligibility:Eligibility",
            paper="after Bellec et al., Nature Communications 11 (2020)",
            summary="error at the end, fed back by random weights, times a low-pass synaptic trace",
        ),
        "eprop": Entry(
            settings=EpropSettings,
            target=_LOCAL + "online:Eprop",
            paper="Bellec et al., A solution to the learning dilemma for recurrent networks of "
            "spiking neurons, Nature Communications 11 (2020)",
            summary="error at every step, fed back by random weights, times a synaptic trace",
        ),
        "ottt": Entry(
            settings=OnlineSettings,
            target=_LOCAL + "stepwise:build",
            paper="after Xiao et al., Online training through time for spiking neural networks, "
            "NeurIPS (2022)",
            summary="error at every step, from layer to layer, times presynaptic traces",
        ),
        "sbs": Entry(
            settings=SbsRuleSettings,
            target="snnrun.learning.sbs.rule:build",
            paper="Rotermund, Pawelzik, Back-propagation learning in deep Spike-By-Spike networks, "
            "Frontiers in Computational Neuroscience 13 (2019)",
            summary="back-propagation through one averaged step of each layer",
        ),
        "correlation": Entry(
            settings=CorrelationSettings,
            target="snnrun.learning.correlation.rule:CorrelationRule",
            paper="Diehl, Cook, Unsupervised learning of digit recognition using "
            "spike-timing-dependent plasticity, Frontiers in Computational Neuroscience 9 (2015)",
            summary="synapses learn from spike times while samples run; labels come afterwards",
        ),
        "reward_control": Entry(
            settings=ControlSettings,
            target="snnrun.learning.correlation.control:ControlRule",
            paper="after Barto, Sutton, Anderson, Neuronlike adaptive elements that can solve "
            "difficult learning control problems, IEEE Transactions on Systems, Man, and "
            "Cybernetics 13 (1983)",
            summary="a graph acts in an environment; its synapses learn by reward",
        ),
        "surrogate": Entry(
            settings=SurrogateRuleSettings,
            target="snnrun.learning.surrogate.rule:build",
            paper="Wu et al., Spatio-temporal backpropagation for training high-performance "
            "spiking neural networks, Frontiers in Neuroscience 12 (2018)",
            summary="back-propagation through time with surrogate derivatives of spikes",
        ),
    },
    RuleSettings,
)
