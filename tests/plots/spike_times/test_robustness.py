"""The figure of robustness shows what was measured."""

import numpy as np
import pytest

from snnrun.plots import PLOTS
from tests.evaluation.runs import changed


def test_panels_show_the_sweeps(network, drawn):
    found = network.of("robustness")
    rounding, noise, jitter, threshold = drawn("robustness").axes
    x, y = rounding.lines[2].get_data()
    np.testing.assert_array_equal(x, found["steps"])
    np.testing.assert_allclose(y, 100 * (1 - found["rounding"][:, 0] / 60))
    wrong = 100 * (1 - found["right"] / 60)
    for axes, line, name, unit in (
        (noise, 2, "relative", 100),
        (noise, 3, "absolute", 100),
        (jitter, 2, "jitter", 1),
        (threshold, 2, "mismatch", 100),
    ):
        error = 100 * (1 - found[name] / 60)
        x, y = axes.lines[line].get_data()
        np.testing.assert_allclose(x, [0, *unit * found["strengths"]])
        np.testing.assert_allclose(y, [wrong, *error.mean(1)])
        band = axes.collections[line - 2].get_paths()[0].vertices
        top = band[np.isclose(band[:, 0], unit * 0.2)][:, 1].max()
        assert top == pytest.approx(error[-1].mean() + error[-1].std(ddof=1))
    for axes in drawn("robustness").axes:
        assert axes.lines[0].get_ydata()[0] == pytest.approx(wrong)
        assert axes.lines[1].get_ydata()[0] == pytest.approx(200 / 3)


def test_the_title_tells_samples_and_draws(network, drawn):
    expected = "test: 60 samples; mean ± standard deviation of 8 draws"
    assert drawn("robustness").get_suptitle() == expected
    few = changed(network, "robustness", samples=20, right=10)
    expected = "test: 20 of 60 samples; mean ± standard deviation of 8 draws"
    assert PLOTS["robustness"].draw(few).get_suptitle() == expected


@pytest.mark.parametrize(("step", "label"), [(2.0**-8, "1/256"), (0.5, "1/2"), (1, "1"), (4, "4")])
def test_rounding_steps_are_short_to_read(drawn, step, label):
    """As decimals, those of MNIST's small weights ran into each other: 0.00390625, 0.015625."""
    assert drawn("robustness").axes[0].xaxis.get_major_formatter()(step, None) == label


def test_small_changes_of_a_small_error_are_seen(network):
    """On an axis of accuracies from 0 to 100, most panels were a flat line at the top."""
    few = {name: np.full((6, 8), 58) for name in ("relative", "absolute", "jitter", "mismatch")}
    few |= {"right": 59, "rounding": np.full((8, 1), 59), "mismatch": np.full((6, 8), 55)}
    axes = PLOTS["robustness"].draw(changed(network, "robustness", **few)).axes[3]
    low, high = axes.transData.transform([[0, 100 / 60], [0, 500 / 60]])[:, 1]
    assert high - low > 0.25 * axes.bbox.height


def test_the_rounding_step_is_told_beside_the_largest_weight(network, drawn):
    largest = max(np.abs(each).max() for each in network.weights.values())
    label = drawn("robustness").axes[0].get_xlabel()
    assert label == f"rounding step of weights\n(the largest weight is {largest:.2g})"
