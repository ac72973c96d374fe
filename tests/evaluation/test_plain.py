"""Parts of other people that offer nothing to figures have those that need nothing."""

import numpy as np
import pytest

import snnrun
from snnrun.learning import RULES
from snnrun.models import MODELS
from tests import toy_parts
from tests.evaluation import regression
from tests.toy_parts import CONFIG, HEBBIAN

NUMBERS = """
data: {{name: arrays, targets_are: numbers,
        train: {{values: {0}/x.npy, targets: {0}/y.npy}},
        test: {{values: {0}/x.npy, targets: {0}/y.npy}}}}
encoder: {{name: rate, steps: 2}}
model: {{name: toy_linear}}
learning: {{name: squares}}
train: {{epochs: 2, batch_size: 10, optimizer: {{name: sgd, lr: 0.1}},
        live_plot: true, tensorboard: false}}
"""


@pytest.fixture(autouse=True)
def _toys(monkeypatch, quick_files):
    """Tables that hold the small parts, for a while."""
    rules = {"toy_descent": toy_parts.DESCENT, "toy_hebb": toy_parts.HEBB}
    for table, more in (
        (MODELS, {"toy_linear": toy_parts.MODEL}),
        (RULES, rules | {"squares": regression.SQUARES}),
    ):
        monkeypatch.setattr(table, "_known", {**table.known, **more})


def drawn(tmp_path, text, *overrides):
    """A run of a config, and the names of its figures."""
    path = tmp_path / "toy.yaml"
    path.write_text(text)
    run = snnrun.train(path, overrides, results=tmp_path)
    return run, {path.stem for path in snnrun.evaluate([run])}


@pytest.mark.parametrize("text", [CONFIG, HEBBIAN], ids=["with a loss", "without a loss"])
def test_networks_of_other_people_have_the_figures_that_need_nothing(tmp_path, text):
    """A rule without a loss ended with "metrics.jsonl holds no 'loss'", and exit code 1."""
    run, names = drawn(tmp_path, text, "train.epochs=2")
    of_classes = {"confusion_test", "confusion_train", "classes"}
    assert names == {"curves", "weights", "activity", "input_noise"} | of_classes
    assert snnrun.inference(run).accuracy > 0.2


def test_samples_without_classes_have_figures_and_no_accuracy(tmp_path):
    values = np.random.default_rng(0).random((60, 5), np.float32)
    np.save(tmp_path / "x.npy", values)
    np.save(tmp_path / "y.npy", values[:, :2] - values[:, 3:])
    run, names = drawn(tmp_path, NUMBERS.format(tmp_path))
    assert names == {"curves", "weights", "activity"}
    result = snnrun.inference(run)
    assert result.accuracy is None
    tested = dict(zip(*run.curve("test", "loss"), strict=True))
    assert result.loss == tested[result.epoch] > 0
    assert result.of("answers") == {}
    assert (run.path / "live_accuracy.png").is_file()
