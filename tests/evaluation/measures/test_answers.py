"""Answers: counts, labels, predictions and scores are those of the network."""

from dataclasses import replace

import numpy as np

from snnrun.evaluation.measures import answers
from snnrun.learning.outcome import predictions
from tests.evaluation.runs import measured, saved


def test_they_are_those_of_the_network(live, evaluated):
    found, (_, _, labels) = evaluated.of("answers"), live.samples()
    predicted = live.predict()
    np.testing.assert_array_equal(found["labels"], labels)
    np.testing.assert_array_equal(found["predictions"], predicted)
    for (true, guess), count in np.ndenumerate(found["counts"]):
        guess = -1 if guess == len(found["counts"]) else guess
        assert count == ((labels.numpy() == true) & (predicted == guess)).sum()
    _, record = live.show()
    expected = live.learner.rule.scores(record)
    np.testing.assert_allclose(found["scores"], expected, rtol=1e-5, atol=1e-6)
    assert (predictions(expected).numpy() == predicted).all()
    assert evaluated.accuracy == (labels.numpy() == predicted).mean()


def test_of_very_many_samples_the_first_are_kept_and_all_are_counted(live, tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "MOST", 33)
    classes = len(live.experiment.data.classes)
    monkeypatch.setattr(answers, "ROOM", 21 * classes * live.learner.dtype.itemsize)
    train = live.experiment.train.model_copy(update={"eval_batch_size": 13})
    small = replace(live, experiment=live.experiment.model_copy(update={"train": train}))
    found = measured(saved(tmp_path / "run", small), "answers").of("answers")
    assert len(found["labels"]) == len(found["predictions"]) == 33
    assert len(found["scores"]) == 21
    assert found["counts"].sum() == len(live.dataset.test)


def test_sizes_are_those_of_the_splits(live, evaluated):
    found = {name: int(size) for name, size in evaluated.of("sizes").items()}
    assert found == {
        name: len(live.dataset.split(name)) for name in ("train", "validation", "test")
    }
    assert len(set(found.values())) > 1
