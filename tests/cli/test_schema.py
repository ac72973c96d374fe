"""The JSON schema: every config passes it, every kind of mistake does not."""

import json
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from snnrun.cli.schema import _Generator, _part, config_schema, schema_text
from snnrun.cli.starter import starter
from snnrun.config.reading import read_config
from snnrun.config.tree import parse
from snnrun.core.named import named
from snnrun.core.registry import Settings
from snnrun.experiment import load_config
from snnrun.models import MODELS
from tests.cli.jsonschema import errors
from tests.config import graph
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
        ("{name: yin_yang}", "yin_yan", ".data"),
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


FREE_KEYS = [
    ("n: 50, tau: 90", "n: 0", ".model"),
    ("X: {name: input}", "X: inptu", ".model"),
    ("X: {name: input}", "X: {name: inputt}", ".model"),
    ("weight: 0.5", "wieght: 0.5", ".model"),
    ("far: 3", "far: 3.5", ".model"),
    ("A.i: 0.2", "A.i: fast", ".model"),
    ("{Ae: 0.1, A.i: 0.2}", "[0.1]", ".model"),
    ("{at: 3}", "{}", ".model"),
]


@pytest.fixture
def graph_schema(monkeypatch):
    graph.register(monkeypatch)
    return config_schema()


def test_maps_with_free_keys_pass(graph_schema, tmp_path):
    path = write(tmp_path, graph.GRAPH)
    assert check(graph_schema, read_config(path).data) == []
    saved = write(tmp_path, load_config(path).dump_yaml())
    assert check(graph_schema, read_config(saved).data) == []
    assert check(graph_schema, read_config(write(tmp_path, starter("graph"))).data) == []


@pytest.mark.parametrize(("old", "new", "where"), FREE_KEYS)
def test_mistakes_in_maps_with_free_keys_do_not_pass(graph_schema, tmp_path, old, new, where):
    assert old in graph.GRAPH
    wrong = read_config(write(tmp_path, graph.GRAPH.replace(old, new))).data
    assert {text.split(":")[0] for text in check(graph_schema, wrong)} == {where}


def test_entries_of_a_file_that_extends_others_need_not_be_whole(graph_schema):
    def errors_of(model):
        return check(graph_schema, {"extends": "a.yaml", "model": model})

    assert errors_of({"neurons": {"Ae": {"n": 60}}, "synapses": {"X -> Ae": {"rule": {}}}}) == []
    assert errors_of({"neurons": {}, "rates": {"any key": 1}}) == []
    for wrong in ({"neurons": {"Ae": {"m": 60}}}, {"synapses": {"X -> Ae": {"rule": {"mu": 1}}}},
                  {"rates": {"Ae": "fast"}}, {"pulses": {"Ae": [{"amplitude": 1}]}}):  # fmt: skip
        assert errors_of(wrong), wrong


def test_an_entry_is_described_once(graph_schema):
    (model,) = (each for each in graph_schema["else"]["properties"]["model"]["oneOf"]
                if each.get("title") == "graph")  # fmt: skip
    neurons = model["properties"]["neurons"]
    entry = neurons.pop("additionalProperties")
    alone, *maps = entry["oneOf"]
    assert alone["enum"] == ["input", "lif"]
    assert [each["properties"]["name"]["const"] for each in maps] == ["input", "lif"]
    assert (neurons["type"], neurons["minProperties"]) == ("object", 1)
    assert model["properties"]["rates"]["additionalProperties"] == {"type": "number", "minimum": 0}


class Maps(Settings):
    """Maps with defaults, and with keys that are not quite free."""

    chosen: Annotated[
        dict[str, Annotated[Settings, named(graph.NEURONS)]],
        Field(examples=[{"properties": {"name": "lif"}, "required": {"name": "lif"}}]),
    ] = {"X": graph.InputSettings()}  # noqa: RUF012
    pair: Annotated[tuple[Annotated[Settings, named(graph.NEURONS)], float], Field()] = (
        graph.InputSettings(),
        1.0,
    )
    plain: dict[str, graph.PulseSettings] = {"a": graph.PulseSettings(at=1)}  # noqa: RUF012
    lower: Annotated[
        dict[Annotated[str, Field(pattern="^[a-z]+$")], graph.PulseSettings],
        Field(min_length=1, max_length=2),
    ] = {"a": graph.PulseSettings(at=1)}  # noqa: RUF012


class Odd(Settings):
    """A pattern that is a word of the schema."""

    odd: dict[Annotated[str, Field(pattern="required")], float]


def test_defaults_of_maps_without_names_are_no_defaults():
    found = Maps.model_json_schema(schema_generator=_Generator)["properties"]
    assert [name for name in found if "default" in found[name]] == ["plain", "lower"]
    assert found["plain"]["default"] == {"a": {"at": 1, "amplitude": 1.0}}


def test_part_of_a_map():
    """Names of entries, in examples and patterns, are no words of the schema."""
    whole = Maps.model_json_schema(schema_generator=_Generator)
    part = _part(whole)["properties"]
    assert part["chosen"]["examples"] == whole["properties"]["chosen"]["examples"]
    assert part["lower"]["patternProperties"] == {"^[a-z]+$": {"$ref": "#/$defs/PulseSettingsPart"}}
    assert _part(Odd.model_json_schema())["properties"]["odd"]["patternProperties"] == {
        "required": {"type": "number"}
    }
    assert "minProperties" not in part["lower"]
    assert part["lower"]["maxProperties"] == 2


def test_every_name_completes_with_its_meaning(schema):
    names = {
        each["properties"]["name"]["const"]: each
        for each in schema["else"]["properties"]["data"]["oneOf"][1:]
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
