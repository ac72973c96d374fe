"""Config files that extend others, JSON, and overrides."""

from pathlib import Path

import pytest

from snnrun.config.reading import read_config
from snnrun.errors import ConfigError
from tests.config.yinyang import write


def read(path, *overrides):
    document = read_config(path, overrides)
    assert document.problems == []
    return document.data


def test_maps_merge_and_lists_replace(tmp_path):
    write(tmp_path, "a: {x: 1, y: 2}\nl: [1, 2]\nkeep: 5\n", "base.yaml")
    path = write(tmp_path, "extends: base.yaml\na: {y: 3, z: 4}\nl: [9]\n")
    assert read(path) == {"a": {"x": 1, "y": 3, "z": 4}, "l": [9], "keep": 5}


def test_later_bases_win_and_the_file_itself_wins_over_all(tmp_path):
    (tmp_path / "deep").mkdir()
    write(tmp_path, "v: 1\nw: 1\nx: 1\n", "one.yaml")
    write(tmp_path, "extends: ../one.yaml\nw: 2\nx: 2\n", "deep/two.yaml")
    path = write(tmp_path, "extends: [one.yaml, deep/two.yaml]\nx: 3\n")
    assert read(path) == {"v": 1, "w": 2, "x": 3}


def test_another_name_starts_afresh(tmp_path):
    write(tmp_path, "o: {name: adam, betas: [0.8, 0.9]}\n", "base.yaml")
    path = write(tmp_path, "extends: base.yaml\no: {name: sgd, lr: 1}\n")
    assert read(path) == {"o": {"name": "sgd", "lr": 1}}


def test_the_same_file_may_be_reached_on_two_ways(tmp_path):
    write(tmp_path, "v: 1\n", "root.yaml")
    for name in ("a", "b"):
        write(tmp_path, f"extends: root.yaml\n{name}: 2\n", f"{name}.yaml")
    assert read(write(tmp_path, "extends: [a.yaml, b.yaml]\n")) == {"v": 1, "a": 2, "b": 2}


def test_values_know_the_file_they_come_from(tmp_path):
    base = write(tmp_path, "a:\n  x: 1\n  y: 2\n", "base.yaml")
    path = write(tmp_path, "extends: base.yaml\na:\n  y: 3\n")
    document = read_config(path, ["b.c=4"])
    assert document.where(("a", "x")) == f"{base}:2:3"
    assert document.where(("a", "y")) == f"{path}:3:3"
    assert document.where(("b", "c")) == document.where(("b",)) == "override 1"


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("absent.yaml", r"yy.yaml:1:1: extends: no such file: .*absent.yaml"),
        ("yy.yaml", r"yy.yaml:1:1: extends: yy.yaml ends up extending itself"),
        ("other.yaml", r"other.yaml:1:1: extends: yy.yaml ends up extending itself"),
        ("3", r"yy.yaml:1:1: extends: must be a file or a list of files"),
        ("[other.yaml, {a: b}]", r"yy.yaml:1:23: extends: must be a file or a list of files"),
    ],
)
def test_wrong_extends(tmp_path, extends, message):
    write(tmp_path, "extends: yy.yaml\n" if extends == "other.yaml" else "a: 1\n", "other.yaml")
    with pytest.raises(ConfigError, match=message):
        read_config(write(tmp_path, f"extends: {extends}\n"))


def test_json_with_comments_and_last_commas(tmp_path):
    text = """{
\t// the rate
\t"lr": 1e-3, /* and
\tmore */ "url": "http://x/*y*/", "quote": "a\\"//b",
\t"list": [1, 2,], "on": true,
}"""
    path = write(tmp_path, text, "c.json")
    assert read(path) == {
        "lr": 1e-3,
        "url": "http://x/*y*/",
        "quote": 'a"//b',
        "list": [1, 2],
        "on": True,
    }
    assert read_config(path).where(("url",)) == f"{path}:4:10"


def test_broken_json_is_called_json(tmp_path):
    with pytest.raises(ConfigError, match=r"c.json:1:12: not valid JSON"):
        read_config(write(tmp_path, '{"a": 1 "b": 2}', "c.json"))


BASE = "a: {b: 1}\nlayers: [{size: 5}, {size: 6}]\nnothing: null\ndots: {1.5: {b: 2}}\n"


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("a.b=2e-3", "a", {"b": 2e-3}),
        ("a.c=low", "a", {"b": 1, "c": "low"}),
        ("a={c: [1, 2]}", "a", {"c": [1, 2]}),
        ("layers.1.size=30", "layers", [{"size": 5}, {"size": 30}]),
        ("layers.-1.size=30", "layers", [{"size": 5}, {"size": 30}]),
        ("layers.+={size: 7}", "layers", [{"size": 5}, {"size": 6}, {"size": 7}]),
        ("nothing.name=step", "nothing", {"name": "step"}),
        ("new.deep.er=a=b", "new", {"deep": {"er": "a=b"}}),
        (" a.b = 7", "a", {"b": 7}),
        ("a.b=", "a", {"b": None}),
        ('a."x.y"=3', "a", {"b": 1, "x.y": 3}),
        ("a.'x=y'.z=3", "a", {"b": 1, "x=y": {"z": 3}}),
        ("a.x -> y.z=3", "a", {"b": 1, "x -> y": {"z": 3}}),
        ('dots."1.5".b=3', "dots", {"1.5": {"b": 3}}),
    ],
)
def test_overrides(tmp_path, override, key, value):
    assert read(write(tmp_path, BASE), override)[key] == value


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("a.b", "override 2: expected key=value, such as train.epochs=100, got 'a.b'"),
        ("=3", "override 2: expected key=value, such as train.epochs=100, got '=3'"),
        ("a..b=3", "override 2: expected key=value, such as train.epochs=100, got 'a..b=3'"),
        ("layers.2.size=3",
         "override 2: layers: is a list with entries 0 to 1; it has no '2'; '+' appends one"),
        ("layers.first=3",
         "override 2: layers: is a list with entries 0 to 1; it has no 'first'; '+' appends one"),
        ("layers.-3.size=3",
         "override 2: layers: is a list with entries 0 to 1; it has no '-3'; '+' appends one"),
        ("dots.1.5=3",
         "override 2: dots: has no '1'; dots in a key are quoted: 'dots.\"1.5\"=...'"),
        ("dots.1.5.b.c=3",
         "override 2: dots: has no '1'; dots in a key are quoted: 'dots.\"1.5\".b.c=...'"),
        ("a.b=[1", "override 2: not valid YAML: did not find expected ',' or ']' "
                   "while parsing a flow sequence"),
        ("a.b={x: 1, x: 2}", "override 2: x: written twice, first at override 2"),
    ],
)  # fmt: skip
def test_wrong_overrides(tmp_path, override, problem):
    document = read_config(write(tmp_path, BASE), ["a.b=5", override])
    assert document.problems == [problem]
    assert document.data["a"]["b"] in (5, {"x": 2})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("yin_yan.yaml", r"no such file: .*yin_yan.yaml; did you mean .*/yin_yang.yaml\?"),
        ("zzz.yaml", r"no such file: .*zzz.yaml. In .*/: digits.json, yin_yang.yaml"),
        ("sub", r".*/sub is a folder, not a config file"),
        ("absent/a.yaml", r"no such file: .*absent/a.yaml$"),
    ],
)
def test_no_file(tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    write(tmp_path, "", "yin_yang.yaml")
    write(tmp_path, "", "digits.json")
    write(tmp_path, "", "notes.txt")
    with pytest.raises(ConfigError, match=message):
        read_config(tmp_path / name)


def test_no_file_here_but_in_configs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    write(tmp_path, "", "configs/yin_yang.yaml")
    with pytest.raises(ConfigError, match=r"^no such file: xor.yaml. In configs/: yin_yang.yaml$"):
        read_config(tmp_path.__class__("xor.yaml"))


def test_the_nearest_name_wins_over_a_list_of_what_is_here(tmp_path, monkeypatch):
    """From a folder full of configs, none alike, all were listed; configs/ held the right one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    write(tmp_path, "", "configs/yin_yang.yaml")
    for number in range(20):
        write(tmp_path, "", f"{number:02}.json")
    with pytest.raises(ConfigError, match=r"did you mean configs/yin_yang.yaml\?$"):
        read_config(Path("yin_yan.yaml"))
    with pytest.raises(ConfigError, match=r"In \./: 00.json, .*, 07.json and 12 more$"):
        read_config(Path("zzz.yaml"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "this one is empty"),
        ("# nothing\n", "this one is empty"),
        ("- a\n- b\n", "got a list of 2"),
        ("word\n", "got 'word'"),
    ],
)
def test_no_map(tmp_path, text, what):
    message = rf"yy.yaml:1:1: a config is a map of keys to values; {what}"
    with pytest.raises(ConfigError, match=message):
        read_config(write(tmp_path, text))


def test_not_text(tmp_path):
    path = tmp_path / "yy.yaml"
    path.write_bytes(b"b: 1\na: \xff\xfe\n")
    with pytest.raises(ConfigError, match=r"yy.yaml: not UTF-8 text.*, line 2$"):
        read_config(path)


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "yy.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(path) == {"a": 1}
