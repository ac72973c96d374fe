"""What a paper says, and which sweeps train it again: ``configs/papers/<paper>/paper.yaml``.

::

    title: Fast and energy-efficient neuromorphic deep learning with first-spike times
    authors: Göltz, Kriener, et al.
    place: Nature Machine Intelligence 3
    year: 2021
    link: https://doi.org/10.1038/s42256-021-00388-x
    tables:
      yin_yang:                                # its sweep is yin_yang.yaml, beside this file
        what: Yin-Yang, 120 hidden neurons
        place: Fig. 2
        minutes: 0.8                           # of one run on one core, in the mean
        differs: [the seeds are ours]
        reported:
          - {at: {}, mean: 95.9, std: 0.7, source: the paper, seen: false}
    absent:
      - {what: the chip, why: there is none here}

A number that is not known is left out. ``seen`` tells whether it was read where it stands, or is
quoted from elsewhere.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from snnrun.config import shipped
from snnrun.config.problems import explain, told
from snnrun.config.reading import read_config
from snnrun.core.registry import Settings, near
from snnrun.errors import ConfigError
from snnrun.studies.cases import Plan
from snnrun.studies.plan import point_text


class Number(Settings):
    """A number that somebody else reports."""

    at: Annotated[
        dict[str, Any],
        Field(default_factory=dict, description="the point of the sweep that it is compared with"),
    ]
    mean: Annotated[float, Field(description="the number, or its mean; accuracies in percent")]
    std: Annotated[float | None, Field(ge=0, description="standard deviation; null: not known")] = (
        None
    )
    seeds: Annotated[
        int | None, Field(ge=1, description="trainings that it is of; null: not known")
    ] = None
    split: Annotated[str, Field(description="data that it is of")] = "test"
    source: Annotated[str, Field(min_length=1, description="where it stands")]
    seen: Annotated[
        bool, Field(description="whether it was read there; false: it is quoted from elsewhere")
    ]


class Result(Settings):
    """A table or a figure that can be trained again; the sweep bears its name."""

    what: Annotated[str, Field(min_length=1, description="what it shows")]
    place: Annotated[str, Field(description="where it stands; empty: not in the paper")] = ""
    number: Annotated[str, Field(description="number of the sweep that is compared")] = "accuracy"
    minutes: Annotated[float, Field(gt=0, description="of one run on one core, in the mean")]
    timing: Annotated[
        Literal["measured", "estimated"], Field(description="what these minutes are")
    ] = "estimated"
    shortened: Annotated[
        str | None, Field(description="how it is shorter than theirs; null: it is not")
    ] = None
    differs: Annotated[
        tuple[str, ...], Field(description="what is otherwise done in another way")
    ] = ()
    reported: Annotated[tuple[Number, ...], Field(description="what others report")] = ()


class Absent(Settings):
    """A table or a figure that cannot be trained here."""

    what: Annotated[str, Field(min_length=1, description="what it shows")]
    why: Annotated[str, Field(min_length=1, description="what is lacking")]
    reported: Annotated[tuple[Number, ...], Field(description="what others report")] = ()


class Facts(Settings):
    """What a file of facts says."""

    title: Annotated[str, Field(min_length=1, description="of the paper")]
    authors: Annotated[str, Field(min_length=1, description="as it is cited")]
    place: Annotated[str, Field(description="journal or conference; empty: none")] = ""
    year: Annotated[int | None, Field(description="null: not known")] = None
    link: Annotated[str | None, Field(description="null: none")] = None
    also: Annotated[tuple[str, ...], Field(description="papers and programs beside it")] = ()
    tables: Annotated[dict[str, Result], Field(min_length=1, description="name: what it shows")]
    absent: Annotated[tuple[Absent, ...], Field(description="what cannot be trained here")] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name in self.tables:
            if Path(name).name != name:
                raise ValueError(f"tables: expected names of sweeps beside this file, got {name!r}")
        return self

    def cited(self) -> str:
        """Return the paper as it is cited.

        Example:
            >>> one = Result(what="w", minutes=1)
            >>> Facts(title="On x", authors="A, B", year=2020, tables={"t": one}).cited()
            'A, B, On x (2020)'
        """
        where = ", ".join(filter(None, [self.authors, self.title, self.place]))
        return where + (f" ({self.year})" if self.year else "")


class Paper:
    """A folder of sweeps and what is known of the paper that they are from."""

    def __init__(self, folder: Path, facts: Facts) -> None:
        self.folder, self.facts = folder, facts

    @property
    def name(self) -> str:
        """How commands call it."""
        return self.folder.name

    @classmethod
    def read(cls, folder: Path) -> "Paper":
        """Read and check a file of facts.

        Raises:
            ConfigError: with every problem that was found.
        """
        document = read_config(folder / shipped.FACTS)
        problems = list(document.problems)
        try:
            facts = Facts.model_validate(document.data)
        except ValidationError as error:
            problems += explain(error, document, Facts)
        if problems:
            raise told(problems)
        return cls(folder, facts)

    def plan(self, table: str) -> Plan:
        """Return the sweep of a table.

        Raises:
            ConfigError: it is wrong, or a number is compared with a point that it lacks.
        """
        plan = Plan.read(self.folder / f"{table}.yaml")
        result, points = self.facts.tables[table], list(plan.settings.planned())
        for number in result.reported:
            if number.at not in points:
                there = "; ".join(point_text(point) or "{}" for point in points)
                raise ConfigError(
                    f"{self.folder / shipped.FACTS}: tables.{table}: the sweep has no point "
                    f"{point_text(number.at) or '{}'}; it has {there}"
                )
        if result.number not in plan.settings.shows:
            raise ConfigError(
                f"{self.folder / shipped.FACTS}: tables.{table}: number: the sweep does not show "
                f"{result.number!r}; it shows {', '.join(plan.settings.shows)}"
            )
        return plan

    def chosen(self, table: str | None) -> list[str]:
        """Return the names of the tables that a command means.

        Raises:
            ConfigError: there is no such table; with the nearest name.
        """
        if table is None:
            return list(self.facts.tables)
        if table not in self.facts.tables:
            raise ConfigError(_unknown(f"table of {self.name}", table, list(self.facts.tables)))
        return [table]


def home() -> Path:
    """Return the folder of papers.

    Raises:
        ConfigError: there is none.
    """
    return shipped.home() / "papers"


def names() -> list[str]:
    """Return the names of all papers."""
    return sorted(facts.parent.name for facts in home().glob(f"*/{shipped.FACTS}"))


def paper(name: str) -> Paper:
    """Return a paper by its name, or by a folder of one's own.

    Raises:
        ConfigError: there is none of that name; with the nearest one.
    """
    if (Path(name) / shipped.FACTS).is_file():
        return Paper.read(Path(name).absolute())
    if name not in names():
        raise ConfigError(_unknown("paper", name, names()))
    return Paper.read(home() / name)


def _unknown(kind: str, name: str, known: list[str]) -> str:
    guess = near(name, known)
    hint = f"; did you mean {guess!r}?" if guess else "."
    return f"unknown {kind} {name!r}{hint} There are: {', '.join(known)}"
