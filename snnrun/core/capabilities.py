"""What parts of an experiment need of each other, and offer: one enumeration, no names of parts.

An encoder says which kind of input it gives, a model which kind it takes. A model offers
capabilities; a rule, and what evaluation computes for figures, need some. So what fits together is
known from the settings alone, without torch, for parts from other packages too.
"""

from enum import Enum


class InputKind(Enum):
    """What passes from an encoder to a model."""

    SPIKE_TIMES = "spike times"  #: ``[batch, neurons]`` in tau_syn; inf = no spike
    STEPS = "steps"  #: ``[time, batch, neurons]``
    IMAGES = "images"  #: ``[batch, channel, height, width]``, not negative
    EVENTS = "spikes as lists"  #: snnrun.core.events.Events, or currents
    IMAGE_STEPS = "image steps"  #: ``[time, batch, channel, height, width]``

    def __str__(self) -> str:
        return self.value


class Values(Enum):
    """Which values the samples of a data set have."""

    UNIT = "values in [0, 1]"
    COUNTS = "values of 0 and more"
    ANY = "any values"
    SPIKE_TIMES = "spike times in tau_syn, inf = no spike"

    def __str__(self) -> str:
        return self.value


class Target(Enum):
    """What a sample is to be answered with."""

    CLASSES = "a class"  #: ``[batch]``, int64
    NUMBERS = "numbers"  #: ``[batch, numbers]``
    SEQUENCES = "numbers at every step"  #: ``[batch, time, numbers]``
    ACTIONS = "actions, for a reward"  #: none is known; samples are episodes

    def __str__(self) -> str:
        return self.value


class Capability(Enum):
    """What a model, a data set or a rule offers: a model to rules, and each of them to figures."""

    # What a model's record holds of every sample; see snnrun.core.record.
    SPIKE_TIMES = "first-spike times of every layer"
    SPIKES = "spikes of every layer at every step"
    MEMBRANES = "membranes at every step, those of the readout last"
    RATES = "spike rates of every spiking layer"
    OUTPUTS = "outputs at every step"
    ACTIVITIES = "latent activities of every layer"
    # What a rule may do with a model.
    GRADIENTS = "a record that torch differentiates by parameters and input"
    TRACES = "layers that learn step by step, from traces of their input"
    FIRST_SPIKE_LAYERS = "layers of neurons with one spike in closed form, and their delays"
    LIF_LAYERS = "a stack of LIF layers with a readout, whose constants can be read"
    SBS_LAYERS = "a stack of Spike-By-Spike layers"
    GRAPH = "groups of neurons, and synapses that change while they run"
    # What a rule offers.
    TRUE_GRADIENT = "an objective whose gradient torch can take, beside the update of the rule"
    ASSIGNMENTS = "neurons that stand for classes, though they learned without labels"
    # What a data set offers; that its samples belong to classes, its target tells.
    CLASSES = "samples that belong to classes"
    MOVING_IMAGES = "samples that are images over time"
    PLANE = "samples that are points of a plane: x, y, 1 - x, 1 - y"

    def __str__(self) -> str:
        return self.value
