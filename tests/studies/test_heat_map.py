"""The table of a sweep as a figure: every cell where it belongs."""

import math

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from snnrun.studies.heat_map import draw, means
from snnrun.studies.table import Grid, Row, as_csv, read_csv
from tests.studies.test_table import ROWS, row


@pytest.fixture(scope="module")
def figure():
    return draw(ROWS, "size")


def maps(figure):
    """The panels, without the bars beside them."""
    return [axes for axes in figure.axes if axes.images]


def test_there_is_a_panel_for_each_number_and_a_cell_for_each_point(figure):
    accuracy, density = maps(figure)
    assert [axes.get_title() for axes in (accuracy, density)] == ["accuracy (%)", "density/layer_0"]
    np.testing.assert_allclose(accuracy.images[0].get_array().filled(-1), [[91, 50], [-1, 75]])
    np.testing.assert_allclose(
        density.images[0].get_array().filled(-1), [[0.3, 0.125], [-1, 0.0625]]
    )


def test_cells_hold_mean_and_deviation_over_seeds(figure):
    written = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert written == {(0, 0): "91.0\n± 1.4", (1, 0): "50.00", (1, 1): "75.00"}


def test_axes_are_the_keys_of_the_grid(figure):
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("size", "tau")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["32", "64"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["1.5", "3.0"]
    assert axes.yaxis_inverted()  # the first line is above, as in the table


def test_a_single_number_has_no_bar():
    """The bar of three seeds alone went from 75 to 76."""
    seeds = [
        Row({}, seed, {"accuracy": 0.5 + 0.1 * seed}, 2.5, f"run_{seed}", 7) for seed in (0, 1)
    ]
    assert len(draw(seeds).axes) == 1


def darkness(axes):
    """How dark the cells are, by their value."""
    image = axes.images[0]
    values = np.unique(image.get_array().compressed())
    return {float(v): 1 - np.mean(image.cmap(image.norm(v))[:3]) for v in values}


def test_a_bar_tells_what_the_colours_are(figure):
    """Dark was good for accuracies and bad for losses, and nothing said so."""
    bars = [axes for axes in figure.axes if not axes.images]
    assert len(bars) == len(maps(figure)) == 2
    assert bars[0].get_ylim() == (50, 91)
    assert [bar.get_title() for bar in bars] == ["better", ""]
    shades = darkness(maps(figure)[0])
    assert sorted(shades, key=shades.get) == [50, 75, 91]


def test_dark_is_good_of_losses_too_and_lies_at_the_upper_end_of_the_bar():
    rows = [Row({"size": size}, 0, {"loss": loss}, 1.0, "r") for size, loss in ((1, 0.2), (2, 0.9))]
    axes, bar = draw(rows).axes
    shades = darkness(axes)
    assert shades[0.2] > shades[0.9] > 0
    assert bar.get_ylim() == (0.9, 0.2)
    assert bar.get_title() == "better"


def test_words_can_be_read_on_their_cell(figure):
    """Dark text on light cells and light text on dark ones."""
    few = [Row({"size": size}, 0, {"loss": size}, 1.0, "r") for size in (1, 2, 5)]
    for axes in (*maps(figure), *maps(draw(few))):
        image = axes.images[0]
        for text in axes.texts:
            column, line = (int(x) for x in text.get_position())
            value = image.get_array()[line, column]
            behind = np.mean(image.cmap(image.norm(value))[:3])
            assert abs(behind - np.mean(to_rgba(text.get_color())[:3])) > 0.35


def test_labels_are_words_and_no_json():
    values = [{"name": "adam", "lr": 0.1}, [{"size": 30}, {"size": 3}], None, "relu"]
    rows = [Row({"x": value}, 0, {"loss": 1.0}, 1.0, "r") for value in values]
    ticks = draw(rows).axes[0].get_yticklabels()
    assert [tick.get_text() for tick in ticks] == [
        "adam, lr 0.1",
        "size 30; size 3",
        "null",
        "relu",
    ]


@pytest.mark.parametrize(
    ("points", "seeds", "shown", "width"), [(2, 1, 1, 89), (3, 2, 3, 183), (9, 1, 2, 183)]
)
def test_it_fits_a_page(points, seeds, shown, width):
    numbers = {f"n{index}": 1.0 for index in range(shown)}
    rows = [
        Row({"model.size": size, "model.tau": tau}, seed, numbers, 1.0, "r")
        for size in range(points) for tau in range(40) for seed in range(seeds)
    ]  # fmt: skip
    inches = draw(rows, "model.size").get_size_inches()
    assert 25.4 * inches[0] == pytest.approx(width)
    assert 25.4 * inches[1] < 240


def test_a_sweep_without_columns_has_one_unless_two_settings_make_a_map():
    grid = Grid.of(ROWS, None)
    assert means(grid, "accuracy").shape == (3, 1)
    axes = draw(ROWS).axes[0]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("size", "tau")
    three = [Row({**each.point, "k": 1}, each.seed, each.numbers, 1.0, "r") for each in ROWS]
    assert draw(three).axes[0].get_ylabel() == "size, tau, k"


def test_a_number_that_was_not_logged_leaves_its_cells_empty():
    rows = [row(32, 1.5, seed, math.nan, 0.5) for seed in (0, 1)]
    accuracy, density = maps(draw(rows, "size"))
    assert len(accuracy.texts) == 0
    assert [text.get_text() for text in density.texts] == ["0.5\n± 0"]


def test_the_csv_file_can_be_read_again():
    rows = [*ROWS, Row({"size": "many", "tau": None}, 3, ROWS[0].numbers, 0.5, "r")]
    assert read_csv(as_csv(rows)) == rows


def test_another_csv_file_is_refused():
    with pytest.raises(ValueError, match="seed"):
        read_csv("a,b\n1,2\n")
