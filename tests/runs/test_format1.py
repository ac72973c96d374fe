"""Runs of format 1 open, go on, and are shared, exported and drawn as runs of today."""

import json
import re

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import snnrun
from snnrun.compat import export_run
from snnrun.core.position import Position
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.sharing import share
from snnrun.plots import PLOTS
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from tests.evaluation.runs import measures_of
from tests.runs.format1 import (
    DRAWS,
    GOLDEN,
    NAMES,
    STEADY,
    STEADY_IN_EVALUATION,
    epochs_of,
    run_of,
    state_of,
    tolerance,
    write_state,
)  # fmt: skip
from tests.tiny import numbers


def test_every_run_is_in_the_table_of_the_readme():
    assert DRAWS.keys() == set(NAMES)
    assert len(STEADY) == 7
    assert all(checkpoint.load(path.parent).format == 1 for path in GOLDEN.rglob("state.pt"))


@pytest.mark.parametrize("name", NAMES)
def test_saved_epochs_give_the_numbers_that_were_logged(tmp_path, name):
    run = run_of(name, tmp_path)
    for epoch in epochs_of(run):
        logged = {
            row["name"]: row["value"]
            for row in run.logged()
            if (row["epoch"], row["split"]) == (epoch, "validation")
        }
        found = snnrun.inference(run, epoch, "validation")
        if name in STEADY_IN_EVALUATION:
            assert found.loss == pytest.approx(logged["loss"], rel=tolerance(run), abs=0)
            assert found.accuracy == logged["accuracy"]
        else:  # by other random numbers it changes by up to 3 %
            assert found.loss == pytest.approx(logged["loss"], rel=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_all_that_figures_need_is_measured(tmp_path, name):
    run = run_of(name, tmp_path)
    epoch = epochs_of(run)[-1]
    wanted = measures_of(run.experiment())
    found = evaluate_run(run, epoch, "test", wanted)
    assert found.facts["measures"] == wanted
    assert len(wanted) > 2
    before = load_file(run.checkpoints / Position(epoch).name / "weights.safetensors")
    assert found.weights.keys() == {name.replace("labels.", "readout.") for name in before}


def test_its_weights_and_curves_are_drawn(tmp_path):
    found = evaluate_run(run_of("eprop_adam_plateau", tmp_path), 3, measures=["sizes"])
    titles = [axes.get_title() for axes in PLOTS["weights"].draw(found).axes]
    assert titles == ["hidden layer 1 (9 × 12)", "hidden layer 2 (12 × 9)", "readout (9 × 3)"]
    train, validation = PLOTS["curves"].draw(found).axes[0].lines[:2]
    assert [list(line.get_xdata()) for line in (train, validation)] == [[1, 2, 3], [0, 1, 2, 3]]


#: What is new from the checkpoint on, in words.
NEW = {
    "first_spike_noise": "input noise, threshold of a spike",
    "random_feedback_poisson_augmented": "shift, input spikes",
    "sbs_2022_adam": "flip, spikes",
    "sbs_multiplicative_adam_sbs_lr": "spikes",
}


@pytest.mark.parametrize("name", NAMES)
def test_it_goes_on_to_its_end(tmp_path, name, capsys):
    run = run_of(name, tmp_path)
    stood = checkpoint.saved(run.checkpoints)[-1]
    assert stood.batch
    snnrun.resume(run)
    told = [line for line in capsys.readouterr().err.splitlines() if "random numbers" in line]
    assert [line.rpartition("these are new: ")[2] for line in told] == (
        [] if name in STEADY else [NEW[name]]
    )
    assert all(line.startswith("the bits differ from an unbroken run: ") for line in told)
    assert run.status()["state"] == "finished"
    end = Position(run.experiment().train.epochs)
    last = checkpoint.open_epoch(run.checkpoints)
    assert (last.at, last.format) == (end, 2)
    if name in STEADY:
        ends_as_expected(run, last.tensors)
    before = (GOLDEN / name / "metrics.jsonl").read_text().splitlines()
    known = checkpoint.open_epoch(GOLDEN / name / "checkpoints").progress.metric_lines
    assert [line.rstrip() for line in run.metric_lines()[:known]] == before[:known]
    assert not (run.path / "superseded").exists()


#: An alignment is a cosine: where it is near 0, it is what is left of products of both signs, which
#: another processor rounds otherwise.
NEAR_NOTHING = 2e-6


def ends_as_expected(run: RunDir, tensors: dict[str, torch.Tensor]) -> None:
    """Compare with what the run gave when it was not stopped."""
    expected, rtol = run.path / "expected", tolerance(run)
    weights = load_file(expected / "weights.safetensors")
    ours = {name for name in tensors if name.startswith("model.")}
    assert ours == {renamed(name) for name in weights}
    for name, tensor in weights.items():
        torch.testing.assert_close(tensors[renamed(name)], tensor, rtol=rtol, atol=0)
    rows = [json.loads(line) for line in (expected / "metrics.jsonl").read_text().splitlines()]
    found = numbers(run)
    assert [without_value(row) for row in found] == [without_value(row) for row in rows]
    for ours, row in zip(found, rows, strict=True):
        near = NEAR_NOTHING if rtol and row["name"].startswith("alignment/") else 0
        assert ours["value"] == pytest.approx(row["value"], rel=rtol, abs=near, nan_ok=True), row
    if (expected / "history.jsonl").exists():
        series = RunDir(expected).history()
        assert run.history().keys() == series.keys()
        for name, each in run.history().items():
            assert each.epochs == series[name].epochs
            np.testing.assert_allclose(each.values, series[name].values, rtol=rtol, atol=0)


def renamed(name: str) -> str:
    return "model." + name.replace("labels.", "readout.")


def without_value(row: dict) -> dict:
    return {key: row[key] for key in row if key != "value"}


@pytest.mark.parametrize("name", NAMES)
def test_what_its_rule_kept_is_there_again(name):
    run = RunDir(GOLDEN / name)
    for epoch in epochs_of(run):
        rule = snnrun.load(run, epoch).rule
        kept = state_of(run, Position(epoch))["rule"]
        assert kept.keys() <= {"bump", "feedback", "batches", "scale"}
        assert kept
        if "bump" in kept:
            layer = kept["bump"]["layer"]
            assert rule.bumper.value.item() == kept["bump"]["value"]
            assert rule.bumper.layer.item() == (-1 if layer is None else layer)
        if "feedback" in kept:
            matrices = zip(rule.feedback.matrices, kept["feedback"]["matrices"], strict=True)
            assert all(torch.equal(one, other) for one, other in matrices)
        if "scale" in kept:
            assert rule.scale.values.tolist() == kept["scale"]["values"]
            assert rule.scale.frozen.item() == kept["scale"]["frozen"]
            assert rule.scale.updates.item() == kept["scale"]["updates"]


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_shared(tmp_path, name):
    run = run_of(name, tmp_path)
    epoch = epochs_of(run)[-1]
    copied = share(run, tmp_path / "small", epoch)
    assert checkpoint.open_epoch(copied.checkpoints).format == 2
    one, other = snnrun.inference(run, epoch), snnrun.inference(copied)
    assert (other.epoch, other.loss, other.accuracy) == (epoch, one.loss, one.accuracy)


@pytest.mark.parametrize("name", ["first_spike_adam_step", "first_spike_noise"])
def test_it_can_be_exported(tmp_path, name):
    run = run_of(name, tmp_path)
    config = run.config.read_text()  # the other program knows no data of other sizes
    epoch = epochs_of(run)[-1]
    state = state_of(run, Position(epoch))
    write_state(run, {**state, "config": ""}, Position(epoch))
    whole = re.sub(r"^data:.*?(?=^encoder:)", "data: {name: yin_yang}\n", config, flags=re.M | re.S)
    run.config.write_text(whole)
    paths = export_run(run, "fastanddeep", tmp_path / "out", epoch)
    assert (tmp_path / "out" / "config.yaml") in paths
    saved = load_file(run.checkpoints / Position(epoch).name / "weights.safetensors")
    written = [np.load(path) for path in paths if path.name.endswith("_weights.npy")]
    ours = [saved[key] for key in sorted(saved) if key.endswith(".weights")]
    assert len(written) == len(ours)
    for one, other in zip(written, ours, strict=True):
        np.testing.assert_array_equal(one, other)
