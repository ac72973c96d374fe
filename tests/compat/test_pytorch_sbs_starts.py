"""Trainings that start from weights which pytorch-sbs saved."""

import numpy as np
import pytest

import snnrun
from snnrun.errors import DataError
from snnrun.experiment import load_config
from tests.compat.sbs_originals import (
    FIRST,
    SECOND,
    begun,
    same,
    save_config,
    save_first,
    save_patterns,
    save_weights,
)

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_training_starts_from_previous_weights(tmp_path):
    save_patterns(tmp_path / "theirs" / "DATA")
    save_config(tmp_path / "theirs", SECOND)
    before = save_weights(tmp_path / "theirs" / "Previous", 7, {2: (45, 10)})
    found = begun("theirs")
    assert same(found["layers.2.weights"], before[2])
    drawn = found["layers.0.weights"]
    assert drawn.max() < 1.3 * drawn.min() * 1.01  # nothing was there for it: uniform in [1, 1.3]
    save_weights(tmp_path / "theirs" / "Previous", 8, {2: (45, 10)})
    with pytest.raises(DataError, match=r"Weight_L2_S7.npy and Weight_L2_S8.npy are both of layer"):
        snnrun.train("theirs", results=tmp_path / "results")


def test_training_of_2022_goes_on_from_a_step(tmp_path):
    saved = save_first(tmp_path / "theirs", {**FIRST, "learning_step": 1})
    found = begun("theirs/mnist.json")
    assert same(found["layers.0.weights"], saved[1][0])
    assert same(found["layers.2.epsilon_xy"], saved[1, 2])
    (tmp_path / "theirs" / "Previous").mkdir()
    np.save("theirs/Previous/Weight_L0.npy", saved[0][0])
    again = begun("theirs/mnist.json")
    assert same(again["layers.0.weights"], saved[0][0])
    assert same(again["layers.2.weights"], saved[1][2])
    save_config(tmp_path / "theirs", {**FIRST, "learning_step": 8})
    with pytest.raises(DataError, match=r"lacks Weight_L<layer>_S8.npy"):
        snnrun.train("theirs", results=tmp_path / "results")


def test_our_own_configs_start_from_nothing(tmp_path):
    save_patterns(tmp_path / "DATA")
    save_config(tmp_path, SECOND)
    (tmp_path / "ours.yaml").write_text(load_config(tmp_path).dump_yaml())
    save_weights(tmp_path / "Previous", 7, {2: (45, 10)})
    assert not same(begun("ours.yaml")["layers.2.weights"], begun(tmp_path)["layers.2.weights"])
