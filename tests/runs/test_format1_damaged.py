"""Checkpoints of format 1 that are damaged, or older than the last: what is done about them."""

import copy
import math
import os

import numpy as np
import pytest
import torch

import snnrun
from snnrun.errors import DataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.runs.folder import RunDir
from tests.runs.format1 import last_of, run_of, state_of, tolerance, write_state


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
    before = evaluate_run(run, into=tmp_path / "before")
    write_state(run, {})
    assert evaluate_run(run, into=tmp_path / "after").loss == before.loss
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
