"""Networks that advance in steps train, stop, go on and are evaluated as all others."""

import shutil

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import snnrun
from snnrun.core.position import Position
from snnrun.errors import Interrupted
from snnrun.evaluation.measures.step_examples import drop, every_kth
from snnrun.experiment import load_config
from snnrun.kernels.lif.reference import Neuron, Reset
from snnrun.plots import PLOTS
from snnrun.plots.steps import raster as steps
from snnrun.plots.steps.membranes import sawtooth
from snnrun.plots.style import ACCENT, GREY, class_colours
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from tests.evaluation.runs import changed, measured, opened
from tests.tiny import numbers, weights
from tests.training.stopped import StopAfter

RULES = {
    "eprop": """
encoder: {name: poisson, steps: 9}
model: {name: lif, layers: [{size: 12, threshold: 2.0}], readout: {name: leaky, skip: 2}}
learning: {name: eprop, alignment_every: 3}
""",
    "random_feedback": """
encoder: {name: rate, steps: 9}
model: {name: lif, layers: [{size: 12, threshold: 2.0, lr: 0.02}], readout: {name: linear}}
learning: {name: random_feedback, window: 6, feedback: {kind: sign_concordant}}
""",
}
REST = """
seed: 4
data: {name: digits}
train:
  epochs: 2
  batch_size: 400
  optimizer: {name: adam, lr: 0.01}
  augment: [{name: shift, pixels: 1}]
  live_plot: false
  tensorboard: false
"""


def experiment(folder, rule, *overrides):
    (folder / "lif.yaml").write_text(REST + RULES[rule])
    return load_config(folder / "lif.yaml", overrides)


@pytest.fixture(scope="module", params=RULES)
def whole(request, tmp_path_factory):
    """The name of a rule, and a run that never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    return request.param, snnrun.train(experiment(folder, request.param), results=folder)


@pytest.fixture(scope="module")
def evaluation(whole):
    """The evaluation of that run's last epoch, by all measures that there are for it."""
    return measured(whole[1])


@pytest.mark.parametrize("batches", [1, 4])
def test_stopped_it_goes_on_to_the_same_bits(whole, tmp_path, batches):
    rule, unbroken = whole
    config = experiment(tmp_path, rule)
    run = RunDir.create(tmp_path, "stopped")
    run.write_experiment(config)
    with pytest.raises(Interrupted):
        Training(config, [StopAfter(batches)]).start(run)
    snnrun.resume(run)
    name = Position(2).name
    assert weights(run, name) == weights(unbroken, name)
    assert numbers(run) == numbers(unbroken)


def test_feedback_depends_on_the_seed_alone(whole, tmp_path):
    rule, _ = whole
    one, same, other = (
        Training(experiment(tmp_path, rule, f"seed={seed}")).learner.rule.feedback.matrices
        for seed in (4, 4, 5)
    )
    assert one[0].equal(same[0])
    assert not one[0].equal(other[0])


def test_an_evaluation_has_the_feedback_that_was_saved(whole, tmp_path):
    """It was drawn anew from the seed, which gives other numbers with another torch."""
    run = RunDir(shutil.copytree(whole[1].path, tmp_path / "run"))
    drawn = change_feedback(run, lambda matrix: matrix + 1)
    matrices = snnrun.load(run).rule.feedback.matrices
    assert [matrix.tolist() for matrix in matrices] == [drawn.tolist()]


def change_feedback(run, change):
    """Let the last checkpoint hold another feedback matrix, and return it."""
    saved = checkpoint.open_epoch(run.checkpoints, 2)
    new = change(saved.tensors["rule.feedback.matrix_0"])
    other = {**saved.tensors, "rule.feedback.matrix_0": new}
    checkpoint.save(run.checkpoints, saved.at, other, saved.optimizer, saved.progress)
    return new


def test_inference_gives_the_numbers_of_training(whole):
    _, run = whole
    result = snnrun.inference(run, 2, "validation")
    logged = {
        row["name"]: row["value"]
        for row in run.logged()
        if (row["epoch"], row["split"]) == (2, "validation")
    }
    assert result.accuracy == logged["accuracy"]
    assert result.loss == logged["loss"]
    network = opened(run, 2)
    _, record = network.learner.rule.evaluate(network.batch(split="validation"))
    assert record.times == []
    assert record.rates[0].shape == (300, 12)
    assert record.rates[0].mean() == pytest.approx(logged["density/layer_0"], rel=1e-5)


def test_a_loaded_network_predicts_what_its_evaluation_holds(whole, evaluation):
    """Its random spikes, too: they are those of the samples, however many are shown at once."""
    _, run = whole
    network = opened(run, 2)
    found = network.predict()
    np.testing.assert_array_equal(found, evaluation.of("answers")["predictions"])
    np.testing.assert_array_equal(network.predict(np.arange(40, 47)), found[40:47])


def test_what_is_logged(whole):
    rule, run = whole
    last = {(r["split"], r["name"]) for r in run.logged() if r["epoch"] == 2}
    assert {("train", f"{what}/layer_0") for what in ("density", "silent", "saturated")} <= last
    assert (("train", "alignment/layer_0") in last) == (rule == "eprop")


def test_figures(whole, evaluation):
    rule, run = whole
    names = {
        "curves",
        "weights",
        "confusion",
        "steps",
        "membranes",
        "density",
        "filters",
        "gradients",
    }
    made = {name: PLOTS[name].draw(evaluation) for name in (*names, "alignment")}
    assert [name for name, figure in made.items() if figure is None] == (
        [] if rule == "eprop" else ["alignment"]
    )
    key = rule == "random_feedback"  # its input is more than spikes
    assert len(made["steps"].axes) == 20 + key
    assert [line.get_ydata()[-1] for line in made["density"].axes[1].lines] == [
        100 * run.curve("validation", "silent/layer_0")[1][-1]
    ]


@pytest.mark.parametrize(("neurons", "every"), [(50, 1), (51, 2), (784, 16)])
def test_a_raster_shows_every_neuron_or_says_which(evaluation, neurons, every):
    """An image of more rows than dots lost rows, which ones depended on the file."""
    kept = every_kth(neurons)
    found = evaluation.of("step_examples")
    found["layer_0"] = np.zeros((10, 3, neurons), np.uint8)[:, :, ::kept]
    found["layer_0"][:, 1] = 1
    found |= {"sizes": np.array([64, neurons]), "every": np.array([1, kept])}
    _, (name, activity, colours) = steps.bands(found, 0)
    assert activity.shape == (3, -(-neurons // every)) == (3, len(colours))
    assert name == (f"hidden ({neurons}" + (f",\n1 in {every} shown)" if every > 1 else ")"))
    axes = Figure().subplots()
    steps._image(axes, [(name, activity, colours)])
    shown = axes.images[0].get_array()[..., 0]
    rows, columns = np.nonzero(shown == 0)
    assert sorted(set(rows // 4)) == list(range(activity.shape[1]))
    assert set(columns // 4) == {1}
    assert shown[3::4].min() == shown[:, 3::4].min() == 1  # gaps, where all spike always


def test_of_ten_readouts_the_true_one_stands_out_and_greys_are_told(evaluation):
    """Ten lines were spaghetti, and an input of greys had no scale."""
    found = evaluation.of("step_examples")
    given = 0.5 * found["input"]
    figure = PLOTS["steps"].draw(changed(evaluation, "step_examples", input=given))
    for label, axes in enumerate(figure.axes[5:10]):
        colours = [to_hex(line.get_color()) for line in axes.lines][-10:]
        assert colours == [ACCENT if each == label else GREY for each in range(10)]
    assert figure.axes[-1].get_ylabel() == "input"
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told[:2] == ["label neuron of the true class", "of other classes"]


def test_gradients_count_every_synapse(whole, tmp_path):
    """They ended at 4 times the root mean square, which hid the largest."""
    run = RunDir(shutil.copytree(whole[1].path, tmp_path / "run"))
    factors = np.where(np.arange(12) == 0, 1e3, 1.0)  # a neuron that learns far more
    change_feedback(run, lambda matrix: matrix * matrix.new_tensor(factors))
    panels = PLOTS["gradients"].draw(measured(run, "agreement")).axes[:2]
    for axes, size in zip(panels, (64 * 12, 12 * 10), strict=True):
        (mesh,) = axes.collections
        assert mesh.get_array().sum() == size
        edges = mesh.get_coordinates()[0, :, 0]
        assert axes.get_xlim() == axes.get_ylim() == (edges[0], edges[-1])
    assert panels[0].get_xlim()[1] > 4


def test_gradients_show_which_synapses_agree(evaluation):
    """Two histograms looked equal, though the angle was 47 degrees."""
    found = evaluation.of("agreement")
    readout = PLOTS["gradients"].draw(evaluation).axes[1]
    shown = np.ma.filled(readout.collections[0].get_array(), 0)
    np.testing.assert_array_equal(shown, found["readout.weights/pairs"])
    up, right = np.nonzero(shown)
    assert (np.abs(up - right) <= 1).all()  # the readout follows the gradient


def test_membranes_rise_to_the_threshold_and_fall_by_it(evaluation):
    for axes in PLOTS["membranes"].draw(evaluation).axes:
        dashed, trace, spikes = axes.lines
        (threshold, _), membrane = dashed.get_ydata(), trace.get_ydata()
        before, after = membrane[::2], membrane[1::2]
        assert threshold == 1
        np.testing.assert_array_equal(spikes.get_xdata(), np.flatnonzero(before >= threshold))
        np.testing.assert_allclose(before - after, before >= threshold, atol=1e-5)
    assert len(spikes.get_xdata()) > 0  # the last neuron is the busiest


def test_membranes_of_a_layer_share_a_scale(evaluation):
    """Each had its own, which hid that one neuron reached 14 thresholds."""
    first, *others = PLOTS["membranes"].draw(evaluation).axes
    assert {axes.get_ylim() for axes in others} == {first.get_ylim()}
    high = 0.1 * evaluation.of("step_examples")["membranes_0"]
    high[:, -1] = 28
    figure = PLOTS["membranes"].draw(changed(evaluation, "step_examples", membranes_0=high))
    low, top = figure.axes[0].get_ylim()
    assert top > 14
    inside = figure.axes[0].transData.transform([[0, low], [0, 1], [0, top]])[:, 1]
    assert (inside[1] - inside[0]) / (inside[2] - inside[0]) > 0.2
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told == ["membrane, which a spike resets", "spike", "threshold"]


def test_every_reset_is_drawn():
    membrane, spikes = np.array([0.5, 3.0]), np.array([0.0, 1.0])
    resets = {Reset.SUBTRACT: 1.0, Reset.SUBTRACT_TWICE: -1.0, Reset.ZERO: 0.0, Reset.NONE: 3.0}
    for reset, after in resets.items():
        steps, drawn = sawtooth(membrane, spikes, drop(Neuron(0.0, 1.0, 2.0, reset)))
        assert steps.tolist() == [0, 0, 1, 1]
        assert drawn.tolist() == [0.5, 0.5, 3.0, after]


def test_the_weights_bear_the_names_that_all_figures_use(evaluation):
    """They were called layers.0.weights and labels.weights."""
    titles = [axes.get_title() for axes in PLOTS["weights"].draw(evaluation).axes]
    assert titles == ["hidden layer (64 × 12)", "readout (12 × 10)"]


def test_layers_have_no_colour_of_a_class(evaluation):
    for name in ("density", "alignment"):
        if figure := PLOTS[name].draw(evaluation):
            lines = [line for axes in figure.axes for line in axes.lines]
            colours = {to_hex(line.get_color()) for line in lines}
            assert colours
            assert not colours & set(class_colours(10))
