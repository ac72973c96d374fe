"""Class colours can be told apart, by people without red or green cones, too."""

import numpy as np
import pytest

from snnrun.plots.style import ACCENT, GREY, INK, LIGHT, class_colours
from tests.plots.colour_vision import distances, lab, lacking, least

WITHOUT = {"none": None, "long (red)": lacking(0), "middle (green)": lacking(1)}


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ([50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425),
        ([50, 0, 0], [50, -1, 2], 2.3669),
        ([50, 2.5, 0], [73, 25, -18], 27.1492),
        ([50, 2.5, 0], [58, 24, 15], 19.4535),
        ([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644),
        ([2.0776, 0.0795, -1.1350], [0.9033, -0.0636, -0.5514], 0.9082),
    ],
)
def test_distances_are_those_of_the_paper(first, second, apart):
    """Sharma, Wu & Dalal 2005, table 1: pairs 1, 7, 17, 20, 25 and 34."""
    assert distances(np.array(first, float), np.array(second, float)) == pytest.approx(
        apart, abs=5e-5
    )


@pytest.mark.parametrize("cone", [0, 1])
def test_dichromats_see_white_and_blue_as_they_are(cone):
    """And red and green as one hue: what they see is a plane."""
    seen = lacking(cone)
    np.testing.assert_allclose(seen @ [1, 1, 1], 1)
    np.testing.assert_allclose(seen @ [0, 0, 1], [0, 0, 1], atol=1e-12)
    assert np.linalg.matrix_rank(seen, tol=1e-9) == 2
    np.testing.assert_allclose(seen[0], seen[1], atol=1e-3)


@pytest.mark.parametrize("who", WITHOUT)
def test_ten_classes_have_colours_that_differ(who):
    """Two were grey; without green cones, 6 and 7 were 12 apart."""
    assert least(class_colours(10), WITHOUT[who]) > {"none": 22}.get(who, 17)


def test_no_class_has_a_colour_of_something_else():
    own, others = lab(class_colours(10)), lab([INK, GREY, LIGHT, ACCENT])
    assert distances(own[:, None], others[None]).min() > 13


def test_lines_of_every_class_are_seen_on_white():
    assert lab(class_colours(10))[:, 0].max() < 82
