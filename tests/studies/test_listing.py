"""The runs in a folder, one line each."""

import csv
import io
import json
import os
import struct
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from snnrun.errors import ConfigError, DataError, SnnrunWarning
from snnrun.runs.lock import owned
from snnrun.studies.listing import listing
from snnrun.studies.places import runs_in
from tests.cli.running import MODULE, run
from tests.conftest import ROOT
from tests.studies import folders as settings

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
    return [line.split() for line in listing([folder]).splitlines()]


def test_a_finished_run_with_the_test_of_its_best_epoch(tmp_path):
    make(tmp_path, "run_1", SUMMARY)
    assert listing([tmp_path]).splitlines() == [
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
    assert found[0][:8] == HEADING
    (row,) = (row for row in found if row[0] == "nnmf")
    assert row[1:7] == ["sbs", "sbs", "bars", "interrupted", "2/4", "61.1%"]


def test_a_folder_without_runs(tmp_path):
    assert table(tmp_path) == [HEADING]


def test_a_folder_that_there_is_not(tmp_path):
    with pytest.raises(DataError, match=f"no such folder: {tmp_path}/absent"):
        listing([tmp_path / "absent"])


def test_the_command_lists_the_runs_of_the_usual_folder(tmp_path, monkeypatch):
    make(tmp_path / "experiment_results", "run_1", SUMMARY)
    monkeypatch.chdir(tmp_path)
    expected = listing([tmp_path / "experiment_results"])
    assert run("runs") == run("runs", tmp_path / "experiment_results") == (0, expected, "")
    assert run("runs", "absent") == (3, "", "snnrun: no such folder: absent\n")


@contextmanager
def opened_files():
    """The paths of all files that are opened within."""
    paths, on = [], [True]

    def note(event, arguments):
        if on and event == "open":
            paths.append(str(arguments[0]))

    sys.addaudithook(note)
    try:
        yield paths
    finally:
        on.clear()  # a hook stays


def test_few_files_are_read_to_list_many_runs(tmp_path):
    """Of each its config and its summary, once; benchmarks/runs_table.py tells how fast it is."""
    for number in range(200):
        make(tmp_path, f"run_{number:03d}", SUMMARY)
    with opened_files() as paths:
        assert len(table(tmp_path)) == 201
    read = Counter(Path(path).name for path in paths if path.startswith(str(tmp_path)))
    assert read == {"config.yaml": 200, "summary.json": 200}


def test_settings_that_differ_have_columns_and_how_long_ago_it_was(tmp_path):
    hours = datetime.now(UTC) - timedelta(hours=3, minutes=5)
    for name, changes in (("a", {}), ("b", {"model.layers.0.size": 7, "train.threads": 2})):
        settings.make(tmp_path, name, {"seed": 1, **changes}, time=hours.isoformat())
    settings.make(tmp_path, "c", {"model.name": "sbs", "seed": 2}, time=None, model="sbs")
    assert listing([tmp_path]).splitlines() == [
        "run  model  rule   data    state     epoch  validation  test   age  seed  size",
        "a    lif    eprop  digits  finished  9/9    95.1%       93.8%  3 h  1     5",
        "b    lif    eprop  digits  finished  9/9    95.1%       93.8%  3 h  1     7",
        "c    sbs    eprop  digits  finished  9/9    95.1%       93.8%       2     5",
    ]


def test_what_is_the_same_in_all_runs_is_spared_before_what_differs(tmp_path):
    for name, rule in (("a", "eprop"), ("b", "ottt")):
        changes = {"learning.name": rule, "model.tau": name}
        settings.make(tmp_path, name, changes, learning=rule, time=None)
    shown = ["run", "model", "rule", "data", "state", "epoch", "validation", "test", "tau"]
    for width, spared in ((66, ""), (65, "data"), (57, "data model"), (50, "data model tau")):
        heads, *_ = listing([tmp_path], width=width).splitlines()
        assert heads.split() == [key for key in shown if key not in spared.split()], width


def test_many_columns_are_not_shown_but_named(tmp_path):
    for name in ("a", "b"):
        settings.make(tmp_path, name, {f"model.rate_{n}\x1b": f"{name}{n}" for n in range(40)})
    lines = listing([tmp_path]).splitlines()
    assert lines[0].split()[-1] == "rate_20\\x1b"
    assert lines[-1].startswith("no room for model.rate_21\\x1b, model.rate_22")
    assert lines[-1].endswith(" and 11 more: see --columns, --format")
    assert "rate_39" in listing([tmp_path], form="csv")
    assert "rate_39" in listing([tmp_path], columns="model.rate*")


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        ("run, best, taus", ["run  best  taus", "a    4     [1.0, 2.0]"]),
        ("test/*,epochs,run,run", ["test/accuracy  epochs  run", "93.8%          9       a"]),
        ("seconds,reason,train.th*", ["seconds  reason  threads", "1 min            1"]),
    ],
)
def test_columns_that_are_asked_for(tmp_path, columns, lines):
    settings.make(tmp_path, "a")
    assert listing([tmp_path], columns=columns).splitlines() == lines


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("run,lerning", "no run has 'lerning'; did you mean 'learning.name'?"),
        ("run,tst/*", "no run has anything like 'tst/*'; there are run, path, model"),
    ],
)
def test_columns_that_no_run_has(tmp_path, columns, told):
    settings.make(tmp_path, "a")
    with pytest.raises(ConfigError) as error:
        listing([tmp_path], columns=columns)
    assert str(error.value).startswith(told)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
def test_a_terminal_of_any_width_wraps_no_line(tmp_path, width):
    for number in range(3):
        changes = {"model.layers.0.taus": [number], "model.text": "x" * 50 * number}
        settings.make(tmp_path, f"first_spike_mnist_2026-01-02_03-04-0{number}", changes)
    *lines, note = listing([tmp_path], width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("run")
    assert "state" in lines[0] or width < 60
    assert ("model.text" in note) == ("text" not in lines[0]) or width == 120


def test_csv_and_json_hold_whole_values(tmp_path):
    path = settings.make(tmp_path, "a", {"model.tau": 1e-9})
    settings.make(tmp_path, "b", {"model.tau": 0.5}, test={})
    first, second = csv.DictReader(io.StringIO(listing([tmp_path], form="csv")))
    one, two = json.loads(listing([tmp_path], form="json"))
    assert one["path"] == first["path"] == str(path)
    assert (one["model.tau"], first["model.tau"]) == (1e-9, "1e-09")
    assert (one["validation"], first["validation"]) == (0.9512, "0.9512")
    assert (two["test"], second["test"]) == (None, "")
    assert (one["epoch"], one["epochs"], one["best"], one["seconds"]) == (9, 9, 4, 61.5)
    assert one["time"] == "2026-01-02T03:04:05+00:00"
    assert one.keys() == first.keys()


def test_a_format_that_there_is_not(tmp_path):
    with pytest.raises(ConfigError, match="no format 'jsn'; did you mean 'json'"):
        listing([tmp_path], form="jsn")


def test_the_command_chooses_and_sorts(tmp_path):
    for number in range(4):
        make(tmp_path, f"run_{number}", SUMMARY, epoch=number)
    make(tmp_path, "run_4", SUMMARY, state="failed")
    asked = ("--state", "finished", "--where", "epoch>0", "--sort", "-epoch", "-n", 2)
    shown = ("--columns", "run,epoch", "--format", "csv")
    assert run("runs", tmp_path, *asked, *shown) == (0, "run,epoch\nrun_3,3\nrun_2,2\n", "")
    code, text, _ = run("runs", tmp_path, "--where", "epoch>10")
    assert (code, text.splitlines()[1:]) == (0, ["none of 5 runs is as asked"])
    told = "snnrun: no state 'finish'; did you mean 'finished'?\n"
    assert run("runs", tmp_path, "--state", "finish") == (2, "", told)


def test_the_command_lists_several_folders_and_patterns(tmp_path):
    for name in ("a/run_1", "b/run_1", "c/run_1"):
        make(tmp_path, name, SUMMARY)
    shown = ("--columns", "run", "--format", "csv")
    found = run("runs", tmp_path / "c", tmp_path / "[ab]", *shown)
    assert found == (0, "run\nc/run_1\na/run_1\nb/run_1\n", "")
    told = f"snnrun: no folder matches {tmp_path}/d*\n"
    assert run("runs", tmp_path / "d*") == (3, "", told)


def test_of_an_empty_folder_programs_get_an_empty_table(tmp_path):
    asked = ("--where", "model.tau>3", "--sort", "x", "--columns", "y", "--state", "z")
    assert run("runs", tmp_path, *asked, "--format", "json") == (0, "[]\n", "")
    assert run("runs", tmp_path, *asked)[1].split() == HEADING


@pytest.mark.parametrize("width", [70, 110])
def test_the_command_fits_the_terminal(tmp_path, width):
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    for number in range(2):
        changes = {f"model.setting_{n}": number for n in range(20)}
        settings.make(tmp_path, f"run_{number}", changes)
    reader, writer = os.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    command = [*MODULE, "runs", str(tmp_path)]
    subprocess.run(command, stdout=writer, env=environment, cwd=ROOT, check=True)
    os.close(writer)
    lines = os.read(reader, 10_000).decode().splitlines()
    os.close(reader)
    assert max(map(len, lines[:3])) in range(width - 15, width + 1)
    assert lines[3].startswith("no room for ")


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
    _, line = listing([tmp_path]).splitlines()
    assert line.startswith("run\\x1b[2J")
    assert "\\ud800" in line
    assert "\\u202e" in line
    assert len(line) < 250
    assert "\\ud800" in run("runs", tmp_path)[1]
