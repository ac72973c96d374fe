"""The tables that people see after an evaluation, from arrays written down by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from snnrun.evaluation.summary import LAYERS, SUMMARY, tables
from snnrun.runs.numbers import precision_and_recall, top, total_energy
from tests.evaluation.networks import LIVE
from tests.evaluation.runs import measured, saved

ACTIVITY = {"density": 0.125, "silent": 0.5, "saturated": np.nan, "dead": 0.25, "hit": 0.0}
KEPT = {
    "activity": {f"layers.10/{name}": value for name, value in ACTIVITY.items()},
    "spikes": {"layers.10/spikes": 1234.56},
    "cost": {
        "parameters": 1200, "learning": 800,
        "readout/accumulations": 1000.0, "readout/multiplications": 0.0,
        "layers.2/accumulations": 0.0, "layers.2/multiplications": 10000.0,
    },
    "ranks": {"counts": np.array([5, 2, 0, 1, 0, 1, 1, 0])},
    "decisions": {"decided": np.array([2, 6, 0, 2]), "right": np.array([1, 2, 3, 4])},
    "answers": {"counts": np.array([[3, 1, 0, 0], [0, 4, 0, 2], [0, 0, 0, 0]])},
}  # fmt: skip


def evaluation(**changed):
    kept = KEPT | changed
    return SimpleNamespace(of=lambda name: kept.get(name, {}), classes=("one", "two", "three"))


def test_layers_come_from_the_input_on_and_what_is_unknown_is_a_dash():
    head, *rows = next(tables(evaluation())).splitlines()
    assert head.split() == [
        "layer", "density", "silent", "saturated", "dead", "hit", "spikes", "AC", "MAC"
    ]  # fmt: skip
    assert [row.split() for row in rows] == [
        ["layers.2", *"------", "0", "10,000"],
        ["layers.10", "0.1250", "50.0%", "-", "25.0%", "0.0%", "1,234.6", "-", "-"],
        ["readout", *"------", "1,000", "0"],
    ]


def test_energy_and_latency():
    """1,000 additions of 0.9 pJ and 10,000 multiplications of 4.6 pJ; 2 + 12 + 8 steps of 10."""
    _, lines, _ = tables(evaluation())
    assert lines.splitlines() == [
        "parameters: 1,200, of which 800 learn",
        "energy: 46.9 nJ a sample (4.6 pJ a MAC, 0.9 pJ an AC; synapses only)",
        "top-5 accuracy: 80.00%",
        "decided after 2.2 of 4 steps on average, 99% after 4",
    ]
    assert total_energy(evaluation()) == pytest.approx(46.9e-9)
    assert total_energy(evaluation(cost={"parameters": 5, "learning": 5})) is None


def test_the_first_output_spike():
    found = {"time": 1.234, "decided": 3, "samples": 4}
    _, lines, _ = tables(evaluation(decisions=found))
    assert lines.splitlines()[-1] == "first output spike: 1.23 tau_syn on average, in 75.0%"


def test_classes():
    """Of 4 samples of the first class 3 are found; of 6 of the second 4, of 5 taken for it."""
    *_, table = tables(evaluation())
    rows = [row.split() for row in table.splitlines()]
    assert rows == [
        ["class", "precision", "recall", "samples"],
        ["one", "100.0%", "75.0%", "4"],
        ["two", "80.0%", "66.7%", "6"],
        ["three", "-", "-", "0"],
    ]


def test_of_many_layers_and_classes_there_is_a_word():
    layers = {f"layers.{n}/density": 0.1 for n in range(LAYERS + 1)}
    first = next(tables(evaluation(activity=layers, cost={})))
    assert first.startswith("65 layers: ")
    counts = np.zeros((30, 31), np.int64)
    counts[range(30), range(30)] = range(1, 31)
    counts[:, 30] = 10
    many = evaluation(answers={"counts": counts})
    many.classes = tuple(f"c{n}" for n in range(30))
    *_, table = tables(many)
    assert [row.split()[0] for row in table.splitlines()] == [
        "worst",
        *(f"c{n}" for n in range(10)),
    ]


def test_top_k_counts_samples_without_a_score():
    assert [top(np.array([5, 2, 0, 3]), k) for k in (1, 2, 3)] == [0.5, 0.7, 0.7]
    precision, recall = precision_and_recall(np.array([[0, 0, 2], [1, 1, 0]]))
    assert (precision.tolist(), recall.tolist()) == ([0.0, 1.0], [0.0, 0.5])


def test_a_network_at_work_has_all_of_it(tmp_path):
    found = measured(saved(tmp_path / "run", LIVE["feedforward"]()), *SUMMARY)
    layers, whole, classes = tables(found)
    assert [row.split()[0] for row in layers.splitlines()[1:]] == [
        "layers.0", "layers.1", "layers.3", "layers.4", "readout"
    ]  # fmt: skip
    assert len(whole.splitlines()) == 4
    assert len(classes.splitlines()) == 11
