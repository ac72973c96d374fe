"""Tables of what foreign configs say: every fact stands once, and is read both ways.

A table is a tuple of rows. A row knows a key of theirs and where ours says the same; :func:`read`
turns their config into ours, :func:`write` turns ours into theirs:

    >>> from snnrun.compat.keys import Report
    >>> from snnrun.compat.parts import Choice, Kind, Part
    >>> noise = (Key("mean", "mean", 0.0), Key("std_dev", "std"))
    >>> table = (
    ...     Key("epoch_number", "train.epochs"),
    ...     Key("batch_size_eval", "train.eval_batch_size", 200),
    ...     Part("training_noise", noise, "encoder.noise", off=False),
    ...     Choice("optimizer", {"sgd": Kind("sgd", (Key("momentum", "momentum"),))}, "how"),
    ...     Theirs("print_step_percent", 5.0, idle=True),
    ... )
    >>> theirs = {"epoch_number": 3, "optimizer": "sgd", "momentum": 0.9}
    >>> keys, ours = Keys(theirs, (), Report()), Ours()
    >>> read(table, keys, ours)
    >>> ours.get("train"), ours.get("encoder.noise"), ours.get("how")
    ({'epochs': 3, 'eval_batch_size': 200}, None, {'name': 'sgd', 'momentum': 0.9})
    >>> said = {"batch_size_eval": 200, "training_noise": False, "print_step_percent": 5.0}
    >>> write(table, ours) == theirs | said
    True

Rows are written in the order of their table, as the keys stand in the file. What no row here can do
is a class of its own, whose ``read`` and ``write`` stand one under the other.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from snnrun.compat.keys import Keys

Plain = dict[str, Any]
NEEDED: Any = object()  #: as a default: the key must be there
ABSENT: Any = object()  #: as a default: where theirs is silent, ours is, too; else: not written


def plain(value: Any) -> Any:
    """Return settings that were dumped, with lists for tuples, as files have them."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


@dataclass
class Ours:
    """Our config as plain maps, by dotted paths.

    plain: the maps. ``facts`` in it is part of no config: what rows and functions tell each other.
    path: where ``plain`` stands in the whole.
    problems: what theirs cannot say.
    """

    plain: Plain = field(default_factory=dict)
    path: str = ""
    problems: list[str] = field(default_factory=list)

    def get(self, path: str, default: Any = None) -> Any:
        """Return the value at a path, ``default`` where there is none; "" is the whole."""
        found: Any = self.plain
        for key in filter(None, path.split(".")):
            if not isinstance(found, dict) or key not in found:
                return default
            found = found[key]
        return found

    def put(self, path: str, value: Any) -> None:
        """Set the value at a path."""
        *outer, last = path.split(".")
        found = self.plain
        for key in outer:
            found = found.setdefault(key, {})
        found[last] = value

    def part(self, path: str) -> "Ours":
        """Return the map at a path, made if it is not there."""
        if path and not isinstance(self.get(path), dict):
            self.put(path, {})
        return Ours(self.get(path), self.full(path), self.problems) if path else self

    def parts(self, path: str) -> "list[Ours]":
        """Return the maps in the list at a path."""
        each = enumerate(self.get(path, []))
        return [Ours(one, self.full(f"{path}.{i}"), self.problems) for i, one in each]

    def problem(self, path: str, text: str) -> None:
        """Add something that theirs cannot say."""
        self.problems.append(f"{self.full(path)}: {text}")

    def full(self, path: str) -> str:
        """Return where a path stands in the whole."""
        return ".".join(filter(None, (self.path, path)))


@dataclass(frozen=True)
class Row(ABC):
    """One fact, both ways.

    theirs: their key, "" where they have none.
    turn: when it is read: -1 before the others, 1 after them.
    """

    theirs: str
    turn: int = field(default=0, kw_only=True)

    @property
    def rows(self) -> "Table":
        """The rows inside it."""
        return ()

    @abstractmethod
    def read(self, keys: Keys, ours: Ours) -> None:
        """Put into ours what theirs says; what is wrong goes to the report of ``keys``."""

    @abstractmethod
    def write(self, ours: Ours, theirs: Plain) -> None:
        """Put into theirs what ours says; what cannot be said goes to ``ours.problems``."""

    def write_off(self, theirs: Plain) -> None:  # noqa: B027
        """Put into theirs what stands there where ours has no such part; nothing, mostly."""


Table = tuple[Row, ...]


def read(table: Table, keys: Keys, ours: Ours) -> None:
    """Put into ours what their config says."""
    for row in sorted(table, key=lambda row: row.turn):
        row.read(keys, ours)


def write(table: Table, ours: Ours) -> Plain:
    """Return their config for ours."""
    theirs: Plain = {}
    for row in table:
        row.write(ours, theirs)
    return theirs


def walk(table: Table) -> Iterator[Row]:
    """Yield all rows of a table, and those inside them."""
    for row in table:
        yield row
        yield from walk(row.rows)


@dataclass(frozen=True)
class Pair:
    """A value of theirs as ours, and back; both may raise ValueError with what is wrong."""

    ours: Callable[[Any], Any] = lambda value: value
    theirs: Callable[[Any], Any] = lambda value: value


def one_of(known: Mapping[Any, Any], word: Any) -> str:
    """Return that a word is none of those that are known.

    Example:
        >>> one_of({"a": 1, "b": 2, "c": 3}, "d")
        "must be a, b or c, got 'd'"
    """
    *others, last = (str(each) for each in known if each is not None)
    return f"must be {' or '.join(filter(None, [', '.join(others), last]))}, got {word!r}"


def words(known: Mapping[Any, Any], unknown: Callable[..., str] = one_of) -> Pair:
    """Return the pair for words of theirs and what each stands for here."""

    def ours(word: Any) -> Any:
        for each, value in known.items():
            if each == word:
                return value
        raise ValueError(unknown(known, word))

    return Pair(ours, {value: word for word, value in known.items()}.__getitem__)


@dataclass(frozen=True)
class Key(Row):
    """A value.

    ours: where it stands.
    default: of theirs, or a function of what ours holds so far. Null, false and an absent key mean
        it; but where it is itself true or false, only an absent key does.
    pair: the two ways, for values that are there.
    off: what is written for null, and where ours has no such part; ABSENT: nothing.
    remark: what the writer of a value should know of it.
    """

    ours: str
    default: Any = NEEDED
    pair: Pair = Pair()
    off: Any = ABSENT
    remark: Callable[[Any], str] = lambda value: ""

    def value(self, keys: Keys, ours: Ours) -> Any:
        """Return the value of theirs."""
        if self.default in (NEEDED, ABSENT):
            return (keys.need if self.default is NEEDED else keys.switch)(self.theirs)
        default = self.default(ours) if callable(self.default) else self.default
        return (keys.get if isinstance(default, bool) else keys.option)(self.theirs, default)

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the value where it stands here."""
        silent = self.default is ABSENT and self.theirs not in keys
        value = self.value(keys, ours)
        if text := self.remark(value):
            keys.note(self.theirs, text)
        try:
            if not silent:
                ours.put(self.ours, None if value is None else self.pair.ours(value))
        except ValueError as error:
            keys.problem(self.theirs, str(error))

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the value."""
        if (value := ours.get(self.ours)) is None:
            return self.write_off(theirs)
        try:
            theirs[self.theirs] = self.pair.theirs(value)
        except ValueError as error:
            ours.problem(self.ours, str(error))

    def write_off(self, theirs: Plain) -> None:
        """Write what stands for nothing."""
        if self.off is not ABSENT:
            theirs[self.theirs] = self.off


@dataclass(frozen=True)
class Theirs(Row):
    """A key that only they know.

    written: its value there, or a function of ours; ABSENT: it is only read.
    idle: it is named among the keys without meaning here.
    remark, refused: what the writer of a value should know of it, or has to change.
    """

    written: Any = ABSENT
    idle: bool = False
    remark: Callable[[Any, Ours], str] = lambda value, ours: ""
    refused: Callable[[Any, Ours], str] = lambda value, ours: ""

    def read(self, keys: Keys, ours: Ours) -> None:
        """Pass over the key, with what is to be said of it."""
        if self.idle:
            return keys.drop(self.theirs)
        there, value = self.theirs in keys, keys.get(self.theirs)
        if there and (text := self.remark(value, ours)):
            keys.note(self.theirs, text)
        if there and (text := self.refused(value, ours)):
            keys.problem(self.theirs, text)

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the value that stands there."""
        if self.written is not ABSENT:
            theirs[self.theirs] = self.written(ours) if callable(self.written) else self.written


@dataclass(frozen=True)
class Fixed(Row):
    """A value of ours that they have no key for: it always holds there.

    must: what is said of any other value; "" where another is of no matter, or refused elsewhere.
    near: other values that are written as this one.
    """

    theirs: str = field(default="", init=False)
    ours: str
    value: Any
    must: str = ""
    near: tuple[Any, ...] = ()

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the value where it stands here."""
        ours.put(self.ours, self.value)

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Refuse any other value."""
        if self.must and ours.get(self.ours) not in (self.value, *self.near):
            ours.problem(self.ours, self.must)


@dataclass(frozen=True)
class Refused(Row):
    """What they cannot say, which is only found where ours is written.

    wrong: yields path and explanation of all that is wrong with ours.
    """

    theirs: str = field(default="", init=False)
    wrong: Callable[[Ours], Iterator[tuple[str, str]]]

    def read(self, keys: Keys, ours: Ours) -> None:
        """Do nothing: their config does not say it."""

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Refuse what they cannot say."""
        for path, text in self.wrong(ours):
            ours.problem(path, text)
