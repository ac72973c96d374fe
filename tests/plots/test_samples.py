"""Figures of samples and their code: what is shown of which kind of sample and of code."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from snnrun.core.capabilities import InputKind
from snnrun.plots.samples import Coded, draw

RANDOM = np.random.default_rng(4)
PICTURES = RANDOM.random((3, 1, 5, 4))
STEPS = (RANDOM.random((6, 3, 20)) < 0.2).astype(float)


def shown(values, kind, coded, **said) -> Coded:
    whole = {"timed": False, "constant": False, "plane": False, "many": None, "labels": None}
    titles = [f"class {index}" for index in range(len(values))]
    return Coded(
        values=values, kind=kind, coded=coded, titles=titles, classes=tuple(titles),
        **{**whole, **said},
    )  # fmt: skip


def panels(figure: Figure) -> list[Axes]:
    """The panels, row by row."""
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def rows(figure: Figure) -> list[str]:
    """What stands at the left of the rows, from above."""
    return [axes.get_ylabel() for axes in panels(figure) if axes.get_ylabel()]


@pytest.mark.parametrize(
    ("kind", "coded", "said", "wanted"),
    [
        (InputKind.SPIKE_TIMES, 2 - PICTURES.reshape(3, 20), {}, ["sample", "spike time", "input"]),
        (InputKind.STEPS, STEPS, {}, ["sample", "code", "input"]),
        (InputKind.EVENTS, STEPS, {}, ["sample", "code", "input"]),
        (InputKind.STEPS, np.repeat(PICTURES.reshape(1, 3, 20), 6, 0), {"constant": True},
         ["sample", "code"]),
        (InputKind.IMAGE_STEPS, STEPS.reshape(6, 3, 1, 5, 4), {}, ["sample", "code", "input"]),
        (InputKind.IMAGES, np.concatenate([PICTURES, 1 - PICTURES], axis=1), {},
         ["sample", "channels"]),
        (InputKind.IMAGES, PICTURES, {}, ["sample"]),  # as they are given
    ],
)  # fmt: skip
def test_pictures_are_shown_with_their_code(kind, coded, said, wanted):
    figure = draw(shown(PICTURES, kind, coded, **said))
    assert rows(figure) == wanted
    assert len(panels(figure)) == 3 * len(wanted)
    assert [axes.get_title() for axes in panels(figure)[:3]] == ["class 0", "class 1", "class 2"]


def test_spikes_stand_where_they_are():
    times = np.array([[0.5, np.inf, 2.0, 1.0]])
    figure = draw(shown(np.array([[0.1, 0.2, 0.3, 0.4]]), InputKind.SPIKE_TIMES, times))
    strip, train = figure.axes
    (line,) = train.lines
    assert line.get_xdata().tolist() == [0.5, 2.0, 1.0]
    assert line.get_ydata().tolist() == [0, 2, 3]
    assert train.get_xlabel() == "time (τₛ)"
    assert strip.lines[0].get_xdata().tolist() == [0.1, 0.2, 0.3, 0.4]


def test_constant_currents_are_values_and_no_spikes():
    """They were drawn as if every input spiked at every step."""
    vectors = np.array([[0.1, 0.7], [0.4, 0.0]])
    code = np.repeat(0.5 * vectors[None], 6, 0)
    figure = draw(shown(vectors, InputKind.STEPS, code, constant=True))
    assert rows(figure) == ["input", "code"]
    told = panels(figure)[2]
    assert told.lines[0].get_xdata().tolist() == [0.05, 0.35]
    assert panels(figure)[2].get_xlabel() == "value, at every step"
    same = draw(shown(vectors, InputKind.STEPS, 2 * code, constant=True))
    assert rows(same) == ["input"]


def test_events_are_rasters_and_no_code_is_drawn_twice():
    counts = np.zeros((2, 4, 2, 3, 3))
    counts[0, 3, 1, 2, 2] = 5
    figure = draw(shown(counts, InputKind.IMAGE_STEPS, np.moveaxis(counts, 1, 0), timed=True))
    assert rows(figure) == ["mean", "input"]
    (line,) = panels(figure)[2].lines
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == ([3], [17])


@pytest.mark.parametrize("plane", [True, False])
def test_vectors_stand_below_many_of_their_kind(plane):
    many, labels = RANDOM.random((50, 4)), np.arange(50) % 3
    figure = draw(
        shown(many[:3], InputKind.SPIKE_TIMES, many[:3], plane=plane, many=many, labels=labels)
    )
    above = figure.axes[0]
    assert above.get_xlabel() == ("x" if plane else "number of the value")
    found = [y for line in above.lines for y in line.get_ydata().tolist()]
    values = many[:, 1] if plane else many.ravel()
    assert sorted(found) == sorted(values.tolist())


def test_colours_beyond_their_range_are_brought_there():
    values = RANDOM.normal(size=(2, 3, 4, 4))
    figure = draw(shown(values, InputKind.IMAGES, values))
    pixels = figure.axes[0].images[0].get_array()
    assert (pixels.min() >= 0, pixels.max() <= 1, np.ptp(pixels) > 0.5) == (True, True, True)
