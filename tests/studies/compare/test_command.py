"""The command: what it prints and writes, and what it says of mistakes."""

import subprocess
import sys

import pytest

import snnrun
from tests.cli.running import run
from tests.studies.compare.cases import two
from tests.studies.folders import make


def test_it_prints_the_table(tmp_path):
    whole = two(tmp_path)
    assert run("compare", tmp_path) == (0, str(whole), "")
    pattern = run("compare", f"{tmp_path}/size_*", "--format", "csv")
    assert (pattern[0], pattern[1]) == (0, whole.to("csv"))
    assert str(snnrun.compare(str(tmp_path))) == str(whole)


def test_options_say_what_is_compared(tmp_path):
    two(tmp_path)
    asked = ("--metrics", "loss, accuracy", "--epoch", "last", "--baseline", "layers.0.size=5")
    code, shown, _ = run("compare", tmp_path, "--metrics", "accuracy", *asked[2:])
    assert code == 0
    assert "after the last epoch" in shown
    code, _, told = run("compare", tmp_path, *asked)
    assert (code, "no run logs 'loss'" in told) == (2, True)


def test_it_writes_files(tmp_path):
    whole = two(tmp_path / "runs")
    found = run("compare", tmp_path / "runs", "-o", tmp_path / "a.tex", "--figures", tmp_path / "f")
    assert found[0] == 0
    assert found[1].splitlines() == [
        f"wrote {tmp_path}/a.tex", f"{tmp_path}/f/settings.pdf", f"{tmp_path}/f/settings.png",
    ]  # fmt: skip
    assert (tmp_path / "a.tex").read_text() == whole.to("latex")


def test_a_style_is_that_of_the_figures(tmp_path):
    two(tmp_path / "runs")
    place = ("compare", tmp_path / "runs", "--figures", tmp_path / "f")
    widths = []
    for style in ((), ("--style", "page=150mm", "--style", "column=70mm")):
        assert run(*place, *style)[0] == 0
        png = (tmp_path / "f" / "settings.png").read_bytes()
        widths.append(25.4 * int.from_bytes(png[16:20]) / 200)
    assert widths == pytest.approx([1.25 * 89, 70 + 80 * (0.25 * 89) / (183 - 89)], abs=0.2)
    code, shown, told = run(*place, "--style", "colum=70mm")
    assert (code, shown) == (2, "")  # before anything is read
    assert "style: colum: unknown key; did you mean 'column'?" in told
    code, _, told = run(*place[:2], "--style", "ticks=in")
    assert (code, "expected --figures DIR, too" in told) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["absent"], 3, "no such folder: "),
        (["."], 3, "holds no run"),
        (["runs", "--metrics", "acuracy"], 2, "did you mean 'accuracy'?"),
        (["runs", "--split", "tset"], 2, "did you mean 'test'?"),
        (["runs", "--epoch", "bst"], 2, "expected best, last or a number"),
        (["runs", "--epoch", "-1"], 2, "expected best, last or a number"),
        (["runs", "--format", "pdf"], 2, "There are: text, csv, markdown, latex, html"),
        (["runs", "-o", "table.doc"], 2, "expected a name that ends in"),
        (["runs", "--baseline", "layers.0.size=6"], 2, "no group has layers.0.size=6"),
        (["runs/size_5_0"], 2, "is the only run"),
        (["failed"], 3, "no run is finished: run (failed)"),
    ],
)
def test_mistakes_are_told_in_a_line(tmp_path, monkeypatch, arguments, code, told):
    two(tmp_path / "inner" / "runs")
    make(tmp_path / "inner" / "failed", "run", state="failed")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / ("empty" if arguments == ["."] else "inner"))
    found = run("compare", *arguments)
    assert (found[0], found[1]) == (code, "")
    assert told in found[2]
    assert found[2].count("\n") == 1


def test_torch_and_matplotlib_stay_outside(tmp_path):
    two(tmp_path)
    code = (
        "import sys, snnrun; print(snnrun.compare(sys.argv[1]).to('latex')); "
        "print([name for name in ('torch', 'matplotlib', 'scipy.stats') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
