"""Every table that there is can be listed, shown, completed, and written into a config.

Nothing here is a list of names: who adds a loss, an optimiser or a figure adds it to its table.
"""

import importlib
import pkgutil

import pytest

import snnrun
from snnrun import catalog, extending
from snnrun.cli.arguments import complete_name, complete_table
from snnrun.cli.describe import list_text, show_text
from snnrun.cli.schema import config_schema
from snnrun.config.fields import tables_of
from snnrun.core import registry
from snnrun.core.registry import Entry
from snnrun.data import DATASETS
from snnrun.encoders import ENCODERS
from snnrun.errors import ConfigError
from snnrun.evaluation import MEASURES, needs_of
from snnrun.experiment import Experiment
from snnrun.learning import RULES
from snnrun.learning.schedules import FUNCTIONS, SCHEDULERS
from snnrun.models import MODELS
from snnrun.plots import PLOTS
from snnrun.studies.launchers import LAUNCHERS

TABLES = catalog.tables()
COMPONENTS = [
    pytest.param(table, name, id=f"{table.group.removeprefix(registry.PREFIX)}-{name}")
    for table in TABLES
    for name in table.known
]


def by_group(table):
    return table.group.removeprefix(registry.PREFIX)


def test_no_table_is_forgotten():
    """Each knows itself where it is made, wherever that is."""
    for module in pkgutil.walk_packages(snnrun.__path__, "snnrun."):
        if not module.name.endswith("_native"):
            importlib.import_module(module.name)
    made = [table for table in registry._tables.values() if table.group.startswith("snnrun.")]
    assert {table.group for table in made} == {table.group for table in TABLES}
    assert all(registry._tables[table.group] is table for table in TABLES)


def test_tables_are_found_however_deep():
    found = tables_of(Experiment)
    assert found[:3] == [DATASETS, ENCODERS, MODELS]
    assert {"learning rule", "loss", "optimizer", "scheduler"} <= {table.kind for table in found}
    assert [*found, PLOTS, MEASURES, LAUNCHERS] == TABLES


def test_tables_of_one_kind_are_listed_together():
    names = [listing.name for listing in catalog.listings()]
    assert names[:5] == ["models", "rules", "datasets", "encoders", "plots"]
    assert len(set(names)) == len(names)
    assert catalog.find_listing("plots").tables == [PLOTS]
    assert len(catalog.find_listing("losses").tables) > 2


@pytest.mark.parametrize("listing", catalog.listings(), ids=lambda listing: listing.name)
def test_tables_that_are_listed_together_share_a_name_only_where_their_kinds_tell_them_apart(
    listing,
):
    pairs = [(table.kind, name) for table in listing.tables for name in table]
    assert len(set(pairs)) == len(pairs)
    assert [name for name, _ in listing.entries] == [name for _, name in pairs]
    assert listing.names == list(dict.fromkeys(name for _, name in pairs))


def test_what_is_listed_nowhere():
    with pytest.raises(ConfigError, match="there is no list of 'modles'; did you mean 'models'"):
        catalog.find_listing("modles")
    with pytest.raises(ConfigError, match="nothing is called 'adm'; did you mean 'adam'"):
        catalog.find_entries("adm")


def test_one_name_may_be_that_of_several():
    found = catalog.find_entries("first_spike")
    assert found == [(MODELS, MODELS["first_spike"]), (RULES, RULES["first_spike"])]


def test_an_entry_of_two_tables_is_found_once():
    assert FUNCTIONS["cosine"] is SCHEDULERS["cosine"]
    assert [table for table, _ in catalog.find_entries("cosine")] == [SCHEDULERS]


# ---- the same of every component ----


@pytest.mark.parametrize("table", TABLES, ids=by_group)
def test_who_adds_to_a_table_can_inherit_from_what_it_wants(table):
    """`docs/extending.md` says where it stands."""
    wanted = table._holds if table._holds is not Entry else table._base
    assert wanted in vars(extending).values()


@pytest.mark.parametrize("table", TABLES, ids=by_group)
def test_every_table_is_listed_with_all_its_names(table):
    rows = [line.split(maxsplit=1) for line in list_text(table.title).splitlines()]
    assert rows[0] == [table.title]
    assert {name for name, *_ in rows[1:]} >= set(table.known)
    assert f"\n\n{table.title}\n" in f"\n\n{list_text()}"
    assert table.title in complete_table("")


@pytest.mark.parametrize(("table", "name"), COMPONENTS)
def test_every_component_is_shown_and_completed(table, name):
    (kind,) = (of.kind for of, entry in catalog.find_entries(name) if entry is table[name])
    assert show_text(name).count(f"{name} ({kind})\n") == 1
    assert name in complete_name(name[:2])


@pytest.mark.parametrize(("table", "name"), COMPONENTS)
def test_every_component_is_what_it_says(table, name):
    """It can be imported, and a line tells what it is."""
    entry = table[name]
    module, attribute = entry.target.split(":")
    assert callable(getattr(importlib.import_module(module), attribute))
    assert entry.summary
    if isinstance(entry, Entry):
        assert entry.settings.__doc__
        assert table.name_of(entry.settings.model_construct()) == name


@pytest.mark.parametrize("name", PLOTS.known)
def test_every_figure_names_measures_that_there_are(name):
    plot = PLOTS[name]
    assert needs_of(plot) >= plot.needs
    assert set(plot.measures) <= MEASURES.keys()
    assert plot.splits


@pytest.fixture(scope="module")
def choices():
    """What the schema lets a config choose between: name -> meaning, for each choice in it."""
    found = []

    def walk(schema):
        if isinstance(schema, dict):
            named = [each["properties"]["name"] for each in schema.get("oneOf", ())
                     if "name" in each.get("properties", ())]  # fmt: skip
            if named:
                found.append({each["const"]: each["description"] for each in named})
        for each in schema.values() if isinstance(schema, dict) else schema:
            if isinstance(each, dict | list):
                walk(each)

    walk(config_schema())
    return found


@pytest.mark.parametrize("table", tables_of(Experiment), ids=by_group)
def test_every_table_stands_in_the_schema(choices, table):
    assert {name: entry.summary for name, entry in table.items()} in choices
