"""What a run logged, as the columns of a table."""

import numpy as np

import snnrun
from snnrun.runs.columns import columns
from tests.tiny import write_config


def row(epoch, split, name, value, **more):
    return {"step": 10 * epoch, "epoch": epoch, "split": split, "name": name, "value": value,
            "time": 0.5 * epoch, **more}  # fmt: skip


def test_there_is_a_row_for_each_epoch_and_a_column_for_each_number():
    found = columns(
        [
            row(0, "validation", "loss", 3.0),
            row(2, "train", "loss", 1.0),
            row(2, "validation", "loss", 2.0),
            row(1, "train", "loss", 1.5, time=9.0),
            row(2, "train", "loss", 0.5),
            row(2, "test", "accuracy", 0.25, step=0, time=0.0),
        ]
    )
    assert list(found) == [
        "epoch", "step", "time", "validation/loss", "train/loss", "test/accuracy",
    ]  # fmt: skip
    assert found["epoch"].tolist() == [0, 1, 2]
    assert found["step"].tolist() == [0, 10, 20]
    assert found["time"].tolist() == [0.0, 9.0, 1.0]
    np.testing.assert_equal(found["train/loss"], [np.nan, 1.5, 0.5])
    np.testing.assert_equal(found["validation/loss"], [3.0, np.nan, 2.0])
    np.testing.assert_equal(found["test/accuracy"], [np.nan, np.nan, 0.25])


def test_of_nothing_there_are_columns_without_rows():
    assert {name: each.tolist() for name, each in columns([]).items()} == {
        "epoch": [], "step": [], "time": [],
    }  # fmt: skip


def test_a_run_gives_what_tables_are_made_of(tmp_path):
    """Other libraries take a map of columns that are of one length."""
    run = snnrun.train(write_config(tmp_path), {"train.epochs": 2}, results=tmp_path)
    table = run.metrics()
    assert type(table) is dict
    assert {each.shape for each in table.values()} == {(3,)}
    assert table["epoch"].dtype == table["step"].dtype == np.int64
    epochs, values = run.curve("validation", "accuracy")
    assert dict(zip(table["epoch"], table["validation/accuracy"], strict=True)) == dict(
        zip(epochs, values, strict=True)
    )
