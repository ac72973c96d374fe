"""What runs logged, read on as it grows, and thinned."""

import math
from itertools import pairwise

import pytest

from snnrun.runs.folder import METRICS, RunDir
from snnrun.studies.report import curves
from snnrun.studies.report.curves import Log
from snnrun.studies.report.thinning import thinned
from tests.studies.report.folders import log


@pytest.fixture
def run(tmp_path):
    return RunDir(tmp_path)


def read(found: Log, name: str, since: int = 0):
    return found.curves["validation", name].since(since)


def test_a_log_is_read_on(run):
    found = Log(run.path)
    assert not found.read_on(1)
    log(run, 1, "validation", loss=2.5)
    assert found.read_on(2)
    assert not found.read_on(3)
    log(run, 2, "validation", loss=1.25, accuracy=0.5)
    assert found.read_on(4)
    assert read(found, "loss") == ([1, 2], [2.5, 1.25])
    assert read(found, "loss", since=2) == read(found, "loss", since=3) == ([2], [1.25])
    assert read(found, "loss", since=4) == ([], [])
    assert read(found, "accuracy") == ([2], [0.5])


def test_a_line_that_is_not_whole_yet_waits(run):
    log(run, 1, "validation", loss=2.5)
    path = run.path / METRICS
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:30])
    found = Log(run.path)
    found.read_on(1)
    assert read(found, "loss") == ([1], [2.5])
    path.write_bytes(whole + whole)
    found.read_on(2)
    assert read(found, "loss") == ([1, 1], [2.5, 2.5])
    assert found.damaged is None


@pytest.mark.parametrize("kept", [0, 1])
def test_a_log_that_lost_lines_is_read_from_its_beginning(run, kept):
    """As of a run that went back to a checkpoint, and is as long as before by now."""
    for epoch in (1, 2, 3):
        log(run, epoch, "validation", loss=epoch / 2)
    found = Log(run.path)
    found.read_on(1)
    begun = found.begun
    run.cut_lines(kept, 0)
    for epoch in (2, 3, 4):
        log(run, epoch, "validation", loss=epoch / 4)
    found.read_on(2)
    assert found.begun == begun + 1
    assert read(found, "loss")[1] == [*[0.5][:kept], 0.5, 0.75, 1.0]


def test_a_damaged_line_is_left_out_and_named(run):
    log(run, 1, "validation", loss=2.5)
    log(run, 2, "validation", loss=1.5)
    log(run, 3, "validation", loss=0.5)
    path = run.path / METRICS
    path.write_bytes(path.read_bytes().replace(b"1.5", b"7.5"))
    found = Log(run.path)
    found.read_on(1)
    assert read(found, "loss") == ([1, 3], [2.5, 0.5])
    assert found.damaged == f"{path}:2 is damaged: its checksum differs; it is left out"


@pytest.mark.parametrize("bad", ["1" + 400 * "0", "-1", "null", "1e400"])
def test_numbers_that_no_run_logs(run, bad):
    """Whole numbers that no float holds ended in an OverflowError."""
    line = '{"step": 1, "epoch": 1, "split": "train", "name": "loss", "value": 0.5}\n'
    path = run.path / METRICS
    path.write_text(line.replace("0.5", bad) + line.replace('"epoch": 1', f'"epoch": {bad}'))
    found = Log(run.path)
    found.read_on(1)
    assert {*found.curves} <= {("train", "loss")}
    assert found.damaged is not None


def test_a_log_with_endless_names_is_bounded(run, monkeypatch):
    monkeypatch.setattr(curves, "_MOST", 3)
    log(run, 1, "train", **{f"number_{each}": 0.5 for each in range(9)})
    found = Log(run.path)
    found.read_on(1)
    assert len(found.curves) == 3
    assert found.damaged.startswith(f"{run.path / METRICS}:4: beyond 3 curves, none is read")


def test_what_is_no_file_is_said_once(run):
    (run.path / METRICS).mkdir()
    found = Log(run.path)
    assert found.read_on(1)
    assert found.damaged.startswith(f"cannot read {run.path / METRICS}: ")
    assert not found.read_on(2)


def test_values_are_told_in_six_digits(run):
    log(run, 1, "validation", loss=0.123456789, accuracy=math.nan)
    found = Log(run.path)
    found.read_on(1)
    assert read(found, "loss")[1] == [0.123457]
    assert math.isnan(read(found, "accuracy")[1][0])


def test_a_short_curve_keeps_all_points():
    assert list(thinned([3.0, 1.0, 2.0], 3)) == [0, 1, 2]


def test_a_long_curve_keeps_ends_peaks_and_gaps():
    values = [math.sin(at / 900) for at in range(10_000)]
    values[1234], values[5678], values[7777] = 9.0, -9.0, math.nan
    kept = thinned(values, 100)
    assert len(kept) <= 103
    assert {0, 1234, 5678, 7777, 9999} <= {*kept}
    assert list(kept) == sorted(set(kept))
    assert max(after - before for before, after in pairwise(kept)) < 400


def test_a_curve_of_which_nothing_is_finite_keeps_something():
    assert 0 < len(thinned([math.inf] * 1000, 10)) <= 10


def test_a_curve_is_told_in_short(run):
    for epoch in range(1, 101):
        log(run, epoch, "validation", loss=float(epoch == 50))
    found = Log(run.path)
    found.read_on(1)
    epochs, values = found.curves["validation", "loss"].in_short(10)
    assert len(epochs) == len(values) <= 10
    assert dict(zip(epochs, values, strict=True))[50] == 1.0
