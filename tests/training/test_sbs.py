"""Spike-By-Spike networks train, stop, go on and are evaluated as all others."""

import shutil

import numpy as np
import pytest
import torch

import snnrun
from snnrun.core.position import Position
from snnrun.data.loader import Use
from snnrun.errors import ConfigError, Interrupted
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.experiment import load_config
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.learner import build_learner, load_data
from snnrun.training.loop import Training
from tests.evaluation.runs import opened
from tests.tiny import numbers, weights
from tests.training.stopped import StopAfter

CONFIGS = {
    "2022": """
encoder: {name: on_off}
model:
  name: sbs
  dialect: 2022
  spikes: 12
  eps_xy: {lr: 0.01}
  alpha_iterations: 1
  layers:
    - {name: sbs, neurons: 5, kernel: 3, stride: 2}
    - {name: sbs_pooling, kernel: 2, eps_xy: {trainable: false}}
    - {name: sbs, neurons: 10}
learning: {name: sbs, dialect: 2022}
train:
  augment: [{name: crop, pixels: 1, per: batch}]
  optimizer: {name: adam, lr: 0.01}
  scheduler: {name: sbs_lr, each: update, patience: 2, tau: 3}
""",
    "2023": """
encoder: {name: pixels}
model:
  name: sbs
  spikes: 12
  layers:
    - {name: sbs, neurons: 5, kernel: 3, stride: 2, joint_spikes: true, spikes: 80}
    - {name: average_pooling, kernel: [2, 1]}
    - {name: sbs, neurons: 10}
learning: {name: sbs, threshold: 1e-3}
train:
  augment: [{name: crop, pixels: 1}]
  optimizer: {name: multiplicative_adam, lr: 0.3}
  scheduler: {name: plateau, patience: 0}
""",
}
REST = """
seed: 4
data: {name: digits}
train:
  epochs: 2
  batch_size: 150
  eval_batch_size: 90
  accumulate: 3
  live_plot: false
  tensorboard: false
"""


def experiment(folder, year, *overrides):
    (folder / "rest.yaml").write_text(REST)
    (folder / "sbs.yaml").write_text("extends: rest.yaml\n" + CONFIGS[year])
    return load_config(folder / "sbs.yaml", overrides)


@pytest.fixture(scope="module", params=CONFIGS)
def whole(request, tmp_path_factory):
    """A year, and a run that never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    return request.param, snnrun.train(experiment(folder, request.param), results=folder)


@pytest.mark.parametrize(
    ("batches", "stands"), [(1, "epoch_0000_batch_0003"), (9, "epoch_0001_batch_0003")]
)
def test_stopped_it_goes_on_to_the_same_bits_from_its_last_update(whole, tmp_path, batches, stands):
    """Eight batches an epoch, three an update: the last has two."""
    year, unbroken = whole
    config = experiment(tmp_path, year)
    run = RunDir.create(tmp_path, "stopped")
    run.write_experiment(config)
    with pytest.raises(Interrupted):
        Training(config, [StopAfter(batches)]).start(run)
    assert (run.checkpoints / "last").read_text().strip() == stands
    snnrun.resume(run)
    name = Position(2).name
    assert weights(run, name) == weights(unbroken, name)
    assert numbers(run) == numbers(unbroken)


def test_inference_gives_the_numbers_of_training_in_batches_of_any_size(whole, tmp_path):
    _, run = whole
    logged = {
        row["name"]: row["value"]
        for row in run.logged()
        if (row["epoch"], row["split"]) == (2, "validation")
    }
    result = evaluate_run(run, 2, "validation", into=tmp_path / "one")
    assert result.accuracy == logged["accuracy"]
    assert result.loss == logged["loss"]
    text = run.config.read_text()
    assert "eval_batch_size: 90" in text
    try:
        run.config.write_text(text.replace("eval_batch_size: 90", "eval_batch_size: 41"))
        again = evaluate_run(run, 2, "validation", into=tmp_path / "other")
    finally:
        run.config.write_text(text)
    one, other = (each.of("answers")["scores"] for each in (result, again))
    np.testing.assert_allclose(other, one, rtol=0, atol=1e-6)


def test_threads_change_nothing(whole):
    network, before, scores = opened(whole[1], 2), torch.get_num_threads(), []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        _, record = network.show(np.arange(60))
        scores.append(network.model.scores(record).numpy())
    torch.set_num_threads(before)
    np.testing.assert_array_equal(*scores)


def test_it_learns(whole, tmp_path):
    """Within two epochs so small a network of 2022 moves less than its spikes make it tremble."""
    run = RunDir(shutil.copytree(whole[1].path, tmp_path / "run"))
    epochs, loss = snnrun.resume(run, epochs=8).curve("validation", "loss")
    assert epochs == list(range(9))
    assert max(loss[6:]) < 0.995 * loss[0]


def test_what_is_logged(whole):
    year, run = whole
    last = {(row["split"], row["name"]) for row in run.logged() if row["epoch"] == 2}
    scales = {("train", f"gradient_scale/layers.{index}") for index in (0, 2)}
    assert (scales <= last) == (year == "2023")


def test_the_rate_changes_after_each_update(tmp_path):
    _, rates = snnrun.train(experiment(tmp_path, "2022"), results=tmp_path).curve(
        "train", "learning_rate"
    )
    assert rates[0] != rates[1]
    assert rates[0] < 0.01


def test_images_are_cropped_at_random_and_to_the_middle(tmp_path):
    config = experiment(tmp_path, "2023")
    learner, dataset = build_learner(config), load_data(config)

    def images(source, use, epoch):
        loader = learner.loader(source, config, use, 50, only=np.arange(50))
        return next(loader.epoch(epoch)).inputs

    assert dataset.train.shape == (1, 8, 8)
    shown = images(dataset.validation, Use("validation"), 0)
    whole, _ = dataset.validation.read(np.arange(50))
    np.testing.assert_allclose(shown, whole[..., 1:-1, 1:-1], atol=1e-19)  # no pixel is black
    one, two = (images(dataset.train, Use("train", learning=True), epoch) for epoch in (0, 1))
    assert one.shape == (50, 1, 6, 6)
    assert not torch.equal(one, two)


def test_the_encoder_adapts_to_the_training_images_and_what_it_learned_is_saved(tmp_path):
    run = snnrun.train(experiment(tmp_path, "2022"), results=tmp_path)
    learner = snnrun.load(run)
    train = load_data(run.experiment()).train
    expected = train.read(np.arange(len(train)))[0].astype(float).mean()
    assert learner.encoder.mean.tolist() == [pytest.approx(expected)]
    saved = checkpoint.open_epoch(run.checkpoints, 2).tensors
    assert torch.equal(saved["encoder.mean"], learner.encoder.mean)


def test_responses(whole):
    _, record = opened(whole[1], 2).show(np.arange(20))
    assert [tuple(h.shape[:2]) for h in record.activities] == [(20, 5), (20, 5), (20, 10)]


def test_batches_of_an_update_are_counted_whole(tmp_path):
    with pytest.raises(ConfigError, match=r"train\.accumulate: must be a whole number, got 2\.5"):
        experiment(tmp_path, "2022", "train.accumulate=2.5")
