"""Figures of graphs show what checkpoints, the log and measures hold."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyBboxPatch

import snnrun
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.sharing import share
from snnrun.experiment import Experiment
from snnrun.plots import PLOTS
from snnrun.plots.graph.network import places
from snnrun.plots.style import class_colours, paper
from snnrun.runs.evaluation import Evaluation
from tests.evaluation.runs import changed
from tests.graphs import SMALL


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("graph")
    (folder / "graph.yaml").write_text(SMALL)
    run = snnrun.train(folder / "graph.yaml", results=folder)
    return evaluate_run(run, None, "test", ["assignments", "event_examples", "answers"])


def texts(axes):
    return [each.get_text() for each in axes.texts]


def test_receptive_fields_lie_by_class_with_its_name(evaluation):
    classes = evaluation.of("assignments")["classes"]
    figure = PLOTS["receptive_fields"].draw(evaluation)
    axes = figure.axes[0]
    assert axes.get_title() == "E: 20 neurons"
    assert texts(axes) == [evaluation.classes[index] for index in sorted(classes[classes >= 0])]
    first = evaluation.weights["network.synapses.X->E.weight"][np.argsort(classes)[0]]
    image = axes.images[0].get_array()
    np.testing.assert_allclose(image[:8, :8], first.reshape(8, 8), rtol=1e-6)


def test_neurons_of_no_class_come_last_without_a_name(evaluation):
    classes = evaluation.of("assignments")["classes"].copy()
    classes[3] = -1
    other = changed(evaluation, "assignments", classes=classes)
    axes = PLOTS["receptive_fields"].draw(other).axes[0]
    assert len(texts(axes)) == int((classes >= 0).sum())
    image, last = axes.images[0].get_array(), evaluation.weights["network.synapses.X->E.weight"][3]
    columns, place = (image.shape[1] + 1) // 9, 19
    top, left = 9 * (place // columns), 9 * (place % columns)
    tile = image[top : top + 8, left : left + 8]
    np.testing.assert_allclose(tile, last.reshape(8, 8), rtol=1e-6)


def test_of_many_neurons_some_are_shown(evaluation, monkeypatch):
    monkeypatch.setattr("snnrun.plots.graph.fields.MOST", 6)
    axes = PLOTS["receptive_fields"].draw(evaluation).axes[0]
    assert axes.get_title() == "E: 6 of 20 neurons"


def test_assignments_are_counted(evaluation):
    classes = evaluation.of("assignments")["classes"]
    image, bars = PLOTS["assignments"].draw(evaluation).axes[:2]
    counts = [int((classes == index).sum()) for index in [*range(10), -1]]
    assert [bar.get_height() for bar in bars.patches] == counts
    assert image.images[0].get_array().shape == (10, 20)
    own = 100 * evaluation.of("assignments")["proportions"][np.argsort(classes, kind="stable")].T
    np.testing.assert_allclose(image.images[0].get_array(), own, rtol=1e-5)


def test_spikes_thresholds_and_votes_over_the_epochs(evaluation):
    run = evaluation.run
    spikes, theta, spread, votes = PLOTS["adaptation"].draw(evaluation).axes
    lines = {line.get_label(): line for line in spikes.lines}
    assert list(lines["train"].get_ydata()) == run.curve("train", "spikes/E")[1]
    assert list(lines["validation"].get_ydata()) == run.curve("validation", "spikes/E")[1]
    assert list(theta.lines[0].get_ydata()) == run.curve("train", "theta/E")[1]
    assert sum(spread.patches[0].get_data().values) == 20
    assert theta.get_ylabel() == "mean of what was added\nto the threshold (mV)"
    assert spread.get_xlabel() == f"added to the threshold (mV), epoch {evaluation.epoch}"
    errors = {line.get_label(): line.get_ydata()[-1] for line in votes.lines}
    assert errors.keys() == {"all", "proportion", "ngram", "logistic"}
    last = run.curve("validation", "accuracy_ngram")[1][-1]
    assert errors["ngram"] == pytest.approx(100 * (1 - last))


def test_a_run_that_logged_no_epoch_has_none_to_draw(evaluation, tmp_path):
    """Three empty panels were drawn, with a warning of matplotlib."""
    shared = evaluate_run(share(evaluation.run, tmp_path / "small"), None, "test", ["answers"])
    assert PLOTS["adaptation"].draw(shared) is not None
    shared.run.cut_lines(0, 0)
    assert PLOTS["adaptation"].draw(shared) is None
    told = texts(PLOTS["graph"].draw(shared).axes[0])
    assert told == texts(PLOTS["graph"].draw(evaluation).axes[0])


def test_spikes_of_groups_have_the_colour_of_their_class(evaluation):
    found = evaluation.of("event_examples")
    figure = PLOTS["events"].draw(evaluation)
    panels = np.array(figure.axes).reshape(3, 5)
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["I (20)", "E (20)", "X (64)"]
    dots = panels[1, 0].collections[0]
    own = slice(*found["E/starts"][:2])
    at = np.stack([found["E/steps"][own], found["E/places"][own]], 1)
    np.testing.assert_array_equal(dots.get_offsets(), at)
    classes = evaluation.of("assignments")["classes"][found["E/places"][own]]
    wanted = [to_rgba(class_colours(10)[index]) for index in classes]
    np.testing.assert_allclose(dots.get_edgecolors(), wanted)


def test_long_names_of_classes_are_on_lines_of_their_own(evaluation, monkeypatch):
    """Titles of neighbours were written over each other."""
    found = evaluation.of("event_examples")
    axes = PLOTS["events"].draw(evaluation).axes[0]
    given, said = int(found["labels"][0]), int(found["predictions"][0])
    assert axes.get_title() == f"class {given}, answer {said}"
    names = tuple(f"class {index}" for index in range(10))
    monkeypatch.setattr(Evaluation, "classes", names)
    axes = PLOTS["events"].draw(evaluation).axes[0]
    assert axes.get_title() == f"class {names[given]}\nanswer {names[said]}"


def test_many_inputs_that_are_an_image_are_drawn_as_one(evaluation, monkeypatch):
    """A raster of 784 inputs was a black band."""
    monkeypatch.setattr("snnrun.plots.graph.raster.MOST", 63)
    found = evaluation.of("event_examples")
    figure = PLOTS["events"].draw(evaluation)
    inhibition, _, given = np.array(figure.axes[:15]).reshape(3, 5)
    assert given[0].get_ylabel() == "X (8 × 8)"
    for example, axes in enumerate(given):
        own = slice(*found["X/starts"][example : example + 2])
        counts = np.bincount(found["X/places"][own], minlength=64).reshape(8, 8)
        np.testing.assert_array_equal(axes.images[0].get_array(), counts)
    assert [axes.get_xlim() for axes in inhibition] == [(0, 150)] * 5


def test_of_many_other_inputs_some_that_spike_are_shown(evaluation, monkeypatch):
    monkeypatch.setattr("snnrun.plots.graph.raster.MOST", 10)
    monkeypatch.setattr("snnrun.plots.graph.raster._image", lambda evaluation: ())
    found = evaluation.of("event_examples")
    axes = np.array(PLOTS["events"].draw(evaluation).axes).reshape(3, 5)[2, 0]
    assert axes.get_ylabel() == "X (10 of 64)"
    spiking = np.unique(found["X/places"])
    chosen = spiking[np.linspace(0, len(spiking) - 1, 10).round().astype(int)]
    own = slice(*found["X/starts"][:2])
    wanted = [
        (step, list(chosen).index(place))
        for step, place in zip(found["X/steps"][own], found["X/places"][own], strict=True)
        if place in chosen
    ]
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), wanted)


def test_the_graph_tells_groups_and_synapses(evaluation):
    told = texts(PLOTS["graph"].draw(evaluation).axes[0])
    assert "I\nlif, 20\ntau 10, threshold -40" in told
    assert "dense, delay 1\npair 0.0001, 0.01\nbounds 0 to 1\nL1 25" in told
    assert "all_but_self, delay 1\nweight -120" in told
    assert len(told) == 6


@pytest.mark.parametrize("sloping", [False, True])
def test_what_stands_at_synapses_is_beside_the_boxes(evaluation, sloping):
    """Long lines were written over groups, and the last group was cut off."""
    plain = evaluation.experiment.model_dump()
    neurons, synapses = plain["model"]["neurons"], plain["model"]["synapses"]
    neurons["I"]["trace"] = {}
    rules = [{"name": "weight_dependent"}, {"name": "hebbian"}, {"name": "power_law"}]
    for name, size in {"F": 20, "A_long_name_of_a_group_of_neurons": [6, 8, 8]}.items():
        neurons[name] = {"name": "adaptive_lif", "size": size, "one_winner": True, "trace": {}}
        pre = list(neurons)[-2]
        synapses[f"{pre} -> {name}"] = {"name": "dense", "bounds": [0, 1], "rules": rules}
    if sloping:  # B lies in the column of E
        neurons = {"X": neurons["X"], "B": neurons["F"], "E": neurons["E"]}
        learning = {"bounds": [0, 1], "rules": rules}
        synapses = {key: learning for key in ("X -> B", "X -> E", "B -> E")}
        plain["model"] |= {"neurons": neurons, "synapses": synapses}
    with paper():
        figure = PLOTS["graph"].draw(SimpleNamespace(experiment=Experiment.model_validate(plain)))
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
    (axes,) = figure.axes
    boxes = [each for each in axes.patches if isinstance(each, FancyBboxPatch)]
    assert len(boxes) == len(neurons)
    whole = figure.bbox
    for box in boxes:
        around = box.get_window_extent(renderer)
        assert whole.x0 <= around.x0
        assert around.x1 <= whole.x1
        inside = [
            text.get_text()
            for text in axes.texts
            if around.overlaps(text.get_window_extent(renderer))
        ]
        assert len(inside) == 1, inside


def test_groups_lie_in_columns_from_the_input_on(evaluation):
    plain = evaluation.experiment.model_dump()
    neurons, synapses = plain["model"]["neurons"], plain["model"]["synapses"]
    neurons["F"] = {"name": "lif", "size": 20}
    synapses |= {"X -> F": {"name": "dense"}, "E -> E": {"name": "all_but_self", "delay": 1}}
    synapses["E -> E"]["weight"] = -1.0
    model = Experiment.model_validate(plain).model
    found = places(model)
    assert found["X"][0] < found["E"][0] == found["F"][0] < found["I"][0]
    assert found["E"][1] > found["F"][1]


def test_weights_that_all_synapses_share_are_no_histogram(evaluation):
    (axes,) = PLOTS["weights"].draw(evaluation).axes
    assert axes.get_title() == "X -> E (20 × 64)"
