r"""Loss and error over the epochs, of one run or of several runs that differ in their seed.

The error is :math:`e = 1 - a` with the accuracy :math:`a`. The band around the validation error of
one run is Wilson's interval of one standard error for its samples; around the mean of several runs
it is the standard deviation between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from snnrun.errors import DataError
from snnrun.plots.panels import epoch_axis, legend_below, letter, log_scale
from snnrun.plots.style import ACCENT, COLUMN, GREY, INK, LIGHT, new_figure
from snnrun.runs.folder import RunDir
from snnrun.runs.numbers import standard_interval

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.float64]
COLOURS = {"train": GREY, "validation": ACCENT}
_LABELS = {"loss": "loss", "accuracy": "error (%)", "reward": "reward of an episode"}
_ERROR, _DEVIATION = "± standard error", "± standard deviation"


@dataclass(frozen=True)
class Curve:
    """A metric over epochs: centre and ends of its band, each ``[epochs]``."""

    epochs: Floats
    centre: Floats
    low: Floats
    high: Floats


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
    mean = values.mean(axis=0)
    return Curve(np.array(epochs), mean, mean - spread, mean + spread)


def error_percent(accuracy: Curve, samples: int = 0) -> Curve:
    """Return the error in percent; with ``samples`` the band is one standard error."""
    error = 1 - accuracy.centre
    ends = 1 - accuracy.high, 1 - accuracy.low
    low, high = standard_interval(error, samples) if samples else ends
    return Curve(accuracy.epochs, 100 * error, 100 * low, 100 * high)


def draw(evaluation: "Evaluation", logarithmic: bool = True) -> Figure | None:
    """Return loss, error and, where batches were bumped, their share, over the epochs of a run.

    Of a rule without a loss, the error; of samples without classes, the loss; of one that acts, the
    reward. Of a run that logged nothing but tests, as an imported one, their error. None for a run
    that brings no history along, or has none yet. Without its data set, bands are left out.
    """
    run, sizes = evaluation.run, evaluation.of("sizes")
    rows = run.logged()
    epochs = {row["epoch"] for row in rows if row["split"] == "validation"}
    if rows and not epochs:
        return _tests(run, int(sizes.get("test", 0)))
    if epochs == {0}:
        return None
    names = logged([run])
    figure = _panels([run], names, int(sizes.get("validation", 0)), logarithmic)
    axes = figure.axes[len(names) - 1]
    _mark_lowest(axes, run, names)
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
    _legend(figure, axes)
    return figure


def logged(runs: Sequence[RunDir]) -> list[str]:
    """Return which of loss, accuracy and reward all runs logged; the first two, where none is."""
    every = [{(row["split"], row["name"]) for row in run.logged()} for run in runs]
    there = [name for name in _LABELS if all({(s, name) for s in COLOURS} <= has for has in every)]
    return there or ["loss", "accuracy"]


def _mark_lowest(axes: Axes, run: RunDir, names: Sequence[str]) -> None:
    """Mark the lowest error, of equal ones that of the lowest loss; or else the lowest loss.

    Of rewards it is the highest.
    """
    curves = [over_runs([run], "validation", name) for name in names]
    accuracy = names[-1] == "accuracy"
    if accuracy:
        curves[-1] = error_percent(curves[-1])
    sign = -1 if names[-1] == "reward" else 1
    best = int(np.lexsort([sign * curve.centre for curve in curves])[0])  # as training does
    lowest, epoch = curves[-1].centre[best], curves[-1].epochs[best]
    text = f"{lowest:.1f} %" if accuracy else f"{lowest:.3g}"
    axes.plot(
        epoch,
        lowest,
        "o",
        color=INK,
        mfc="none",
        ms=4,
        zorder=4,
        clip_on=False,
        label=f"{'lowest' if sign > 0 else 'highest'} of validation: {text}, epoch {epoch:.0f}",
    )


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
    _legend(figure, axes)
    return figure


def draw_joint(runs: Sequence[RunDir], logarithmic: bool = True) -> Figure:
    """Return the same panels for several runs: mean and standard deviation over the runs."""
    names = logged(runs)
    figure = _panels(runs, names, 0, logarithmic)
    _legend(figure, figure.axes[0])
    last = np.array([read(run, "validation", names[-1])[1][-1] for run in runs])
    title = f"{len(runs)} runs: mean ± standard deviation"
    figure.axes[0].set_title(title)
    if names[-1] == "accuracy":
        wrong = 100 * (1 - last)
        text = f"last epoch, validation: {wrong.mean():.1f} ± {wrong.std(ddof=1):.1f} %"
        axes = figure.axes[len(names) - 1]
        axes.set_title(text if len(names) > 1 else f"{title}\n{text}")
    return figure


def _panels(
    runs: Sequence[RunDir], names: Sequence[str], samples: int, logarithmic: bool
) -> Figure:
    bumped = all(any(run.curve("train", "bumped")[1]) for run in runs)
    figure = new_figure(COLUMN, 40 * len(names) + 14 * bumped + 8)
    heights = [*(1.0 for _ in names), 0.25][: len(names) + bumped]
    panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)
    rows = list(panels[:, 0])
    for axes, name in zip(rows, names, strict=False):  # below them may be a strip
        for split, colour in COLOURS.items():
            curve = over_runs(runs, split, name)
            if name == "accuracy":
                curve = error_percent(curve, samples if split == "validation" else 0)
            _line(axes, curve, colour, split, _DEVIATION if len(runs) > 1 else _ERROR)
        if logarithmic and name != "reward":
            log_scale(axes)
        if name == "accuracy":
            axes.set_ylim(top=min(axes.get_ylim()[1], 110))
        axes.set_ylabel(_LABELS[name])
    if bumped:
        _strip(rows[-1], over_runs(runs, "train", "bumped"))
    epoch_axis(rows[-1])
    rows[-1].set_xlim(0, max(curve.epochs[-1], 1))
    letter(rows)
    figure.align_ylabels(rows)
    return figure


def _line(axes: Axes, curve: Curve, colour: str, label: str, band: str = _ERROR) -> None:
    few, alone = "." if curve.epochs[-1] < 4 else "", len(curve.epochs) == 1
    axes.plot(
        curve.epochs, curve.centre, few + "-", color=colour, lw=0.8, label=label, clip_on=not few
    )
    if (curve.low < curve.high).any():
        style: dict[str, Any] = {"color": colour, "alpha": 0.25, "label": band}
        axes.fill_between(curve.epochs, curve.low, curve.high, lw=2 if alone else 0, **style)


def _legend(figure: Figure, axes: Axes) -> None:
    """Say below the panels what is in these, where it covers no line."""
    bands = [band for band in axes.collections if str(band.get_label()).startswith("±")][:1]
    handles = [*axes.lines, *bands]
    legend_below(figure, handles, columns=3)


def _strip(axes: Axes, bumped: Curve) -> None:
    """Show the share of batches that bumped weights instead of training them."""
    percent = 100 * bumped.centre
    axes.fill_between(bumped.epochs, percent, color=LIGHT, lw=0)
    axes.set_ylabel("bumped\n(%)")
    top = _round_above(float(percent.max()))
    axes.set_ylim(0, top)
    axes.set_yticks([0, top], ["0", f"{top:g}"])


def _round_above(most: float) -> float:
    """Return the 1, 2 or 5 of its decade that is no less; 100 at most, of a share in percent.

    Example:
        >>> _round_above(0.48), _round_above(13.0), _round_above(100.0)
        (0.5, 20.0, 100.0)
    """
    decade = 10.0 ** np.floor(np.log10(most))
    return min(float(next(k * decade for k in (1, 2, 5, 10) if k * decade >= most)), 100.0)
