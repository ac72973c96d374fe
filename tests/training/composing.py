"""Experiments that are composed of entries of the tables, by what the settings say of themselves.

An experiment has sections: data, how to train, encoder, model, rule. An entry of any other table is
put into a section that has a place for it: in the stead of another, in a list, or in what is put
there to hold it. What fits together, the checks of configs say; they are asked as soon as there is
what they look at.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, islice, product
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from snnrun.cli.starter import _examples
from snnrun.config.fields import parts as inner_parts
from snnrun.config.fields import tables_of
from snnrun.core.named import Named
from snnrun.core.registry import PREFIX, Entry, Settings, Table
from snnrun.data import DATASETS
from snnrun.encoders import ENCODERS
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment
from snnrun.learning import RULES
from snnrun.loggers import LOGGERS
from snnrun.models import MODELS
from snnrun.train_settings import Train
from tests.training.asking import AskedTrain, Checks
from tests.training.covering import Part, Parts
from tests.training.placing import placed

SMALLEST = Path(__file__).parent / "smallest.yaml"
#: In this order each is found by those before it.
SECTIONS: dict[str, Table[Entry] | None] = {
    "data": DATASETS, "train": None, "encoder": ENCODERS, "model": MODELS, "learning": RULES,
}  # fmt: skip
TRAIN = {"epochs": 2, "batch_size": 5, "live_plot": False, "tensorboard": False}
CLASSES = "CLASSES"
MOST = 6  # ways of putting the same parts into what is said of a section


def group(table: Table) -> str:
    return table.group.removeprefix(PREFIX)


@dataclass(frozen=True)
class Composed:
    """An experiment, and what is in it."""

    experiment: Experiment
    parts: Parts


class Composer:
    """Composes experiments; SNNRUN_DATA names a folder with what the data sets read.

    Args:
        refuse: raises a ConfigError for experiments that are not wanted.
    """

    def __init__(self, refuse: Callable[[Experiment], object] = lambda _: None) -> None:
        self.refuse = refuse
        self.said: dict[str, dict[str, Any]] = yaml.safe_load(SMALLEST.read_text())
        self.options: dict[str, Any] = self.said.pop("train")
        self.left = math.inf
        self.able = set(product(MODELS.known, RULES.known))
        self.made: dict[tuple, list[Settings]] = {}
        self.checks = Checks()
        trained = (table for table in tables_of(Experiment) if table is not LOGGERS)  # look on only
        self.tables = {group(table): list(table.known) for table in trained}
        self.tables["train"] = list(self.options)
        self.kinds = {
            key: {name: entry.settings for name, entry in table.known.items()}
            if table is not None else {"": AskedTrain}
            for key, table in SECTIONS.items()
        }  # fmt: skip

    def complete(self, wanted: Parts, patience: int | None = None) -> Composed | None:
        """Return an experiment that has these parts; None if there is none.

        Args:
            wanted: the parts.
            patience: how many sections are looked at before none is found; None: all.
        """
        self.left = math.inf if patience is None else patience
        self.able = set(product(MODELS.known, RULES.known))
        self.able = self._able(wanted)
        if not self.able or self._is_hopeless(wanted):
            return None
        for sections in self._walk({}, wanted, random.Random(repr(sorted(wanted)))):
            train = Train(**sections["train"].__dict__)
            experiment = Experiment(**{**sections, "train": train})
            try:
                self.refuse(experiment)
            except ConfigError:
                continue
            options = {part for part in wanted if part[0] == "train"}
            return Composed(experiment, frozenset({*parts_of(experiment), *options}))
        return None

    def _walk(
        self, sections: dict[str, Settings], wanted: Parts, order: random.Random
    ) -> Iterator[dict[str, Settings]]:
        """Yield sections that fit, with the parts in them: these, and one after the other more."""
        if len(sections) == len(SECTIONS):
            yield sections
            return
        key, *later = list(SECTIONS)[len(sections) :]
        classes = sections["data"].outputs if sections else 3
        reachable = {home for each in later for name in self._names(each, wanted)
                     for home in self._homes(each, name)}  # fmt: skip
        for name in self._names(key, wanted):
            own = frozenset(part for part in wanted if part[0] in self._homes(key, name))
            left = wanted - own
            if any(part[0] not in reachable for part in left):
                continue
            found = self._section(key, name, own, classes)
            for way in order.sample(found, len(found)):
                self.left -= 1
                if self.left < 0:
                    return
                chosen = {**sections, key: way}
                if not self.checks.refuse(chosen):
                    yield from self._walk(chosen, left, order)

    def _able(self, wanted: Parts) -> set[tuple[str, str]]:
        """Return models and rules that can have the parts in them that no other section can."""
        others = frozenset().union(
            *(self._homes(key, name) for key in ("data", "train", "encoder")
              for name in self.kinds[key])
        )  # fmt: skip
        found = set()
        for both in product(*(self._names(key, wanted) for key in ("model", "learning"))):
            known = dict(zip(("model", "learning"), both, strict=True))
            homes = {key: self._homes(key, name) for key, name in known.items()}
            own = {
                key: frozenset(each for each in wanted if each[0] in homes[key]) for key in known
            }
            if {table for table, _ in wanted} <= others.union(*homes.values()) and all(
                self._section(key, name, own[key], 3) for key, name in known.items()
            ):
                found.add(both)
        return found

    def _is_hopeless(self, wanted: Parts) -> bool:
        """Tell whether two sections of which there is no choice never fit, whatever the others."""
        chosen = {key: self._names(key, wanted) for key in SECTIONS}
        fixed = {key: names[0] for key, names in chosen.items() if len(names) == 1}
        ways: dict[str, list[Settings]] = {}
        classes = 3
        for key, name in fixed.items():
            own = frozenset(part for part in wanted if part[0] in self._homes(key, name))
            ways[key] = self._section(key, name, own, classes)
            if key == "data":
                classes = ways[key][0].outputs
        return any(
            all(self.checks.refuse({one: a, other: b}) for a in ways[one] for b in ways[other])
            for one, other in combinations(fixed, 2)
        )

    def _names(self, key: str, wanted: Parts) -> list[str]:
        """Return which entries a section may be of."""
        table = SECTIONS[key]
        chosen = [name for known, name in wanted if table is not None and known == group(table)]
        return chosen or [name for name in self.kinds[key] if self._is_able(key, name)]

    def _is_able(self, key: str, name: str) -> bool:
        place = ("model", "learning").index(key) if key in ("model", "learning") else None
        return place is None or any(both[place] == name for both in self.able)

    def _homes(self, key: str, name: str) -> frozenset[str]:
        """Return the tables of which entries are in a section, or can be put into it."""
        table = SECTIONS[key]
        own = key if table is None else group(table)
        return _below(self.kinds[key][name]) | {own}

    # ---- sections ----

    def _section(self, key: str, name: str, wanted: Parts, classes: int) -> list[Settings]:
        """Return settings of a section, some ways to have these parts in it."""
        known = (key, name, wanted, classes)
        if known not in self.made:
            self.made[known] = list(self._sections(key, name, wanted, classes))
        return self.made[known]

    def _sections(self, key: str, name: str, wanted: Parts, classes: int) -> Iterator[Settings]:
        table, order = SECTIONS[key], list(self.tables)
        if table is None:
            chosen = [self.options[option] for known, option in sorted(wanted) if known == key]
            plain = {name: value for option in chosen for name, value in option.items()}
            said = [{**TRAIN, **plain}, {**TRAIN, **plain, "optimizer": None}]
        else:
            said = self.ways_of(table, name)
        own = key if table is None else group(table)
        below = sorted((each for each in wanted if each[0] != own), key=lambda p: order.index(p[0]))
        for plain in said:
            filled = self._filled(self.kinds[key][name], _counted(plain, classes), below, classes)
            holding = (each for each in filled if {*below} <= {*parts_of(each)})
            yield from islice(holding, MOST)

    def _filled(
        self, kind: type[Settings], plain: dict, below: list[Part], classes: int
    ) -> Iterator[Settings]:
        """Yield settings with parts put into them; one may have taken the place of another."""
        try:
            made = kind(**{key: value for key, value in plain.items() if key != "name"})
        except ValidationError:
            return
        if not below:
            yield made
            return
        first, *rest = below
        for changed in placed(kind, plain, first, self.ways_of):
            yield from self._filled(kind, _counted(changed, classes), rest, classes)

    def ways_of(self, table: Table, name: str) -> list[dict[str, Any]]:
        """Return what may be said of an entry."""
        said = self.said.get(group(table), {}).get(name, {})
        given = said if isinstance(said, list) else [said]
        return [{"name": name, **_examples(table[name].settings, 3), **each} for each in given]


@cache
def _below(settings: type[Settings]) -> frozenset[str]:
    return frozenset(map(group, tables_of(settings)))


def _counted(value: Any, classes: int) -> Any:
    """Return a config with the number of classes where that is asked for."""
    if isinstance(value, dict):
        return {key: _counted(each, classes) for key, each in value.items()}
    if isinstance(value, list):
        return [_counted(each, classes) for each in value]
    return classes if value == CLASSES else value


def parts_of(settings: Settings) -> Iterator[Part]:
    """Yield every entry of a table that settings name, however deep."""
    for name, choices in _choices(type(settings)).items():
        for each in _inside(getattr(settings, name)):
            known = next((choice for choice in choices if choice.holds(each)), None)
            if known:
                yield group(known.table), known.table.name_of(each)
            yield from parts_of(each)


@cache
def _choices(settings: type[Settings]) -> dict[str, list[Named]]:
    """Return what each setting chooses from tables, of those that hold settings."""
    every = {name: inner_parts(field) for name, field in settings.model_fields.items()}
    return {name: [each for each in found if isinstance(each, Named)]
            for name, found in every.items() if found}  # fmt: skip


def _inside(value: Any) -> Iterator[Settings]:
    if isinstance(value, Settings):
        yield value
    elif isinstance(value, dict | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _inside(each)
