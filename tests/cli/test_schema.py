"""The JSON schema: every config passes it, every kind of mistake does not."""

import json
from pathlib import Path

import pytest

from snnrun.cli.schema import config_schema, schema_text
from snnrun.cli.starter import starter
from snnrun.config.reading import read_config
from snnrun.config.tree import parse
from snnrun.experiment import load_config
from snnrun.models import MODELS
from tests.cli.jsonschema import errors
from tests.config.yinyang import YIN_YANG, write

ROOT = Path(__file__).parent.parent.parent
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))  # those of sweeps have tests of their own


@pytest.fixture(scope="module")
def schema():
    return config_schema()


def check(schema, data):
    return errors(data, schema, schema)


def as_written(path):
    """What an editor sees: without the files that it extends."""
    return parse(path.read_text(), str, []).plain()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_passes_as_written_and_as_saved(schema, path, tmp_path):
    assert check(schema, as_written(path)) == []
    assert check(schema, read_config(path).data) == []
    saved = write(tmp_path, load_config(path).dump_yaml())
    assert check(schema, read_config(saved).data) == []


@pytest.mark.parametrize("model", MODELS)
def test_every_starter_passes(schema, model, tmp_path):
    assert check(schema, read_config(write(tmp_path, starter(model))).data) == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("threshold: 1.5", "treshold: 1.5", ".model"),
        ("epochs: 300", "epochs: -3", ".train.epochs"),
        ("epochs: 300", "epochs: many", ".train.epochs"),
        ("epochs: 300", "epochs: true", ".train.epochs"),
        ("  epochs: 300\n", "", ".train"),
        ("{name: adam", "{name: adem", ".train.optimizer"),
        ("{name: adam", "{name: sgd, eps: 1e-3", ".train.optimizer"),
        ("every: 20, ", "", ".train.scheduler"),
        ("lr: 5e-3", "lr: 5e-3, betas: [0.9]", ".train.optimizer"),
        ("batch_size: 150", "batch_size: 150\n  precision: float16", ".train.precision"),
        ("{name: yin_yang}", "yin_yang", ".data"),
        ("size: 12,", "size: 0,", ".model"),
        ("seed: 2000", "sead: 2000", ".sead"),
    ],
)
def test_mistakes_do_not_pass(schema, tmp_path, old, new, where):
    assert old in YIN_YANG
    right = read_config(write(tmp_path, YIN_YANG)).data
    wrong = read_config(write(tmp_path, YIN_YANG.replace(old, new))).data
    assert check(schema, right) == []
    assert {text.split(":")[0] for text in check(schema, wrong)} == {where}


def test_a_file_that_extends_others_need_not_be_whole(schema):
    assert check(schema, {"extends": "base.yaml", "seed": 3}) == []
    assert check(schema, {"extends": ["a.yaml", "b.yaml"]}) == []
    assert check(schema, {"extends": "a.yaml", "learning": {"loss": {"name": "mse"}}}) == []
    assert len(check(schema, {"seed": 3})) == 5  # data, encoder, model, learning, train
    for wrong in ({"sead": 3}, {"model": {"treshold": 1}}, {"train": {"epochs": "many"}},
                  {"train": {"augment": [{"pixels": 1}]}}):  # fmt: skip
        assert check(schema, {"extends": "a.yaml", **wrong})


def test_every_name_completes_with_its_meaning(schema):
    names = {
        each["properties"]["name"]["const"]: each
        for each in schema["else"]["properties"]["data"]["oneOf"]
    }
    assert names["yin_yang"]["properties"]["name"]["description"].startswith("points of the plane")
    assert names["yin_yang"]["properties"]["r_small"]["default"] == 0.1


def test_it_is_json():
    assert json.loads(schema_text())["$schema"].startswith("https://json-schema.org/")


def test_a_default_without_a_name_is_no_default(schema):
    """An editor would put it into the file, where it does not load."""
    text = json.dumps(schema)
    assert '"default": {"lr"' not in text
    assert "default" not in schema["$defs"]["Train"]["properties"]["optimizer"]
    assert schema["$defs"]["Train"]["properties"]["scheduler"]["default"] is None
