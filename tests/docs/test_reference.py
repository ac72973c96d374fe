"""The reference: nothing that is public is left out, and what is written for it is right."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command

from snnrun.catalog import listings
from snnrun.cli.verbs import app

API = Path(__file__).parents[2] / "docs" / "api"
_NAMED = re.compile(r"^\.\. auto(?:class|function):: (\S+)$", re.M)
#: Modules whose public names are told, and which of them on the page of another.
TOLD = {
    "snnrun": {"nn", "__version__"},
    "snnrun.nn": {"graph"},
    "snnrun.nn.graph": set(),
    "snnrun.extending": {"TraceSettings"},
    "snnrun.extending.parts": {
        *("Arrival", "Connection", "Dense", "Group", "LIF", "Plasticity", "Weighted"),
        *("Evaluation", "Record"),
    },
}


def public(name: str) -> set[str]:
    """Return the public names of a module."""
    module = import_module(name)
    own = getattr(module, "__all__", None) or [each for each in vars(module) if each[0] != "_"]
    return {each for each in own if not isinstance(getattr(module, each), type(module))}


@pytest.mark.parametrize("module", TOLD)
def test_every_public_name_is_told(module):
    named = [name for page in API.glob("*.md") for name in _NAMED.findall(page.read_text())]
    told = [name.removeprefix(f"{module}.") for name in named]
    here = {name for name in told if "." not in name and name in public(module)}
    assert here == public(module) - TOLD[module]
    assert all(told.count(name) == 1 for name in here)


def test_names_that_are_told_elsewhere_are_told():
    text = (API / "extending.md").read_text() + (API / "python.md").read_text()
    for name in set().union(*TOLD.values()) - {"nn", "graph", "__version__"}:
        assert f"`{name}`" in text or f".{name}\n" in text, name


def test_every_list_is_on_one_page():
    texts = [page.read_text() for page in (API / "settings").glob("*.md")]
    marks = re.findall(r"^<!-- site: settings (.+) -->$", "\n".join(texts), re.M)
    names = [name for mark in marks for name in mark.split()]
    assert sorted(names) == sorted(each.name for each in listings())


def test_settings_tell_all_that_a_config_says(site):
    text = import_module("settings").listed(["losses"])
    assert "(settings-first_spike.losses-ttfs)=\n\n#### `ttfs`\n\ncross entropy over" in text
    assert "| `xi` | number \\> 0 | `0.2` | softness of the competition, tau\\_syn |" in text
    choice = "list of one of [first_spike.stages](#settings-first_spike.stages)"
    assert f"| `layers.0.before` | {choice} |" in import_module("settings").listed(["models"])


def test_commands_are_all_told(site):
    text = import_module("commands").listed()
    assert re.findall(r"^### `snnrun (\w+)`$", text, re.M)[0] == "train"
    for name, command in get_command(app).commands.items():
        assert f"### `snnrun {name}`\n\n" in text
        for option in (each for each in command.params if each.name not in ("plugin", "debug")):
            assert max(option.opts, key=len) in text or option.param_type_name == "argument"


@pytest.mark.parametrize("name", ["pages", "settings", "docstrings"])
def test_examples_in_the_modules_of_the_site(site, name):
    tried = doctest.testmod(import_module(name))
    assert tried.failed == 0
    assert tried.attempted > 0


def test_a_page_of_the_site_has_the_pages_it_links_to(site):
    text = "# Start\n- [one](one.md)\n## More\n[two](more/two.ipynb), [three](../three.md)\n"
    made = import_module("pages").written(f"{text}\n<!-- site: contents -->\n")
    assert re.findall(r"^[\w/]+$", made, re.M) == ["one", "more/two"]
    assert ":caption: More" in made


def test_a_file_of_the_repository_as_a_page(site):
    pages = import_module("pages")
    made = pages.written("# Changes\n\n<!-- site: instead CHANGELOG.md -->\n")
    assert made == pages.file_of_the_repository("CHANGELOG.md")
    assert made.startswith("# Changelog\n")
