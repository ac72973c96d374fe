"""The rows of tables, one by one; and that no fact of a dialect stands twice."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import snnrun
from snnrun.compat.fastanddeep import first_generation as fastanddeep
from snnrun.compat.fastanddeep import second_generation as delgrad
from snnrun.compat.keys import Keys, Report
from snnrun.compat.parts import Choice, Column, Kind, Many, Part
from snnrun.compat.pytorch_sbs import first_generation as sbs_2022
from snnrun.compat.pytorch_sbs import second_generation as sbs_2023
from snnrun.compat.tables import ABSENT, Fixed, Key, Ours, Pair, Row, Table, Theirs, words, write
from snnrun.compat.tables import read as read_table
from snnrun.core.registry import Settings
from tests.conftest import ROOT

TABLES = {
    "fastanddeep": (*fastanddeep.TABLE, *delgrad.TABLE),
    "pytorch_sbs": (*sbs_2022.TABLE, *sbs_2023.TABLE),
}


def read(table: Table, theirs: dict) -> tuple[dict, Report]:
    """Ours, and what is said of theirs; keys that nobody asked for are a problem."""
    keys, ours = Keys(theirs, (), Report()), Ours()
    read_table(table, keys, ours)
    keys.close()
    return ours.plain, keys.report


SCHEDULES = {
    "Step": Kind("step", (Key("size", "every"),)),
    "Exponential": Kind("exponential", (Key("gamma", "gamma"),), "runs only here", read_only=True),
    "Null": Kind(None),
}
LAYERS = (
    Column("sizes", "layers", "size", turn=-1),
    Column("means", "layers", "weights.mean", Pair(lambda x: x + 1, lambda x: x - 1)),
)


@pytest.mark.parametrize(
    ("table", "theirs", "ours"),
    [
        ((Key("a", "x.y"),), {"a": 3}, {"x": {"y": 3}}),
        ((Key("a", "x", off=False),), {"a": False}, {"x": False}),
        ((Key("a", "x", None, off=False),), {"a": False}, {"x": None}),
        ((Key("a", "x", ABSENT),), {}, {}),
        ((Key("a", "x", 2, Pair(lambda v: v * 10, lambda v: v // 10)),), {"a": 7}, {"x": 70}),
        ((Key("a", "x", 0, words({0: "none", 1: "all"})),), {"a": 1}, {"x": "all"}),
        ((Theirs("a", 5), Key("b", "x")), {"a": 5, "b": 1}, {"x": 1}),
        ((Fixed("x", 4), Key("b", "y")), {"b": 1}, {"x": 4, "y": 1}),
        ((Part("p", (Key("a", "x"),)),), {"p": {"a": 1}}, {"x": 1}),
        ((Part("p", (Key("a", "x"),), "q", off=False),), {"p": {"a": 1}}, {"q": {"x": 1}}),
        ((Part("p", (Key("a", "x"),), "q", off=False),), {"p": False}, {"q": None}),
        ((Many("p", (Key("a", "x"),), "q"),), {"p": [{"a": 1}, {"a": 2}]},
         {"q": [{"x": 1}, {"x": 2}]}),
        ((Choice("t", SCHEDULES, "s"),), {"t": "Step", "size": 3},
         {"s": {"name": "step", "every": 3}}),
        ((Choice("t", SCHEDULES, "s"),), {"t": "Null"}, {"s": None}),
        ((Choice("on", {True: Kind("", (Key("h", "step"),)), False: Kind(None)}, "s"),),
         {"on": True, "h": 0.1}, {"s": {"step": 0.1}}),
        (LAYERS, {"sizes": [4, 2], "means": [0, 1]},
         {"layers": [{"size": 4, "weights": {"mean": 1}}, {"size": 2, "weights": {"mean": 2}}]}),
    ],
    ids=lambda value: type(value[-1]).__name__ if isinstance(value, tuple) else "",
)  # fmt: skip
def test_every_kind_of_row_is_read_both_ways(table, theirs, ours):
    found, report = read(table, theirs)
    assert (found, report.problems) == (ours, [])
    assert write(table, Ours(ours)) == theirs


@pytest.mark.parametrize(
    ("row", "theirs", "ours"),
    [
        (Key("a", "x", 2), {}, {"x": 2}),
        (Key("a", "x", 2), {"a": None}, {"x": 2}),
        (Key("a", "x", 2), {"a": False}, {"x": 2}),
        (Key("a", "x", True), {"a": False}, {"x": False}),
        (Key("a", "x", lambda ours: ours.get("y", 9)), {}, {"x": 9}),
        (Key("a", "x", ABSENT), {"a": False}, {"x": None}),
        (Key("a", "x", 2, Pair(lambda value: ABSENT)), {"a": 3}, {}),
        (Many("p", (Key("a", "x"),), "q"), {}, {"q": []}),
        (Choice("t", SCHEDULES, "s", "Null"), {}, {"s": None}),
        (Theirs("a", idle=True), {"a": 1}, {}),
    ],
)
def test_what_theirs_leaves_out(row, theirs, ours):
    found, report = read((row,), theirs)
    assert (found, report.problems) == (ours, [])


def wrong(value):
    raise ValueError(f"must not be {value}")


@pytest.mark.parametrize(
    ("row", "theirs", "problem"),
    [
        (Key("a", "x"), {}, "a: missing"),
        (Key("a", "x", 1, Pair(wrong)), {"a": 2}, "a: must not be 2"),
        (Key("a", "x", "p", words({"p": 1, "q": 2})), {"a": "r"}, "a: must be p or q, got 'r'"),
        (Part("p", (Key("a", "x"),)), {}, "p: missing"),
        (Part("p", (Key("a", "x"),)), {"p": {"a": 1, "b": 2}}, "p.b: unknown key"),
        (Choice("t", SCHEDULES, "s"), {"t": "Cosine", "more": 1},
         "t: must be Step, Exponential or Null, got 'Cosine'"),
        (Choice("t", SCHEDULES, "s"), {"t": "Step"}, "size: missing"),
        (Theirs("a", needed=True), {}, "a: missing"),
        (Theirs("a", fine=(None, 4), refused="must be {fine}, got {given!r}"), {"a": 3},
         "a: must be 4, got 3"),
        (Column("a", "x", "y"), {"a": [1]}, "a: has 1 entries for 0 layers"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_theirs(row, theirs, problem):
    assert read((row,), theirs)[1].problems == [problem]


def test_what_is_worth_knowing_of_theirs():
    row = Key("a", "x", 1, remark=lambda value, ours: "is odd" if value % 2 else "")
    assert read((row,), {})[1].notes == ["a: is odd"]
    assert read((row,), {"a": 2})[1].notes == []
    assert read((Choice("t", SCHEDULES, "s"),), {"t": "Exponential", "gamma": 1})[1].notes == [
        "t: runs only here"
    ]
    row = Theirs("a", fine=(1,), remark="taken as {fine}")
    assert read((row,), {"a": 3})[1].notes == ["a: taken as 1"]
    assert read((row,), {"a": 1})[1].notes == []
    assert list(read((Theirs("a", idle=True),), {"a": 1})[1].idle) == ["a"]


@pytest.mark.parametrize(
    ("row", "ours", "problems"),
    [
        (Fixed("x", 4, "x: must be 4", near=(5,)), {"x": 4}, []),
        (Fixed("x", 4, "x: must be 4", near=(5,)), {"x": 5}, []),
        (Fixed("x", 4, "x: must be 4", near=(5,)), {"x": 6}, ["x: must be 4"]),
        (Fixed("x", 4), {"x": 6}, []),
        (Choice("t", SCHEDULES, "s", unsaid="s: only step"), {"s": {"name": "other"}},
         ["s: only step"]),
        (Choice("t", SCHEDULES, "s", unsaid="s: only step"),
         {"s": {"name": "exponential", "gamma": 1}}, ["s: only step"]),
        (Part("p", (Fixed("y", 1, "q.y: must be 1"),), "q"), {"q": {"y": 2}}, ["q.y: must be 1"]),
    ],
)  # fmt: skip
def test_what_theirs_cannot_say(row, ours, problems):
    told = Ours(ours)
    write((row,), told)
    assert told.problems == problems


def test_rows_are_read_by_their_turn_and_written_in_their_order():
    late = Key("a", "x", lambda ours: ours.get("y") + 1, turn=1)
    table = (late, Key("b", "y"))
    found, _ = read(table, {"b": 1})
    assert found == {"x": 2, "y": 1}
    assert list(write(table, Ours(found))) == ["a", "b"]


def test_keys_of_the_other_kinds_say_nothing_where_the_map_says_more():
    row = Choice("t", SCHEDULES, "s", inline=True)
    found, report = read((row,), {"t": "Step", "size": 3, "gamma": 1})
    assert (found, report.problems) == ({"s": {"name": "step", "every": 3}}, [])
    assert read((Choice("t", SCHEDULES, "s"),), {"t": "Step", "size": 3, "gamma": 1})[
        1
    ].problems == ["gamma: unknown key"]


# ---- no fact stands twice ----


def walk(table: Table) -> Iterator[Row]:
    """All rows of a table, and those inside them."""
    for row in table:
        yield row
        yield from walk(row.rows)


def ours_as_well() -> set[str]:
    """Names of our settings, of a stage and of a metric: keys of theirs may be called so, too."""
    for module in pkgutil.walk_packages(snnrun.__path__, "snnrun."):
        importlib.import_module(module.name)
    found, left = {"", "name", "biases", "learning_rate"}, [Settings]
    while left:
        each = left.pop()
        found |= set(each.model_fields)
        left += each.__subclasses__()
    return found


def literals(path: Path) -> set[str]:
    """Every text in a module but those that only document it."""
    tree = ast.parse(path.read_text())
    idle = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in idle
    }


@pytest.mark.parametrize("dialect", TABLES)
def test_every_key_of_theirs_is_known_to_one_module(dialect):
    """Each stood in the module that read it and in the one that wrote it."""
    keys = {row.theirs for row in walk(TABLES[dialect])} - ours_as_well()
    modules = {path: literals(path) for path in (ROOT / "snnrun/compat" / dialect).rglob("*.py")}
    twice = {
        key: sorted(path.name for path in found)
        for key in keys
        if len(found := [path for path, texts in modules.items() if key in texts]) > 1
    }
    assert twice == {}
    assert len(keys) > 40


def maps(table: Table) -> Iterator[list[str]]:
    """The keys of every map that a table describes; each kind of a choice makes one of its own."""
    yield [row.theirs for row in table if row.theirs]
    for row in table:
        kinds = (
            [kind.rows for kind in row.kinds.values()] if isinstance(row, Choice) else [row.rows]
        )
        for inner in kinds:
            yield from maps(inner)


@pytest.mark.parametrize("generation", [fastanddeep, delgrad, sbs_2022, sbs_2023])
def test_every_key_stands_once_in_its_map(generation):
    """Two rows for one key would read it twice, and write the last."""
    twice = [key for keys in maps(generation.TABLE) for key in keys if keys.count(key) > 1]
    assert twice == []
