"""Networks that learn by backpropagation through time train, stop, go on and are evaluated."""

import numpy as np
import pytest

import snnrun
from snnrun.core.position import Position
from snnrun.errors import Interrupted
from snnrun.evaluation.figures import fitting
from snnrun.experiment import load_config
from snnrun.plots import PLOTS
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from tests.evaluation.runs import measured, opened
from tests.tiny import numbers, weights
from tests.training.stopped import StopAfter

CONFIG = """
seed: 4
data: {name: digits}
encoder: {name: poisson, steps: 9}
model: {name: lif, layers: [{size: 12, threshold: 2.0}], readout: {name: leaky, skip: 2}}
learning:
  name: surrogate
  loss: {name: tet, lamb: 0.1, label_smoothing: 0.1}
  regularisers: [{name: rate_band, strength: 0.3, upper: 0.2}]
train:
  epochs: 2
  batch_size: 400
  optimizer: {name: adam, lr: 0.01}
  schedules: [{name: exponential, gamma: 1.0, target: model.surrogate.sharpness}]
  augment: [{name: shift, pixels: 1}]
  live_plot: false
  tensorboard: false
"""


def experiment(folder, *overrides):
    (folder / "config.yaml").write_text(CONFIG)
    return load_config(folder / "config.yaml", overrides)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    return snnrun.train(experiment(folder), results=folder)


@pytest.mark.parametrize("batches", [1, 4])
def test_stopped_it_goes_on_to_the_same_bits(whole, tmp_path, batches):
    config = experiment(tmp_path)
    run = RunDir.create(tmp_path, "stopped")
    run.write_experiment(config)
    with pytest.raises(Interrupted):
        Training(config, [StopAfter(batches)]).start(run)
    snnrun.resume(run)
    name = Position(2).name
    assert weights(run, name) == weights(whole, name)
    assert numbers(run) == numbers(whole)


def test_inference_gives_the_numbers_of_training(whole):
    result = snnrun.inference(whole, 2, "validation")
    logged = {
        row["name"]: row["value"]
        for row in whole.logged()
        if (row["epoch"], row["split"]) == (2, "validation")
    }
    assert (result.accuracy, result.loss) == (logged["accuracy"], logged["loss"])
    network = opened(whole, 2)
    outcome, record = network.learner.rule.evaluate(network.batch(split="validation"))
    assert record.rates[0].mean() == pytest.approx(logged["density/layer_0"], rel=1e-5)
    assert outcome.statistics["hit/layer_0"] == pytest.approx(logged["hit/layer_0"], rel=1e-5)


def test_every_figure_that_fits_is_drawn(whole):
    evaluation = measured(whole)
    names = fitting(whole.experiment())
    of_all = {"curves", "confusion", "classes", "weights", "activity", "cost", "input_noise"}
    of_steps = {"decisions", "steps", "membranes", "density", "filters"}
    before = {"steps_before_after", "membranes_before_after"}
    assert set(names) == of_all | of_steps | before
    for name in names:
        assert PLOTS[name].draw(evaluation) is not None, name
    np.testing.assert_array_equal(
        opened(whole, 2).predict(), evaluation.of("answers")["predictions"]
    )


def test_it_learns(tmp_path):
    run = snnrun.train(
        experiment(
            tmp_path,
            "train.epochs=8",
            "train.batch_size=50",
            "learning.loss.lamb=0.001",
            "encoder={name: rate, steps: 9}",
        ),
        results=tmp_path,
    )
    assert snnrun.inference(run).accuracy > 0.8


BEYOND = (
    "model.layers=[{size: 12, threshold: 2.0, recurrent: true, adaptation: 0.3}]",
    "model.tau_adaptation=5",
)


def test_recurrent_and_adaptive_layers_are_saved_and_go_on(tmp_path):
    whole = snnrun.train(experiment(tmp_path, *BEYOND), results=tmp_path / "whole")
    run = RunDir.create(tmp_path, "stopped")
    config = experiment(tmp_path, *BEYOND)
    run.write_experiment(config)
    with pytest.raises(Interrupted):
        Training(config, [StopAfter(4)]).start(run)
    snnrun.resume(run)
    name = Position(2).name
    assert weights(run, name) == weights(whole, name)
    first, last = (snnrun.load(whole, epoch).state_dict() for epoch in (0, 2))
    assert not first["model.layers.0.recurrent"].equal(last["model.layers.0.recurrent"])
    result = snnrun.inference(whole, 2, "validation")
    assert result.loss == whole.curve("validation", "loss")[1][-1]
    evaluation = measured(whole)
    for figure in fitting(whole.experiment()):
        nothing = figure == "filters"  # of vectors
        assert (PLOTS[figure].draw(evaluation) is None) == nothing, figure
