"""Runs in groups that differ in nothing but their seed: what each came to, beside the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from snnrun.core.registry import near
from snnrun.errors import ConfigError
from snnrun.studies.compare.costs import Cost
from snnrun.studies.compare.numbers import Epoch
from snnrun.studies.compare.runs import seed_of
from snnrun.studies.compare.statistics import Spread, Test
from snnrun.studies.gathering import Found
from snnrun.studies.merit import Better

Settings = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """Runs that differ in nothing but their seed.

    label: what tells it from the other groups.
    settings: those that differ between groups; a key that its runs do not have is left out.
    runs: by seed.
    values: metric -> seed -> number, of the runs that have it.
    costs: of each run.
    spreads: metric -> mean and spread over the seeds.
    tests: metric -> comparison with the reference; none where fewer than two seeds match.
    cost_spreads: cost -> mean and spread, by their names in :data:`.costs.KINDS`.
    """

    label: str
    settings: Settings
    runs: tuple[Found, ...] = field(repr=False)
    values: Mapping[str, Mapping[int, float]]
    costs: tuple[Cost, ...] = field(repr=False)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    tests: Mapping[str, Test] = field(default_factory=dict)
    cost_spreads: Mapping[str, Spread] = field(default_factory=dict)

    @property
    def seeds(self) -> list[int]:
        """The seeds of the runs."""
        return [seed_of(run) for run in self.runs]


@dataclass(frozen=True)
class Comparison:
    """Groups of runs beside each other; prints as a table, and a notebook shows it as one.

    groups: in the order in which they were found.
    metrics: the numbers that are compared.
    better: metric -> which way it is better; those of which nobody knows are left out.
    split, epoch: whose numbers they are.
    keys: the settings that differ.
    telling: those of them that the groups are called by.
    reference: the group that others are tested against.
    notes: what is to be known of it, a sentence each.
    """

    groups: tuple[Group, ...]
    metrics: tuple[str, ...]
    better: Mapping[str, Better]
    split: str
    epoch: Epoch
    keys: tuple[str, ...]
    telling: tuple[str, ...]
    reference: Group
    notes: tuple[str, ...]

    def __str__(self) -> str:
        return self.to("text")

    def __repr__(self) -> str:
        runs = sum(len(group.runs) for group in self.groups)
        return f"<comparison of {runs} runs in {len(self.groups)} groups; print() shows it>"

    def _repr_html_(self) -> str:
        return self.to("html")

    def to(self, form: str) -> str:
        """Return it as ``text``, ``csv``, ``markdown``, ``latex`` or ``html``.

        Raises:
            ConfigError: it is none of these.
        """
        from snnrun.studies.compare.formats import FORMATS

        if form not in FORMATS:
            guess = near(form, FORMATS)
            hint = f"; did you mean {guess!r}?" if guess else "."
            raise ConfigError(f"no format called {form!r}{hint} There are: {', '.join(FORMATS)}")
        return FORMATS[form](self)

    def save(self, path: Path | str, form: str | None = None) -> None:
        """Write it to a file, in the format that the end of its name says, or in another one.

        Raises:
            ConfigError: there is no such format.
            DataError: the file cannot be written.
        """
        from snnrun.runs.files import write_text
        from snnrun.studies.compare.formats import format_of

        write_text(Path(path), self.to(form or format_of(Path(path))))

    def rows(self) -> list[dict[str, Any]]:
        """Return a map for each group, all numbers in full: what a data frame is made of."""
        from snnrun.studies.compare.records import record_of

        return [record_of(group, self) for group in self.groups]

    def figures(self, folder: Path | str) -> list[Path]:
        """Draw what there is to draw into a folder, and return the files."""
        from snnrun.studies.compare.figures import draw_all

        return draw_all(self, Path(folder))

    def best(self, metric: str) -> Group | None:
        """Return the group whose mean is best; None where nobody knows which way that is."""
        way = self.better.get(metric)
        having = [group for group in self.groups if metric in group.spreads]
        if way is None or not having:
            return None
        choose = max if way == "higher" else min
        return choose(having, key=lambda group: group.spreads[metric].mean)
