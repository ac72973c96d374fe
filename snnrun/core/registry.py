"""Find a component by the name that a config gives it.

Every kind of component (data set, encoder, model, learning rule, figure, ...) has one table. An
entry names its target as ``"module:attribute"``, so a table can be read, and a config checked,
without importing torch. Other packages add to a table by entry points of its group; they are looked
for only where a name is not ours, or a list is asked for.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from snnrun.core.paths import cut
from snnrun.errors import PluginError, PluginWarning

PREFIX = "snnrun."
#: Groups whose tables are made only where they are needed.
_LATER = ("snnrun.plots", "snnrun.measures", "snnrun.launchers")
LARGEST = (2 - 2**-23) * 2.0**127  #: number of single precision
_LONGEST = 200  # characters of a name that is looked for
E = TypeVar("E")


class Settings(BaseModel):
    """What a config may say about a component: known keys only, never changed afterwards.

    Numbers are finite, save in a field that says otherwise by ``allow_inf_nan``, and such that
    single precision holds them; whole numbers have 64 bits, with the sign. So are those in lists. A
    field with an upper bound of its own is held to that.

    asides: key -> what to say of it, where it is unknown or of the wrong kind.
    """

    asides: ClassVar[Mapping[str, str]] = {}

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        allow_inf_nan=False,
        defer_build=True,  # of two hundred kinds of settings, a config names ten
    )

    @field_validator("*")
    @classmethod
    def _fits_into_arrays(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse numbers that are no size of anything, and become infinite in an array."""
        field = cls.model_fields[str(info.field_name)]
        bounded = any(hasattr(each, "le") or hasattr(each, "lt") for each in field.metadata)
        for number in () if bounded else _numbers_in(value):
            if isinstance(number, int) and not -(2**63) <= number < 2**63:
                raise ValueError(
                    f"expected whole numbers from -2^63 to 2^63 - 1, got {cut(str(number), 40)}"
                )
            if LARGEST < abs(number) < math.inf:
                raise ValueError(
                    f"expected numbers that single precision holds, up to {LARGEST:.1e}, "
                    f"got {number:g}"
                )
        return value


def _numbers_in(value: Any) -> Iterator[int | float]:
    """Yield a number, or those in lists."""
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _numbers_in(each)


@dataclass(frozen=True)
class Entry:
    """A component: its settings, where it is built, the paper it comes from, one line on it."""

    settings: type[Settings]
    target: str
    paper: str = ""
    summary: str = ""

    def load(self) -> Callable[..., Any]:
        """Import and return the function or class that builds the component.

        Raises:
            PluginError: there is no such module, or nothing of that name in it.
        """
        name, _, attribute = self.target.partition(":")
        if not attribute:
            raise PluginError(
                f"{self.target!r} builds nothing; expected text such as 'my_rules:Mine'"
            )
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise  # what it imports itself is not there
            raise PluginError(f"{self.target}: there is no module {name}") from error
        build: Callable[..., Any] | None = getattr(module, attribute, None)
        if build is None:
            guess = near(attribute, dir(module))
            hint = f"; did you mean {guess!r}?" if guess else ""
            raise PluginError(f"{self.target}: {name} has no {attribute}{hint}")
        return build


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says."""
    return (str(error).strip() or "no more is known").splitlines()[0]


class UnknownName(ValueError):
    """A name that no table holds."""


def near(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice that ``name`` was most likely meant to be.

    Example:
        >>> near("treshold", ["threshold", "tau_mem"])
        'threshold'
    """
    if len(name) > _LONGEST:  # nothing of ours is as long, and to compare takes its time
        return None
    matches = get_close_matches(name, list(choices), n=1)
    return matches[0] if matches else None


class Table(Mapping[str, E], Generic[E]):
    """The components of one kind, by name: our own, then those of plug-ins.

    Args:
        kind: what one of them is called, e.g. "learning rule".
        group: of the entry points by which installed packages offer some, e.g. "snnrun.rules".
        own: our own.
        base: what the settings of each inherit from.
        holds: what an entry is.
        elsewhere: names that others use, and what is to be written here in their place.

    Example:
        >>> table = Table("model", "my.models", {"lif": Entry(Settings, "m:f")})
        >>> table.pick("lfi")
        Traceback (most recent call last):
        ...
        snnrun.core.registry.UnknownName: unknown model 'lfi'; did you mean 'lif'? known: lif
    """

    def __init__(
        self,
        kind: str,
        group: str,
        own: Mapping[str, E],
        base: type[Settings] = Settings,
        holds: type[Any] = Entry,
        elsewhere: Mapping[str, str] | None = None,
    ) -> None:
        self.kind, self.group, self._base, self._holds = kind, group, base, holds
        self._known: dict[str, E] = {**own, **_waiting.pop(group, {})}
        self.elsewhere = elsewhere or {}
        self._broken: set[str] = set()
        _tables[group] = self

    def __repr__(self) -> str:
        return f"Table({self.kind!r}, {self.group!r}, {list(self._known)})"

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    def title(self) -> str:
        """What ``snnrun list`` calls it."""
        return self.group.rpartition(".")[2]

    @property
    def known(self) -> Mapping[str, E]:
        """The entries that there are without a look at installed packages."""
        return self._known

    def names(self) -> list[str]:
        """Return all names, those of installed packages too; nothing is imported."""
        return [*self._known, *(n for n in sorted(self._installed()) if n not in self._known)]

    def add(self, name: str, entry: E) -> None:
        """Add the entry of a plug-in.

        Raises:
            PluginError: the name is taken, or this is no entry.
        """
        if self._known.get(name, entry) != entry:
            raise PluginError(f"the {self.kind} {name!r} exists already; use another name")
        self._check(name, entry)
        self._known[name] = entry

    def __getitem__(self, name: str) -> E:
        if name not in self._known:
            self._known[name] = self._load(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        known = list(self._known)  # who looks at others meanwhile makes them known
        installed = sorted(self._installed().keys() - self._known.keys())
        yield from known
        for name in installed:
            try:
                self[name]
            except PluginError as error:
                if name not in self._broken:
                    warnings.warn(f"{error}; it is left out", PluginWarning, stacklevel=2)
                self._broken.add(name)
            else:
                yield name

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._installed()

    def pick(self, name: str) -> E:
        """Return the entry called ``name``.

        Raises:
            UnknownName: there is none; the text names the nearest.
            PluginError: it is that of a package that does not load.
        """
        if name in self:
            return self[name]
        raise UnknownName(f"{self.unknown(name)} known: {', '.join(sorted(self.names()))}")

    def unknown(self, name: object) -> str:
        """Say that there is no such entry, and what was most likely meant."""
        text = str(name)
        told, guess = self.elsewhere.get(text.lower()), near(text, self.names())
        hint = f" here it is {told};" if told else f" did you mean {guess!r}?" if guess else ""
        return f"unknown {self.kind} {cut(repr(name), 80)};{hint}"

    def name_of(self, settings: Settings) -> str:
        """Return the name of the entry that these are settings of.

        Raises:
            ValueError: there is none.
        """
        for entries in (self._known, self):
            for name, entry in entries.items():
                if getattr(entry, "settings", None) is type(settings):
                    return name
        raise ValueError(f"{type(settings).__name__} is not the settings of any {self.kind}")

    def entry_of(self, settings: Settings) -> E:
        """Return the entry that these are settings of."""
        return self[self.name_of(settings)]

    # ---- installed packages ----

    def _installed(self) -> Mapping[str, list[EntryPoint]]:
        return installed().get(self.group, {})

    def _load(self, name: str) -> E:
        points = self._installed().get(name, [])
        if not points:
            raise KeyError(name)
        packages = [point.dist.name if point.dist else "?" for point in points]
        if len(points) > 1:
            raise PluginError(
                f"the {self.kind} {name!r} is offered by {' and '.join(packages)}; "
                "uninstall all but one"
            )
        try:
            found: E = points[0].load()
        except Exception as error:
            raise PluginError(
                f"the {self.kind} {name!r} of the package {packages[0]} does not load: "
                f"{type(error).__name__}: {first_line(error)}"
            ) from error
        self._check(name, found)
        return found

    def _check(self, name: str, entry: object) -> None:
        if not isinstance(entry, self._holds):
            raise PluginError(
                f"the {self.kind} {name!r} of a plug-in is {type(entry).__name__}; "
                f"expected {self._holds.__name__}"
            )
        if isinstance(entry, Entry) and not issubclass(entry.settings, self._base):
            raise PluginError(
                f"the {self.kind} {name!r} of a plug-in has settings {entry.settings.__name__}, "
                f"which are no {self._base.__name__}"
            )
        target: object = entry.target if isinstance(entry, Entry) else "module:name"
        # Empty: its settings say all, and nothing is built of it by name.
        if not isinstance(target, str) or (target and not all(target.partition(":"))):
            raise PluginError(
                f"the {self.kind} {name!r} of a plug-in is built by {target!r}; "
                "expected text such as 'my_rules:Mine'"
            )


_tables: dict[str, Table[Any]] = {}
_waiting: dict[str, dict[str, Any]] = {}


def add_all(offered: Mapping[str, Mapping[str, Any]]) -> None:
    """Put components into their tables.

    Args:
        offered: group, without ``snnrun.``, -> name -> entry.

    Raises:
        PluginError: there is no such group, a name is taken, or something is no entry.
    """
    for group, entries in offered.items():
        whole = PREFIX + group
        if whole not in (*_tables, *_LATER):
            known = sorted(each.removeprefix(PREFIX) for each in (*_tables, *_LATER))
            guess = near(group, known)
            hint = f"did you mean {guess!r}?" if guess else f"known: {', '.join(known)}"
            raise PluginError(f"no group {group!r}; {hint}")
        for name, entry in entries.items():
            if whole in _tables:
                _tables[whole].add(name, entry)
            else:
                _waiting.setdefault(whole, {})[name] = entry


@cache
def installed() -> Mapping[str, Mapping[str, list[EntryPoint]]]:
    """Return what installed packages offer: group -> name -> entry points."""
    found: dict[str, dict[str, list[EntryPoint]]] = {}
    every = entry_points()
    for group in sorted(every.groups):
        for point in every.select(group=group) if group.startswith(PREFIX) else ():
            same = found.setdefault(group, {}).setdefault(point.name, [])
            if point.value not in [other.value for other in same]:
                same.append(point)
    return found
