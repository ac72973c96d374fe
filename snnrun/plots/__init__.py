"""Figures of a finished run, each drawn from its run folder alone.

``PLOTS`` is the table of figures. An entry names the function that draws it, what it shows, and
which models and data sets it is made for. Nothing here imports matplotlib or torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnrun.core.registry import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from snnrun.evaluation.evaluate import Evaluation


@dataclass(frozen=True)
class Plot:
    """A figure: where it is drawn, what it shows, which splits, models and data sets it is for.

    target: ``"module:function"``; the function takes an Evaluation and returns a Figure, or None
        where the run has nothing to show.
    models, datasets: names in the tables of models and data sets; empty = all.
    """

    target: str
    summary: str
    splits: tuple[str, ...] = ("test",)
    models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()

    def applies(self, model: str, dataset: str) -> bool:
        """Tell whether the figure is made for this model and this data set."""
        return model in (self.models or (model,)) and dataset in (self.datasets or (dataset,))

    def draw(self, evaluation: "Evaluation") -> "Figure | None":
        """Return the figure in the style of all figures; None if there is nothing to show."""
        from snnrun.plots.style import paper

        module, function = self.target.split(":")
        drawer: Any = getattr(import_module(module), function)
        with paper():
            figure: Figure | None = drawer(evaluation)
        return figure


_FIRST_SPIKE = ("first_spike",)
_LIF = ("lif",)
_SBS = ("sbs",)
_YIN_YANG = ("yin_yang",)
_BOTH = ("test", "train")

PLOTS: Table[Plot] = Table(
    "plot",
    "snnrun.plots",
    {
        "curves": Plot("snnrun.plots.curves:draw", "loss and error over the epochs"),
        "confusion": Plot("snnrun.plots.confusion:draw", "predicted against true classes", _BOTH),
        "classification": Plot(
            "snnrun.plots.classification:draw",
            "predicted classes over the input plane, errors crossed out",
            _BOTH,
            datasets=_YIN_YANG,
        ),
        "label_times": Plot(
            "snnrun.plots.spike_times.plane_times:draw_labels",
            "spike times of the label neurons over the input plane",
            models=_FIRST_SPIKE,
            datasets=_YIN_YANG,
        ),
        "hidden_times": Plot(
            "snnrun.plots.spike_times.plane_times:draw_hidden",
            "spike times of hidden neurons over the input plane",
            models=_FIRST_SPIKE,
            datasets=_YIN_YANG,
        ),
        "output_times": Plot(
            "snnrun.plots.spike_times.output_times:draw",
            "label spike times of the samples, sorted by the true neuron's",
            _BOTH,
            models=_FIRST_SPIKE,
        ),
        "output_times_earliest": Plot(
            "snnrun.plots.spike_times.output_times:draw_earliest",
            "label spike times of the samples, sorted by the earliest",
            _BOTH,
            models=_FIRST_SPIKE,
        ),
        "label_times_over_epochs": Plot(
            "snnrun.plots.spike_times.times_over_epochs:draw",
            "mean and spread of the label spike times of each class over the epochs",
            models=_FIRST_SPIKE,
        ),
        "weights": Plot(
            "snnrun.plots.histograms:draw_weights", "weights before and after training"
        ),
        "weight_matrix": Plot(
            "snnrun.plots.spike_times.weight_matrix:draw",
            "weights of each layer as an image",
            models=_FIRST_SPIKE,
        ),
        "weights_over_epochs": Plot(
            "snnrun.plots.spike_times.weights_over_epochs:draw",
            "weights of the label neurons over the epochs",
            models=_FIRST_SPIKE,
        ),
        "delays": Plot(
            "snnrun.plots.spike_times.delays:draw",
            "delays over the epochs, before and after training",
            models=_FIRST_SPIKE,
        ),
        "spike_times": Plot(
            "snnrun.plots.histograms:draw_times",
            "when hidden and label neurons spike",
            models=_FIRST_SPIKE,
        ),
        "raster": Plot(
            "snnrun.plots.spike_times.raster:draw",
            "spikes of one sample of each class, with the membranes of the label neurons",
            models=_FIRST_SPIKE,
        ),
        "causal_sets": Plot(
            "snnrun.plots.spike_times.causal:draw",
            "how many input spikes come before each output spike",
            models=_FIRST_SPIKE,
        ),
        "robustness": Plot(
            "snnrun.plots.spike_times.robustness:draw",
            "accuracy with rounded or noisy weights, input jitter and unequal thresholds",
            models=_FIRST_SPIKE,
        ),
        "latency": Plot(
            "snnrun.plots.spike_times.latency:draw",
            "share of samples decided, and decided right, by a time",
            models=_FIRST_SPIKE,
        ),
        "steps": Plot(
            "snnrun.plots.steps.raster:draw",
            "spikes of one sample of each class, step by step, with the membranes of the readout",
            models=_LIF,
        ),
        "membranes": Plot(
            "snnrun.plots.steps.membranes:draw",
            "membranes of hidden neurons step by step, from the most silent to the busiest",
            models=_LIF,
        ),
        "density": Plot(
            "snnrun.plots.steps.activity:draw_density",
            "spike density of each layer over the epochs, silent and saturated neurons",
            models=_LIF,
        ),
        "alignment": Plot(
            "snnrun.plots.steps.activity:draw_alignment",
            "angle between update and true gradient of each layer over the epochs",
            models=_LIF,
        ),
        "gradients": Plot(
            "snnrun.plots.steps.gradients:draw",
            "update of one batch beside the true gradient, for each layer",
            models=_LIF,
        ),
        "kernels": Plot("snnrun.plots.sbs.kernels:draw", "weights of each layer", models=_SBS),
        "prototypes": Plot(
            "snnrun.plots.sbs.prototypes:draw",
            "image that each neuron stands for",
            models=_SBS,
        ),
        "step_sizes": Plot(
            "snnrun.plots.sbs.step_sizes:draw",
            "step size of each layer against the place of the spike",
            models=_SBS,
        ),
        "activities": Plot(
            "snnrun.plots.sbs.activity:draw",
            "activities of each layer for a few images",
            models=_SBS,
        ),
        "convergence": Plot(
            "snnrun.plots.sbs.convergence:draw",
            "activities spike after spike, and how soon each layer settles",
            models=_SBS,
        ),
        "spikes": Plot(
            "snnrun.plots.sbs.spikes:draw",
            "accuracy against the number of spikes",
            models=_SBS,
        ),
    },
    holds=Plot,
)


def draw_all(run_dirs: Sequence[Path], epoch: int | None = None) -> list[Path]:
    """Draw every figure that fits each run; see ``snnrun.plots.draw.draw_all``."""
    from snnrun.plots.draw import draw_all

    return draw_all(run_dirs, epoch)
