"""A saved network gives, when it is loaded again, the numbers that training saw."""

import numpy as np
import pytest

import snnrun
from snnrun.errors import ConfigError, DataError
from snnrun.evaluation.evaluate import evaluate_run
from tests.tiny import write_config


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate")
    return snnrun.train(write_config(folder), results=folder)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_loss_and_accuracy_are_those_of_training(run, split):
    result = snnrun.inference(run, 4, split)
    logged = {
        r["name"]: r["value"] for r in run.metrics() if (r["epoch"], r["split"]) == (4, split)
    }
    assert result.accuracy == logged["accuracy"]
    assert result.loss == logged["loss"]
    assert result.epoch == 4


def test_what_an_evaluation_holds(run):
    result = evaluate_run(run, 2, "test")
    assert result.epoch == 2
    assert not any(part.training for part in result.learner.modules())
    assert result.inputs.shape == result.times_in.shape == (70, 4)
    assert [times.shape for times in result.times] == [(70, 14), (70, 3)]
    assert result.scores.shape == (70, 3)
    assert set(result.predictions) <= {-1, 0, 1, 2}
    assert result.weights["layers.0.weights"].shape == (5, 14)
    assert result.initial_weights is not None
    assert not np.array_equal(
        result.weights["layers.0.weights"], result.initial_weights["layers.0.weights"]
    )


def test_a_thinned_split_holds_some_samples_in_their_order(run):
    whole, few = evaluate_run(run, split="train"), evaluate_run(run, split="train", most=50)
    assert few.whole == whole.whole == len(whole.labels) == 230
    places = [int(np.flatnonzero((whole.inputs == each).all(1))[0]) for each in few.inputs]
    assert places == sorted(set(places))
    assert len(places) == 50
    assert max(places) > 200
    np.testing.assert_array_equal(few.labels, whole.labels[places])
    np.testing.assert_array_equal(few.scores, whole.scores[places])
    again = evaluate_run(run, split="train", most=50)
    np.testing.assert_array_equal(again.inputs, few.inputs)
    np.testing.assert_array_equal(evaluate_run(run, most=70).labels, evaluate_run(run).labels)


def test_responses_to_new_values_are_those_of_the_split(run):
    result = evaluate_run(run)
    times, found = result.respond(result.inputs)
    np.testing.assert_array_equal(found, result.predictions)
    np.testing.assert_array_equal(times[-1], result.times[-1])


def test_the_network_comes_back(run):
    learner = snnrun.load(run, 2)
    weights = evaluate_run(run, 2).weights
    assert np.array_equal(learner.model.layers[1].weights.detach(), weights["layers.1.weights"])


def test_an_unknown_split(run):
    with pytest.raises(ConfigError, match="no split called 'tets'; did you mean 'test'"):
        snnrun.inference(run, None, "tets")


def test_an_epoch_that_was_not_saved(run):
    with pytest.raises(DataError, match="has no epoch 77"):
        snnrun.inference(run, 77)


def test_a_checkpoint_that_does_not_fit_its_config(run):
    text = run.config.read_text()
    try:
        run.config.write_text(text.replace("size: 14", "size: 15"))
        with pytest.raises(DataError, match=r"layers.0.weights is \[5, 14\] in the checkpoint"):
            snnrun.inference(run)
    finally:
        run.config.write_text(text)
