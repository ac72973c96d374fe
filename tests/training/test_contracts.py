"""What training promises to the parts that other people bring."""

import json

import numpy as np
import pytest
import torch

import snnrun
from snnrun.core.position import Position
from snnrun.data import load_dataset
from snnrun.errors import ConfigError, DataError, DivergedError, Interrupted
from snnrun.experiment import load_config
from snnrun.learning import RULES
from snnrun.models import MODELS
from snnrun.runs.folder import RunDir
from snnrun.training.loop import Training
from snnrun.training.resuming import SETTLED
from snnrun.training.watchers.watcher import Watcher
from tests import tiny, toy_parts


@pytest.fixture(autouse=True)
def _toys(monkeypatch):
    """Tables that hold the small parts, for a while."""
    for table, more in (
        (MODELS, {"toy_linear": toy_parts.MODEL}),
        (RULES, {"toy_descent": toy_parts.DESCENT, "toy_hebb": toy_parts.HEBB}),
    ):
        monkeypatch.setattr(table, "_known", {**table.known, **more})


@pytest.fixture
def train(tmp_path):
    """A function that trains a config text with overrides and returns its run."""

    def run(*overrides, text=toy_parts.CONFIG, name="toy"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        return snnrun.train(path, overrides, results=tmp_path / "results")

    run.load = lambda *overrides, text=toy_parts.CONFIG: load_config(
        _written(tmp_path, text), overrides
    )
    return run


def _written(folder, text):
    path = folder / "toy.yaml"
    path.write_text(text)
    return path


def tensors(run, epoch=None):
    return snnrun.load(run, epoch).state_dict()


# ---- the order of an update ----


def test_an_update_goes_in_the_order_of_the_page(train, monkeypatch):
    training = Training(train.load("train.epochs=1", "train.batch_size=720"))
    calls = training.learner.rule.calls
    step = training.stepping.step
    monkeypatch.setattr(
        training.stepping, "step", lambda **known: (calls.append("optimise"), step(**known))
    )
    training.start(None)
    update = ["step", "intervene", "optimise", "constrain"]
    assert calls == ["calibrate", *update, *update, "calibrate"]


def test_gradients_are_clipped_by_value_and_then_by_norm(train):
    whole = train("train.epochs=1", "train.batch_size=2000", "train.optimizer.lr=1.0")
    clipped = train(
        "train.epochs=1", "train.batch_size=2000", "train.optimizer.lr=1.0",
        "train.clip={value: 0.001, norm: 0.004}",
    )  # fmt: skip

    def moved(run):
        before, after = tensors(run, 0), tensors(run, 1)
        return {name: before[name] - after[name] for name in before if "out" in name}

    gradients = {name: moved(whole)[name].clamp(-0.001, 0.001) for name in moved(whole)}
    length = torch.cat([each.flatten() for each in gradients.values()]).norm()
    assert length > 0.004
    for name, found in moved(clipped).items():
        assert torch.allclose(found, gradients[name] * 0.004 / length, atol=1e-7)


# ---- weights that change within the sample ----


def test_a_rule_that_changes_weights_needs_no_optimiser(train):
    experiment = train.load(text=toy_parts.HEBBIAN)
    assert experiment.train.optimizer is None
    run = train(text=toy_parts.HEBBIAN)
    assert snnrun.inference(run).accuracy > 0.7
    assert {row["name"] for row in run.logged()} == {"accuracy"}


@pytest.mark.parametrize(
    ("override", "text", "message"),
    [
        ("train.optimizer={name: adam}", toy_parts.HEBBIAN, "must be null"),
        ("train.accumulate=2", toy_parts.HEBBIAN, "must be 1"),
        ("train.optimizer=null", toy_parts.CONFIG, "must be one of the optimisers"),
        ("train.scheduler={name: step, every: 1}", toy_parts.HEBBIAN, "nothing is called 'lr'"),
    ],
)
def test_what_makes_no_sense_for_a_rule_is_refused(train, override, text, message):
    with pytest.raises(ConfigError, match=message):
        train.load(override, text=text)


def test_the_size_of_a_chunk_changes_no_bit(train):
    runs = [train(f"train.batch_size={size}", text=toy_parts.HEBBIAN) for size in (100, 7)]
    one, other = (tensors(run)["model.out.weight"] for run in runs)
    assert torch.equal(one, other)


def test_a_rule_that_changes_weights_goes_on_where_it_stopped(train, tmp_path):
    whole = train("train.epochs=3", text=toy_parts.HEBBIAN)
    part = train("train.epochs=1", text=toy_parts.HEBBIAN, name="part")
    snnrun.resume(part, epochs=3)
    assert tiny.weights(part, "epoch_0003") == tiny.weights(whole, "epoch_0003")


# ---- calibration ----


def test_a_rule_calibrates_on_all_training_samples_and_keeps_what_it_found(train):
    run = train()
    assert tensors(run)["rule.calibrated"] == len(load_dataset(run.experiment().data).train)


# ---- what is not finite ----


def test_a_buffer_that_is_not_finite_is_found_and_named(train):
    training = Training(train.load())
    step = training.learner.rule.step

    def spoil(batch):
        training.learner.model.shown.fill_(float("nan"))
        return step(batch)

    training.learner.rule.step = spoil
    with pytest.raises(DivergedError, match=r"model\.shown holds values that are not finite"):
        training.start(None)


# ---- the end of training ----


def test_training_that_has_settled_ends_early_and_says_so(train):
    run = train("train.epochs=50", "train.optimizer.lr=1e-12", "train.early_stopping.patience=3")
    status = run.status()
    assert (status["state"], status["reason"]) == ("finished", SETTLED)
    best = status["best"]["epoch"]
    assert status["epoch"] == best + 3
    assert {row["epoch"] for row in run.logged() if row["split"] == "test"} == {best, best + 3}
    with pytest.raises(ConfigError, match="ended early"):
        snnrun.resume(run)


# ---- other weights to start from, parts that stay ----


def test_weights_of_another_run_are_taken_and_noted(train):
    first = train()
    second = train(f"train.start_from={first.path}", name="second")
    assert torch.equal(tensors(second, 0)["model.out.weight"], tensors(first)["model.out.weight"])
    noted = json.loads((second.path / "environment.json").read_text())["started_from"]
    assert (noted["run"], noted["epoch"]) == (str(first.path), 3)
    third = train(f"train.start_from={first.checkpoints / 'epoch_0000'}", name="third")
    assert torch.equal(tensors(third, 0)["model.out.weight"], tensors(first, 0)["model.out.weight"])


@pytest.mark.parametrize(
    ("place", "message"),
    [("nowhere", "no such run folder"), ("{run}/checkpoints/epoch_0099", "has no epoch 99")],
)
def test_a_run_to_start_from_that_is_absent_is_named(train, place, message):
    first = train()
    with pytest.raises(DataError, match=rf"train\.start_from: .*{message}"):
        train(f"train.start_from={place.format(run=first.path)}", name="second")


def test_weights_that_do_not_fit_are_named(train):
    first = train()
    with pytest.raises(DataError, match=r"train\.start_from: .*model\.out\.bias is \[10\]"):
        train(f"train.start_from={first.path}", "data={name: yin_yang}", name="second")


def test_frozen_parameters_stay(train):
    run = train("train.frozen=[out.bias]")
    before, after = tensors(run, 0), tensors(run)
    assert torch.equal(before["model.out.bias"], after["model.out.bias"])
    assert not torch.equal(before["model.out.weight"], after["model.out.weight"])


def test_a_pattern_that_freezes_nothing_is_refused(train):
    with pytest.raises(ConfigError, match=r"train\.frozen\.0: .*'out\.biss'; did you mean"):
        train("train.frozen=[out.biss]")


# ---- numbers that schedules change ----


def test_a_schedule_changes_a_number_of_the_model(train):
    training = Training(train.load("train.schedules=[{name: step, every: 1, target: model.gain}]"))
    seen = []
    notify = training.watchers.notify
    training.watchers.notify = lambda event, *rest: (
        event == "epoch_done" and seen.append(training.learner.model.gain),
        notify(event, *rest),
    )
    training.start(None)
    assert seen == pytest.approx([0.1, 0.01, 0.001])  # that of the epochs done, of which it tells


GAIN = "train.schedules=[{name: exponential, gamma: 0.5, target: model.gain}]"


def test_a_saved_epoch_is_evaluated_with_the_numbers_that_its_schedules_had_reached(train):
    """They are in no checkpoint; inference took the first, training tested the best by the last."""
    run = train(GAIN, "train.epochs=4", "train.savepoints=[1, 2, 3]", "train.optimizer.lr=3.0")
    assert [snnrun.load(run, epoch).model.gain for epoch in (0, 1, 4)] == [1.0, 0.5, 0.0625]
    logged = {(r["split"], r["epoch"]): r["value"] for r in run.logged() if r["name"] == "loss"}
    for epoch in range(5):
        assert snnrun.inference(run, epoch, "validation").loss == logged["validation", epoch]
    tested = [epoch for split, epoch in logged if split == "test"]
    assert len(tested) == 2
    for epoch in tested:
        assert snnrun.inference(run, epoch).loss == logged["test", epoch]


class StopAtTheEnd(Watcher):
    """Stops before what was trained is tested."""

    def epoch_done(self, training, rows):
        if training.at.epoch == training.settings.epochs:
            training.stop.reason = "a test"


def test_a_run_that_was_stopped_while_it_was_tested_is_tested_with_the_same_numbers(
    train, tmp_path
):
    config, run = train.load(GAIN), RunDir.create(tmp_path, "stopped")
    run.write_experiment(config)
    with pytest.raises(Interrupted, match="saved epoch 3"):
        Training(config, [StopAtTheEnd()]).start(run)
    assert not run.curve("test", "loss")[0]
    snnrun.resume(run)
    whole = train(GAIN, name="whole")
    assert run.curve("test", "loss") == whole.curve("test", "loss")


def test_a_number_that_nobody_offers_is_refused_with_the_nearest(train):
    with pytest.raises(ConfigError, match=r"schedules\.0\.target: .*did you mean 'model\.gain'"):
        train.load("train.schedules=[{name: step, every: 1, target: model.gian}]")


def test_two_schedules_of_one_number_are_refused(train):
    step = "{name: step, every: 1}"
    with pytest.raises(ConfigError, match="lr has a schedule already"):
        train.load(f"train.schedules=[{step}, {step}]")


# ---- initial weights ----


def test_layers_of_torch_begin_with_the_seed(train):
    runs = [train("train.epochs=1", f"seed={seed}", name=f"s{seed}{n}") for seed, n in SEEDS]
    first = [tensors(run, 0)["model.out.weight"].numpy() for run in runs]
    assert np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], first[2])


SEEDS = ((1, "a"), (1, "b"), (2, "c"))


# ---- several processes ----


def test_a_rule_that_cannot_be_split_is_not_started_in_several(train, monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="toy_descent cannot be split over processes"):
        train()


def test_a_stop_is_obeyed_between_updates(train):
    training = Training(train.load("train.accumulate=2", "train.batch_size=50"))
    done = []
    training.watchers.notify = lambda event, *rest: (
        event == "batch_done" and done.append(training.at.batch),
        len(done) == 3 and setattr(training.stop, "reason", "a test"),
    )
    with pytest.raises(Interrupted, match="a test"):
        training.start(None)
    assert training.at == Position(0, 4)
