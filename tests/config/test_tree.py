"""YAML text to plain values that know where they stand."""

import math

import pytest
import yaml

from snnrun.config import tree
from snnrun.config.texts import Room
from snnrun.config.tree import parse
from snnrun.errors import ConfigError


def read(text):
    """The plain value, the problems, and the tree."""
    found = []
    node = parse(text, lambda mark: f"{mark.line + 1}:{mark.column + 1}", found)
    return node.plain(), found, node


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("5e-4", 5e-4),
        ("1E5", 1e5),
        ("+1.5e+2", 150.0),
        ("-.5", -0.5),
        ("3.", 3.0),
        ("12", 12),
        ("-0", 0),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("no", "no"),
        ("on", "on"),
        ("1e", "1e"),
        ("1.2.3", "1.2.3"),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("'1e-3'", "1e-3"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("!!float 5", 5.0),
    ],
)
def test_plain_values(text, value):
    got, found, _ = read(f"key: {text}")
    assert (got, found) == ({"key": value}, [])
    assert type(got["key"]) is type(value)


def test_places_are_those_of_keys_and_list_entries():
    text = "a: 1\nb:\n  - c: 2\n  - 3\nd: {e: 4,\n  f: [5, 6]}\n"
    _, _, node = read(text)
    places = {
        ("a",): "1:1",
        ("b", 0): "3:5",
        ("b", 0, "c"): "3:5",
        ("b", 1): "4:5",
        ("d", "e"): "5:5",
        ("d", "f"): "6:3",
        ("d", "f", 1): "6:10",
        ("d", "absent", "deeper"): "5:1",
    }
    assert {path: list(node.along(path))[-1].where for path in places} == places


#: Lists in lists by aliases, each line one deeper than the line before.
STAIRS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 3000))

#: Nine copies of nine copies of ...: a few lines that stand for nine million values.
BOMB = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 8)
)


def test_an_anchor_is_a_copy():
    value, found, _ = read("a: &x {n: 1}\nb: *x\n")
    assert (value, found) == ({"a": {"n": 1}, "b": {"n": 1}}, [])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1: a: written twice, first at 1:1"),
        ("o:\n  a: 1\n  'a': 1\n", "3:3: o.a: written twice, first at 2:3"),
        ("a: &x [1, *x]\n", "1:4: a.1: contains itself"),
        ("a: !!python/object/apply:os.system [ls]\n",
         "1:1: a: !!python/object/apply:os.system is not allowed here; write a plain value"),
        ("a: !mine 3\n", "1:1: a: !mine is not allowed here; write a plain value"),
        ("a: !!int three\n", "1:1: a: !!int is not allowed here; write a plain value"),
        ("a: !!binary aGk=\n", "1:1: a: !!binary is not allowed here; write a plain value"),
        ("a: !!set {b, c}\n", "1:1: a: !!set is not allowed here; write a plain value"),
        ("? [1, 2]\n: 3\n", "1:3: a key must be a single word"),
        ("a: " + "9" * 5000 + "\n", "1:1: a: is a number of 5000 digits"),
    ],
)  # fmt: skip
def test_refused(text, problem):
    assert read(text)[1] == [problem]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2\nb: 3\n", "2:2: not valid YAML: did not find expected ',' or ']'"),
        ("a: 1\n b: 2\n", "2:3: not valid YAML: mapping values are not allowed"),
        ("a:\n\tb: 1\n", "2:1: not valid YAML: .*indent with spaces, not with tabs"),
        ("a: 'open\n", "2:1: not valid YAML: found unexpected end of stream"),
        ("a: *nowhere\n", "1:4: not valid YAML: found undefined alias"),
        ("a: 1\n---\nb: 2\n", "2:1: not valid YAML: but found another document"),
        (STAIRS, "1:1: nested more than 100 deep"),
        ("a: \x07\n", "1:1: not valid YAML: .*control characters are not allowed"),
    ],
)
def test_unreadable(text, message):
    with pytest.raises(ConfigError, match=message):
        read(text)


def test_a_bomb():
    """A few lines stood for nine million values, and took 17 seconds to be given up."""
    with pytest.raises(ConfigError, match=r"^1:1: the config holds more than 100,000 values$"):
        read(BOMB)


def test_values_are_counted_with_their_copies():
    """Two maps, two lists and four numbers are eight values, though six are written."""
    text, room = "a: {b: &x [1, 2]}\nc: *x\n", Room(values=9)
    parse(text, str, [], room=room)
    assert room.values == 1
    parse(text, str, [], room=Room(values=8))
    with pytest.raises(ConfigError, match="holds more than"):
        parse(text, str, [], room=Room(values=7))


def test_too_many_values_are_refused_before_they_are_made(monkeypatch):
    monkeypatch.setattr(tree.yaml, "compose", lambda *_: pytest.fail("they were made"))
    with pytest.raises(ConfigError, match="holds more than 100,000 values"):
        read("[" + "1," * 400_000 + "]")


@pytest.mark.parametrize("text", ["a: \ud800", "\udcff: 1"])
def test_text_of_a_terminal_that_is_no_text(text):
    """Arguments that are not UTF-8 reach a program as lone surrogates, which YAML cannot take."""
    with pytest.raises(ConfigError, match=r"^1:1: not UTF-8 text: it holds \\ud[8c]"):
        read(text)


@pytest.mark.parametrize("text", ["[" * 200_000, "[" * 900 + "]" * 900, "{a: " * 5000])
def test_a_well_without_bottom(text):
    """The C library ran out of stack, and the process died; less deep, Python ran out of it."""
    with pytest.raises(ConfigError, match="nested more than 100 deep"):
        parse(text, lambda mark: f"x.yaml:{mark.line + 1}:{mark.column + 1}", [])


def test_the_slow_parser_reads_the_same(monkeypatch):
    """PyYAML built without libyaml has another parser."""
    text = "a: {b: 1e-3, c: [no, 0x10, .inf]}\nd: ''\n"
    fast = read(text)[0]
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    monkeypatch.setattr(tree, "_LOADER", tree._loader())
    assert issubclass(tree._LOADER, yaml.SafeLoader)
    assert read(text)[0] == fast == {"a": {"b": 1e-3, "c": ["no", 16, math.inf]}, "d": ""}
