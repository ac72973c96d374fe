r"""Loss and error over the epochs, of one run or of several runs that differ in their seed.

The error is :math:`e = 1 - a` with the accuracy :math:`a`. The band around the validation error of
one run is its binomial standard error :math:`\sqrt{e (1 - e) / n}` for :math:`n` samples; around
the mean of several runs it is the standard deviation between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.errors import DataError
from snnrun.plots.panels import epoch_axis, letter, log_scale
from snnrun.plots.style import ACCENT, COLUMN, GREY, INK, LIGHT, new_figure
from snnrun.runs.folder import RunDir

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.float64]
COLOURS = {"train": GREY, "validation": ACCENT}
_WHITE: dict[str, Any] = {"frameon": True, "edgecolor": "none", "framealpha": 0.8}  # of a legend


@dataclass(frozen=True)
class Curve:
    """A metric over epochs: centre and half width of its band, each ``[epochs]``."""

    epochs: Floats
    centre: Floats
    band: Floats


def read(run: RunDir, split: str, name: str) -> tuple[Floats, Floats]:
    """Return epochs and values of a metric.

    Raises:
        DataError: the run never logged it.
    """
    epochs, values = run.curve(split, name)
    if not values:
        raise DataError(f"{run.path / 'metrics.jsonl'} holds no {name!r} of the {split} split")
    return np.array(epochs, float), np.array(values, float)


def over_runs(runs: Sequence[RunDir], split: str, name: str) -> Curve:
    """Return mean and standard deviation over runs, at the epochs that all of them logged."""
    curves = [dict(zip(*read(run, split, name), strict=True)) for run in runs]
    epochs = sorted(set.intersection(*(set(curve) for curve in curves)))
    values = np.array([[curve[epoch] for epoch in epochs] for curve in curves])
    spread = values.std(axis=0, ddof=1) if len(runs) > 1 else np.zeros(len(epochs))
    return Curve(np.array(epochs), values.mean(axis=0), spread)


def error_percent(accuracy: Curve, samples: int = 0) -> Curve:
    """Return the error in percent; with ``samples`` the band is the binomial standard error."""
    error = 1 - accuracy.centre
    band = np.sqrt(error * (1 - error) / samples) if samples else accuracy.band
    return Curve(accuracy.epochs, 100 * error, 100 * band)


def draw(evaluation: "Evaluation", logarithmic: bool = True) -> Figure | None:
    """Return loss, error and, where batches were bumped, their share, over the epochs of a run.

    Of an imported run that logged nothing but tests, their error. None for a run that brings no
    history along, or has none yet.
    """
    run, sizes = evaluation.run, evaluation.of("sizes")
    if run.status().get("state") == "shared" or _untrained(run):
        return None
    if not run.curve("validation", "loss")[1] and run.read_json("source.json"):
        return _tests(run, int(sizes["test"]))
    figure = _panels([run], int(sizes["validation"]), logarithmic)
    axes = figure.axes[1]
    error = error_percent(over_runs([run], "validation", "accuracy"))
    loss = over_runs([run], "validation", "loss")
    best = int(np.lexsort((loss.centre, error.centre))[0])  # as training does
    lowest = f"lowest: {error.centre[best]:.1f} %, epoch {error.epochs[best]:.0f}"
    axes.plot(
        error.epochs[best],
        error.centre[best],
        "o",
        color=INK,
        mfc="none",
        ms=4,
        zorder=4,
        clip_on=False,
        label=lowest,
    )
    savepoints = list(evaluation.experiment.train.savepoints)
    if savepoints:
        axes.plot(
            savepoints,
            [0.025] * len(savepoints),
            "^",
            color=INK,
            ms=3,
            clip_on=False,
            transform=axes.get_xaxis_transform(),
            label="savepoint",
        )
    axes.legend(handles=axes.lines[2:], loc="upper right", **_WHITE)
    return figure


def _untrained(run: RunDir) -> bool:
    """Tell whether nothing was logged but how the network began."""
    epochs = {row["epoch"] for row in run.metrics()}
    return epochs == {0} and bool(run.curve("validation", "loss")[1])


def _tests(run: RunDir, samples: int) -> Figure | None:
    """Return the error on the test set over the epochs; None without a few of them."""
    if len(run.curve("test", "accuracy")[1]) < 3:
        return None
    error = error_percent(over_runs([run], "test", "accuracy"), samples)
    figure = new_figure(COLUMN, 55)
    axes = figure.subplots()
    _line(axes, error, ACCENT, "test")
    log_scale(axes)
    axes.set_ylabel("error (%)")
    axes.set_xlim(0, error.epochs[-1])
    epoch_axis(axes)
    axes.legend(loc="upper right", **_WHITE)
    return figure


def draw_joint(runs: Sequence[RunDir], logarithmic: bool = True) -> Figure:
    """Return the same panels for several runs: mean and standard deviation over the runs."""
    figure = _panels(runs, 0, logarithmic)
    last = 1 - np.array([read(run, "validation", "accuracy")[1][-1] for run in runs])
    figure.axes[0].set_title(f"{len(runs)} runs: mean ± standard deviation")
    figure.axes[1].set_title(
        f"last epoch, validation: {100 * last.mean():.1f} ± {100 * last.std(ddof=1):.1f} %"
    )
    return figure


def _panels(runs: Sequence[RunDir], samples: int, logarithmic: bool) -> Figure:
    bumped = all(run.curve("train", "bumped")[1] for run in runs)
    figure = new_figure(COLUMN, 94 if bumped else 80)
    heights = [1, 1, 0.25][: 2 + bumped]
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    for split, colour in COLOURS.items():
        _line(panels[0], over_runs(runs, split, "loss"), colour, split)
        accuracy = over_runs(runs, split, "accuracy")
        error = error_percent(accuracy, samples if split == "validation" else 0)
        _line(panels[1], error, colour, split)
    if logarithmic:
        log_scale(panels[0])
        log_scale(panels[1])
    if bumped:
        _strip(panels[2], over_runs(runs, "train", "bumped"))
    panels[0].legend(loc="upper right", **_WHITE)
    panels[0].set_ylabel("loss")
    panels[1].set_ylabel("error (%)")
    epoch_axis(panels[-1])
    panels[-1].set_xlim(0, max(error.epochs[-1], 1))
    letter(panels)
    figure.align_ylabels(panels)
    return figure


def _line(axes: Axes, curve: Curve, colour: str, label: str) -> None:
    axes.plot(curve.epochs, curve.centre, color=colour, lw=0.8, label=label)
    if curve.band.any():
        low, high = curve.centre - curve.band, curve.centre + curve.band
        axes.fill_between(curve.epochs, low, high, color=colour, alpha=0.25, lw=0)


def _strip(axes: Axes, bumped: Curve) -> None:
    """Show the share of batches that bumped weights instead of training them."""
    axes.fill_between(bumped.epochs, 100 * bumped.centre, color=LIGHT, lw=0)
    axes.set_ylabel("bumped\n(%)")
    axes.set_ylim(0, 100)
    axes.set_yticks([0, 100])
