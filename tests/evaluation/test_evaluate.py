"""A saved network gives, when it is loaded again, the numbers that training saw."""

import numpy as np
import pytest
import torch

import snnrun
from snnrun.core.random import Random
from snnrun.data.loader import Use
from snnrun.errors import ConfigError, DataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.sharing import share
from snnrun.learning.outcome import predictions
from snnrun.training.learner import load_data
from tests.tiny import write_config


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate")
    return snnrun.train(write_config(folder), results=folder)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_loss_and_accuracy_are_those_of_training(run, split):
    result = snnrun.inference(run, 4, split)
    logged = {r["name"]: r["value"] for r in run.logged() if (r["epoch"], r["split"]) == (4, split)}
    assert result.accuracy == logged["accuracy"]
    assert result.loss == logged["loss"]
    assert result.epoch == 4


def test_what_an_evaluation_holds(run):
    result = evaluate_run(run, 2, "test", ["answers", "output_times"])
    answers, times = result.of("answers"), result.of("output_times")["times"]
    assert (result.epoch, result.split, result.samples, result.whole) == (2, "test", 70, 70)
    assert result.classes == ("yang", "yin", "dot")
    assert answers["scores"].shape == times.shape == (70, 3)
    assert set(answers["predictions"]) <= {-1, 0, 1, 2}
    assert {name.split("/")[0] for name in result.arrays} == {"answers", "output_times"}
    assert result.weights["layers.0.weights"].shape == (5, 14)
    assert not np.array_equal(
        result.weights["layers.0.weights"], result.initial_weights["layers.0.weights"]
    )


def test_a_thinned_split_holds_some_samples_in_their_order(run, tmp_path):
    def evaluated(split, most=None):
        options = {"most": most, "into": tmp_path / str(most)}
        return evaluate_run(run, None, split, ["answers", "points"], **options)

    whole, few = evaluated("train"), evaluated("train", 50)
    every, points = whole.of("points")["points"], few.of("points")["points"]
    assert (few.samples, few.whole) == (50, 230)
    assert whole.samples == whole.whole == len(every) == 230
    places = [int(np.flatnonzero((every == each).all(1))[0]) for each in points]
    assert places == sorted(set(places))
    assert len(places) == 50
    assert max(places) > 200
    for name in ("labels", "scores"):
        expected = whole.of("answers")[name][places]
        np.testing.assert_array_equal(few.of("answers")[name], expected)
    again = evaluate_run(run, None, "train", ["points"], most=50, into=tmp_path / "again")
    np.testing.assert_array_equal(again.of("points")["points"], points)
    labels = [evaluated("test", most).of("answers")["labels"] for most in (70, None)]
    np.testing.assert_array_equal(*labels)


def test_a_learner_that_is_loaded_answers_as_it_did(run):
    learner, answers = snnrun.load(run), evaluate_run(run).of("answers")
    values, _ = load_data(run.experiment()).test.read(np.arange(70))
    assert not any(part.training for part in learner.modules())
    with torch.no_grad():
        record = learner(torch.from_numpy(values).to(learner.dtype))
        scores = learner.rule.scores(record)
    np.testing.assert_array_equal(predictions(scores), answers["predictions"])
    np.testing.assert_array_equal(scores, answers["scores"])


def test_samples_are_shown_with_the_random_numbers_of_their_split(run):
    """So what a network does with noise of its own is what training saw."""
    experiment, learner = run.experiment(), snnrun.load(run)
    source = load_data(experiment).test
    (batch,) = learner.loader(source, experiment, Use("test"), 100).epoch(4)
    own, other = (Random(seed, "test", 4, 0, np.arange(70)) for seed in (7, 8))
    drawn, first, second = (r.normal("x", (3,), torch.zeros(0)) for r in (batch.random, own, other))
    assert torch.equal(drawn, first)
    assert not torch.equal(drawn, second)


def test_the_network_comes_back(run):
    learner = snnrun.load(run, 2)
    weights = evaluate_run(run, 2).weights
    assert np.array_equal(learner.model.layers[1].weights.detach(), weights["layers.1.weights"])


def test_an_unknown_split(run):
    with pytest.raises(ConfigError, match="no split called 'tets'; did you mean 'test'"):
        snnrun.inference(run, None, "tets")


def test_an_unknown_measure(run):
    with pytest.raises(ConfigError, match="unknown measure 'anwsers'; did you mean 'answers'"):
        evaluate_run(run, None, "validation", ["anwsers"])


def test_an_epoch_that_was_not_saved(run):
    with pytest.raises(DataError, match="has no epoch 77"):
        snnrun.inference(run, 77)


def test_a_checkpoint_that_does_not_fit_its_config(run, tmp_path):
    """A shared run tells no other config."""
    copy = share(run, tmp_path / "copy")
    text = copy.config.read_text()
    copy.config.write_text(text.replace("size: 14", "size: 15"))
    with pytest.raises(DataError, match=r"layers.0.weights is \[5, 14\] in the checkpoint"):
        snnrun.inference(copy)
