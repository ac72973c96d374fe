"""Figures of what inference has kept of runs: parameters, robustness, spikes; and of many seeds."""

from dataclasses import replace

import numpy as np
import pytest

from snnrun.plots.curves_of_runs import draw as draw_many
from snnrun.plots.curves_of_runs import quartiles
from snnrun.runs.folder import Metric, RunDir
from snnrun.studies.compare import compare
from snnrun.studies.compare.costs import Cost, cost_spreads
from snnrun.studies.compare.figures import curves, parameters, robustness, spikes
from snnrun.studies.compare.table import table_of
from tests.studies.compare.cases import SIZE
from tests.studies.folders import make

DELAY = "model.layers.0.before.0.name"


class Kept:
    """An evaluation that has the arrays of one measure."""

    def __init__(self, arrays, whole=100):
        self.arrays, self.whole = arrays, whole

    def of(self, measure):
        return self.arrays.get(measure, {})


def sized(folder, delays, numbers):
    """Networks of some sizes with delays or without, and their numbers of parameters."""
    for size in numbers:
        for seed in (0, 1):
            changes = {SIZE: size, "seed": seed} | ({DELAY: "delay"} if delays else {})
            test = {"4": {"accuracy": 0.5 + size / 100 + delays / 10}}
            make(folder, f"{size}_{delays}_{seed}", changes, test=test)


@pytest.fixture
def with_and_without(tmp_path):
    sized(tmp_path, False, (5, 10, 20))
    sized(tmp_path, True, (5, 10, 20))
    whole = compare(tmp_path)

    def counted(group):
        count = 7.0 * group.settings[SIZE] + 9 * (DELAY in group.settings)
        return replace(group, cost_spreads=cost_spreads([Cost(parameters=count)]))

    return replace(whole, groups=tuple(map(counted, whole.groups)))


def test_networks_with_delays_and_without_have_a_line_each(with_and_without):
    figure = parameters.draw(with_and_without)
    axes = figure.axes[0]
    lines = [line for line in axes.lines if line.get_marker() == "o"]
    assert sorted(list(line.get_xdata()) for line in lines) == [[35, 70, 140], [44, 79, 149]]
    ends = sorted(float(line.get_ydata()[-1]) for line in lines)
    assert ends == pytest.approx([70, 80])
    assert sorted(axes.get_legend_handles_labels()[1]) == ["delay", "without"]
    assert axes.get_xlabel() == "parameters that learn"


@pytest.mark.parametrize(
    ("numbers", "first", "labels"),
    [
        ((9_000, 9_400, 9_900), 8_910, {"9,000", "9,400"}),  # it began at 0, and was blank to 9,000
        ((100, 250, 400), 0, {"0", "200"}),
        ((500, 4_000, 90_000), None, {"1,000", "10,000"}),  # 10000 stood beside 1,000
        ((2_000, 90_000, 2_500_000), None, {"10,000", "1,000,000"}),  # 1e+06
    ],
)
def test_the_axis_of_parameters_fits_them(with_and_without, numbers, first, labels):
    """From 0 on only where that leaves little blank; points lie inside; thousands have commas."""
    counts = dict(zip((5, 10, 20), numbers, strict=True))

    def counted(group):
        count = float(counts[group.settings[SIZE]])
        return replace(group, cost_spreads=cost_spreads([Cost(parameters=count)]))

    groups = tuple(map(counted, with_and_without.groups))
    figure = parameters.draw(replace(with_and_without, groups=groups))
    axes = figure.axes[0]
    figure.draw_without_rendering()
    low, high = axes.get_xlim()
    assert low < numbers[0]
    assert high > numbers[-1]
    assert first is None or low == pytest.approx(first)
    told = {tick.get_text() for tick in axes.get_xticklabels()}
    assert labels <= told
    assert not any("e+" in text for text in told)


def test_without_numbers_of_parameters_there_is_no_figure(with_and_without):
    groups = tuple(replace(group, cost_spreads={}) for group in with_and_without.groups)
    assert parameters.draw(replace(with_and_without, groups=groups)) is None


def test_parameters_are_told_whole(with_and_without):
    table = table_of(with_and_without)
    place = table.heads.index("parameters")
    assert {row[place].text for row in table.rows} == {"35", "70", "140", "44", "79", "149"}


def two(folder, monkeypatch, module, kept):
    """Two groups of two runs; what was kept of a run is told by its name."""
    for rule in ("sbs", "stbp"):
        for seed in (0, 1):
            changes = {"learning.name": rule, "seed": seed}
            make(folder, f"{rule}_{seed}", changes, test={"4": {"accuracy": 0.9 + seed / 50}})

    def found(group, whole, measure):
        every = [kept(run.name) if "noisy" not in measure else None for run in group.runs]
        return (Kept({measure: arrays}) for arrays in every if arrays is not None)

    monkeypatch.setattr(module, "kept_of", found)
    return compare(folder)


def test_errors_against_spikes_have_a_panel_for_each_strength_of_noise(tmp_path, monkeypatch):
    """Noise moves the line across, too, where it was measured of the other network."""
    counts = {"spikes": np.array([1, 8]), "samples": 100}
    kept = {
        "spike_counts": {**counts, "right": np.array([10, 80])},
        "noisy_spike_counts": {
            **counts, "strengths": np.array([0.2]), "right": np.array([[10, 50]]),
        },
    }  # fmt: skip
    whole = two(tmp_path, monkeypatch, spikes, lambda name: None)

    def found(group, whole, measure):
        names = [run.name for run in group.runs if run.name.startswith("sbs")]
        return (Kept({measure: kept[measure]}) for _ in names)

    monkeypatch.setattr(spikes, "kept_of", found)
    monkeypatch.setattr(spikes.noise, "errors", lambda *_: {0.0: [9.0], 0.2: [20.0, 30.0]})
    clean, noisy = spikes.draw(whole).axes
    assert [axes.get_title() for axes in (clean, noisy)] == ["no noise", "noise 0.2 in the input"]
    np.testing.assert_allclose(clean.lines[0].get_ydata(), [90, 20])
    np.testing.assert_allclose(noisy.lines[0].get_ydata(), [90, 50])
    across = [axes.lines[1].get_ydata()[0] for axes in (clean, noisy)]
    assert across == pytest.approx([9, 25])
    assert clean.get_ylim() == noisy.get_ylim()


def test_errors_against_spikes_beside_a_network_without_them(tmp_path, monkeypatch):
    def kept(name):
        right = {"sbs_0": [10, 80], "sbs_1": [20, 90]}.get(name)
        return right and {"spikes": np.array([1, 8]), "right": np.array(right), "samples": 100}

    axes = spikes.draw(two(tmp_path, monkeypatch, spikes, kept)).axes[0]
    curve, across = axes.lines
    assert list(curve.get_xdata()) == [1, 8]
    assert list(curve.get_ydata()) == pytest.approx([85, 15])
    assert list(across.get_ydata()) == pytest.approx([9, 9])  # 91 % on average
    assert [line.get_label() for line in axes.lines] == ["sbs", "stbp"]
    assert "dashed: other networks, all samples" in axes.get_title()


def test_robustness_has_a_panel_for_each_imperfection_that_was_measured(tmp_path, monkeypatch):
    def kept(name):
        right = 90 if name.startswith("sbs") else 80
        return {
            "samples": np.array(100), "right": np.array(right),
            "steps": np.array([0.25, 1.0]), "strengths": np.array([0.1]),
            "rounding": np.array([[right], [50]]), "jitter": np.array([[40, 60]]),
        }  # fmt: skip

    figure = robustness.draw(two(tmp_path, monkeypatch, robustness, kept))
    rounding, jitter = figure.axes
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "rounding step of weights",
        "jitter of input spikes (τₛ)",
    ]
    assert [list(line.get_ydata()) for line in rounding.lines] == [
        pytest.approx([10, 50]),
        pytest.approx([20, 50]),
    ]
    assert list(jitter.lines[0].get_xdata()) == [0, 0.1]
    assert list(jitter.lines[0].get_ydata()) == pytest.approx([10, 50])


def test_nothing_kept_is_nothing_drawn(tmp_path, monkeypatch):
    whole = two(tmp_path, monkeypatch, robustness, lambda name: None)
    assert robustness.draw(whole) is None
    assert spikes.draw(whole) is None


def many(folder, number):
    """Runs whose validation error is their seed, in percent."""
    for seed in range(number):
        path = make(folder, f"run_{seed}", {"seed": seed})
        rows = [
            Metric(step=epoch, epoch=epoch, split=split, name=name, value=value, time=0.0)
            for epoch in (0, 1, 2)
            for split in ("train", "validation")
            for name, value in (("accuracy", 1 - seed / 100), ("loss", 1.0 + seed))
        ]
        RunDir(path).append_metrics(rows)
    return [RunDir(folder / f"run_{seed}") for seed in range(number)]


def test_many_seeds_have_their_median_and_quartiles(tmp_path):
    runs = many(tmp_path, 9)
    found = quartiles(runs, "validation", "accuracy")
    assert [each[-1] for each in (found.low, found.middle, found.high)] == pytest.approx([2, 4, 6])
    axes = draw_many(runs).axes[1]
    ends = [float(line.get_ydata()[-1]) for line in axes.lines if line.get_color() != "#7f7f7f"]
    assert ends == pytest.approx([*range(9), 4])
    assert axes.get_title() == "last epoch, validation: 4 %, quartiles 2 to 6 %"


@pytest.mark.parametrize(
    ("number", "told", "low"),
    [
        (5, "median and quartiles", 1.0),
        (4, "mean ± standard deviation", 1.5 - (5 / 3) ** 0.5),
    ],
)
def test_comparisons_draw_quartiles_of_five_seeds_and_more(tmp_path, number, told, low):
    many(tmp_path, number)
    axes = curves.draw(compare(tmp_path)).axes[0]
    assert axes.get_title() == f"validation: {told}"
    bottom = axes.collections[0].get_paths()[0].get_extents().ymin
    assert bottom == pytest.approx(low)


def test_a_title_tells_no_spread_where_no_group_has_two_runs(tmp_path):
    """It was mean and standard deviation, of which there was none to see."""
    (run,) = many(tmp_path, 1)
    other = RunDir(make(tmp_path, "other", {SIZE: 5}))
    other.append_metrics(run.logged())
    assert curves.draw(compare(tmp_path)).axes[0].get_title() == "validation: one run each"


def test_latency_is_a_cost():
    found = cost_spreads([Cost(steps=3.0), Cost(steps=5.0)])
    assert found["latency_steps"].mean == 4
    assert "latency_tau_syn" not in found
    assert list(found) == ["latency_steps"]
