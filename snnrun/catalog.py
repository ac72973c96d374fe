"""Everything that a config or a command can name, and the search through it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from snnrun.config.fields import tables_of
from snnrun.core.registry import Table, near
from snnrun.errors import ConfigError
from snnrun.evaluation import MEASURES
from snnrun.experiment import Experiment
from snnrun.plots import PLOTS
from snnrun.studies.launchers import LAUNCHERS

#: What is listed first.
_FIRST = ("models", "rules", "datasets", "encoders", "plots")


@dataclass(frozen=True)
class Listing:
    """Tables that are listed under one name, such as the losses of all learning rules."""

    name: str
    tables: Sequence[Table[Any]]

    @property
    def entries(self) -> list[tuple[str, Any]]:
        """All their entries; tables of different parts may have one of the same name each."""
        return [pair for table in self.tables for pair in table.items()]

    @property
    def names(self) -> list[str]:
        """The names of all their entries; nothing is imported for them."""
        return list(dict.fromkeys(name for table in self.tables for name in table.names()))


def tables() -> list[Table[Any]]:
    """Return every table."""
    return [*tables_of(Experiment), PLOTS, MEASURES, LAUNCHERS]


def listings() -> list[Listing]:
    """Return models, rules, data sets, encoders and plots, then what lies inside their settings."""
    grouped: dict[str, list[Table[Any]]] = {name: [] for name in _FIRST}
    for table in tables():
        grouped.setdefault(table.title, []).append(table)
    return [Listing(name, same) for name, same in grouped.items()]


def find_listing(name: str) -> Listing:
    """Return what is listed under this name.

    Raises:
        ConfigError: nothing is; the text names the nearest.
    """
    known = {listing.name: listing for listing in listings()}
    if name in known:
        return known[name]
    guess = near(name, known)
    hint = f" did you mean {guess!r}?" if guess else ""
    raise ConfigError(f"there is no list of {name!r};{hint} known: {', '.join(known)}")


def find_entries(name: str) -> list[tuple[Table[Any], Any]]:
    """Return the tables and entries that bear this name, at least one, and each entry once.

    Raises:
        ConfigError: there is none; the text names the nearest.
    """
    every = tables()
    found: list[tuple[Table[Any], Any]] = []
    for table in every:
        if name in table and all(entry is not table[name] for _, entry in found):
            found.append((table, table[name]))
    if found:
        return found
    guess = near(name, {entry for table in every for entry in table.names()})
    hint = f" did you mean {guess!r}?" if guess else ""
    raise ConfigError(f"nothing is called {name!r};{hint} `snnrun list` shows all names")
