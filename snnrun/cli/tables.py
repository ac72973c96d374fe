"""Every table that a config or a command can name an entry of, and the search through them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from snnrun.config.fields import named_choices
from snnrun.config.wording import LISTED
from snnrun.core.registry import near
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment
from snnrun.plots import PLOTS


@dataclass(frozen=True)
class Table:
    """One table: what ``snnrun list`` calls it, what one entry is called, the entries."""

    name: str
    kind: str
    entries: Mapping[str, Any]


def tables() -> list[Table]:
    """Return models, rules, data sets, encoders and plots, then what lies inside their settings."""
    choices = named_choices(Experiment)
    main = [Table(name, kind, choices[kind].table) for kind, name in LISTED.items()]
    inner = [
        Table(plural(kind), kind, choice.table)
        for kind, choice in choices.items()
        if kind not in LISTED
    ]
    return [*main, Table("plots", "plot", PLOTS), *inner]


def find_table(name: str) -> Table:
    """Return the table called ``name``.

    Raises:
        ConfigError: there is none; the text names the nearest.
    """
    known = {table.name: table for table in tables()}
    if name in known:
        return known[name]
    guess = near(name, known)
    hint = f" did you mean {guess!r}?" if guess else ""
    raise ConfigError(f"there is no list of {name!r};{hint} known: {', '.join(known)}")


def find_entries(name: str) -> list[tuple[Table, Any]]:
    """Return the tables and entries that bear this name, at least one.

    Raises:
        ConfigError: there is none; the text names the nearest.
    """
    every = tables()
    found = [(table, table.entries[name]) for table in every if name in table.entries]
    if found:
        return found
    guess = near(name, {entry for table in every for entry in table.entries})
    hint = f" did you mean {guess!r}?" if guess else ""
    raise ConfigError(f"nothing is called {name!r};{hint} `snnrun list` shows all names")


def plural(kind: str) -> str:
    """Return the name of the table of a kind.

    Example:
        >>> [plural(kind) for kind in ("optimizer", "loss", "positivity", "input stage")]
        ['optimizers', 'losses', 'positivities', 'input_stages']
    """
    name = kind.replace(" ", "_")
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return name + ("es" if name.endswith("s") else "s")
