"""Run folders: never shared, readable after a crash, refused with a message when they are none."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from snnrun.errors import DataError
from snnrun.runs.environment import describe
from snnrun.runs.folder import Metric, RunDir
from tests.tiny import experiment


def row(epoch: int, split: str, value: float, name: str = "accuracy") -> Metric:
    return Metric(step=5 * epoch, epoch=epoch, split=split, name=name, value=value, time=0.1)


def test_twenty_runs_in_one_second_get_twenty_folders(tmp_path):
    with ThreadPoolExecutor(20) as pool:
        runs = list(pool.map(lambda _: RunDir.create(tmp_path, "yy"), range(20)))
    assert len({run.path for run in runs}) == 20
    assert all(run.path.name.startswith("yy_20") for run in runs)


def test_a_curve_is_one_number_over_the_epochs(tmp_path):
    run = RunDir.create(tmp_path, "r")
    run.append_metrics([row(1, "train", 0.5), row(1, "validation", 0.25)])
    run.append_metrics([row(2, "train", 0.75), row(2, "train", 9.0, "loss")])
    assert run.curve("train", "accuracy") == ([1, 2], [0.5, 0.75])


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path):
    run = RunDir.create(tmp_path, "r")
    run.append_metrics([row(1, "train", 0.5)])
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 10, "ep')
    assert [metric["epoch"] for metric in run.logged()] == [1]
    run.cut_lines(1, 0)
    run.append_metrics([row(2, "train", 0.6)])
    assert run.curve("train", "accuracy") == ([1, 2], [0.5, 0.6])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("junk", "Expecting value"),
        ("[1]", "it holds no map"),
        ("[" * 100_000, ""),
        ('{"epoch": 2, "crc": "0bad0bad"}', "its checksum differs"),
        ('{"crc": "0bad0bad", "epoch": 2}', "it has no checksum"),
        ('{"step": 1, "epoch": 1}', "it holds no number that was logged"),
        ('{"step": 5, "epoch": 1, "split": "train", "name": "loss", "value": "x", "time": 1}',
         "it holds no number that was logged"),
    ],
)  # fmt: skip
def test_a_damaged_line_is_named(tmp_path, line, why):
    """It was an unexpected error, with exit code 1."""
    run = RunDir.create(tmp_path, "r")
    run.append_metrics([row(1, "train", 0.5)])
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match=rf"metrics\.jsonl:2 is damaged: {why}"):
        run.curve("train", "accuracy")


def test_metrics_that_cannot_be_read(tmp_path):
    run = RunDir.create(tmp_path, "r")
    (run.path / "metrics.jsonl").mkdir()
    with pytest.raises(DataError, match=r"cannot read .*metrics\.jsonl: "):
        run.logged()


def test_bytes_that_are_no_text_damage_their_line_alone(tmp_path):
    """They made the whole file unreadable."""
    run = RunDir.create(tmp_path, "r")
    run.append_metrics([row(1, "train", 0.5)])
    with (run.path / "metrics.jsonl").open("ab") as file:
        file.write(b"\xff\xfe\n")
    run.append_metrics([row(2, "train", 0.6)])
    whole = (run.path / "metrics.jsonl").read_bytes()
    with pytest.raises(DataError, match=r"metrics\.jsonl:2 is damaged"):
        run.logged()
    run.cut_lines(3, 0)
    assert (run.path / "metrics.jsonl").read_bytes() == whole


def test_a_status_that_is_no_map(tmp_path):
    run = RunDir.create(tmp_path, "r")
    (run.path / "status.json").write_text("[]")
    with pytest.raises(DataError, match=r"status\.json is damaged: it holds no map"):
        run.status()


def test_metrics_are_dropped_from_the_end(tmp_path):
    run = RunDir.create(tmp_path, "r")
    run.append_metrics([row(epoch, "train", epoch / 10) for epoch in (1, 2, 3)])
    run.cut_lines(2, 0)
    assert run.curve("train", "accuracy")[0] == [1, 2]


def test_lines_of_later_epochs_go_whatever_their_number(tmp_path):
    run = RunDir.create(tmp_path, "r")
    run.append_metrics([row(epoch, "train", epoch / 10) for epoch in (1, 2, 3)])
    for epoch in (1, 2, 3):
        run.append_history(epoch, {"a": np.ones(2)})
    run.cut_lines(3, 2, 2)
    assert run.curve("train", "accuracy")[0] == [1, 2]
    assert run.history()["a"].epochs == [1, 2]
    run.cut_lines(3, 1)
    assert run.history()["a"].epochs == [1]


def test_arrays_come_back_to_the_bit(tmp_path):
    """Of any layout, and as they were rounded to single precision."""
    run, random = RunDir.create(tmp_path, "r"), np.random.default_rng(3)
    values = [random.normal(size=(2, 3)), np.full((3, 2), np.nan, "f4").T, -np.ones((2, 3))]
    for epoch, each in enumerate(values):
        run.append_history(4 + epoch, {"a/b": each, f"own {epoch}": each[0]})
    kept = run.history()
    assert kept["a/b"].epochs == [4, 5, 6]
    np.testing.assert_array_equal(kept["a/b"].values, np.stack(values).astype("f4"))
    assert kept["own 1"].epochs == [5]
    np.testing.assert_array_equal(kept["own 2"].values, [[-1, -1, -1]])


def test_an_array_cut_off_by_a_crash_is_left_out(tmp_path):
    run = RunDir.create(tmp_path, "r")
    run.append_history(0, {"a": np.ones(2), "b": np.zeros(2)})
    path = run.path / "history.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    assert list(run.history()) == ["a"]
    run.cut_lines(0, 1)
    run.append_history(0, {"b": np.ones(2)})
    np.testing.assert_array_equal(run.history()["b"].values, [[1, 1]])


@pytest.mark.parametrize("line", ['{"epoch": 1}', "[]", '{"epoch": 1, "name": "a", "shape": [2], '
                                  '"float32": "AAAA"}', "no",
                                  '{"epoch": Infinity, "name": "b", "shape": [0], "float32": ""}',
                                  "[" * 100_000])  # fmt: skip
def test_a_damaged_array_is_named(tmp_path, line):
    run = RunDir.create(tmp_path, "r")
    run.append_history(0, {"a": np.ones(2)})
    with (run.path / "history.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError, match=r"history\.jsonl:2 is damaged: "):
        run.history()


def test_a_run_that_keeps_nothing_has_no_history(tmp_path):
    run = RunDir.create(tmp_path, "r")
    run.append_history(0, {})
    run.cut_lines(0, 0)
    assert run.history() == {}
    assert not (run.path / "history.jsonl").exists()


def test_a_folder_that_is_absent_names_the_nearest(tmp_path):
    run = RunDir.create(tmp_path, "yin_yang")
    wrong = tmp_path / run.path.name.replace("yin_yang", "ying_yang")
    with pytest.raises(DataError, match=f"no such run folder: .*; did you mean {run.path}"):
        RunDir.open(wrong)


def test_only_runs_are_named_as_runs(tmp_path):
    """The folders inside a run were offered as runs."""
    run = RunDir.create(tmp_path, "yin_yang")
    with pytest.raises(DataError, match=r"no such run folder: .*/nothing$"):
        RunDir.open(run.path / "nothing")
    with pytest.raises(DataError, match=rf"no such run folder: .*\. Runs in .*: {run.path.name}$"):
        RunDir.open(tmp_path / "zzz")


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(DataError, match=r"is no run folder: it holds no config\.yaml"):
        RunDir.open(tmp_path)


def test_a_folder_of_runs_names_those_that_lie_in_it(tmp_path):
    """``snnrun inference SWEEP`` said only what the folder lacks."""
    for name in ("run_001", "run_002"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").touch()
    inside = f"{tmp_path}/run_001, {tmp_path}/run_002"
    with pytest.raises(DataError, match=f"holds no config.yaml; runs in it: {inside}$"):
        RunDir.open(tmp_path)


def test_a_damaged_status_is_named(tmp_path):
    run = RunDir.create(tmp_path, "r")
    run.write_json("status.json", {"state": "running"})
    assert run.status() == {"state": "running"}
    (run.path / "status.json").write_text("{")
    with pytest.raises(DataError, match=r"status\.json is damaged"):
        run.status()


def test_results_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write"):
        RunDir.create(tmp_path / "file" / "results", "r")


def test_environment_is_recorded(tmp_path):
    found = describe(["snnrun", "train"], experiment(tmp_path), processes=2)
    assert json.loads(json.dumps(found)) == found
    assert found["command"] == ["snnrun", "train"]
    assert found["packages"]["torch"].startswith("2.")
    assert found["threads"] >= 1
    assert (found["plugins"], found["processes"]) == ({}, 2)
    assert {"python", "cpu", "cpu_capability", "git", "native", "platform"} <= found.keys()
