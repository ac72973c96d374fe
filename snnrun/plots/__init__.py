"""Figures of a finished run, each drawn from its run folder alone.

``PLOTS`` is the table of figures. An entry names the function that draws it, what it shows, the
measures whose arrays it reads, and what model, data and rule must offer. Nothing here imports torch
or builds a network; matplotlib is imported when a figure is drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from snnrun.core.capabilities import Capability
from snnrun.core.registry import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from snnrun.runs.evaluation import Evaluation


@dataclass(frozen=True)
class Plot:
    """A figure: where it is drawn, what it shows, of which splits, and what it is drawn from.

    target: ``"module:function"``; the function takes an Evaluation and returns a Figure, or None
        where the run has nothing to show.
    measures: whose arrays it reads, names in the table of measures.
    needs: what model, data and rule must offer, beyond what the measures need.
    """

    target: str
    summary: str
    splits: tuple[str, ...] = ("test",)
    measures: tuple[str, ...] = ()
    needs: frozenset[Capability] = frozenset()

    def load(self) -> "Callable[[Evaluation], Figure | None]":
        """Import and return the function that draws it."""
        module, function = self.target.split(":")
        drawer: Callable[[Evaluation], Figure | None] = getattr(import_module(module), function)
        return drawer

    def draw(self, evaluation: "Evaluation") -> "Figure | None":
        """Return the figure in the style of all figures; None if there is nothing to show.

        Panels in which nothing is drawn are taken out.
        """
        from snnrun.plots.emptiness import without_empty
        from snnrun.plots.style import paper

        drawer = self.load()
        with paper():
            figure = drawer(evaluation)
            return figure and without_empty(figure)


_BOTH = ("test", "train")
_CLASSES = frozenset({Capability.CLASSES})
_TIMES = frozenset({Capability.SPIKE_TIMES})
_FIRST_SPIKE = frozenset({Capability.FIRST_SPIKE_LAYERS})
_LIF = frozenset({Capability.LIF_LAYERS})
_SBS = frozenset({Capability.SBS_LAYERS})
_GRAPH = frozenset({Capability.GRAPH})

PLOTS: Table[Plot] = Table(
    "plot",
    "snnrun.plots",
    {
        "curves": Plot(
            "snnrun.plots.curves:draw",
            "loss and error over the epochs",
            measures=("sizes",),
        ),
        "confusion": Plot(
            "snnrun.plots.confusion:draw",
            "predicted against true classes",
            _BOTH,
            measures=("answers",),
            needs=_CLASSES,
        ),
        "classes": Plot(
            "snnrun.plots.network.classes:draw",
            "precision and recall of each class",
            measures=("answers", "ranks"),
        ),
        "activity": Plot(
            "snnrun.plots.network.activity:draw",
            "spike density of each layer, silent and saturated neurons, surrogate hits",
            measures=("activity", "spikes"),
        ),
        "cost": Plot(
            "snnrun.plots.network.cost:draw",
            "synaptic operations of each layer, accuracy against energy",
            measures=("cost",),
        ),
        "decisions": Plot(
            "snnrun.plots.network.decisions:draw",
            "accuracy against the number of steps, and when samples are decided",
            measures=("decisions",),
            needs=frozenset({Capability.OUTPUTS}),
        ),
        "input_noise": Plot(
            "snnrun.plots.network.input_noise:draw",
            "error against the strength of noise in the input",
            measures=("input_noise",),
        ),
        "classification": Plot(
            "snnrun.plots.classification:draw",
            "predicted classes over the input plane, errors crossed out",
            _BOTH,
            measures=("points", "plane"),
        ),
        "label_times": Plot(
            "snnrun.plots.spike_times.plane_times:draw_labels",
            "spike times of the label neurons over the input plane",
            measures=("plane",),
            needs=_TIMES,
        ),
        "hidden_times": Plot(
            "snnrun.plots.spike_times.plane_times:draw_hidden",
            "spike times of hidden neurons over the input plane",
            measures=("plane",),
            needs=_TIMES,
        ),
        "output_times": Plot(
            "snnrun.plots.spike_times.output_times:draw",
            "label spike times of the samples, sorted by the true neuron's",
            _BOTH,
            measures=("output_times",),
        ),
        "output_times_earliest": Plot(
            "snnrun.plots.spike_times.output_times:draw_earliest",
            "label spike times of the samples, sorted by the earliest",
            _BOTH,
            measures=("output_times",),
        ),
        "label_times_over_epochs": Plot(
            "snnrun.plots.spike_times.times_over_epochs:draw",
            "mean and spread of the label spike times of each class over the epochs",
            needs=_TIMES | _CLASSES,
        ),
        "weights": Plot(
            "snnrun.plots.histograms:draw_weights", "weights before and after training"
        ),
        "weight_matrix": Plot(
            "snnrun.plots.spike_times.weight_matrix:draw",
            "weights of each layer as an image",
            needs=_FIRST_SPIKE,
        ),
        "weights_over_epochs": Plot(
            "snnrun.plots.spike_times.weights_over_epochs:draw",
            "weights of the label neurons over the epochs",
            needs=_FIRST_SPIKE,
        ),
        "delays": Plot(
            "snnrun.plots.spike_times.delays:draw",
            "delays over the epochs, before and after training",
            measures=("delays",),
        ),
        "weights_and_delays": Plot(
            "snnrun.plots.spike_times.weights_and_delays:draw",
            "weight and delay of each synapse, before and after training",
            measures=("synapses",),
        ),
        "spike_times": Plot(
            "snnrun.plots.histograms:draw_times",
            "when hidden and label neurons spike",
            measures=("time_histograms", "output_times"),
        ),
        "raster": Plot(
            "snnrun.plots.spike_times.raster:draw",
            "spikes of one sample of each class, with the membranes of the label neurons",
            measures=("spike_examples",),
        ),
        "raster_before_after": Plot(
            "snnrun.plots.spike_times.before_after:draw",
            "spikes and label membranes of a few samples, before and after training",
            measures=("spike_examples", "spike_examples_before"),
        ),
        "causal_sets": Plot(
            "snnrun.plots.spike_times.causal:draw",
            "how many input spikes come before each output spike",
            measures=("causal_sets",),
        ),
        "robustness": Plot(
            "snnrun.plots.spike_times.robustness:draw",
            "error with rounded or noisy weights, input jitter and unequal thresholds",
            measures=("robustness",),
        ),
        "time_constants": Plot(
            "snnrun.plots.spike_times.time_constants:draw",
            "error where time constants differ between neurons",
            measures=("time_constants",),
        ),
        "latency": Plot(
            "snnrun.plots.spike_times.latency:draw",
            "share of samples decided, and decided right, by a time",
            measures=("output_times",),
        ),
        "steps": Plot(
            "snnrun.plots.steps.raster:draw",
            "spikes of one sample of each class, step by step, with the membranes of the readout",
            measures=("step_examples",),
        ),
        "membranes": Plot(
            "snnrun.plots.steps.membranes:draw",
            "membranes of hidden neurons step by step, from the most silent to the busiest",
            measures=("step_examples",),
        ),
        "steps_before_after": Plot(
            "snnrun.plots.steps.before_after:draw",
            "spikes and readout of a few samples step by step, before and after training",
            measures=("step_examples", "step_examples_before"),
        ),
        "membranes_before_after": Plot(
            "snnrun.plots.steps.before_after:draw_membranes",
            "membranes of hidden neurons step by step, before and after training",
            measures=("step_examples", "step_examples_before"),
        ),
        "filters": Plot(
            "snnrun.plots.steps.filters:draw",
            "weights of the first layer, as pictures",
            needs=_LIF,
        ),
        "density": Plot(
            "snnrun.plots.steps.activity:draw_density",
            "spike density of each layer over the epochs, silent and saturated neurons",
            needs=_LIF,
        ),
        "alignment": Plot(
            "snnrun.plots.steps.activity:draw_alignment",
            "angle between update and true gradient of each layer over the epochs",
            needs=_LIF | {Capability.TRUE_GRADIENT},
        ),
        "gradients": Plot(
            "snnrun.plots.steps.gradients:draw",
            "update of one batch against the true gradient, synapse by synapse, for each layer",
            measures=("agreement",),
        ),
        "graph": Plot(
            "snnrun.plots.graph.network:draw",
            "groups of neurons, and the synapses between them",
            needs=_GRAPH,
        ),
        "receptive_fields": Plot(
            "snnrun.plots.graph.fields:draw",
            "weights from the input to each neuron as images, sorted by class",
            measures=("assignments",),
        ),
        "assignments": Plot(
            "snnrun.plots.graph.assignments:draw",
            "classes that neurons stand for, and how many each has",
            measures=("assignments",),
        ),
        "adaptation": Plot(
            "snnrun.plots.graph.adaptation:draw",
            "spikes of a sample, thresholds and the error of each vote over the epochs",
            needs=_GRAPH | {Capability.ASSIGNMENTS},
        ),
        "events": Plot(
            "snnrun.plots.graph.raster:draw",
            "spikes of all groups for a few samples",
            measures=("event_examples", "assignments"),
        ),
        "event_film": Plot(
            "snnrun.plots.graph.film:draw",
            "spikes of groups that are images, as a film",
            measures=("event_examples",),
        ),
        "recordings": Plot(
            "snnrun.plots.recordings:draw",
            "samples that are images over time, such as events of a camera, as a film",
            measures=("recordings",),
        ),
        "kernels": Plot("snnrun.plots.sbs.kernels:draw", "weights of each layer", needs=_SBS),
        "prototypes": Plot(
            "snnrun.plots.sbs.prototypes:draw",
            "image that each neuron stands for",
            measures=("prototypes",),
        ),
        "step_sizes": Plot(
            "snnrun.plots.sbs.step_sizes:draw",
            "step size of each layer against the place of the spike",
            needs=_SBS,
        ),
        "activities": Plot(
            "snnrun.plots.sbs.activity:draw",
            "activities of each layer for a few images",
            measures=("activity_examples",),
            needs=_SBS,
        ),
        "convergence": Plot(
            "snnrun.plots.sbs.convergence:draw",
            "activities spike after spike, and how soon each layer settles",
            measures=("settling",),
        ),
        "spikes": Plot(
            "snnrun.plots.sbs.spikes:draw",
            "accuracy against the number of spikes",
            measures=("spike_counts",),
        ),
        "noisy_spikes": Plot(
            "snnrun.plots.sbs.spikes:draw_noisy",
            "error against the number of spikes, with noise in the input",
            measures=("spike_counts", "noisy_spike_counts"),
        ),
    },
    holds=Plot,
)
