"""Films: frames by hand, what a file of one holds, and what runs show in them."""

import warnings
from io import BytesIO

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

import snnrun
from snnrun.data import load_dataset
from snnrun.errors import ActivityWarning
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.plots import PLOTS
from snnrun.plots.events import GLOW, Row, film, row
from snnrun.plots.style import paper, save
from tests.evaluation.runs import changed, without
from tests.plots.kinds import experiment


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("film")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ActivityWarning)  # not all classes have a neuron
        run = snnrun.train(experiment("graph, images over time"), results=folder)
    return evaluate_run(run, None, "test", ["event_examples", "recordings", "answers"])


def moving():
    """A dot that goes to the right, in two samples, of which the second is twice as bright."""
    dot = np.zeros((4, 1, 2, 4))
    dot[range(4), 0, 1, range(4)] = 1
    return row("dot", [dot, 2 * dot])


def shown_of(*rows, ms=0.5):
    with paper():
        return film(rows, ["one", "two"][: len(rows[0].images)], len(rows[0].images[0]), ms)


def test_lights_go_out_slowly():
    name, (one, two), signed = moving()
    assert (name, signed) == ("dot", False)
    np.testing.assert_allclose(one[3, 1], [GLOW**3, GLOW**2, GLOW, 1])
    np.testing.assert_allclose(two, 2 * one)


def test_two_channels_are_lighter_less_darker_and_others_are_tiles():
    counts = np.zeros((1, 2, 1, 2))
    counts[0, 0, 0, 0] = counts[0, 1, 0, 1] = 1
    assert row("", [counts]).images[0].tolist() == [[[-1, 1]]]
    assert row("", [counts]).signed
    assert row("", [np.ones((1, 20, 1, 1))]).images[0].shape == (1, 7, 7)  # 16 of them


def test_a_film_shows_one_frame_after_the_other():
    shown = shown_of(moving())
    assert shown.frames == 4
    images = [axes.images[0] for axes in shown.axes]
    for number in range(4):
        shown.turn(number)
        assert int(images[0].get_array()[1].argmax()) == number
        np.testing.assert_allclose(images[1].get_array(), 2 * images[0].get_array())
        assert shown.get_supxlabel() == f"{(number + 1) / 2:g} ms"
    assert images[0].get_clim() == images[1].get_clim()


def test_its_still_is_the_frame_in_which_most_happens():
    images = np.zeros((5, 1, 2))
    images[2] = 3
    shown = shown_of(Row("", [images], False), ms=None)
    assert shown.still == 2
    assert shown.axes[0].images[0].get_array().max() == 3
    assert shown.get_supxlabel() == "step 3 of 5"


def test_a_file_holds_all_frames_as_they_are_drawn(tmp_path):
    """Moving parts are drawn over what is still; drawn all anew, a frame is the same."""
    shown = shown_of(moving())
    paths = save(shown, tmp_path, "dot")
    assert [path.name for path in paths] == ["dot.gif", "dot.png"]
    frames = Image.open(BytesIO(paths[0].read_bytes()))
    assert (frames.n_frames, frames.info["duration"], frames.info["loop"]) == (4, 100, 0)
    with paper():
        shown.turn(2)
        canvas = FigureCanvasAgg(shown)
        canvas.draw()
    frames.seek(2)
    pixels = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    found = np.asarray(frames.convert("RGB")).astype(int)
    assert found.shape == pixels.shape
    assert (np.abs(found - pixels).max(2) > 60).mean() < 0.02  # edges of panels, few colours
    clock = slice(round(0.85 * len(pixels)), None)
    assert np.abs(found - pixels)[clock].max() < 60
    frames.seek(0)
    assert (
        np.abs(np.asarray(frames.convert("RGB")).astype(int) - pixels).max(2) > 60
    ).mean() > 0.05
    assert save(shown_of(moving()), tmp_path, "same")[0].read_bytes() == paths[0].read_bytes()


def test_recordings_are_samples_of_the_data_set(evaluation):
    found = evaluation.of("recordings")
    assert found["values"].dtype == np.uint8
    assert found["values"].shape == (4, 5, 2, 8, 8)
    samples = load_dataset(evaluation.experiment.data).test.read(found["numbers"])
    assert np.array_equal(found["values"], samples[0])
    assert np.array_equal(found["labels"], samples[1])
    shown = PLOTS["recordings"].draw(evaluation)
    assert (len(shown.axes), shown.frames) == (4, 5)
    shown.turn(0)
    first = found["values"][0, 0].astype(float)
    np.testing.assert_allclose(shown.axes[0].images[0].get_array(), first[1] - first[0])
    assert shown.axes[0].get_title().startswith(f"class {evaluation.classes[found['labels'][0]]}, ")


def test_spikes_of_groups_lie_where_their_neurons_lie(evaluation):
    found = evaluation.of("event_examples")
    examples = len(found["labels"])
    shown = PLOTS["event_film"].draw(evaluation)
    assert len(shown.axes) == 2 * examples
    assert [axes.get_ylabel() for axes in shown.axes[::examples]] == ["X", "C"]
    own = slice(*found["C/starts"][:2])
    times, places = found["C/steps"][own], found["C/places"][own]
    first = np.bincount(places[times == 0], minlength=3 * 36).reshape(3, 6, 6)
    shown.turn(0)
    image = shown.axes[examples].images[0].get_array()
    np.testing.assert_allclose(image[:6, :6], first[0])
    assert first.sum() > 0


def test_films_of_long_samples_show_several_steps_at_once(evaluation):
    found = evaluation.of("event_examples")
    late = {name: found[f"{name}/steps"] * 25 for name in ("X", "C")}
    longer = {f"{name}/steps": each for name, each in late.items()} | {"steps": 125}
    shown = PLOTS["event_film"].draw(changed(evaluation, "event_examples", **longer))
    assert shown.frames == 42
    shown.turn(0)
    assert shown.get_supxlabel() == "3 ms"


def test_without_examples_there_is_no_film(evaluation):
    names = {name.rpartition("/")[2] for name in evaluation.arrays}
    for figure, measure in (("event_film", "event_examples"), ("recordings", "recordings")):
        gone = without(evaluation, measure, *names)
        assert PLOTS[figure].draw(gone) is None
