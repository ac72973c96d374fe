"""What is written is read back as it was, by us and by any YAML reader."""

import math

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from snnrun.config.dumping import dump, inline
from snnrun.config.tree import parse

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)
)
TRICKY = st.sampled_from(
    ["1e-3", "no", "~", "null", ".inf", "0x1F", "1_000", "", " a", "#", "a: b"]
)
VALUES = st.recursive(
    SCALARS | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


def read(text: str):
    problems: list[str] = []
    value = parse(text, lambda mark: f"{mark.line + 1}:{mark.column + 1}", problems).plain()
    assert problems == []
    return value


@given(st.dictionaries(st.text(max_size=9), VALUES))
@example({"lr": 1e-300, "big": 1.7976931348623157e308, "n": -0.0, "inf": -math.inf})
def test_read_back_as_it_was(data):
    text = dump(data)
    assert repr(read(text)) == repr(data)
    assert repr(yaml.safe_load(text)) == repr(data)


@pytest.mark.parametrize("value", [1e-05, 5e-324, 0.1 + 0.2, 123456789.123456789, 1e22, math.inf])
def test_floats_are_exact(value):
    assert read(dump({"x": value}))["x"] == value
    assert isinstance(read(dump({"x": 3.0}))["x"], float)


def test_short_things_stand_on_one_line_and_keys_keep_their_order():
    data = {
        "z": {"name": "adam", "betas": (0.9, 0.999)},
        "a": {"layers": [{"size": 120, "times": [0.9]}] * 2, "note": "x" * 80, "limit": None},
    }
    assert dump(data) == (
        "z: {name: adam, betas: [0.9, 0.999]}\n"
        "a:\n"
        "  layers: [{size: 120, times: [0.9]}, {size: 120, times: [0.9]}]\n"
        f"  note: {'x' * 80}\n"
        "  limit: null\n"
    )


def test_long_lists_of_maps_stand_one_below_the_other():
    layer = {"size": 120, "note": "y" * 40}
    assert dump({"layers": [layer, layer]}) == (
        "layers:\n" + f"  - {{size: 120, note: {'y' * 40}}}\n" * 2
    )


def test_no_line_is_longer_than_it_must_be():
    data = {f"k{i}": {"values": [float(j) for j in range(i)]} for i in range(40)}
    assert max(map(len, dump(data).splitlines())) <= 100


def test_inline():
    assert inline({"a": [1, {"b": None}], "c": 1e-8}) == "{a: [1, {b: null}], c: 1.0e-08}"
