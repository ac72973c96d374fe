"""Tables: our components, then those that installed packages offer, or files that are named."""

import sys
import warnings
from typing import Annotated

import pytest
import torch
from pydantic import Field, ValidationError

from snnrun.core import registry
from snnrun.core.registry import Entry, Settings, Table, UnknownName, add_all, installed
from snnrun.errors import PluginError, PluginWarning


class Shape(Settings):
    """What all have in common."""


class Square(Shape):
    """A shape."""


class Circle(Shape):
    """Another."""


SQUARE, CIRCLE = Entry(Square, "builtins:dict"), Entry(Circle, "builtins:list")
#: What a package may hold; importing it can be noticed.
MODULE = """
from snnrun.core.registry import Entry, Settings
from tests.core.test_registry import Shape

class Star(Shape):
    points: int = 5

STAR = Entry(Star, "builtins:set")
STRANGE = Entry(Settings, "builtins:set")
NUMBER = 3
"""


@pytest.fixture(autouse=True)
def _own_tables(monkeypatch):
    """Tables made here are known here alone."""
    monkeypatch.setattr(registry, "_tables", dict(registry._tables))
    monkeypatch.setattr(registry, "_waiting", {})


@pytest.fixture
def table():
    return Table("shape", "snnrun.shapes", {"square": SQUARE, "circle": CIRCLE}, base=Shape)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that installs a package with entry points ``name -> attribute`` of its module."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "installed", installed.__wrapped__)  # asked anew each time

    def make(package: str, text: str = MODULE, **points: str) -> None:
        (tmp_path / f"{package}.py").write_text(text)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = [f"{name} = {package}:{attribute}" for name, attribute in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[snnrun.shapes]", *lines, ""]))

    before = set(sys.modules)
    yield make
    for name in set(sys.modules) - before:
        del sys.modules[name]


class Counted(Settings):
    """Whole numbers, and one with a bound of its own."""

    size: int = 1
    sides: tuple[tuple[int, ...], ...] = ()
    bounded: Annotated[int, Field(lt=2**80)] = 0


def test_whole_numbers_have_64_bits_save_where_a_field_says_otherwise():
    assert Counted(size=2**63 - 1, sides=((-(2**63), 1),), bounded=2**79)
    for wrong, shown in (
        ({"size": 2**63}, "9223372036854775808"),
        ({"sides": ((1, -(10**30)),)}, "-10*"),
    ):
        with pytest.raises(
            ValidationError, match=rf"whole numbers from -2\^63 to 2\^63 - 1, got {shown}"
        ):
            Counted.model_validate(wrong)


class Measured(Settings):
    """Numbers, and one that may be infinite."""

    rate: float = 1.0
    pair: tuple[float, float] = (0.0, 0.0)
    lasting: Annotated[float, Field(allow_inf_nan=True)] = 0.0


def test_numbers_are_such_as_single_precision_holds():
    """Torch and numpy raised what they say of some, and others became infinite."""
    largest = torch.finfo(torch.float32).max
    assert Measured(rate=largest, pair=(-largest, 1e-300), lasting=float("inf"))
    for wrong in ({"rate": 3.5e38}, {"pair": (0.0, -1e300)}, {"lasting": 1e39}):
        with pytest.raises(ValidationError, match=r"single precision holds, up to 3\.4e\+38, got"):
            Measured.model_validate(wrong)


def test_an_entry_imports_its_target_when_it_is_wanted():
    assert Entry(Settings, "absent_module:f").settings is Settings
    assert SQUARE.load() is dict


def test_a_name_is_looked_up(table):
    assert table.pick("circle") is table["circle"] is CIRCLE
    assert list(table) == table.names() == ["square", "circle"]
    assert len(table) == 2
    with pytest.raises(
        UnknownName, match=r"unknown shape 'cirle'; did you mean 'circle'\? known: circle, square"
    ):
        table.pick("cirle")
    with pytest.raises(KeyError):
        table["cirle"]


def test_settings_are_found_by_their_class(table):
    assert table.name_of(Circle()) == "circle"
    assert table.entry_of(Square()) is SQUARE
    with pytest.raises(ValueError, match="Shape is not the settings of any shape"):
        table.name_of(Shape())


def test_the_title_is_the_end_of_the_group(table):
    assert table.title == "shapes"


def test_two_tables_are_never_equal(table):
    """They are told apart where experiments are compared, whatever they hold."""
    assert table != Table("shape", "snnrun.others", table.known)
    assert len({table, table}) == 1


def test_what_others_call_it_is_told():
    table = Table("shape", "snnrun.shapes", {"square": SQUARE}, elsewhere={"quad": "square of 4"})
    for name in ("quad", "Quad"):
        with pytest.raises(UnknownName, match=f"shape '{name}'; here it is square of 4; known: sq"):
            table.pick(name)


# ---- components of files ----


def test_components_are_added_to_the_table_of_their_group(table):
    add_all({"shapes": {"star": Entry(Shape, "builtins:set")}})
    assert list(table) == ["square", "circle", "star"]


def test_the_same_component_may_come_twice_but_no_other_of_its_name(table):
    table.add("circle", CIRCLE)
    with pytest.raises(PluginError, match="the shape 'circle' exists already; use another name"):
        table.add("circle", SQUARE)
    assert table["circle"] is CIRCLE


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (Square, "the shape 'star' of a plug-in is ModelMetaclass; expected Entry"),
        (Entry(Settings, "m:f"), "has settings Settings, which are no Shape"),
    ],
)
def test_what_is_no_component_is_refused(table, entry, message):
    with pytest.raises(PluginError, match=message):
        table.add("star", entry)
    assert "star" not in table


@pytest.mark.parametrize(
    ("group", "hint"), [("shape", "did you mean 'shapes'?"), ("zzz", "known: ")]
)
def test_a_group_that_there_is_not(table, group, hint):
    with pytest.raises(PluginError) as caught:
        add_all({group: {}})
    assert str(caught.value).startswith(f"no group {group!r}; {hint}")
    assert "shapes" in str(caught.value)


def test_components_wait_for_a_table_that_is_made_later(monkeypatch):
    """Figures are known only where they are drawn."""
    monkeypatch.delitem(registry._tables, "snnrun.plots", raising=False)
    add_all({"plots": {"star": Entry(Shape, "builtins:set")}})
    later = Table("figure", "snnrun.plots", {"square": SQUARE})
    assert list(later) == ["square", "star"]


# ---- components of installed packages ----


def test_a_package_is_imported_when_its_component_is_wanted(table, install):
    install("stars", star="STAR")
    assert table.names() == ["square", "circle", "star"]
    assert "star" in table
    assert "stars" not in sys.modules
    assert table.pick("star").summary == ""
    assert "stars" in sys.modules
    assert table.name_of(table["star"].settings()) == "star"


def test_who_looks_meanwhile_hides_nothing(table, install):
    """A component of a package was passed over where the loop itself went over the table."""
    install("stars", star="STAR")
    assert [name for name in table if name in [*table]] == ["square", "circle", "star"]


def test_settings_of_a_package_are_found_before_it_was_asked_for(table, install):
    install("stars", star="STAR")
    import stars

    assert table.name_of(stars.Star()) == "star"


def test_ours_go_before_those_of_packages(table, install):
    install("stars", circle="STAR")
    assert table["circle"] is CIRCLE
    assert table.names() == ["square", "circle"]


def test_a_misspelt_name_of_a_package_is_known(table, install):
    install("stars", star="STAR")
    with pytest.raises(UnknownName, match="did you mean 'star'"):
        table.pick("sta")
    assert "stars" not in sys.modules


@pytest.mark.parametrize(
    ("text", "point", "message"),
    [
        ("1 / 0\n", "STAR", "of the package broken does not load: ZeroDivisionError: division by"),
        ("", "STAR", "of the package broken does not load: AttributeError: "),
        (MODULE, "NUMBER", "of a plug-in is int; expected Entry"),
        (MODULE, "STRANGE", "of a plug-in has settings Settings, which are no Shape"),
    ],
)
def test_a_broken_package_is_told_of_once_and_left_out(table, install, text, point, message):
    install("broken", text, star=point)
    install("stars", sun="STAR")
    with pytest.warns(PluginWarning, match=f"the shape 'star' {message}.*; it is left out"):
        assert list(table) == ["square", "circle", "sun"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(table) == 3
    with pytest.raises(PluginError, match=f"the shape 'star' {message}"):
        table.pick("star")


def test_a_name_that_two_packages_offer_is_of_neither(table, install):
    install("stars", star="STAR")
    install("more_stars", star="STAR")
    with pytest.raises(PluginError, match=r"offered by .*stars and .*stars; uninstall all but one"):
        table.pick("star")
