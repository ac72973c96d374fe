"""The runs in a folder, one line each."""

import json
import time

import pytest

from snnrun.errors import DataError, SnnrunWarning
from snnrun.runs.lock import owned
from snnrun.studies.listing import listing
from snnrun.studies.places import runs_in
from tests.cli.running import run
from tests.conftest import ROOT

SUMMARY = {
    "data": "digits",
    "model": "lif",
    "learning": "eprop",
    "judged_by": "accuracy",
    "state": "finished",
    "epoch": 9,
    "epochs": 9,
    "best": {"epoch": 4, "accuracy": 0.9512, "loss": 0.3},
    "test": {"0": {"accuracy": 0.1}, "4": {"accuracy": 0.9375}, "9": {"accuracy": 0.5}},
}
HEADING = ["run", "model", "rule", "data", "state", "epoch", "validation", "test"]


def make(folder, name: str, summary: dict | None = None, **changes: object):
    """A run folder with nothing in it but what a listing looks at."""
    path = folder / name
    path.mkdir(parents=True)
    (path / "config.yaml").write_text("not: read")
    if summary is not None:
        (path / "summary.json").write_text(json.dumps({**summary, **changes}))
    return path


def table(folder) -> list[list[str]]:
    return [line.split() for line in listing(folder).splitlines()]


def test_a_finished_run_with_the_test_of_its_best_epoch(tmp_path):
    make(tmp_path, "run_1", SUMMARY)
    assert listing(tmp_path).splitlines() == [
        "run    model  rule   data    state     epoch  validation  test",
        "run_1  lif    eprop  digits  finished  9/9    95.1%       93.8%",
    ]


def test_without_a_test_of_the_best_epoch_that_of_the_last_is_shown(tmp_path):
    make(tmp_path, "run_1", SUMMARY, test={"9": {"accuracy": 0.5}})
    assert table(tmp_path)[1][-2:] == ["95.1%", "50.0%"]


def test_what_a_run_is_judged_by_is_shown(tmp_path):
    best = {"epoch": 4, "loss": 0.012347, "accuracy": 0.9}
    make(tmp_path, "run_1", SUMMARY, judged_by="loss", best=best, test={"4": {"loss": 2.0}})
    assert table(tmp_path)[1][-2:] == ["0.01235", "2"]


def test_runs_of_sweeps_are_listed_with_them_and_nothing_deeper(tmp_path):
    for name in ("b", "sweep/run_2", "sweep/run_1", "deep/er/run"):
        make(tmp_path, name, SUMMARY)
    make(tmp_path, "b/checkpoints/epoch_0001", SUMMARY)
    (tmp_path / "notes.txt").touch()
    assert [row[0] for row in table(tmp_path)] == ["run", "b", "sweep/run_1", "sweep/run_2"]
    assert runs_in(tmp_path) == [tmp_path / each for each in ("b", "sweep/run_1", "sweep/run_2")]


def test_a_run_that_nobody_trains_any_more_was_killed(tmp_path):
    path = make(tmp_path, "run_1", SUMMARY, state="running", epoch=2)
    with owned(path):
        assert table(tmp_path)[1][4:6] == ["running", "2/9"]
    assert table(tmp_path)[1][4:6] == ["killed", "2/9"]


def test_a_run_of_which_little_is_known(tmp_path):
    make(tmp_path, "new")
    make(tmp_path, "young", {"state": "running", "epoch": 0, "epochs": 9})
    assert table(tmp_path)[1:] == [
        ["new", "?", "?", "?", "?", "?/?"],
        ["young", "?", "?", "?", "killed", "0/9"],
    ]


def test_runs_of_an_earlier_version_are_listed():
    found = table(ROOT / "tests" / "golden" / "format1")
    assert found[0] == HEADING
    assert ["nnmf", "?", "?", "?", "interrupted", "2/4", "61.1%"] in found


def test_a_folder_without_runs(tmp_path):
    assert table(tmp_path) == [HEADING]


def test_a_folder_that_there_is_not(tmp_path):
    with pytest.raises(DataError, match=f"no such folder: {tmp_path}/absent"):
        listing(tmp_path / "absent")


def test_the_command_lists_the_runs_of_the_usual_folder(tmp_path, monkeypatch):
    make(tmp_path / "experiment_results", "run_1", SUMMARY)
    monkeypatch.chdir(tmp_path)
    expected = listing(tmp_path / "experiment_results") + "\n"
    assert run("runs") == run("runs", tmp_path / "experiment_results") == (0, expected, "")
    assert run("runs", "absent") == (3, "", "snnrun: no such folder: absent\n")


def test_many_runs_are_listed_at_once(tmp_path):
    """A thousand in a second is what is promised; here a fifth of them, should others work too."""
    for number in range(200):
        make(tmp_path, f"run_{number:03d}", SUMMARY)
    start = time.perf_counter()
    assert len(table(tmp_path)) == 201
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("bad", [{"best": 3}, {"test": {"9": 3}}, {"epoch": "x"}, {"model": []}])
def test_a_damaged_run_hides_no_other(tmp_path, bad):
    """One with a number in place of a map was an unexpected error, and none was listed."""
    for name, more in (("a", {}), ("b", bad), ("c", {})):
        make(tmp_path, name, SUMMARY, **more)
    with pytest.warns(SnnrunWarning, match=rf"b/summary\.json is damaged: {next(iter(bad))}"):
        rows = table(tmp_path)
    assert [row[0] for row in rows] == ["run", "a", "b", "c"]
    assert rows[1][1:] == rows[3][1:]
    assert rows[2][1:] == ["?", "?", "?", "?", "?/?"]


def test_a_folder_that_cannot_be_looked_into_hides_no_run(tmp_path):
    make(tmp_path, "a", SUMMARY)
    (tmp_path / "b").symlink_to("b")
    with pytest.warns(SnnrunWarning, match=r"cannot look into .*/b: .*; it is left out"):
        assert [row[0] for row in table(tmp_path)] == ["run", "a"]


def test_what_a_terminal_must_not_be_sent_is_shown_as_what_it_is(tmp_path):
    """The list ended in a UnicodeEncodeError where a file held half of a character."""
    make(tmp_path, "run\x1b[2J", SUMMARY, state="\ud800\n", model="m" * 9999, data="\u202e")
    _, line = listing(tmp_path).splitlines()
    assert line.startswith("run\\x1b[2J")
    assert "\\ud800" in line
    assert "\\u202e" in line
    assert len(line) < 250
    assert "\\ud800" in run("runs", tmp_path)[1]
