"""What a sweep file says, and the experiments that follow from it.

::

    config: ../random_feedback_mnist.yaml      # relative to this file
    set: {train.live_plot: false}              # in every run
    seeds: [0, 1, 2]
    grid:                                      # every combination of what stands in these lists
      model.layers.0.size: [32, 64, 128]
      model.layers.0.threshold, model.surrogate.sharpness: [[0.3, 0.1], [2.0, 0.02]]
    columns: model.layers.0.size               # of the printed table; the rest makes its rows
    shows: [accuracy, density/layer_0]         # of the test split, after the last epoch

Keys are those of overrides on the command line; keys with commas between them change together.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from snnrun.config.problems import explain, told, words
from snnrun.config.reading import read_config
from snnrun.core.registry import Settings, near
from snnrun.experiment import Experiment, load_config

Point = dict[str, Any]
_MOST = 10_000  # runs of a sweep


class SweepSettings(Settings):
    """One config, what to change in it, and what to show of the outcome."""

    config: Annotated[str, Field(description="the config to start from, relative to this file")]
    set: Annotated[
        dict[str, Any], Field(default_factory=dict, description="key: value, the same in every run")
    ]
    grid: Annotated[
        dict[str, Annotated[list[Any], Field(min_length=1)]],
        Field(
            min_length=1,
            description="key: values; every combination is trained. Keys joined by commas change "
            "together, and each of their values is a list",
        ),
    ]
    seeds: Annotated[tuple[int, ...], Field(min_length=1, description="each is one run")] = (0,)
    columns: Annotated[
        str | None, Field(description="key whose values make the columns of the table")
    ] = None
    shows: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="numbers of the test split that the table shows"),
    ] = ("accuracy",)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for axis, values in self.grid.items():
            keys = keys_of(axis)
            for value in values if len(keys) > 1 else ():
                if not isinstance(value, list) or len(value) != len(keys):
                    raise ValueError(
                        f"grid: {axis} are {len(keys)} keys; expected as many values in a list, "
                        f"got {json.dumps(value)}"
                    )
        runs = math.prod(map(len, self.grid.values())) * len(self.seeds)
        if runs > _MOST:
            raise ValueError(
                f"grid: makes {runs:,} runs with its seeds; expected at most {_MOST:,}"
            )
        known = [key for axis in self.grid for key in keys_of(axis)]
        if self.columns is not None and self.columns not in known:
            guess = near(self.columns, known)
            hint = f"; did you mean {guess!r}?" if guess else f"; there are: {', '.join(known)}"
            raise ValueError(f"columns: the grid has no key {self.columns!r}{hint}")
        return self

    def points(self) -> Iterator[Point]:
        """Yield every combination of the grid; the last axis changes fastest."""
        for chosen in product(*self.grid.values()):
            point: Point = {}
            for axis, value in zip(self.grid, chosen, strict=True):
                keys = keys_of(axis)
                point |= zip(keys, value if len(keys) > 1 else [value], strict=True)
            yield point


@dataclass(frozen=True)
class Case:
    """One run of a sweep: where in the grid it lies, its seed, the experiment."""

    point: Point
    seed: int
    experiment: Experiment

    def __str__(self) -> str:
        values = ", ".join(f"{key}={json.dumps(value)}" for key, value in self.point.items())
        return f"{values}, seed={self.seed}"


def keys_of(axis: str) -> list[str]:
    """Return the keys that change together.

    Example:
        >>> keys_of("model.tau_mem, model.tau_syn")
        ['model.tau_mem', 'model.tau_syn']
    """
    return [key.strip() for key in axis.split(",")]


def load_sweep(path: Path) -> SweepSettings:
    """Read and check a sweep file.

    Raises:
        ConfigError: with every problem that was found.
    """
    document = read_config(path)
    problems = list(document.problems)
    try:
        settings = SweepSettings.model_validate(words(document.data))
    except ValidationError as error:
        problems += explain(error, document, SweepSettings)
    if problems:
        raise told(problems)
    return settings


def cases(path: Path) -> list[Case]:
    """Return every run of a sweep file, each with its experiment checked.

    Raises:
        ConfigError: the sweep, its config or one of the combinations is wrong.
    """
    sweep, found = load_sweep(path), []
    for point in sweep.points():
        changes = [f"{key}={json.dumps(value)}" for key, value in (sweep.set | point).items()]
        for seed in sweep.seeds:
            experiment = load_config(path.parent / sweep.config, [*changes, f"seed={seed}"])
            found.append(Case(point, seed, experiment))
    return found
