"""The compiled graphs refuse what is wrong with a message, and never crash."""

import gc
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.kernels.hostile.graphs import call, groups, intervals, synapses


def built(compiled, rules=1):
    return compiled.GraphDouble(groups(np.float64), synapses(np.float64, rules))


@pytest.mark.parametrize("rules", range(1, 10))
def test_the_calls_from_which_others_are_made_work(rules, compiled):
    done, found = built(compiled, rules).run(**call(rewarded=6 <= rules <= 8))
    assert done == 3
    assert [starts.shape for starts, _ in found] == [(3, 7), (3, 7)]
    starts, _ = compiled.counted_intervals(**intervals())
    assert starts.shape == (2, 7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": None}, r"groups\[0\]: size: expected a whole number, not None"),
        ({"size": 2.5}, r"groups\[0\]: size: expected a whole number, not 2.5"),
        ({"size": 2**64}, r"groups\[0\]: size: expected a whole number, not 18446744073709551616"),
        ({"input": "yes"}, r"groups\[0\]: input: expected true or false, not 'yes'"),
        ({"trace_decay": "0.9"}, r"groups\[0\]: trace_decay: expected a number, not '0.9'"),
        ({"decay": []}, r"groups\[0\]: decay: expected a number, not \[\]"),
    ],
)
def test_values_of_the_wrong_kind_are_named(change, message, compiled):
    """They were a RuntimeError about a C++ type."""
    first, *others = groups(np.float32)
    with pytest.raises(TypeError, match=message):
        compiled.GraphFloat([first | change, *others], synapses(np.float32))


def test_what_is_no_map_is_named(compiled):
    with pytest.raises(TypeError, match=r"groups\[1\]: expected a map"):
        compiled.GraphFloat([groups(np.float32)[0], 3], [])
    with pytest.raises(TypeError, match=r"synapses\[0\]: expected a map"):
        compiled.GraphFloat(groups(np.float32), [None])


def test_arrays_stay_as_long_as_the_graph(compiled):
    """The graph kept the maps that they came in; emptied, these let memory go that it wrote to."""
    weights = np.full((4, 5), 0.4)
    alone = sys.getrefcount(weights)
    cells, between = groups(np.float64), synapses(np.float64)
    between[0]["weights"] = weights
    graph = compiled.GraphDouble(cells, between)
    for part in (cells, between):
        for each in part:
            each.clear()
        part.clear()
    gc.collect()
    assert sys.getrefcount(weights) == alone + 1
    assert graph.run(**call())[0] == 3
    del graph
    gc.collect()
    assert sys.getrefcount(weights) == alone


def taught(compiled, threads):
    """Return the weights of a graph that is taught the same eight times, by several threads."""
    samples, steps, inputs, neurons = 4, 300, 40, 200
    spikes = np.random.default_rng(0).random((samples, steps, inputs)) < 0.2
    ends = spikes.sum(2).cumsum().reshape(samples, steps)
    starts = np.concatenate([np.concatenate([[0], ends[:-1, -1]])[:, None], ends], 1)
    trace = {"traced": True, "trace_decay": 0.9}
    rule = {"kind": 1, "nu_pre": 0.001, "nu_post": 0.002}
    weights = np.random.default_rng(1).random((neurons, inputs))
    learned = {"weights": weights, "ready": np.zeros(neurons, np.uint8), "low": 0.0, "high": 1.0}
    cells = [
        {"size": inputs, "input": True, **trace},
        {"size": neurons, **trace, "decay": 0.9, "threshold": 9.0},
    ]
    between = [{"pre": 0, "post": 1, "delay": 1, "rules": [rule], "norm": 9.0, **learned}]
    graph = compiled.GraphDouble(cells, between)
    shown = call() | {
        "inputs": [(starts, np.nonzero(spikes)[2].astype(np.int32))], "clamps": {}, "wanted": [1],
        "words": np.zeros((samples, steps), np.uint32),
    }  # fmt: skip
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: graph.run(**shown), range(8)))
    return weights


def test_threads_of_python_take_turns(compiled):
    """Two that taught a graph at once wrote the same weights and traces."""
    np.testing.assert_array_equal(taught(compiled, 4), taught(compiled, 1))


def test_episodes_that_cannot_be_are_refused(compiled):
    graph = built(compiled, rules=7)
    shown = {key: call()[key] for key in ("inputs", "words", "wanted")}
    with pytest.raises(ValueError, match="inputs: an episode is one sample"):
        graph.go_on(**shown, told=[0.0])
    one = {"inputs": [(shown["inputs"][0][0][:1], shown["inputs"][0][1])],
           "words": shown["words"][:1], "wanted": [1]}  # fmt: skip
    with pytest.raises(ValueError, match="no episode was begun"):
        graph.go_on(**one, told=[0.0])
    graph.begin(True)
    with pytest.raises(ValueError, match="told: expected 1 numbers"):
        graph.go_on(**one, told=[])
    with pytest.raises(ValueError, match="wanted: not a group that spikes"):
        graph.go_on(**one | {"wanted": [0]}, told=[0.0])
    assert graph.go_on(**one, told=[0.0])[0][0].shape == (1, 7)
    graph.end([np.nan])
    graph.end([np.nan])
