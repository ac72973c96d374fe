"""Configs and overrides from Python: maps, texts, numbers of numpy."""

import re
from pathlib import Path

import numpy as np
import pytest

import snnrun
from snnrun.config.given import plain_of
from snnrun.config.reading import read_config
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from tests.config.yinyang import YIN_YANG, write


def read(text, overrides, folder):
    document = read_config(write(folder, text), overrides)
    assert document.problems == []
    return document.data


def test_a_text_alone_is_one_override(tmp_path):
    """It was one error a letter."""
    assert read("train: {epochs: 3}", "train.epochs=1", tmp_path) == {"train": {"epochs": 1}}
    with pytest.raises(ConfigError) as error:
        load_config(write(tmp_path, YIN_YANG), "train.epochs")
    told = "override 1: expected key=value, such as train.epochs=100, got 'train.epochs'"
    assert list(error.value.problems) == [told]


@pytest.mark.parametrize(
    "overrides",
    [
        {"train.epochs": 5, "seed": 1},
        {"train": {"epochs": 5}, "seed": 1},
        [{"train": {"epochs": 5}}, "seed=1"],
        ("train.epochs=5", "seed=1"),
    ],
)
def test_maps_and_texts_say_the_same(overrides, tmp_path):
    text = "seed: 0\ntrain: {epochs: 3, batch_size: 2}\n"
    found = read(text, overrides, tmp_path)
    assert found == {"seed": 1, "train": {"epochs": 5, "batch_size": 2}}


def test_a_map_merges_as_a_file_that_extends_another(tmp_path):
    text = "o: {name: adam, lr: 0.1}\nl: [{size: 1}, {size: 2}]\n"
    assert read(text, {"o": {"lr": 1}}, tmp_path)["o"] == {"name": "adam", "lr": 1}
    assert read(text, {"o": {"name": "sgd"}}, tmp_path)["o"] == {"name": "sgd"}
    assert read(text, {"l.1.size": 7}, tmp_path)["l"] == [{"size": 1}, {"size": 7}]
    assert read(text, {"l.1": {"bias": 3}}, tmp_path)["l"][1] == {"size": 2, "bias": 3}
    assert read(text, {"l": [4]}, tmp_path)["l"] == [4]


def test_a_shorter_run_drops_savepoints_whichever_way_it_is_said(tmp_path):
    path = write(tmp_path, YIN_YANG)
    for overrides in ("train.epochs=150", {"train.epochs": 150}, {"train": {"epochs": 150}}):
        assert load_config(path, overrides).train.savepoints == (100,)


def test_a_shorter_run_that_extends_another_drops_its_savepoints(tmp_path):
    """It was refused, with the place in a file that is none of the reader's."""
    path = write(tmp_path, YIN_YANG)
    notes: list[str] = []
    short = {"extends": path, "train": {"epochs": 150}}
    assert load_config(short, notes=notes).train.savepoints == (100,)
    assert notes == ["train.savepoints: 200 lie behind the last epoch, and are dropped"]
    own = write(tmp_path, f"extends: {path}\ntrain: {{epochs: 150}}\n", "own.yaml")
    assert load_config(own).train.savepoints == (100,)
    between = write(tmp_path, f"extends: {own}\nseed: 3\n", "between.yaml")
    assert load_config(between).train.savepoints == (100,)
    later = write(tmp_path, f"extends: {path}\ntrain: {{savepoints: [900]}}\n", "later.yaml")
    for wrong in (later, {"extends": path, "train": {"epochs": 150, "savepoints": [900]}}):
        with pytest.raises(
            ConfigError, match=r"must lie between 1 and train\.epochs = \d+, got 900"
        ):
            load_config(wrong)


def test_a_config_may_be_a_map_that_extends_a_file(tmp_path):
    path = write(tmp_path, YIN_YANG)
    whole = load_config({"extends": path, "train": {"epochs": np.int64(400)}}, "seed=3")
    assert whole == load_config(path, ["train.epochs=400", "seed=3"])
    assert load_config(whole.model_dump()) == whole
    assert load_config(whole) is whole
    assert load_config(whole, {"seed": 4}).seed == 4


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"train": {"epoch": 3}}, "override 1: train.epoch: unknown key; did you mean 'epochs'?"),
        ({"seed": 1, "train.epochs": -3}, "override 2: train.epochs: must be 1 or more, got -3"),
        ({"train.epochs=3": 4}, "override 1: expected a key such as train.epochs, got"),
        ({"train": {1: 2}}, "override 1: train: expected keys that are text, got 1"),
        ({"train.epochs": len}, "override 1: train.epochs: expected text, numbers, lists or maps"),
        (3, "overrides: expected 'key=value', a list of these, or a map such as"),
        ([3], "overrides: expected 'key=value', a list of these, or a map such as"),
    ],
)
def test_what_is_wrong_is_told_once_and_where(overrides, told, tmp_path):
    with pytest.raises(ConfigError) as error:
        load_config(write(tmp_path, YIN_YANG), overrides)
    (problem,) = error.value.problems
    assert problem.startswith(told)


def test_of_a_map_mistakes_are_told_by_key():
    with pytest.raises(ConfigError, match="config: train: must be a map of keys to values, got 3"):
        load_config({"train": 3, "seed": 1})
    with pytest.raises(ConfigError, match="config: config: this is a sweep; it is run by snnrun"):
        load_config({"config": "a.yaml", "seeds": 3})


def test_a_map_that_holds_itself_is_refused(tmp_path):
    endless = {}
    endless["train"] = endless
    for config, overrides in ((endless, ()), (write(tmp_path, YIN_YANG), endless)):
        with pytest.raises(ConfigError, match="nested more than 100 deep"):
            load_config(config, overrides)


def test_what_files_hold_is_made_of_what_programs_hold():
    given = {"a": np.float32(0.5), "b": np.arange(2), "c": Path("x"), "d": range(2), "e": True}
    plain = plain_of(given, "config")
    assert plain == {"a": 0.5, "b": [0, 1], "c": "x", "d": [0, 1], "e": True}
    assert type(plain["a"]) is float


def test_a_map_can_be_trained(tmp_path):
    config = {
        "data": {"name": "xor"},
        "encoder": {"name": "latency"},
        "model": {"name": "first_spike", "layers": [{"size": 2}]},
        "learning": {"name": "first_spike"},
        "train": {"epochs": 9, "batch_size": 4, "live_plot": False, "tensorboard": False},
    }
    run = snnrun.train(config, {"train.epochs": 1}, results=tmp_path)
    assert re.fullmatch(r"experiment_\d{4}-.*", run.path.name)
    assert run.experiment() == load_config(config, "train.epochs=1")
