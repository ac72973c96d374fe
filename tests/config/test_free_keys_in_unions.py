"""Maps with free keys beside other things, and in each other; keys that are not quite free."""

from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from snnrun.config.fields import parts, settings_at, tables_of
from snnrun.config.problems import explain, words
from snnrun.config.reading import Document
from snnrun.config.tree import parse
from snnrun.config.typewords import default_words, type_words
from snnrun.core.named import named
from snnrun.core.registry import Settings
from tests.config.graph import NEURONS, PLASTICITIES, GraphSettings, GroupSettings, InputSettings


class Small(Settings):
    """One of two alternatives."""

    size: Annotated[int, Field(ge=1)]


class Wide(Settings):
    """The other."""

    width: float
    height: float


class Choice(Settings):
    """Maps beside other things, and keys that are not quite free."""

    shapes: dict[str, Small | Wide] = Field(default_factory=dict)
    one: float | dict[str, float] = 1.0
    some: Annotated[
        dict[str, Annotated[Settings, named(NEURONS)]]
        | tuple[Annotated[Settings, named(NEURONS)], ...],
        Field(default_factory=tuple),
    ]
    lower: dict[Annotated[str, Field(pattern="^[a-z]+$")], float] = Field(default_factory=dict)
    axes: dict[Literal["width", "height"], float] = Field(default_factory=dict)
    numbered: Annotated[dict[int, Small], Field(max_length=2)] = Field(default_factory=dict)
    deep: dict[str, dict[str, Small]] = Field(default_factory=dict)
    several: tuple[dict[str, Small], ...] = ()
    either: dict[str, Small] | tuple[Wide, ...] = ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shapes: {a: {width: 1, hight: 2}}",
         ["1:24: shapes.a.hight: unknown key; did you mean 'height'?"]),
        ("shapes: {a: {size: 0}}", ["1:14: shapes.a.size: must be 1 or more, got 0"]),
        ("shapes: {a: 3}", ["1:10: shapes.a: must be a map of keys to values, got 3"]),
        ("one: {a: fast, b: slow}",
         ["1:7: one.a: must be a number, got 'fast'", "1:16: one.b: must be a number, got 'slow'"]),
        ("one: fast",
         ["1:1: one: must be a number or a map of keys to values, got 'fast'"]),
        ("some: {a: {name: lif, m: 1, n: 1}}",
         ["1:23: some.a.m: unknown key of 'lif'; known: n, tau, threshold"]),
        ("some: [{name: lif, taw: 1, n: 1}]",
         ["1:20: some.0.taw: unknown key; did you mean 'tau'?"]),
        ("lower: {Ae: 1}",
         ["1:9: lower.Ae: a key here must be text that matches ^[a-z]+$, got 'Ae'"]),
        ("axes: {hight: 1}",
         ["1:8: axes.hight: a key here must be 'width' or 'height', got 'hight'; "
          "did you mean 'height'?"]),
        ("axes: {hight: tall}",
         ["1:8: axes.hight: a key here must be 'width' or 'height', got 'hight'; "
          "did you mean 'height'?"]),
        ("either: {a: {hight: 1, size: 1}}",
         ["1:14: either.a.hight: unknown key; known: size"]),
        ("numbered: {one: {size: 1}}",
         ["1:12: numbered.one: a key here must be a whole number, got 'one'"]),
        ("numbered: {1: {size: 0}}", ["1:16: numbered.1.size: must be 1 or more, got 0"]),
        ("numbered: {1: {sise: 1}}",
         ["1:16: numbered.1.sise: unknown key; did you mean 'size'?"]),
        ("numbered: {1: {size: 1}, 2: {size: 1}, 3: {size: 1}}",
         ["1:1: numbered: must be a map of 2 or fewer, got a map"]),
        ("deep: {a: {b: {sise: 1}}}", ["1:16: deep.a.b.sise: unknown key; did you mean 'size'?"]),
        ("several: [{a: {}}]", ["1:12: several.0.a.size: missing"]),
        ("several: {a: {size: 1}}", ["1:1: several: must be a list, got a map"]),
    ],
)  # fmt: skip
def test_alternatives(text, expected):
    document = Document(parse(text, lambda mark: f"{mark.line + 1}:{mark.column + 1}", []))
    with pytest.raises(ValidationError) as caught:
        Choice.model_validate(words(document.data))
    assert explain(caught.value, document, Choice) == expected


def test_settings_are_found_in_maps():
    data = {
        "shapes": {"a": {"size": 1}, "b": {"width": 1}},
        "some": {"a": {"name": "lif"}},
        "deep": {"a": {"b": {}}},
        "either": {"a": {"width": 1, "height": 2}},
    }
    for path, expected in (
        (("shapes", "a"), Small),
        (("shapes", "b"), Wide),
        (("some", "a"), GroupSettings),
        (("deep", "a", "b"), Small),
        (("deep", "a"), Settings),
        (("shapes",), Settings),
        (("either", "a"), Small),
        ((), Choice),
    ):
        assert settings_at(Choice, data, path) is expected
    assert parts(Choice.model_fields["shapes"]) == [Small, Wide]
    assert parts(Choice.model_fields["axes"]) == []
    assert tables_of(GraphSettings) == [NEURONS, PLASTICITIES]


@pytest.mark.parametrize(
    ("name", "takes"),
    [
        ("shapes", "map of names to maps"),
        ("one", "number or map of names to numbers"),
        ("some", "map of names to {name: ...} or list of {name: ...}"),
        ("deep", "map of names to maps of names to maps"),
        ("several", "list of maps of names to maps"),
    ],
)
def test_what_a_map_takes_in_words(name, takes):
    assert type_words(Choice.model_fields[name]) == takes


class Defaults(Settings):
    """Maps with defaults."""

    neurons: Annotated[
        dict[str, Annotated[Settings, named(NEURONS)]],
        Field(default_factory=lambda: {"A": GroupSettings(n=3), "X -> B": InputSettings()}),
    ]
    rates: dict[str, float] = Field(default_factory=lambda: {"a.b": 0.5})


def test_defaults_of_maps_in_words():
    found = [default_words(field) for field in Defaults.model_fields.values()]
    assert found == ["{A: lif, X -> B: input}", "{a.b: 0.5}"]
