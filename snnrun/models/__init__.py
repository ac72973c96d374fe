"""Every network that a config can name."""

from snnrun.core.registry import Entry, Table
from snnrun.models.feedforward.resnets import MsResnetSettings, SewResnetSettings
from snnrun.models.feedforward.settings import FeedforwardSettings
from snnrun.models.feedforward.vgg import VggSettings
from snnrun.models.first_spike.settings import FirstSpikeSettings
from snnrun.models.graph.settings import GraphSettings
from snnrun.models.lif.settings import LifSettings
from snnrun.models.sbs.settings import SbsSettings
from snnrun.models.settings import ModelSettings

_FEEDFORWARD = "snnrun.models.feedforward.net:build"

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
            target=_FEEDFORWARD,
            paper="Wu et al., Spatio-temporal backpropagation for training high-performance "
            "spiking neural networks, Frontiers in Neuroscience 12 (2018)",
            summary="any list of layers: convolutions, norms, pools, LIF neurons, residual blocks",
        ),
        "vgg": Entry(
            settings=VggSettings,
            target=_FEEDFORWARD,
            paper="Simonyan, Zisserman, Very deep convolutional networks for large-scale image "
            "recognition, ICLR (2015)",
            summary="VGG-11, 13, 16 or 19 with LIF neurons",
        ),
        "sew_resnet": Entry(
            settings=SewResnetSettings,
            target=_FEEDFORWARD,
            paper="Fang et al., Deep residual learning in spiking neural networks, NeurIPS (2021)",
            summary="spike-element-wise ResNet, 18 to 152 layers, ResNeXt or wide",
        ),
        "ms_resnet": Entry(
            settings=MsResnetSettings,
            target=_FEEDFORWARD,
            paper="Hu et al., Advancing spiking neural networks toward deep residual learning, "
            "IEEE TNNLS (2024)",
            summary="membrane-shortcut ResNet, in three orders of layers, of the same sizes",
        ),
        "graph": Entry(
            settings=GraphSettings,
            target="snnrun.models.graph.net:build",
            paper="Hazan et al., BindsNET, Frontiers in Neuroinformatics 12 (2018)",
            summary="groups of neurons and synapses between them, which learn from spike times",
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
