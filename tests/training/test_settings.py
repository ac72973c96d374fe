"""Settings of training at work: what each does to a run, and that a run with it may be cut."""

import math
import re
from itertools import pairwise

import pytest
import torch

import snnrun
from snnrun.core.position import Position
from snnrun.errors import Interrupted
from snnrun.experiment import load_config
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.resuming import SETTLED
from snnrun.training.watchers.watcher import Watcher
from tests.tiny import experiment, same_result, weights
from tests.training.stopped import StopAfter, stopped_run

#: Four epochs of five batches each, at a rate of 0.001, whose gradients are all followed.
PLAIN = ["train.scheduler=null", "learning.bump=null"]
#: What is different from the plain run.
CASES = {
    "clip by norm": ["train.clip={norm: 0.003}"],
    "clip by value": ["train.clip={value: 0.0003}"],
    "clip by both": ["train.clip={norm: 0.003, value: 0.0003}"],
    "cosine": ["train.scheduler={name: cosine}"],
    "cosine of updates": ["train.scheduler={name: cosine, each: update}"],
    "one cycle": ["train.scheduler={name: one_cycle, up: 0.5}"],
    "warm-up": ["train.scheduler={name: warmup, epochs: 1.5}"],
    "warm-up, then": ["train.scheduler={name: warmup, epochs: 1.5, then: {name: cosine}}"],
    "frozen": ["train.frozen=[layers.0.*]"],
    "gathered": ["train.accumulate=2"],
    "adamw": ["train.optimizer={name: adamw, lr: 0.001}"],
    "plateau": ["train.scheduler={name: plateau, patience: 0, each: update}"],
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> RunDir:
    folder = tmp_path_factory.mktemp("plain")
    return snnrun.train(experiment(folder, *PLAIN), results=folder)


@pytest.mark.parametrize("name", CASES)
def test_it_does_something_and_may_be_cut_anywhere(plain, tmp_path, name):
    (tmp_path / "whole").mkdir()
    overrides = [*PLAIN, *CASES[name]]
    whole = snnrun.train(experiment(tmp_path / "whole", *overrides), results=tmp_path)
    assert weights(whole) != weights(plain)
    for batches in (8, 15):
        run = stopped_run(tmp_path, batches, *overrides)
        assert same_result(whole, snnrun.resume(run)), batches


# ---- schedules ----


class Rates(Watcher):
    """Notes the learning rate of every update, and a number of the model or the rule."""

    def __init__(self, number=lambda training: None) -> None:
        self.rates, self.numbers, self._number = [], [], number

    def started(self, training: Training) -> None:
        step = training.stepping.step

        def noting(**known):
            self.rates.append(training.stepping.rate)
            self.numbers.append(self._number(training))
            step(**known)

        training.stepping.step = noting


def trained(folder, *overrides) -> list[float]:
    """The learning rate of each of 20 updates, five an epoch."""
    config, run, rates = experiment(folder, *overrides), RunDir.create(folder, "run"), Rates()
    run.write_experiment(config)
    Training(config, [rates]).start(run)
    return rates.rates


def half_cosine(share: float) -> float:
    return (1 + math.cos(math.pi * share)) / 2


def one_cycle(at: float) -> float:
    if at < 0.5:
        return 1 + (0.04 - 1) * half_cosine(2 * at)
    return 4e-6 + (1 - 4e-6) * half_cosine(2 * at - 1)


#: The rate of an update in thousandths, where a share of the run lies behind it.
RATES = {
    "cosine": lambda at: half_cosine(int(4 * at + 1e-9) / 4),
    "cosine of updates": half_cosine,
    "one cycle": one_cycle,
    "warm-up": lambda at: min(at * 4 / 1.5, 1),
    "warm-up, then": lambda at: min(at * 4 / 1.5, 1) * half_cosine(int(4 * at + 1e-9) / 4),
}


@pytest.mark.parametrize("name", RATES)
def test_the_rate_of_every_update(tmp_path, name):
    expected = [1e-3 * RATES[name](update / 20) for update in range(20)]
    assert trained(tmp_path, *CASES[name]) == pytest.approx(expected, rel=1e-9, abs=1e-15)


LIF = """
seed: 3
data: {name: yin_yang, sizes: {train: 100, validation: 60, test: 70}}
encoder: {name: rate, steps: 6}
model: {name: lif, layers: [{size: 8, gain: 4.0}], readout: {name: leaky}}
learning: {name: eprop}
train:
  epochs: 3
  batch_size: 20
  schedules: [{name: exponential, gamma: 0.5, target: model.surrogate.sharpness}]
  savepoints: [1]
  live_plot: false
  tensorboard: false
"""


def lif(folder, *overrides):
    (folder / "lif.yaml").write_text(LIF)
    return load_config(folder / "lif.yaml", overrides)


def sharpness(training):
    return training.learner.model.layers[0].neuron.sharpness


def test_a_schedule_with_a_target_changes_how_the_network_learns(tmp_path):
    """The sharpness of its pseudo-derivatives, and nothing else."""
    config, run = lif(tmp_path), RunDir.create(tmp_path, "whole")
    run.write_experiment(config)
    noted = Rates(sharpness)
    Training(config, [noted]).start(run)
    first = noted.numbers[0]
    assert noted.numbers == [first] * 5 + [first / 2] * 5 + [first / 4] * 5
    assert len(set(noted.rates)) == 1
    other = snnrun.train(lif(tmp_path, "train.schedules=[]"), results=tmp_path)
    assert weights(other, "epoch_0001") == weights(run, "epoch_0001")
    assert weights(other, "epoch_0003") != weights(run, "epoch_0003")
    cut = RunDir.create(tmp_path, "cut")
    cut.write_experiment(config)
    with pytest.raises(Interrupted):
        Training(config, [StopAfter(8)]).start(cut)
    snnrun.resume(cut)
    assert weights(cut, "epoch_0003") == weights(run, "epoch_0003")


# ---- gradients ----


class Lengths(Watcher):
    """Notes the norm, and the largest number, of the gradients that the optimiser follows."""

    def __init__(self) -> None:
        self.norms, self.largest = [], []

    def batch_done(self, training: Training) -> None:
        flat = torch.cat([each.grad.flatten() for each in training.stepping.trained])
        self.norms.append(flat.norm().item())
        self.largest.append(flat.abs().max().item())


def gradients(folder, *overrides) -> Lengths:
    lengths = Lengths()
    Training(experiment(folder, *PLAIN, *overrides), [lengths]).start(None)
    return lengths


def test_no_gradient_is_longer_than_its_limits(tmp_path):
    free = gradients(tmp_path)
    norm, value = sorted(free.norms)[10], sorted(free.largest)[10]
    short = gradients(tmp_path, f"train.clip={{norm: {norm}}}")
    assert max(short.norms) == pytest.approx(norm, rel=1e-3)
    assert free.norms[0] == short.norms[0] or free.norms[0] > norm
    small = gradients(tmp_path, f"train.clip={{value: {value}}}")
    assert max(small.largest) == pytest.approx(value, rel=1e-6)
    assert max(free.norms) > 1.05 * norm
    assert max(free.largest) > 1.05 * value


# ---- the end, the beginning, and what stays ----


def test_training_that_has_settled_ends_early_wherever_it_was_cut(tmp_path):
    still = ["train.optimizer.lr=1e-12", "train.early_stopping.patience=3", "train.epochs=9",
             "train.savepoints=[]", "encoder.noise=null"]  # fmt: skip
    whole = snnrun.train(experiment(tmp_path, *still), results=tmp_path)
    status = whole.status()
    assert (status["state"], status["reason"]) == ("finished", SETTLED)
    end = status["epoch"]
    assert end == status["best"]["epoch"] + 3 < 9
    for batches in (2, 5 * end - 4, 5 * end):
        run = stopped_run(tmp_path, batches, *still)
        snnrun.resume(run)
        assert same_result(whole, run, Position(end).name), batches
        assert run.status()["reason"] == SETTLED


def test_a_run_starts_from_the_weights_of_another_wherever_it_was_cut(plain, tmp_path):
    start = f"train.start_from={plain.checkpoints / 'epoch_0002'}"
    whole = snnrun.train(experiment(tmp_path, start), results=tmp_path)
    first, second = (checkpoint.open_epoch(run.checkpoints, epoch).tensors
                     for run, epoch in ((whole, 0), (plain, 2)))  # fmt: skip
    model = [name for name in first if name.startswith("model.")]
    assert len(model) > 1
    assert all(torch.equal(first[name], second[name]) for name in model)
    config, run = experiment(tmp_path, start), RunDir.create(tmp_path, "stopped")
    run.write_experiment(config)
    training = Training(config, [StopAfter(8)])
    training.learner.start_from(checkpoint.open_epoch(plain.checkpoints, 2))
    with pytest.raises(Interrupted):
        training.start(run)
    text = run.config.read_text()  # the other run may be gone by now, and its name is of no use
    run.config.write_text(re.sub("start_from: .*", "start_from: null", text))
    assert same_result(whole, snnrun.resume(run))


def test_what_is_frozen_stays_bit_for_bit(tmp_path):
    config = experiment(tmp_path, "train.frozen=[layers.0.*]", "train.savepoints=[1, 2, 3]")
    run = snnrun.train(config, results=tmp_path)
    every = [checkpoint.open_epoch(run.checkpoints, epoch).tensors for epoch in range(5)]
    for before, now in pairwise(every):
        assert torch.equal(before["model.layers.0.weights"], now["model.layers.0.weights"])
        assert not torch.equal(before["model.layers.1.weights"], now["model.layers.1.weights"])
