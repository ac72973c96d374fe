"""What a sweep file says.

::

    config: ../random_feedback_mnist.yaml      # relative to this file
    set: {train.live_plot: false}              # in every run
    seeds: [0, 1, 2]                           # or how many: 3
    grid:                                      # every combination of what stands in these lists
      model.layers.0.size: [32, 64, 128]
      model.layers.0.threshold, model.surrogate.sharpness: [[0.3, 0.1], [2.0, 0.02]]
    columns: model.layers.0.size               # of the printed table; the rest makes its rows
    shows: [accuracy, density/layer_0]         # of the test split, after the last epoch

In place of ``grid`` there may be ``points``, a list of maps; or ``search``, which draws; or
neither, for a sweep of seeds alone. Keys are those of overrides on the command line; keys with
commas between them change together.
"""

import json
import math
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from snnrun.config.problems import explain, told, words
from snnrun.config.reading import Document, read_config
from snnrun.core.named import named
from snnrun.core.registry import Settings, near
from snnrun.studies.launchers import LAUNCHERS
from snnrun.studies.launchers.settings import LauncherSettings
from snnrun.studies.refusing import check_axes, check_places, check_points, unknown
from snnrun.studies.search import MOST, Search
from snnrun.studies.space import Drawn, Point, Tried, Values, grid, keys_of, spread

#: The key of a point that tells which of several configs it starts from.
CONFIG = "config"


class Variant(Settings):
    """One of several configs."""

    config: Annotated[str, Field(description="the config to start from, relative to this file")]
    set: Annotated[
        dict[str, Any], Field(default_factory=dict, description="key: value, in runs of it")
    ]


def _counted(given: Any) -> Any:
    """Take a number of seeds for the first so many."""
    if isinstance(given, int) and not isinstance(given, bool):
        if not 1 <= given <= MOST:
            raise ValueError(f"must be 1 to {MOST:,}, or a list, got {given}")
        return list(range(given))
    return given


def _one_config(given: Any) -> Any:
    """Take the path of a config for a variant that changes nothing."""
    return {"config": given} if isinstance(given, str) else given


class SweepSettings(Settings):
    """One config or several, what to change in them, and what to show of the outcome."""

    config: Annotated[
        str | None, Field(description="the config to start from, relative to this file")
    ] = None
    configs: Annotated[
        dict[str, Annotated[Variant, BeforeValidator(_one_config)]],
        Field(
            default_factory=dict,
            description="or several: name: the config, or {config, set}; `config` is the key by "
            "which columns and when know them",
        ),
    ]
    set: Annotated[
        dict[str, Any], Field(default_factory=dict, description="key: value, the same in every run")
    ]
    grid: Annotated[
        dict[str, Tried],
        Field(
            default_factory=dict,
            description="key: values; every combination is trained. Keys joined by commas change "
            "together, and each of their values is a list; {values, when} makes a key conditional",
        ),
    ]
    points: Annotated[
        list[dict[str, Any]], Field(default_factory=list, description="or each point by itself")
    ]
    search: Annotated[Search | None, Field(description="or points that are drawn")] = None
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0)], ...],
        BeforeValidator(_counted),
        Field(min_length=1, description="each is one run; or how many"),
    ] = (0,)
    hours: Annotated[
        float | None,
        Field(gt=0, description="hours of training, of all workers together, after which no run "
              "is begun; null: no limit"),
    ] = None  # fmt: skip
    storage: Annotated[
        str,
        Field(description="where workers agree on who does what: journal or sqlite, in the folder "
              "of the sweep; or the URL of a database, for machines without a common folder"),
    ] = "journal"  # fmt: skip
    launcher: Annotated[
        Annotated[LauncherSettings, named(LAUNCHERS)] | None,
        Field(description="what --launcher asks of machines, if it names this one; null: nothing"),
    ] = None
    columns: Annotated[
        str | None, Field(description="key whose values make the columns of the table")
    ] = None
    shows: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="numbers of the test split that the table shows"),
    ] = ("accuracy",)

    measures: Annotated[
        tuple[str, ...],
        Field(description="what is kept of the answers of the best epoch to the test split, once a "
              "run has ended, such as cost and input_noise; see `snnrun list measures`"),
    ] = ()  # fmt: skip

    @field_validator("measures")
    @classmethod
    def _exist(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        from snnrun.evaluation import MEASURES

        for name in names:
            if name not in MEASURES:
                guess = near(name, MEASURES)
                hint = (
                    f"; did you mean {guess!r}?" if guess else f"; there are: {', '.join(MEASURES)}"
                )
                raise ValueError(f"no measure called {name!r}{hint}")
        return names

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.config is None) == (not self.configs):
            raise ValueError("config: expected one config, or several as configs")
        kinds = [name for name in ("grid", "points", "search") if getattr(self, name)]
        if len(kinds) > 1:
            raise ValueError(f"{kinds[1]}: expected one of grid, points and search")
        start = {CONFIG: Values(values=list(self.configs), when={})} if self.configs else {}
        for name, axes in (("grid", self.grid), ("search: space", self.space)):
            try:
                check_axes(axes, start)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        check_points(self.points)
        check_places(self._places())
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds: expected each once")
        if self.search and self.search.trials is None and self.hours is None:
            raise ValueError("search: expected trials, how many points to try; or hours")
        self._check_number()
        known = list(dict.fromkeys([*start, *self.keys()]))
        if self.columns is not None and self.columns not in known:
            raise ValueError(f"columns: {unknown(self.columns, known)}")
        return self

    def _places(self) -> dict[str, Iterable[str]]:
        """Return the keys that are set in each part of the file."""
        places: dict[str, Iterable[str]] = {"set": self.set, "grid": self.grid}
        places |= {"search: space": self.space, "points": chain.from_iterable(self.points)}
        return places | {f"configs.{name}.set": one.set for name, one in self.configs.items()}

    def _check_number(self) -> None:
        starts = max(1, len(self.configs))
        combinations = starts * math.prod(len(axis.values) for axis in self.grid.values())
        if self.search:
            combinations = self.search.trials or 1
        elif self.points:
            combinations = starts * len(self.points)
        runs = combinations * len(self.seeds)
        if runs > MOST:
            kind = "points" if self.points else "search" if self.search else "grid"
            raise ValueError(
                f"{kind}: makes {runs:,} runs with its seeds; expected at most {MOST:,}"
            )

    @property
    def space(self) -> dict[str, Drawn]:
        """What a search draws from."""
        return self.search.space if self.search else {}

    def keys(self) -> Iterator[str]:
        """Yield the keys that change between points."""
        for axis in chain(self.grid, self.space, *self.points):
            yield from keys_of(axis)

    def starts(self) -> Iterator[Point]:
        """Yield the point that each config is by itself."""
        yield from ({CONFIG: name} for name in self.configs) if self.configs else ({},)

    def planned(self) -> Iterator[Point]:
        """Yield every point that stands fast before any run; of a search, none does."""
        for start in () if self.search else self.starts():
            if self.points:
                yield from (start | _flat(point) for point in self.points)
            else:
                yield from grid(self.grid, start)

    def variant(self, point: Point) -> Variant:
        """Return the config that a point starts from, and what is set in it."""
        if self.configs:
            found = self.configs[point[CONFIG]]
        else:
            assert self.config is not None
            found = Variant(config=self.config, set={})
        return found.model_copy(update={"set": self.set | found.set})


def _flat(point: Point) -> Point:
    """Return a point with a value for each key of those that are joined by commas."""
    return {key: each for axis, value in point.items() for key, each in spread(axis, value).items()}


def load_sweep(path: Path) -> SweepSettings:
    """Read and check a sweep file.

    Raises:
        ConfigError: with every problem that was found.
    """
    return checked(read_config(path))


def checked(document: Document) -> SweepSettings:
    """Return what a document says of a sweep.

    Raises:
        ConfigError: with every problem that was found.
    """
    problems = list(document.problems)
    try:
        settings = SweepSettings.model_validate(words(document.data))
    except ValidationError as error:
        problems += explain(error, document, SweepSettings)
    if problems:
        raise told(problems)
    return settings


def point_text(point: Point) -> str:
    """Return a point as people read it.

    Example:
        >>> point_text({"model.layers.0.size": 32, "config": "SbS"})
        'model.layers.0.size=32, config="SbS"'
        >>> point_text({"train.optimizer.lr": 0.09394073268029803})
        'train.optimizer.lr=0.09394'
    """
    return ", ".join(f"{key}={brief(value)}" for key, value in point.items())


def brief(value: Any) -> str:
    """Return a value as JSON, without the digits of a number that nobody reads.

    Example:
        >>> brief(0.09394073268029803), brief(1e38), brief([0.5, "a"])
        ('0.09394', '1e+38', '[0.5, "a"]')
    """
    text = json.dumps(value)
    return f"{value:.4g}" if isinstance(value, float) and len(text) > 6 else text
