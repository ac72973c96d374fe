"""Graphs that find no memory in the middle of a sample: what they are asked next goes right."""

import subprocess
import sys

import numpy as np
import pytest

from snnrun.kernels.native import native
from tests.kernels.hostile.graphs import rule
from tests.trials import limit_memory

NEURONS, LONG = 2**17, 400  # whose spikes, all at each step, are more than there is room for
ROOM = 2**27


def spikes(steps):
    """Arguments of one sample of an input that spikes at every step."""
    starts = np.arange(steps + 1, dtype=np.int64)[None]
    places, words = np.zeros(steps, np.int32), np.zeros((1, steps), np.uint32)
    return {"inputs": [(starts, places)], "words": words, "wanted": [2]}


def sample(steps, signal, **changed):
    """Arguments of a run of it."""
    signals = [np.ones((1, steps))] if signal else []
    right = {"learning": True, "watched": -1, "fewest": 0, "threads": 1, "signals": signals}
    return spikes(steps) | right | changed


class Taught:
    """One neuron that drives many, over synapses that learn by a rule."""

    def __init__(self, kind, weights=None, ready=None):
        self.signal = 6 <= kind <= 8
        self.weights = np.full((NEURONS, 1), 0.9) if weights is None else weights.copy()
        self.ready = np.zeros(NEURONS, np.uint8) if ready is None else ready.copy()
        trace = {"traced": True, "trace_decay": 0.9}
        cells = {"threshold": 1.0, **trace}
        groups = [{"size": 1, "input": True}, {"size": 1, **cells}, {"size": NEURONS, **cells}]
        learned = {"weights": self.weights, "ready": self.ready, "rules": [rule(kind)],
                   "low": 0.0, "high": 99.0, "norm": 0.7}  # fmt: skip
        synapses = [
            {"pre": 0, "post": 1, "delay": 0, "kind": 1, "weights": np.ones(1)},
            {"pre": 1, "post": 2, "delay": 1, **learned},
        ]
        self.graph = native().GraphDouble(groups, synapses)

    def fail(self, function, **arguments):
        """Make a call for which there is no memory."""
        with pytest.raises(MemoryError):
            function(**arguments)


def learn_again(kind):
    """Behind a run that found no memory, a graph runs and learns as one that is new."""
    one = Taught(kind)
    limit_memory(ROOM)
    one.fail(one.graph.run, **sample(LONG, one.signal))
    assert (one.weights != 0.9).all()
    other = Taught(kind, one.weights, one.ready)
    for learning in (False, True, False):
        run = sample(5, one.signal, learning=learning)
        found = [each.graph.run(**run)[1][0] for each in (one, other)]
        for a, b in zip(*found, strict=True):
            np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(one.weights, other.weights)
    np.testing.assert_array_equal(one.ready, other.ready)
    np.testing.assert_array_equal(one.graph.traces(2), other.graph.traces(2))


def drop_episode(kind):
    """An episode that found no memory is over, and leaves traces of the steps that it made."""
    one = Taught(kind)
    limit_memory(ROOM)
    told = [1.0] * one.signal
    one.graph.begin(True)
    one.graph.go_on(**spikes(3), told=told)
    one.fail(one.graph.go_on, **spikes(LONG), told=told)
    assert np.isfinite(one.graph.traces(2)).all()
    with pytest.raises(ValueError, match="no episode was begun"):
        one.graph.go_on(**spikes(3), told=told)
    one.graph.begin(True)
    one.graph.go_on(**spikes(3), told=told)
    one.graph.end(told)


def take_less(delays):
    """What inputs bring over many steps finds no memory; of fewer steps it does, time and again."""
    weights = np.full((4, 3), 0.4)
    apart = {"delays": np.array([[0, 1, 2]] * 4)} if delays else {}
    graph = native().GraphDouble(
        [{"size": 3, "input": True}, {"size": 4, "threshold": 0.5}],
        [{"pre": 0, "post": 1, "delay": 0, "weights": weights, **apart}],
    )

    def run(steps):
        shown = spikes(steps) | {"wanted": [1]}
        return graph.run(**sample(steps, False) | shown)[1][0][0][0, -1]

    limit_memory(ROOM)
    assert run(5) > 0
    for _ in range(2):
        with pytest.raises(MemoryError):
            run(2**20)
        assert run(2**12) > 0


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        ("learn_again", 1),
        ("learn_again", 7),
        ("drop_episode", 1),
        ("drop_episode", 7),
        ("take_less", False),
        ("take_less", True),
    ],
)
def test_graphs_without_memory(function, argument, compiled):
    """They wrote beyond what they had, and learned as if the sample before went on."""
    code = f"from tests.kernels.hostile import test_graph_memory as t; t.{function}({argument})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
