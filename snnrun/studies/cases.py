"""The runs that follow from a sweep file: each is a point, a seed, and the experiment of both.

A key with slashes, such as ``network_layout/layers/1/size``, names a value in a config of another
program, and is set before that is translated.
"""

import hashlib
import json
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from snnrun.compat import translated
from snnrun.config.reading import read_config, read_plain
from snnrun.config.shipped import located
from snnrun.config.tree import parse
from snnrun.core.paths import dotted, steps
from snnrun.core.shell import typed
from snnrun.errors import ConfigError, SnnrunWarning
from snnrun.experiment import Experiment, experiment_of, load_config
from snnrun.runs.settings import IDLE
from snnrun.studies.foreign import is_foreign_sweep, settings_of
from snnrun.studies.plan import SweepSettings, checked, point_text
from snnrun.studies.space import Point


@dataclass(frozen=True)
class Case:
    """One run of a sweep: where it lies, its seed, the experiment."""

    point: Point
    seed: int
    experiment: Experiment

    def __str__(self) -> str:
        return ", ".join(filter(None, [point_text(self.point), f"seed={self.seed}"]))

    @cached_property
    def digest(self) -> str:
        """What tells it from other runs: of what it is, not of how it is called.

        Defaults are left out, so that a run stays the same when settings are added to snnrun; and
        so is what changes no numbers.
        """
        train = self.experiment.train
        idle = {key.removeprefix("train."): None for key in IDLE}
        known = {name: value for name, value in _said(train).items() if name not in idle}
        plain = json.dumps({**_said(self.experiment), "train": known}, sort_keys=True, default=str)
        return hashlib.sha256(plain.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Plan:
    """A sweep file: what it says, and the folder that its paths start from.

    file: where it lies; None of a sweep of seeds, which has none.
    """

    settings: SweepSettings
    base: Path
    name: str
    file: Path | None = None

    @classmethod
    def read(cls, path: Path, config: Path | None = None) -> "Plan":
        """Read and check a sweep file, of fastAndDeep too.

        Args:
            path: the file, or the name of a sweep that comes with snnrun.
            config: to start from, where the file names none.

        Raises:
            ConfigError: with every problem that was found.
        """
        path = located(path)
        if (path / "sweep.yaml").is_file():
            raise ConfigError(
                f"{path} is the folder of a sweep, which goes on by the command that began it: "
                "snnrun sweep FILE, with the file that it was made of"
            )
        document = read_config(path)
        if {"model", "train"} <= document.data.keys():
            raise ConfigError(
                f"{path} is a config, not a sweep; snnrun train {typed(path)} --seeds N trains it "
                "with several seeds"
            )
        if is_foreign_sweep(document.data):
            document = settings_of(document)
        if config is not None:
            if "config" in document.data or "configs" in document.data:
                raise ConfigError(f"{path} names its config itself; leave out --config {config}")
            start = Path(os.path.relpath(located(config), path.parent)).as_posix()
            document = settings_of(document, start)
        elif not document.data.keys() & {"config", "configs"}:
            raise ConfigError(
                f"{path} names no config to start from; expected config: FILE, or --config FILE"
            )
        return cls(checked(document), path.parent, path.stem, path)

    @classmethod
    def of_seeds(
        cls, config: Path, overrides: Sequence[str], seeds: int, name: str | None = None
    ) -> "Plan":
        """Return the sweep that trains a config with several seeds: its own, and those after it.

        Args:
            config: the config.
            overrides: settings that go before those of the config.
            seeds: how many.
            name: of the sweep's folder; by default that of the config, and what is overridden.

        Raises:
            ConfigError: the config is wrong.
        """
        config = located(config)
        first = load_config(config, overrides).seed
        pairs = [steps(text) for text in overrides]
        changes = {dotted(tuple(keys)): _plain(value or "") for keys, value in pairs}
        changes.pop("seed", None)
        mark = hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()[:6]
        name = name or f"{config.stem}_seeds" + (f"_{mark}" if changes else "")
        said = {"config": str(config.absolute()), "set": changes}
        every = tuple(range(first, first + seeds))
        settings = SweepSettings.model_validate({**said, "seeds": every})
        return cls(settings, Path(), name)

    def case(self, point: Point, seed: int) -> Case:
        """Return a run.

        Raises:
            ConfigError: the config is wrong, or becomes so at that point.
        """
        variant = self.settings.variant(point)
        changes = variant.set | {key: point[key] for key in point if key != "config"}
        theirs = {key: value for key, value in changes.items() if is_foreign(key)}
        overrides = [_override(key, changes[key]) for key in changes if key not in theirs]
        path, overrides = located(variant.config, self.base), [*overrides, f"seed={seed}"]
        try:
            found = _changed(path, theirs, overrides) if theirs else load_config(path, overrides)
        except ConfigError as error:
            raise ConfigError([_placed(each, point) for each in error.problems]) from error
        return Case(point, seed, found)

    def cases(self) -> list[Case]:
        """Return every run that stands fast, each once, with its experiment checked.

        A warning tells of points that are the same run.

        Raises:
            ConfigError: a config, or one of the points, is wrong.
        """
        points = self.settings.planned()
        found, again = dict[str, Case](), list[Case]()
        for case in (self.case(point, seed) for point in points for seed in self.settings.seeds):
            if found.setdefault(case.digest, case) is not case:
                again.append(case)
        if again:
            first = found[again[0].digest]
            text = f"the run of {again[0]} is that of {first}: what differs changes no numbers"
            more = f"; so are {len(again)} runs, and each is trained once" * (len(again) > 1)
            warnings.warn(SnnrunWarning(text + more), stacklevel=2)
        return list(found.values())

    def starts(self) -> list[Case]:
        """Return the run of each config by itself, with the first seed."""
        return [self.case(start, self.settings.seeds[0]) for start in self.settings.starts()]


def cases(path: Path) -> list[Case]:
    """Return every run of a sweep file that stands fast; see :meth:`Plan.cases`."""
    return Plan.read(path).cases()


def _said(value: Any) -> Any:
    """Return settings as plain values, without those that are the default."""
    if isinstance(value, BaseModel):
        told = {"": type(value).__name__}
        for name, field in type(value).model_fields.items():
            each = getattr(value, name)
            if each != field.get_default(call_default_factory=True):
                told[name] = _said(each)
        return told
    if isinstance(value, Mapping):
        return {str(key): _said(each) for key, each in value.items()}
    return [_said(each) for each in value] if isinstance(value, list | tuple) else value


def _plain(text: str) -> Any:
    """Return the value that an override writes."""
    return parse(text, lambda _: "", []).plain()


def is_foreign(key: str) -> bool:
    """Tell whether a key names a value in a config of another program.

    Example:
        >>> is_foreign("network_layout/layers/1/size"), is_foreign("model.layers.1.size")
        (True, False)
    """
    return "/" in key and "." not in key


def _placed(problem: str, point: Point) -> str:
    """Say where in the sweep something is wrong that it changes, not its config."""
    found = re.match(r"override \d+: ", problem)
    place = f"where {point_text(point)}: " if point else "set: "
    return f"{place}{problem[found.end() :]}" if found else problem


def _override(key: str, value: Any) -> str:
    return f"{key}={json.dumps(value)}"


def _changed(path: Path, changes: dict[str, Any], overrides: Sequence[str]) -> Experiment:
    """Return the experiment of a config of another program in which values were set."""
    plain = read_plain(path)
    for key, value in changes.items():
        _set(plain, key, value, path)
    found = translated(plain, lambda _: str(path), path.parent)
    if found is None:
        raise ConfigError(
            f"{path} is no config of another program; keys in it are written with dots, "
            f"as in model.layers.0.size; got {next(iter(changes))}"
        )
    return experiment_of(found.config, str(path), overrides)


def _set(plain: Any, key: str, value: Any, path: Path) -> None:
    """Set a value that is there."""
    *above, last = (int(step) if step.isdecimal() else step for step in key.split("/"))
    try:
        for step in above:
            plain = plain[step]
        plain[last]  # a key that is new would mean nothing to anybody
        plain[last] = value
    except (KeyError, IndexError, TypeError):
        there = f"; there are: {', '.join(map(str, plain))}" if isinstance(plain, dict) else ""
        raise ConfigError(f"{path} has no {key}{there}") from None
