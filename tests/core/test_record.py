"""A record tells what there is: field, layer, shape, kind, axes and unit."""

import copy
import inspect
import pickle
from dataclasses import fields

import pytest
import torch

from snnrun.core.events import Events
from snnrun.core.record import FIELDS, Record


def record():
    return Record(
        spikes=[torch.zeros(4, 2, 3), torch.zeros(4, 2, 5)],
        outputs=torch.zeros(4, 2, 5, dtype=torch.float64),
        events={"E": Events.of(torch.ones(6, 2, 7))},
        layers=("layers.0", "readout"),
    )


def test_it_is_told_in_a_line_for_each_layer():
    assert repr(record()).splitlines() == [
        "Record of 2 samples",
        "spikes   layers.0  [4, 2, 3]  float32  [time, batch, ...]; 1 = a spike",
        "         readout   [4, 2, 5]  float32",
        "outputs            [4, 2, 5]  float64  [time, batch, classes]; unit of the scores",
        "events   E         [6, 2, 7]  int32    [time, batch, neurons]; spikes, as lists",
    ]
    assert repr(Record()) == "Record of 0 samples"


def test_of_many_layers_the_first_and_the_last_are_told():
    rates = [torch.zeros(1, size) for size in range(1, 21)]
    lines = repr(Record(rates=rates)).splitlines()
    assert [line.split("  ")[1] for line in lines[1:2]] == ["0"]
    assert [line.strip().partition(" ")[0] for line in lines[2:]] == ["1", "2", "...", "19"]
    assert "... 16 more" in lines[4]


def test_every_field_has_axes_and_a_unit():
    assert [each.name for each in fields(Record) if each.name != "layers"] == list(FIELDS)
    for name, (axes, unit) in FIELDS.items():
        assert "batch" in axes
        assert unit, name
        assert f"\n{name}: " in inspect.getdoc(Record)


def test_entries_are_found_by_their_layer():
    found = record().named("spikes")
    assert {name: list(each.shape) for name, each in found.items()} == {
        "layers.0": [4, 2, 3], "readout": [4, 2, 5],
    }  # fmt: skip
    assert record().named("events").keys() == {"E"}
    with pytest.raises(KeyError, match="the record has no times; it has spikes, outputs, events"):
        record().named("times")


def test_it_is_copied_and_pickled_whole():
    for other in (pickle.loads(pickle.dumps(record())), copy.deepcopy(record())):
        assert repr(other) == repr(record())
        assert other.layers == ("layers.0", "readout")
