"""AND, OR and XOR, by hand."""

import pytest
from pydantic import ValidationError

from snnrun.core.registry import UnknownName
from snnrun.data import DATASETS, load_dataset
from snnrun.data.sets.logic import LogicSettings


@pytest.mark.parametrize(
    ("operation", "labels"), [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("xor", [0, 1, 1, 0])]
)
def test_truth_tables(operation, labels):
    data = load_dataset(LogicSettings(operation=operation, copies=3))
    assert data.classes == ("false", "true")
    assert data.train.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]] * 3
    assert data.train.labels.tolist() == labels * 3
    assert [len(split) for _, split in data.splits()] == [12] * 3


def test_every_bit_has_as_many_inputs_as_wanted():
    settings = LogicSettings(repeats=3)
    assert settings.input_shape == (6,)
    assert load_dataset(settings).test.inputs[1:3].tolist() == [
        [0, 0, 0, 1, 1, 1],
        [1, 1, 1, 0, 0, 0],
    ]


def test_bits_may_be_any_two_values():
    settings = LogicSettings(low=0.2, high=0.9)
    assert load_dataset(settings).train.inputs[1].tolist() == [0.2, 0.9]
    with pytest.raises(ValidationError, match=r"high is 0\.2; expected more than low = 0\.2"):
        LogicSettings(low=0.2, high=0.2)


def test_names_of_pysnn_lead_here():
    for name in ("AND", "or", "XOR"):
        hint = f"unknown data set '{name}'; here it is logic with operation: {name.lower()}"
        with pytest.raises(UnknownName, match=hint):
            DATASETS.pick(name)


def test_other_operations_are_refused():
    with pytest.raises(ValidationError, match="'and', 'or' or 'xor'"):
        LogicSettings(operation="nand")
