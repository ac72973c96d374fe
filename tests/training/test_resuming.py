"""Before a run goes on: what is damaged is refused or kept aside, and told in one line each."""

import json
import math

import pytest
import torch

import snnrun
from snnrun.errors import ConfigError, DataError, SnnrunError
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from snnrun.runs.lines import whole_lines
from snnrun.training.loop import Training
from tests.runs.checkpoints import change_state, change_tensors
from tests.tiny import experiment, numbers, same_result
from tests.training.stopped import files_of, stopped_run

METRICS, HISTORY = "metrics.jsonl", "history.jsonl"


def fill(name, value):
    def change(tensors):
        tensors[name] = torch.full_like(tensors[name], value)

    return change


def put(name, tensor):
    return lambda tensors: tensors.update({name: tensor})


def state(*keys, value):
    return lambda path: change_state(path, *keys, value=value)


def weights(change):
    return lambda path: change_tensors(path, "weights.safetensors", change)


def optimizer(change):
    return lambda path: change_tensors(path, "optimizer.safetensors", change)


FIRST = "model.layers.0.weights"
#: What was damaged, and a part of what is told.
DAMAGES = {
    "rate": (state("optimizer", 0, "lr", value=-1.0), "optimizer.0.lr"),
    "no rate": (state("optimizer", 0, "lr", value="NaN"), "optimizer.0.lr"),
    "other parameter": (state("optimizer", 0, "parameters", 1, value="x"), "trained x, where"),
    "no groups": (state("optimizer", value=[]), "groups of [] parameters, not [2]"),
    "no optimiser": (state("optimizer", value=None), "groups of [] parameters, not [2]"),
    "a schedule": (state("schedules", value={"lr": {"best": 1.0}}), "schedules of ['lr']"),
    "means": (state("means", value={"loss": [1.0, 0]}), "means.loss.1"),
    "best": (state("best", "values", value={}), "best.values"),
    "some of the best": (state("best", "values", value={"loss": 0.5}), "values lacks accuracy"),
    "seconds": (state("seconds", value="x"), "seconds"),
    "config of no yaml": (state("config", value="a: ["), "config"),
    "config of no map": (state("config", value="3"), "config"),
    "moments": (optimizer(put(f"{FIRST}/exp_avg", torch.ones(2))), "expected torch.float32 [5, "),
    "squares": (optimizer(fill(f"{FIRST}/exp_avg_sq", -1.0)), "holds values below 0"),
    "step": (optimizer(fill(f"{FIRST}/step", math.nan)), f"step of {FIRST} holds values that are"),
    "stranger": (optimizer(put("x/step", torch.ones(1))), "of which it trains nothing"),
    "weights": (weights(fill(FIRST, math.inf)), f"{FIRST} holds values that are not finite"),
    "rule": (weights(fill("rule.bumper.value", math.nan)), "rule.bumper.value holds values that"),
    "lacking": (weights(lambda found: found.pop("rule.bumper.layer")), "bumper.layer is absent in"),
    "too much": (weights(put("rule.more", torch.ones(3))), "rule.more is [3] in the checkpoint"),
    "kind": (weights(put("rule.bumper.layer", torch.tensor(0.5))), "holds torch.float32 in the"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_refused_and_nothing_is_touched(tmp_path, damage):
    """Its checksums are right: it was written so, or edited with care."""
    run = stopped_run(tmp_path, 12)
    change, told = DAMAGES[damage]
    change(run.checkpoints / "epoch_0002_batch_0002")
    before = files_of(run)
    with pytest.raises(SnnrunError, match="epoch_0002_batch_0002") as error:
        snnrun.resume(run)
    assert isinstance(error.value, DataError)
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert files_of(run) == before
    assert snnrun.resume(run, epoch=2).status()["state"] == "finished"


@pytest.mark.parametrize("batches", [2, 5, 7])
def test_gathered_updates_are_counted_on(tmp_path, batches):
    """Behind the last batch of an epoch, which no whole update ends, it counted one too few."""
    schedule = "train.scheduler={name: cosine, each: update}"
    chosen = ("train.accumulate=2", "train.epochs=2", "train.savepoints=[]", schedule)
    whole, part = tmp_path / "whole", tmp_path / "part"
    for each in (whole, part):
        each.mkdir()
    experiment_of = experiment(whole, *chosen)
    unbroken = RunDir.create(whole, "unbroken")
    unbroken.write_experiment(experiment_of)
    Training(experiment_of).start(unbroken)
    stopped = stopped_run(part, batches, *chosen)
    snnrun.resume(stopped)
    assert same_result(unbroken, stopped, "epoch_0002")


# ---- lines that are damaged, or missing ----


def flip(path, number: int) -> str:
    """Change one character in the middle of a line; return the line as it was."""
    lines = whole_lines(path)
    line, middle = lines[number], len(lines[number]) // 2
    lines[number] = line[:middle] + ("x" if line[middle] != "x" else "y") + line[middle + 1 :]
    path.write_text("".join(lines))
    return line


@pytest.mark.parametrize("name", [METRICS, HISTORY])
def test_a_damaged_line_is_kept_aside_and_told(unbroken, tmp_path, capsys, name):
    run = stopped_run(tmp_path, 12)
    lost = flip(run.path / name, 1)
    damaged = (run.path / name).read_bytes()
    whole = whole_lines(unbroken.path / name)
    snnrun.resume(run)
    told = capsys.readouterr().err.splitlines()
    assert f"{run.path / name}:2 is damaged: its checksum differs; it is left out" in told
    assert any(
        f"{run.path / name} holds " in line and "lines logged so far" in line for line in told
    )
    (aside,) = (run.path / "superseded").iterdir()
    assert (aside / name).read_bytes() == damaged
    assert len(whole_lines(run.path / name)) == len(whole) - 1
    if name == METRICS:
        assert numbers(run) == [row for row in numbers(unbroken) if row != without_time(lost)]
    else:
        assert whole_lines(run.path / name) == [line for line in whole if line != lost]
    assert (run.checkpoints / "epoch_0004" / "weights.safetensors").read_bytes() == (
        unbroken.checkpoints / "epoch_0004" / "weights.safetensors"
    ).read_bytes()


def without_time(line: str) -> dict:
    return {key: value for key, value in json.loads(line).items() if key not in ("time", "crc")}


def test_bytes_that_are_no_text_are_kept_aside_as_they_are(unbroken, tmp_path, capsys):
    run = stopped_run(tmp_path, 12)
    path = run.path / METRICS
    path.write_bytes(b"\xff\xfe\x00\n" + path.read_bytes())
    damaged = path.read_bytes()
    assert same_result(unbroken, snnrun.resume(run))
    assert f"{path}:1 is damaged: " in capsys.readouterr().err
    (aside,) = (run.path / "superseded").iterdir()
    assert (aside / METRICS).read_bytes() == damaged


def test_whole_files_move_nothing_and_tell_nothing(unbroken, tmp_path, capsys):
    run = stopped_run(tmp_path, 12)
    assert same_result(unbroken, snnrun.resume(run))
    told = capsys.readouterr().err
    assert "damaged" not in told
    assert "random numbers" not in told  # its noise is that of an unbroken run
    assert not (run.path / "superseded").exists()


def test_a_damaged_last_checkpoint_leaves_the_earlier_ones(tmp_path):
    run = stopped_run(tmp_path, 12)
    (run.checkpoints / "epoch_0002_batch_0002" / "state.json").write_text("{}")
    with pytest.raises(DataError, match=r"checksum of state\.json differs\. Others here: epoch 0,"):
        snnrun.resume(run)
    assert snnrun.resume(run, epoch=0).status()["state"] == "finished"
    assert checkpoint.saved(run.checkpoints)[-1].epoch == 4


def test_savepoints_may_be_edited(unbroken, tmp_path):
    """As many as before: the edit was refused, as if it changed what is trained."""
    run = stopped_run(tmp_path, 12)
    text = run.config.read_text()
    assert "savepoints: [2]" in text
    run.config.write_text(text.replace("savepoints: [2]", "savepoints: [3]"))
    snnrun.resume(run)
    assert same_result(unbroken, run)
    assert (run.checkpoints / "epoch_0003").is_dir()


def test_what_is_edited_beside_savepoints_is_refused(tmp_path):
    run = stopped_run(tmp_path, 12)
    text = run.config.read_text()
    run.config.write_text(text.replace("savepoints: [2]", "savepoints: [3]").replace(
        "batch_size: 50", "batch_size: 40"))  # fmt: skip
    with pytest.raises(ConfigError) as error:
        snnrun.resume(run)
    (problem,) = error.value.problems
    assert "train.batch_size: is 40, but the run began with 50" in problem


def test_a_savepoint_that_has_passed_stays_when_training_leaves_it(tmp_path):
    """It was there, was asked for, and went with the next checkpoint."""
    run = snnrun.train(
        experiment(tmp_path, "train.savepoints=[]", "train.epochs=1"), results=tmp_path
    )
    snnrun.resume(run, savepoints=[1, 3])
    best = run.status()["best"]["epoch"]
    assert best > 1
    assert [at.epoch for at in checkpoint.saved(run.checkpoints)] == sorted({0, 1, best, 3})
