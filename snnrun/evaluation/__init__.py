"""Trained networks at work: what there is to measure, kept in the run folder for figures."""

from snnrun.core.capabilities import Capability
from snnrun.core.registry import Table
from snnrun.evaluation.measure import MeasureEntry
from snnrun.plots import Plot

_HOME = "snnrun.evaluation.measures."
_FIRST_SPIKE = frozenset({Capability.FIRST_SPIKE_LAYERS, Capability.SPIKE_TIMES})
_SBS = frozenset({Capability.SBS_LAYERS})
_GRAPH = frozenset({Capability.GRAPH})
_CLASSES = frozenset({Capability.CLASSES})

MEASURES: Table[MeasureEntry] = Table(
    "measure",
    "snnrun.measures",
    {
        "answers": MeasureEntry(
            _HOME + "answers:Answers",
            "labels, predictions and scores, and how often each class was taken for which",
        ),
        "ranks": MeasureEntry(
            _HOME + "ranks:Ranks",
            "how often the true class has the largest score, the second largest, ...",
            _CLASSES,
        ),
        "activity": MeasureEntry(
            _HOME + "activity:Activity",
            "spike density of each layer, silent and saturated neurons, surrogate hits",
        ),
        "cost": MeasureEntry(
            _HOME + "cost:Cost", "parameters, and synaptic operations at each layer of weights"
        ),
        "spikes": MeasureEntry(_HOME + "spikes:Spikes", "how many spikes each layer sends"),
        "decisions": MeasureEntry(
            _HOME + "decisions:Decisions",
            "right answers after the first steps, and when the answer no longer changes",
            _CLASSES,
        ),
        "sizes": MeasureEntry(_HOME + "sizes:Sizes", "how many samples the splits have"),
        "points": MeasureEntry(
            _HOME + "points:Points",
            "samples in the input plane, with their labels and predictions",
            frozenset({Capability.PLANE}) | _CLASSES,
        ),
        "plane": MeasureEntry(
            _HOME + "plane:Plane",
            "predictions and spike times on a grid over the input plane",
            frozenset({Capability.PLANE}) | _CLASSES,
        ),
        "output_times": MeasureEntry(
            _HOME + "output_times:OutputTimes",
            "spike times of the last layer, sample by sample",
            frozenset({Capability.SPIKE_TIMES}) | _CLASSES,
        ),
        "time_histograms": MeasureEntry(
            _HOME + "time_histograms:TimeHistograms",
            "spike times of hidden layers, as histograms",
            frozenset({Capability.SPIKE_TIMES}),
        ),
        "spike_examples": MeasureEntry(
            _HOME + "spike_examples:SpikeExamples",
            "all spikes of one sample of each class, and what reaches the last layer",
            _FIRST_SPIKE | _CLASSES,
        ),
        "spike_examples_before": MeasureEntry(
            _HOME + "examples_before:SpikeExamplesBefore",
            "all spikes of the same samples, before training",
            _FIRST_SPIKE | _CLASSES,
        ),
        "causal_sets": MeasureEntry(
            _HOME + "causal_sets:CausalSets",
            "how many input spikes come before each output spike, as histograms",
            _FIRST_SPIKE,
        ),
        "robustness": MeasureEntry(
            _HOME + "robustness:Robustness",
            "right predictions with rounded or noisy weights, input jitter, unequal thresholds",
            _FIRST_SPIKE | _CLASSES,
        ),
        "time_constants": MeasureEntry(
            _HOME + "time_constants:TimeConstants",
            "right predictions where time constants differ between neurons",
            _FIRST_SPIKE | _CLASSES,
        ),
        "input_noise": MeasureEntry(
            _HOME + "input_noise:InputNoise",
            "right predictions where the values of samples are noisy",
            _CLASSES,
        ),
        "delays": MeasureEntry(
            _HOME + "delays:Delays",
            "delays as they act, now and before training, as histograms",
            frozenset({Capability.FIRST_SPIKE_LAYERS}),
        ),
        "synapses": MeasureEntry(
            _HOME + "synapses:Synapses",
            "weight and delay of each synapse, now and before training",
            _FIRST_SPIKE,
        ),
        "step_examples": MeasureEntry(
            _HOME + "step_examples:StepExamples",
            "spikes and membranes of one sample of each class, step by step",
            frozenset({Capability.LIF_LAYERS, Capability.SPIKES, Capability.MEMBRANES}) | _CLASSES,
        ),
        "step_examples_before": MeasureEntry(
            _HOME + "examples_before:StepExamplesBefore",
            "spikes and membranes of the same samples and neurons, before training",
            frozenset({Capability.LIF_LAYERS, Capability.SPIKES, Capability.MEMBRANES}) | _CLASSES,
        ),
        "agreement": MeasureEntry(
            _HOME + "agreement:Agreement",
            "update of one batch against its true gradient, synapse by synapse, and their angle",
            frozenset({Capability.TRUE_GRADIENT, Capability.GRADIENTS}),
        ),
        "assignments": MeasureEntry(
            _HOME + "assignments:Assignments",
            "class that each neuron stands for, and the shares of its spikes",
            _GRAPH | {Capability.ASSIGNMENTS},
        ),
        "event_examples": MeasureEntry(
            _HOME + "event_examples:EventExamples",
            "all spikes of one sample of each of a few classes, as lists",
            _GRAPH | _CLASSES,
        ),
        "recordings": MeasureEntry(
            _HOME + "recordings:Recordings",
            "one sample of each of a few classes, of samples that are images over time",
            _CLASSES | {Capability.MOVING_IMAGES},
        ),
        "activity_examples": MeasureEntry(
            _HOME + "activity_examples:ActivityExamples",
            "latent activities of each layer for a sample each of a few classes",
            frozenset({Capability.ACTIVITIES}) | _CLASSES,
        ),
        "prototypes": MeasureEntry(
            _HOME + "prototypes:Prototypes", "image that each neuron stands for", _SBS
        ),
        "settling": MeasureEntry(
            _HOME + "settling:Settling",
            "activities spike after spike, and their distance from the end",
            _SBS | _CLASSES | frozenset({Capability.ACTIVITIES}),
        ),
        "spike_counts": MeasureEntry(
            _HOME + "spike_counts:SpikeCounts",
            "right predictions with fewer and fewer spikes",
            _SBS | _CLASSES,
        ),
        "noisy_spike_counts": MeasureEntry(
            _HOME + "noisy_spike_counts:NoisySpikeCounts",
            "right predictions with fewer and fewer spikes where the values of samples are noisy",
            _SBS | _CLASSES,
        ),
    },
    holds=MeasureEntry,
)


def needs_of(plot: Plot) -> frozenset[Capability]:
    """Return what model, data and rule must offer for a figure: it needs some itself, and so do
    its measures.

    Raises:
        UnknownName: there is no such measure.
    """
    return plot.needs.union(*(MEASURES.pick(name).needs for name in plot.measures))


def applies(plot: Plot, offers: frozenset[Capability]) -> bool:
    """Tell whether a figure is made for what offers this."""
    return needs_of(plot) <= offers
