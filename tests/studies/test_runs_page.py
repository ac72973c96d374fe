"""The commands of docs/running.md that list runs do what they say."""

import re
import shlex

import pytest

from snnrun.studies.columns import FIXED
from tests.cli.running import run
from tests.conftest import ROOT
from tests.studies.folders import make

PAGE = (ROOT / "docs" / "running.md").read_text()
COMMANDS = re.findall(r"^    snnrun (runs .*)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(
    ("command", "names"), list(zip(COMMANDS, ("bac", "abc", "a", "d", "e"), strict=True))
)
def test_a_command_of_the_page(tmp_path, monkeypatch, command, names):
    results, now = tmp_path / "experiment_results", {"time": "2999-01-01T00:00:00+00:00"}
    rate = {"train.optimizer.lr": 0.1}
    make(results, "mnist_a", rate, **now)
    make(results, "run_b", test={"4": {"accuracy": 0.99}}, **now)
    make(results, "run_c", test={"4": {"accuracy": 0.91}})
    make(results, "run_d", state="failed", reason="no disk", test={})
    make(results / "sweep_1", "run_e", {"model.name": "sbs", **rate}, state="interrupted")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command, comments=True)
    code, text, told = run(*words[: words.index(">") if ">" in words else None])
    assert (code, told) == (0, "")
    assert "".join(re.findall(r"_([a-e])\b", text)) == names, text


def test_the_keys_that_every_run_has_are_told():
    (told,) = re.findall(r"Keys are those of the table's heads: ([^;]*);", PAGE)
    assert re.findall(r"`(\w+)`", told) == list(FIXED)
