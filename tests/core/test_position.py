"""Positions: in the order of training, and named so that they are found again."""

import pytest

from snnrun.core.position import Position, position


@pytest.mark.parametrize("at", [Position(), Position(3), Position(41, 12), Position(123_456, 7)])
def test_a_name_is_read_again(at):
    assert position(at.name) == at


@pytest.mark.parametrize(
    "name",
    ["epoch_0003 (copy)", "epoch_", "epoch_x", "epoch_0003_batch_", ".snnrun-7.gone.epoch_0003",
     ".7.epoch_0003", "Epoch_0003", "epoch_-003", "epoch_" + 13 * "1", "epoch_0003/", "last"],
)  # fmt: skip
def test_other_names_name_none(name):
    assert position(name) is None


def test_they_are_in_the_order_of_training():
    walked = [
        Position(0),
        Position(0, 1),
        Position(0, 12),
        Position(1),
        Position(10),
        Position(10, 1),
    ]
    assert sorted(walked[::-1]) == walked


def test_they_are_told_in_words():
    assert [str(at) for at in (Position(3), Position(3, 4))] == ["epoch 3", "epoch 3, batch 4"]
