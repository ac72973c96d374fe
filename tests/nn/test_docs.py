"""The programs of docs/nn.md train: their loss falls."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import snnrun.nn
from snnrun.nn import graph

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "nn.md").read_text(encoding="utf-8")
FIRST, *OTHERS, GRAPH = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
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


def test_the_graph_spikes_and_learns():
    """Synapses of blank pixels of the neuron that spikes most are weakened."""
    names = run(DATA + GRAPH)
    spikes, weight = names["found"]["E"], names["feed"].weight
    assert 0 < spikes.sum() < 0.1 * spikes.numel()
    assert names["found"]["I"].any()
    assert names["found"]["E.excitation"].max() > 0.1
    assert names["share"] < 0.5 * 13 / 64
    torch.testing.assert_close(weight.sum(1), torch.full((20,), 16.0))


def test_all_that_there_is_stands_on_the_page():
    missing = [
        name for name in snnrun.nn.__all__ if f"`{name}" not in PAGE and name not in ELSEWHERE
    ]
    assert missing == []
    assert [name for name in graph.__all__ if f"`{name}" not in PAGE and name not in BASES] == []


#: What the page tells of without its name in code.
ELSEWHERE = {"Schedule", "State"}
#: What parts of graphs are made from, and how: told in the module.
BASES = {
    "Arrival", "Connection", "Edge", "Group", "Network", "Plasticity", "TraceSettings", "Weighted",
}  # fmt: skip


def test_the_package_offers_them_and_imports_them_when_they_are_used():
    code = (
        "import sys, snnrun; before = 'torch' in sys.modules; snnrun.nn.LIF(); "
        "print(before, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
