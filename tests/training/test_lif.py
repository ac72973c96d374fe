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
from snnrun.plots.style import INK, class_colours
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from tests.evaluation.runs import measured, opened
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
    assert len(made["steps"].axes) == 20
    assert [line.get_ydata()[-1] for line in made["density"].axes[1].lines] == [
        100 * run.curve("validation", "silent/layer_0")[1][-1]
    ]


@pytest.mark.parametrize(("neurons", "every"), [(100, 1), (101, 2), (784, 8)])
def test_a_raster_shows_every_neuron_or_says_which(neurons, every):
    """An image of more rows than dots lost rows, which ones depended on the file."""
    assert every_kth(neurons) == every
    spikes = np.zeros((3, neurons))
    spikes[1, ::every] = 1
    kept, name = spikes[:, ::every], steps.band_name("hidden", neurons, every)
    axes = Figure().subplots()
    steps._image(axes, [(name, kept, [INK] * kept.shape[1])])
    shown = axes.images[0].get_array()
    assert len(shown) == -(-neurons // every) <= 100
    assert (shown[:, 1] == 0).all()
    assert (shown[:, ::2] == 1).all()
    name = axes.get_yticklabels()[0].get_text()
    assert name.startswith(f"hidden ({neurons}")
    assert (f"1 in {every} shown" in name) == (every > 1)


def test_gradient_histograms_count_every_synapse(whole, tmp_path):
    """They ended at 4 times the root mean square, which hid the largest."""
    run = RunDir(shutil.copytree(whole[1].path, tmp_path / "run"))
    factors = np.where(np.arange(12) == 0, 1e3, 1.0)  # a neuron that learns far more
    change_feedback(run, lambda matrix: matrix * matrix.new_tensor(factors))
    hidden, readout = PLOTS["gradients"].draw(measured(run, "gradients")).axes
    for axes, size in ((hidden, 64 * 12), (readout, 12 * 10)):
        update, truth = (patch.get_data() for patch in axes.patches)
        assert update.values.sum() == truth.values.sum() == size
        np.testing.assert_array_equal(update.edges, truth.edges)
    assert hidden.patches[0].get_data().edges[-1] > 4


def test_membranes_rise_to_the_threshold_and_fall_by_it(evaluation):
    for axes in PLOTS["membranes"].draw(evaluation).axes:
        dashed, trace, spikes = axes.lines
        (threshold, _), membrane = dashed.get_ydata(), trace.get_ydata()
        before, after = membrane[::2], membrane[1::2]
        assert threshold == 2
        np.testing.assert_array_equal(spikes.get_xdata(), np.flatnonzero(before >= threshold))
        np.testing.assert_allclose(before - after, 2 * (before >= threshold), atol=1e-5)
    assert len(spikes.get_xdata()) > 0  # the last neuron is the busiest


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
