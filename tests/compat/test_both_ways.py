"""Every table says the same in both directions, whatever it is told.

There and back again, nothing is lost but what is stated here: :data:`ANOTHER_WAY`.
"""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snnrun.compat.fastanddeep import first_generation as fastanddeep_1
from snnrun.compat.fastanddeep import second_generation as fastanddeep_2
from snnrun.compat.fastanddeep.datasets import DataSet
from snnrun.compat.fastanddeep.first_generation import BiasTimes
from snnrun.compat.fastanddeep.layers import Layers
from snnrun.compat.keys import Keys, Report
from snnrun.compat.parts import Choice, Column, Many, Part
from snnrun.compat.pytorch_sbs import first_generation as sbs_2022
from snnrun.compat.pytorch_sbs import second_generation as sbs_2023
from snnrun.compat.pytorch_sbs.second_generation import Kinds
from snnrun.compat.tables import Key, Ours, Row, Table, read, write

LAYERS = 3  # of every list that has one value for each
NAMES = ["SbS", "SbS LOCAL", "SbS POOLING", "Average POOLING", "MAX POOLING", "NNMF", "RELU"]
#: What is drawn for keys whose default does not tell enough.
VALUES: dict[str, Any] = {
    "n_inputs": st.just(4),
    "epoch_number": st.integers(4, 9),
    "epoch_snapshots": st.lists(st.integers(1, 3), max_size=2, unique=True).map(sorted),
    "milestones": st.lists(st.integers(1, 9), min_size=1),
    "times": st.lists(st.floats(0.1, 2), min_size=1),
    "model_tau_ratio": st.sampled_from([1, 2]),
    "number_of_cpu_processes": st.sampled_from([-1, 1, 8]),
    "cooldown_after_number_of_spikes": st.integers(-1, 9),
    "optimizer_name": st.just("Adam"),
    "loss_mode": st.sampled_from([0, 1]),
    "lr_schedule_name": st.sampled_from(["ReduceLROnPlateau", "SbSLRScheduler", "None"]),
    "weight_noise_range": st.sampled_from([[], [1.0, 1.3], [0.5, 2.5]]),
    "update_after_x_batch": st.sampled_from([1.0, 2.0, 5.0]),
}
#: What they may say in another way: the last epoch is kept in any case, an empty range is silence,
#: one value may stand for all layers, unscaled errors have no scale to keep, 1 + x - 1 is rounded.
ANOTHER_WAY = {
    "epoch_snapshots", "weight_noise_range", "number_of_spikes", "w_trainable",
    "sbs_skip_gradient_calculation", "spike_full_layer_input_distribution",
    "kepp_last_grad_scale", "weight_noise_amplitude",
}  # fmt: skip
BY_TYPE = {
    bool: st.booleans(),
    int: st.integers(1, 9),
    float: st.sampled_from([0.125, 0.3, 0.5, 0.7]),
}


def value(row: Row) -> st.SearchStrategy:
    """A value for a key: of its own kind, or of the type of its default."""
    default = getattr(row, "default", None)
    if isinstance(default, tuple):
        return st.lists(st.integers(1, 9), min_size=2, max_size=2)
    return VALUES.get(row.theirs, BY_TYPE.get(type(default), BY_TYPE[float]))


@st.composite
def said(draw, table: Table) -> dict:
    """A map of theirs that a table can read."""
    found: dict[str, Any] = {}
    for row in table:
        if isinstance(row, Many):
            found[row.theirs] = [draw(said(row.inside)) for _ in range(draw(st.integers(1, 2)))]
            if isinstance(row, Layers):
                kind = row.inside[0].kinds["NeuronLayer"]
                found[row.theirs].append({"name": "NeuronLayer", **draw(said(kind.rows))})
        elif isinstance(row, Part):
            off = row.off is False and row.ours and draw(st.booleans())
            found[row.theirs] = False if off else draw(said(row.inside))
        elif isinstance(row, Choice):
            known = {word: kind for word, kind in row.kinds.items() if not kind.read_only}
            word = draw(st.sampled_from(list(known)))
            found |= {row.theirs: word, **draw(said(known[word].rows))}
        elif isinstance(row, Kinds):
            found[row.theirs] = draw(
                st.lists(st.sampled_from(NAMES), min_size=LAYERS, max_size=LAYERS)
            )
        elif isinstance(row, Column):
            each = value(row) if not isinstance(row, BiasTimes) else VALUES["times"]
            found[row.theirs] = [draw(each) for _ in range(LAYERS)]
            if isinstance(row, BiasTimes):
                found[row.counts] = [len(times) for times in found[row.theirs]]
        elif isinstance(row, Key) or row.theirs in VALUES:
            found[row.theirs] = draw(value(row))
    return found


def ours(table: Table, theirs: dict, coloured: bool) -> Ours:
    """What a table makes of a map of theirs, which it understands."""
    keys = Keys(theirs, (), Report())
    found = Ours({"facts": {"coloured": coloured, "mode": "MNIST", "inputs": 4}})
    read(table, keys, found)
    keys.close()
    assert keys.report.problems == []
    return found


def plainly(theirs: Any) -> Any:
    """What must come back as it was."""
    if isinstance(theirs, list):
        return [plainly(each) for each in theirs]
    if not isinstance(theirs, dict):
        return theirs
    return {key: plainly(each) for key, each in theirs.items() if key not in ANOTHER_WAY}


def lost(first: Any, then: Any) -> list:
    """What the first says and the other does not."""
    if isinstance(first, dict) and isinstance(then, dict):
        return [
            (key, *each)
            for key in first
            for each in (lost(first[key], then[key]) if key in then else [("gone",)])
        ]
    if isinstance(first, list) and isinstance(then, list) and len(first) == len(then):
        return [each for pair in zip(first, then, strict=True) for each in lost(*pair)]
    return [] if first == then else [(first, then)]


@pytest.mark.parametrize(
    "generation",
    [fastanddeep_1, fastanddeep_2, sbs_2022, sbs_2023],
    ids=["fastAndDeep", "DelGrad", "2022", "2023"],
)
@given(data=st.data(), coloured=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_table_is_read_both_ways(generation, data, coloured):
    """What a table writes, it reads as the same; and what it read stands in what it writes."""
    table = tuple(row for row in generation.TABLE if not isinstance(row, DataSet))
    if generation is fastanddeep_2:  # its data set is told below, where it is a whole
        table = table[1:]
    theirs = data.draw(said(table))
    once = ours(table, theirs, coloured)
    back = write(table, told := copy.deepcopy(once))
    assert told.problems == []
    again = ours(table, back, coloured)
    assert again.plain == once.plain
    assert write(table, again) == back
    assert lost(plainly(theirs), back) == []
