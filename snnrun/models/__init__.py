"""Every network that a config can name."""

from snnrun.core.registry import Entry, Table
from snnrun.models.feedforward.settings import FeedforwardSettings
from snnrun.models.first_spike.settings import FirstSpikeSettings
from snnrun.models.lif.settings import LifSettings
from snnrun.models.sbs.settings import SbsSettings
from snnrun.models.settings import ModelSettings

MODELS: Table[Entry] = Table(
    "model",
    "snnrun.models",
    {
        "first_spike": Entry(
            settings=FirstSpikeSettings,
            target="snnrun.models.first_spike.net:build",
            paper="Göltz et al., Fast and energy-efficient neuromorphic deep learning with "
            "first-spike times, Nature Machine Intelligence 3 (2021)",
            summary="layers of LIF neurons that spike at most once, at a time known in closed form",
        ),
        "lif": Entry(
            settings=LifSettings,
            target="snnrun.models.lif.net:build",
            paper="Gerstner, Kistler, Spiking Neuron Models (2002)",
            summary="layers of LIF neurons that advance in steps; a spiking or a leaky readout",
        ),
        "feedforward": Entry(
            settings=FeedforwardSettings,
            target="snnrun.models.feedforward.net:build",
            paper="Wu et al., Spatio-temporal backpropagation for training high-performance "
            "spiking neural networks, Frontiers in Neuroscience 12 (2018)",
            summary="any list of layers: convolutions, norms, pools, LIF neurons, residual blocks",
        ),
        "sbs": Entry(
            settings=SbsSettings,
            target="snnrun.models.sbs.net:build",
            paper="Rotermund, Pawelzik, Back-propagation learning in deep Spike-By-Spike networks, "
            "Frontiers in Computational Neuroscience 13 (2019)",
            summary="layers of groups that infer causes from one input spike after another",
        ),
    },
    ModelSettings,
)
