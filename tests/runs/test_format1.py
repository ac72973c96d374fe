"""Runs of format 1 open, go on and are shared as runs of today; what is damaged is refused.

The runs were interrupted by the version that wrote them; see the README beside them.
"""

import copy
import json
import math
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import snnrun
from snnrun.compat import export_run
from snnrun.core.position import Position
from snnrun.errors import DataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.sharing import share
from snnrun.kernels.native import native
from snnrun.plots import PLOTS
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from tests.evaluation.runs import measures_of
from tests.runs.checkpoints import sign
from tests.tiny import numbers

GOLDEN = Path(__file__).parent.parent / "golden" / "format1"
NAMES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
#: What the table in the README says of the random numbers that a run draws after its start.
DRAWS = dict(re.findall(r"^\| `(\w+)` .*\| ([^|]+) \|$", (GOLDEN / "README.md").read_text(), re.M))
STEADY = [name for name in NAMES if DRAWS[name] == "none"]
#: Its noise is that of training: evaluation shows the values themselves.
STEADY_IN_EVALUATION = [*STEADY, "random_feedback_poisson_augmented"]


def run_of(name: str, folder: Path) -> RunDir:
    """A copy of a run."""
    return RunDir(shutil.copytree(GOLDEN / name, folder / name))


def epochs_of(run: RunDir) -> list[int]:
    return [at.epoch for at in checkpoint.saved(run.checkpoints) if not at.batch]


def tolerance(run: RunDir) -> float:
    """The relative difference to expect: none on a machine like that of the run."""
    then, module = run.read_json("environment.json"), native()
    here = (
        torch.__version__,
        torch.backends.cpu.get_cpu_capability(),
        module.cpu_level() if module else None,
    )
    there = then["packages"]["torch"], then["cpu_capability"], then["native"]
    return 0.0 if here == there else 1e-5


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
            for row in run.metrics()
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
    assert [row["value"] for row in found] == pytest.approx(
        [row["value"] for row in rows], rel=rtol, abs=0, nan_ok=True
    )
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
    whole = re.sub(r"^data:.*?(?=^encoder:)", "data: {name: yin_yang}\n", config, flags=re.M | re.S)
    run.config.write_text(whole)
    epoch = epochs_of(run)[-1]
    paths = export_run(run, "fastanddeep", tmp_path / "out", epoch)
    assert (tmp_path / "out" / "config.yaml") in paths
    saved = load_file(run.checkpoints / Position(epoch).name / "weights.safetensors")
    written = [np.load(path) for path in paths if path.name.endswith("_weights.npy")]
    ours = [saved[key] for key in sorted(saved) if key.endswith(".weights")]
    assert len(written) == len(ours)
    for one, other in zip(written, ours, strict=True):
        np.testing.assert_array_equal(one, other)


# ---- what is damaged ----


def state_of(run: RunDir, at: Position | None = None) -> dict:
    folder = run.checkpoints / at.name if at else last_of(run)
    return torch.load(folder / "state.pt", weights_only=True)


def last_of(run: RunDir) -> Path:
    return run.checkpoints / checkpoint.saved(run.checkpoints)[-1].name


def write_state(run: RunDir, state: object) -> None:
    """Put another state into the last checkpoint, as if it had been written so."""
    torch.save(state, last_of(run) / "state.pt")
    sign(last_of(run))


@pytest.mark.parametrize("name", ["weights.safetensors", "state.pt"])
def test_a_flipped_bit_is_found(tmp_path, name):
    run = run_of("nnmf", tmp_path)
    path = last_of(run) / name
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=rf"damaged: .*{name} differs. Others here: epoch 0, epoch 2"
    ):
        snnrun.resume(run)


@pytest.mark.parametrize("name", ["weights.safetensors", "state.pt", "meta.json"])
def test_a_missing_file_is_found(tmp_path, name):
    run = run_of("nnmf", tmp_path)
    (last_of(run) / name).unlink()
    with pytest.raises(DataError, match=f"is damaged: .*{name}"):
        snnrun.resume(run)


class Bomb:
    """A pickle that would run a command when it is read."""

    def __reduce__(self):
        return os.system, ("touch exploded",)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path, monkeypatch):
    run = run_of("nnmf", tmp_path)
    write_state(run, {**state_of(run), "rule": Bomb()})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="cannot be read safely"):
        snnrun.resume(run)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("state", [[1, 2], 3, None, "x", {"optimizer": {}}])
def test_a_state_that_lacks_something_is_found(tmp_path, state):
    run = run_of("nnmf", tmp_path)
    write_state(run, state)
    with pytest.raises(DataError, match=r"state\.pt lacks best, kept, "):
        snnrun.resume(run)


def test_shared_networks_have_no_state(tmp_path):
    """So they were packed; feedback and the like are as the seed makes them."""
    run = run_of("random_feedback_adam_exponential", tmp_path)
    before = snnrun.inference(run)
    write_state(run, {})
    assert snnrun.inference(run).loss == before.loss
    with pytest.raises(DataError, match="holds weights only; it can be run, but not continued"):
        snnrun.resume(run)


def test_a_run_older_than_history_keeps_its_epochs_from_now_on(tmp_path):
    run = run_of("first_spike_adam_step", tmp_path)
    (run.path / "history.jsonl").unlink()
    state = state_of(run)
    del state["history_lines"]
    write_state(run, state)
    kept, whole = snnrun.resume(run).history(), RunDir(run.path / "expected").history()
    assert kept.keys() == whole.keys()
    for name, each in kept.items():
        assert each.epochs == [3, 4]
        np.testing.assert_allclose(each.values, whole[name].values[3:], rtol=tolerance(run))


def test_a_run_older_than_kept_configs_goes_on(tmp_path):
    """What it was trained with is not known, so nothing can have been edited."""
    run = run_of("first_spike_adam_step", tmp_path)
    state = state_of(run)
    del state["config"]
    write_state(run, state)
    assert snnrun.resume(run).status()["state"] == "finished"


HUGE = 10**400
WRONG = {
    ("optimizer", "state", 0, "exp_avg"): ["x", torch.ones(3), torch.ones(2, dtype=torch.bool)],
    ("optimizer", "state", 0, "step"): [torch.tensor(-1.0), torch.tensor(math.nan), "x", [1, 2]],
    ("optimizer", "state", 0, "exp_avg_sq"): [None, 3],
    ("optimizer", "state", 0): [3, None],
    ("optimizer", "state"): [3, None, {"x": {"step": 1}}, {7: {"step": torch.tensor(1.0)}}],
    ("optimizer", "param_groups"): [3, [], [3], [{}]],
    ("optimizer", "param_groups", 0, "lr"): ["x", None, -1.0, math.nan, math.inf, HUGE],
    ("optimizer", "param_groups", 0, "params"): [3, [0], ["x"], [0, 1, 2, 3]],
    ("optimizer",): [3, None],
    ("scheduler",): [3, {}, None],
    ("scheduler", "best"): ["x", None],
    ("scheduler", "num_bad_epochs"): ["x", None, -1],
    ("rule",): [3, None, {"feedback": 3}],
    ("rule", "batches"): ["x", None, HUGE],
    ("rule", "feedback", "matrices"): [3, ["x"], [3], [torch.ones(4, 9)], [None]],
    ("means",): [3, None, {"loss": 3}, {"loss": (1.0, -1)}, {3: (1.0, 1)}],
    ("best",): [3, None, {}, {"epoch": 1}, {"epoch": "x", "accuracy": 0.5, "loss": 1.0}],
    ("best", "epoch"): [-1, None, math.nan, math.inf],
    ("kept",): [3, None, ["x"], [-1]],
    ("metric_lines",): ["x", None, -1, 0.5],
    ("history_lines",): ["x", None, -1],
    ("seconds",): ["x", None, -1.0, math.nan],
    ("config",): [3, ["x"]],
}
EVERY = [
    pytest.param(keys, value, id=f"{'.'.join(map(str, keys))} {str(value)[:30]}")
    for keys, values in WRONG.items()
    for value in values
]


@pytest.mark.parametrize(("keys", "value"), EVERY)
def test_a_field_of_another_kind_is_refused(tmp_path, keys, value):
    run = run_of("eprop_adam_plateau", tmp_path)
    state = at = copy.deepcopy(state_of(run))
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    write_state(run, state)
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    with pytest.raises(DataError, match=last_of(run).name) as error:
        snnrun.resume(run)
    assert "\n" not in str(error.value)
    assert all(path.read_bytes() == content for path, content in before.items())


@pytest.mark.parametrize("value", ["x", None, {"value": "x", "layer": 0}, {"value": 1.0},
                                   {"value": HUGE, "layer": 0}])  # fmt: skip
def test_bumping_of_another_kind_is_refused(tmp_path, value):
    run = run_of("first_spike_adam_step", tmp_path)
    write_state(run, {**state_of(run), "rule": {"bump": value}})
    with pytest.raises(DataError, match=r"state\.pt holds something else than expected: "):
        snnrun.resume(run)


@pytest.mark.parametrize("value", ["x", None, {}, {"values": "x", "frozen": False, "updates": 0},
                                   {"values": [1.0, math.nan], "frozen": False, "updates": 0},
                                   {"values": [[1.0]], "frozen": True, "updates": 2},
                                   {"values": [1.0], "frozen": True, "updates": HUGE}])  # fmt: skip
def test_gradient_scales_of_another_kind_are_refused(tmp_path, value):
    run = run_of("nnmf", tmp_path)
    write_state(run, {**state_of(run), "rule": {"scale": value}})
    with pytest.raises(DataError, match=last_of(run).name):
        snnrun.resume(run)
