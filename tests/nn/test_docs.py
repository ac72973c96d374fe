"""The programs of docs/nn.md train: their loss falls."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import snnrun.nn

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "nn.md").read_text(encoding="utf-8")
FIRST, *OTHERS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
DATA = FIRST.partition("net =")[0]


def run(program):
    names = {}
    exec(compile(program, "docs/nn.md", "exec"), names)
    return names


def test_the_first_program_learns_the_digits(capsys):
    names = run(FIRST)
    assert len(FIRST.splitlines()) <= 28
    assert names["losses"][-1] < 0.3 * names["losses"][0]
    assert float(capsys.readouterr().out.removeprefix("accuracy ")) > 0.85


@pytest.mark.parametrize("program", OTHERS, ids=["snetx", "state", "first_spike", "sbs"])
def test_the_loss_of_the_others_falls(program):
    losses = run(DATA + program)["losses"]
    assert losses[-1] < 0.8 * losses[0]


def test_all_that_there_is_stands_on_the_page():
    missing = [
        name for name in snnrun.nn.__all__ if f"`{name}" not in PAGE and name not in ELSEWHERE
    ]
    assert missing == []


#: What the page tells of without its name in code.
ELSEWHERE = {"Schedule", "State"}


def test_the_package_offers_them_and_imports_them_when_they_are_used():
    code = (
        "import sys, snnrun; before = 'torch' in sys.modules; snnrun.nn.LIF(); "
        "print(before, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
