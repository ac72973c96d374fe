"""`snnrun bench`: what it prints, writes and refuses."""

import json

import pytest

from snnrun.errors import DataError, SnnrunError
from snnrun.studies.bench.table import as_csv, read_csv
from tests.cli.running import run, shell
from tests.cli.test_startup import imported
from tests.studies.bench.test_formats import TABLE


@pytest.fixture
def measured(monkeypatch):
    """What is measured is known."""
    asked = []

    def bench(kernels, counts, effort, say):
        asked.append((list(kernels), counts, effort.large))
        return TABLE

    monkeypatch.setattr("snnrun.studies.bench.running.bench", bench)
    return asked


def test_it_prints_a_table(measured):
    code, out, err = run("bench", "--kernel", "sbs", "--kernel", "graph,uniform", "--threads", 1)
    assert (code, err) == (0, "")
    assert out.startswith("Processor X, 2 cores, Linux, 2026-11-30\n")
    assert measured == [(["sbs", "graph", "uniform"], [1], False)]


def test_full_takes_large_inputs(measured):
    assert run("bench", "--full", "--format", "json", "--threads", 1)[0] == 0
    assert measured[0][2]


def test_it_writes_a_file(measured, tmp_path):
    file = tmp_path / "bench.csv"
    assert run("bench", "-o", file) == (0, f"wrote {file}\n", "")
    assert read_csv(file) == TABLE
    code, out, _ = run("bench", "--from", file, "--format", "json")
    assert (code, len(json.loads(out)["rows"])) == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--kernel", "sb"), 2, "unknown kernel 'sb'; did you mean 'sbs'? known: lif_sequence"),
        (("--threads", 100_000), 2, "threads, the cores that this process may use, got 100000"),
        (("--format", "md"), 2, "unknown format 'md'"),
        (("-o", "nowhere/bench.csv"), 3, "nowhere/bench.csv: expected a file in a folder that is"),
        (("--from", "nowhere.csv"), 3, "nowhere.csv: No such file or directory"),
        (("--from", "nowhere.csv", "--threads", 1), 2, "--from times nothing"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(measured, arguments, code, said):
    found, out, err = run("bench", *arguments)
    assert (found, out) == (code, "")
    assert err.startswith("snnrun: ")
    assert said in err
    assert err.count("\n") == 1
    assert measured == []


def test_a_table_that_cannot_be_written_is_shown(monkeypatch, measured, tmp_path):
    """It was lost after minutes of measuring."""

    def full(path, text):
        raise DataError(f"cannot write {path}: the disk is full")

    monkeypatch.setattr("snnrun.runs.files.write_text", full)
    code, out, err = run("bench", "-o", tmp_path / "bench.csv")
    assert (code, out) == (3, as_csv(TABLE))
    assert err == f"snnrun: cannot write {tmp_path}/bench.csv: the disk is full\n"


def test_kernels_that_differ_end_it(monkeypatch):
    def bench(*given):
        raise SnnrunError("bench: kernels differ")

    monkeypatch.setattr("snnrun.studies.bench.running.bench", bench)
    assert run("bench") == (1, "", "snnrun: bench: kernels differ\n")


def test_without_kernels_it_says_so():
    code, out, err = shell("bench", "--kernel", "uniform", "--threads", 1, SNNRUN_NATIVE="0")
    assert (code, err) == (0, "")
    assert "no compiled kernels" in out
    assert "twins alone were timed" in out


def test_a_kept_table_is_shown_without_torch(tmp_path):
    (tmp_path / "bench.csv").write_text(as_csv(TABLE))
    modules = imported("bench", "--from", str(tmp_path / "bench.csv"))
    assert modules & {"torch", "numpy", "matplotlib"} == set()
    modules = imported("bench", "--kernel", "nothing", code=2)
    assert modules & {"torch", "numpy", "matplotlib"} == set()
