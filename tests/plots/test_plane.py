"""Figures of the input plane: every point and every sample is where it belongs."""

import numpy as np
from matplotlib.colors import to_hex

from snnrun.data.sets.yin_yang import which_class
from snnrun.plots import PLOTS, classification, plane
from snnrun.plots.style import class_colours
from tests.evaluation.runs import changed


def test_outline_follows_the_classes(evaluation):
    """Points just left and right of every border, across it, differ in class."""
    outline = plane.outline(plane.read(evaluation))
    pieces = [path for path in outline.to_polygons(closed_only=False) if len(path) > 2]
    assert len(pieces) == 5
    changes = []
    for piece in pieces[1:]:
        middle, along = (piece[1:] + piece[:-1]) / 2, np.diff(piece, axis=0)
        across = 5e-3 * along[:, ::-1] * [1, -1] / np.linalg.norm(along, axis=1, keepdims=True)
        sides = [which_class(*(middle + sign * across).T, 0.1, 0.5) for sign in (-1, 1)]
        changes.append(np.mean(sides[0] != sides[1]))
    assert min(changes) > 0.95


def test_classification_dots_and_crosses(evaluation, drawn):
    axes = drawn("classification").axes[0]
    groups = {group.get_label(): group.get_offsets() for group in axes.collections}
    assert list(groups) == ["yang", "yin", "dot", "none", "error"]
    found = evaluation.of("points")
    wrong = found["predictions"] != found["labels"]
    np.testing.assert_array_equal(groups["error"], found["points"][wrong])
    np.testing.assert_array_equal(groups["yin"], found["points"][found["predictions"] == 1])
    assert axes.get_aspect() == 1
    assert axes.get_title() == f"test: {100 * evaluation.accuracy:.2f} % of 60 right"


def test_classification_tells_how_many_of_very_many_samples_have_dots(evaluation):
    points = {name: array[:20] for name, array in evaluation.of("points").items()}
    axes = PLOTS["classification"].draw(changed(evaluation, "points", **points)).axes[0]
    assert axes.get_title() == f"test: {100 * evaluation.accuracy:.2f} % of 60 right, 20 shown"


def test_background_is_white_where_nothing_is_predicted():
    shades = classification.background(np.array([[0, -1]]), class_colours(3))
    assert to_hex(shades[0, 1]) == "#ffffff"
    assert to_hex(shades[0, 0]) != "#ffffff"
