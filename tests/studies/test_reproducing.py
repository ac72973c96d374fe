"""Ours beside theirs, by hand; a small paper is trained, stopped, tried and looked at."""

import csv
import os
import runpy
from pathlib import Path

import pytest

from snnrun.studies.plan import SweepSettings
from snnrun.studies.reproducing import running
from snnrun.studies.reproducing.comparing import Line, lines
from snnrun.studies.reproducing.papers import Number, Result, names, paper
from snnrun.studies.reproducing.running import QUICK_EPOCHS, Reproduction, quickened
from snnrun.studies.table import Row
from tests.cli.running import run, shell
from tests.studies.test_papers import write_paper
from tests.studies.test_running import runs


def theirs(mean, **more):
    return Number(mean=mean, source="a book", seen=True, **more)


def test_a_difference_in_standard_errors():
    """98 and 100: mean 99, deviation √2, error 1. Theirs 96 ± 4 of 16: error 1. 3 / √2."""
    line = Line({}, (98.0, 100.0), 2, theirs(96.0, std=4.0, seeds=16))
    assert (line.mean, line.difference, line.known) == (99.0, 3.0, "both")
    assert line.std == pytest.approx(2**0.5)
    assert line.in_errors == pytest.approx(3 / 2**0.5)


@pytest.mark.parametrize(
    ("ours", "number", "known", "in_errors"),
    [
        ((98.0, 100.0), theirs(96.0, std=4.0), "ours", 3.0),
        ((98.0, 100.0), theirs(96.0), "ours", 3.0),
        ((99.0,), theirs(96.0, std=4.0, seeds=16), "theirs", 3.0),
        ((99.0,), theirs(96.0, std=4.0), "none", None),
        ((98.0, 98.0), theirs(96.0), "ours", None),
        ((), theirs(96.0, std=4.0, seeds=16), "theirs", None),
        ((98.0, 100.0), None, "ours", None),
    ],
)
def test_what_is_not_known_is_left_out(ours, number, known, in_errors):
    line = Line({}, ours, 2, number)
    assert line.known == known
    assert line.in_errors == (None if in_errors is None else pytest.approx(in_errors))


def test_a_line_for_each_number_and_each_point_without_one():
    """Of the point 3 two numbers are reported, of 7 none; a run that diverged and a seed that is
    not of the sweep count for nothing.
    """
    settings = SweepSettings(config="a.yaml", seeds=3, grid={"size": [3, 7]})
    result = Result(
        what="w",
        minutes=1,
        reported=[theirs(90.0, at={"size": 3}), theirs(80.0, at={"size": 3})],
    )
    values = [(3, 0, 0.9), (3, 1, 0.8), (3, 2, float("nan")), (3, 9, 0.1), (7, 0, 0.5)]
    rows = [Row({"size": s}, seed, {"accuracy": a}, 1.0, "r") for s, seed, a in values]
    found = list(lines(result, settings, rows))
    assert [(line.point["size"], line.theirs and line.theirs.mean) for line in found] == [
        (3, 90.0),
        (3, 80.0),
        (7, None),
    ]
    assert found[0].ours == found[1].ours == (90.0, 80.0)
    assert [line.difference for line in found] == [-5.0, 5.0, None]
    assert {line.runs for line in found} == {3}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a paper, that of the results, and what the command said."""
    folder = tmp_path_factory.mktemp("papers")
    mine = write_paper(folder / "mine")
    return mine, folder / "out", run("reproduce", mine, "--results", folder / "out")


def test_a_paper_is_trained_and_compared(trained):
    _, out, (code, said, err) = trained
    assert (code, err) == (0, "")
    found = list(csv.DictReader((out / "mine" / "reproduction.csv").read_text().splitlines()))
    reached = [
        run.curve("test", "accuracy")[1][0]
        for run in runs(out / "mine" / "small").values()
        if run.experiment().model.layers[0].size == 3
    ]
    assert len(reached) == 2
    assert float(found[0]["ours_mean"]) == pytest.approx(50 * sum(reached))
    assert float(found[0]["difference"]) == pytest.approx(float(found[0]["ours_mean"]) - 50)
    assert (found[0]["theirs_mean"], found[0]["seen"]) == ("50.0", "False")
    assert [row["ours_n"] for row in found] == ["2", "2"]
    assert found[1]["theirs_mean"] == found[1]["difference"] == ""
    text = (out / "mine" / "reproduction.md").read_text()
    assert text.strip() in said
    assert "50 \\* [1]" in text
    assert "| model.layers.0.size = 7 |" in text
    assert "| not known |  |  |" in text
    assert "quoted from elsewhere" in text
    assert "No reproduction" not in text
    assert "runs are done" not in text


def test_a_second_time_nothing_is_trained(trained, monkeypatch):
    mine, out, (_, said, _) = trained
    monkeypatch.delattr("snnrun.api.train")
    code, again, err = run("reproduce", mine, "--results", out, "-q")
    assert (code, err) == (0, "")
    assert again in said


def test_quick_is_marked_and_kept_apart(trained):
    mine, out, _ = trained
    before = (out / "mine" / "reproduction.md").read_bytes()
    code, said, _ = run("reproduce", mine, "--quick", "--results", out, "-q")
    assert code == 0
    assert f"**No reproduction**: one seed of each point, for {QUICK_EPOCHS} epochs" in said
    assert (out / "mine" / "reproduction.md").read_bytes() == before
    found = list(csv.DictReader((out / "mine_quick" / "reproduction.csv").read_text().splitlines()))
    assert {(row["quick"], row["ours_n"], row["runs"]) for row in found} == {("True", "1", "1")}
    assert {r.experiment().train.epochs for r in runs(out / "mine_quick" / "small").values()} == {2}


def test_quick_shortens_every_config_of_a_sweep():
    many = {
        "a": {"config": "a.yaml", "set": {"train.epochs": 150, "train.batch_size": 3}},
        "b": "b.yaml",
    }
    quick = quickened(SweepSettings(configs=many, seeds=5, set={"train.epochs": 30}))
    assert quick.seeds == (0,)
    for start in quick.starts():
        assert quick.variant(start).set["train.epochs"] == QUICK_EPOCHS
    assert quick.variant({"config": "a"}).set["train.batch_size"] == 3


def test_a_dry_run_writes_nothing(tmp_path, monkeypatch):
    mine = write_paper(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    code, said, err = run("reproduce", mine, "--dry-run")
    assert (code, err) == (0, "")
    assert sorted(tmp_path.rglob("*")) == before
    assert "experiment_results/papers/mine/small: 0 of 4 runs are done" in said
    assert "4 runs, 1 minute (estimated)" in said
    assert "model.layers.0.size=3: beside 50" in said
    assert "model.layers.0.size=7: beside nothing that is known" in said
    run("reproduce")
    assert sorted(tmp_path.rglob("*")) == before


def test_all_papers_are_listed():
    code, said, err = run("reproduce")
    assert (code, err) == (0, "")
    assert "fast_and_deep: Göltz, Kriener, " in said
    assert "  yin_yang   7 runs, " in said
    assert "  not here: ImageNet" in said


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["delgard"], "unknown paper 'delgard'; did you mean 'delgrad'? There are: delgrad, "),
        (["xyz"], "unknown paper 'xyz'. There are: delgrad, "),
        (
            ["delgrad", "--table", "sizse"],
            "unknown table of delgrad 'sizse'; did you mean 'sizes'? There are: networks, ",
        ),
        (["--table", "sizes"], "--table needs the PAPER that it is of"),
    ],
)
def test_a_name_that_is_unknown_is_told_with_the_nearest(arguments, wrong):
    code, out, err = run("reproduce", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"snnrun: {wrong}")


def test_a_table_that_fails_does_not_keep_the_others(tmp_path, monkeypatch):
    """The first lacks its data; the second is trained all the same."""
    facts = (
        "title: On tests\nauthors: Nobody\ntables:\n"
        "  broken: {what: no data, minutes: 1}\n  small: {what: sizes, minutes: 1}\n"
    )
    mine = write_paper(tmp_path / "mine", facts)
    (mine / "broken.yaml").write_text(
        "config: base.yaml\nset: {data: {name: mnist}}\nshows: [accuracy]\n"
    )
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    code, said, err = run("reproduce", mine, "--results", tmp_path / "out")
    assert code == 3
    assert "MNIST" in err
    assert (
        "Not trained yet: 1 run, 1 minute (estimated) on one core, `snnrun reproduce mine" in said
    )
    assert len(runs(tmp_path / "out" / "mine" / "small")) == 4


def test_one_table_is_trained_alone_and_all_are_written(tmp_path):
    facts = (
        "title: On tests\nauthors: Nobody\ntables:\n"
        "  other: {what: more sizes, minutes: 1}\n  small: {what: sizes, minutes: 1}\n"
    )
    mine = write_paper(tmp_path / "mine", facts)
    (mine / "other.yaml").write_text((mine / "small.yaml").read_text())
    out = tmp_path / "out"
    code, said, _ = run("reproduce", mine, "--table", "small", "--results", out, "-q")
    assert code == 0
    assert "## small" in said
    assert "## other" not in said
    assert not (out / "mine" / "other").exists()
    assert "Not trained yet" in (out / "mine" / "reproduction.md").read_text()


@pytest.mark.slow
def test_two_workers_share_the_runs(tmp_path):
    mine = write_paper(tmp_path / "mine")
    code, said, err = shell("reproduce", mine, "--results", tmp_path / "out", "--jobs", "2")
    assert (code, err) == (0, "")
    assert len(runs(tmp_path / "out" / "mine" / "small")) == 4
    assert said.count("# On tests\n") == 1
    assert "(2)" in said


def test_runs_that_diverge_are_counted(tmp_path):
    sweep = (
        "config: base.yaml\nset: {train.optimizer.name: sgd, train.epochs: 1}\n"
        "grid: {train.optimizer.lr: [1.0e+38, 0.01]}\n"
    )
    facts = "title: On tests\nauthors: N\ntables:\n  small: {what: rates, minutes: 1}\n"
    mine = write_paper(tmp_path / "mine", facts, sweep)
    found = paper(str(mine))
    reproduction = Reproduction.of(found, found.chosen(None), tmp_path / "out")
    reproduction.train()
    assert "1 of them diverged and have no number." in reproduction.text()
    assert reproduction.wanted[0].told().hours == 2 / 60
    assert os.listdir(tmp_path / "out" / "mine") == ["small"]
    assert [path.name for path in reproduction.write()] == ["reproduction.md", "reproduction.csv"]
    assert running.QUICK_EPOCHS == 2


PAGE = Path(__file__).parents[2] / "docs/papers.md"


def test_the_page_tells_of_every_table():
    page = PAGE.read_text()
    for name in names():
        for table, result in paper(name).facts.tables.items():
            assert f"{table}: {result.what}" in page or f"{name} --table {table}`" in page


def test_the_page_is_made_of_what_was_trained(tmp_path):
    papers = runpy.run_path(str(PAGE.parents[1] / "benchmarks/papers.py"))
    folder = write_paper(tmp_path / "small")
    made = Reproduction.of(paper(str(folder)), (), tmp_path / "r")
    page = f"by hand\n{papers['MARK']}old\n"
    assert "| 4 of 4 runs" in (before := papers["documented"](page, [made]))
    assert before.startswith(f"by hand\n{papers['MARK']}## What was not run\n")
    assert "###" not in before
