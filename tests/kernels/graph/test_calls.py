"""The compiled graphs refuse what is wrong with a message, and never crash."""

import gc
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.kernels.hostile.graphs import call, groups, intervals, portion, rule, synapses


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


@pytest.mark.parametrize("signal", [-2, 2**16, 2**62])
def test_signals_are_counted(signal, compiled):
    """As many numbers as the largest of them were asked for, whatever that was."""
    between = synapses(np.float64)
    between[0]["rules"] = [rule(7) | {"signal": signal}]
    told = rf"synapses\[0\].rules\[0\]: signal: expected -1 to 65535, not {signal}"
    with pytest.raises(ValueError, match=told):
        compiled.GraphDouble(groups(np.float64), between)


def test_rules_are_a_list(compiled):
    """What was not was told as Python has it: 'int' object is not iterable."""
    between = synapses(np.float32)
    between[0]["rules"] = 3
    with pytest.raises(TypeError, match=r"synapses\[0\]: rules: expected a list"):
        compiled.GraphFloat(groups(np.float32), between)


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


def arrays(between, names):
    """Yield the arrays of these names."""
    for each in between:
        yield from (each[name] for name in names if name in each)


def test_delays_are_those_that_were_checked(compiled):
    """Changed behind the check, they let rules look for spikes where there are none."""
    found = []
    for changed in (False, True):
        between = synapses(np.float64, rules=8)
        graph = compiled.GraphDouble(groups(np.float64), between)
        for delays in arrays(between, ["delays"] if changed else []):
            delays[...] = 2**40
        found.append([each for lists in graph.run(**call(rewarded=True))[1] for each in lists])
        found[-1] += arrays(between, ["weights"])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_only_read_may_be_read_only(compiled):
    between, shown = synapses(np.float64, rules=7), call(rewarded=True)
    still = [*arrays(between, ["sees", "delays", "mask"]), shown["signals"][0]["labels"]]
    for each in [*still, *shown["clamps"].values()]:
        each.flags.writeable = False
    graph = compiled.GraphDouble(groups(np.float64), between)
    assert graph.run(**shown)[0] == 3
    told = np.ones((3, 6))
    told.flags.writeable = False
    assert graph.run(**shown | {"signals": [told]})[0] == 3
    between[0]["weights"].flags.writeable = False
    with pytest.raises(ValueError, match=r"synapses\[0\]: weights: it is read-only"):
        compiled.GraphDouble(groups(np.float64), between)


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


def test_traces_that_are_asked_for_before_the_first_step_are_not_taken_for_later_ones(compiled):
    """They counted as those of the last step that was made before: there, rules saw none."""
    trace = {"traced": True, "trace_decay": 0.9}
    cells = [{"size": 5, "input": True, **trace}, {"size": 1, "threshold": 2.2, **trace}]
    weights = np.full((1, 5), 0.2)  # of the 12 spikes that come, one is needed at the last step
    learned = {"weights": weights, "ready": np.zeros(1, np.uint8), "rules": [rule(1)]}
    graph = compiled.GraphDouble(cells, [{"pre": 0, "post": 1, "delay": 0, **learned}])
    for _ in range(2):
        weights[...], before = 0.2, weights.copy()
        graph.refresh()
        graph.begin(True)
        np.testing.assert_array_equal(graph.traces(0), np.zeros(5))
        ((starts, _),) = graph.go_on(**portion(False))
        assert starts.tolist() == [[0, 0, 0, 0, 0, 0, 1]]
        graph.end([])
    np.testing.assert_array_equal(weights, before)
    assert (weights != 0.2).any()
