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
    >>> ours = Ours()
    >>> read(table, Keys(theirs, (), Report()), ours)
    >>> ours.get("train"), ours.get("encoder.noise"), ours.get("how")
    ({'epochs': 3, 'eval_batch_size': 200}, None, {'name': 'sgd', 'momentum': 0.9})
    >>> said = {"batch_size_eval": 200, "training_noise": False, "print_step_percent": 5.0}
    >>> write(table, ours) == theirs | said
    True

Rows are written in the order of their table, as keys stand in the file. What no row here can do is
a class of its own, whose ``read`` and ``write`` stand one under the other.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from snnrun.compat.keys import Keys

Plain = dict[str, Any]
NEEDED: Any = object()  #: as a default: the key must be there
ABSENT: Any = object()  #: as a default: where theirs is silent, ours is, too; else: not written


def as_plain(value: Any) -> Any:
    """Return settings that were dumped, with lists for tuples, as files have them."""
    if isinstance(value, dict):
        return {key: as_plain(each) for key, each in value.items()}
    return [as_plain(each) for each in value] if isinstance(value, list | tuple) else value


@dataclass
class Ours:
    """Our config as plain maps, by dotted paths.

    plain: the maps. ``facts`` in it is part of no config: what rows and functions tell each other.
    problems: what theirs cannot say.
    """

    plain: Plain = field(default_factory=dict)
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
        """Return the map at a path; an empty one, put there, where there is none."""
        if path and not isinstance(self.get(path), dict):
            self.put(path, {})
        return Ours(self.get(path), self.problems)

    def parts(self, path: str) -> "list[Ours]":
        """Return the maps in the list at a path."""
        return [Ours(each, self.problems) for each in self.get(path, [])]


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


@dataclass(frozen=True)
class Pair:
    """A value of theirs as ours, and back.

    Of theirs, it may raise ValueError with what is wrong, or return ABSENT: ours stays as it is.
    """

    ours: Callable[[Any], Any] = lambda value: value
    theirs: Callable[[Any], Any] = lambda value: value


AS_IT_IS = Pair()


def one_of(known: Mapping[Any, Any], word: Any) -> str:
    """Return that a word is none of those that are known.

    Example:
        >>> one_of({"a": 1, "b": 2, "c": 3}, "d")
        "must be a, b or c, got 'd'"
    """
    *others, last = (str(each) for each in known if each is not None)
    return f"must be {' or '.join(filter(None, [', '.join(others), last]))}, got {word!r}"


def words(
    known: Mapping[Any, Any], unknown: Callable[..., str] = one_of, other: Any = None
) -> Pair:
    """Return the pair for words of theirs and what each stands for here.

    ``unknown`` tells that a word is none of them; ``other`` is written for what none stands for.
    """

    def ours(word: Any) -> Any:
        if word not in known:
            raise ValueError(unknown(known, word))
        return known[word]

    back = {value: word for word, value in known.items()}
    return Pair(ours, lambda value: back.get(value, other))


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
    pair: Pair = AS_IT_IS
    off: Any = ABSENT
    remark: Callable[[Any, Ours], str] = lambda value, ours: ""

    def value(self, keys: Keys, ours: Ours) -> Any:
        """Return the value of theirs; ABSENT where nothing is to be put."""
        if self.default is NEEDED:
            return keys.need(self.theirs)
        if self.default is ABSENT:
            return (
                keys.switch(self.theirs) if self.theirs in keys else keys.get(self.theirs, ABSENT)
            )
        default = self.default(ours) if callable(self.default) else self.default
        return (keys.get if isinstance(default, bool) else keys.option)(self.theirs, default)

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the value where it stands here."""
        value = self.value(keys, ours)
        try:
            found = value if value in (None, ABSENT) else self.pair.ours(value)
        except ValueError as error:
            return keys.problem(self.theirs, str(error))
        if found is not ABSENT:
            ours.put(self.ours, found)
        if text := self.remark(value, ours):
            keys.note(self.theirs, text)

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the value, or what stands for none."""
        value = ours.get(self.ours)
        found = self.off if value is None else self.pair.theirs(value)
        theirs |= {} if found is ABSENT else {self.theirs: found}


@dataclass(frozen=True)
class Theirs(Row):
    """A key that only they know.

    written: its value there, or a function of ours; ABSENT: it is only read.
    idle: it is named among the keys without meaning here.
    needed: it must be there.
    fine: values, or a function of ours that returns them, of which nothing is said; None: all.
    remark, refused: what the writer of another value should know, or is told to change; ``{given}``
        is the value and ``{fine}`` the last of those that are.
    """

    written: Any = ABSENT
    idle: bool = False
    needed: bool = False
    fine: Any = None
    remark: str = ""
    refused: str = ""

    def read(self, keys: Keys, ours: Ours) -> None:
        """Pass over the key, with what is to be said of it."""
        if self.idle:
            return keys.drop(self.theirs)
        there, value = self.theirs in keys, (keys.need if self.needed else keys.get)(self.theirs)
        fine = self.fine(ours) if callable(self.fine) else self.fine
        if there and fine is not None and value not in fine:
            say, text = (keys.note, self.remark) if self.remark else (keys.problem, self.refused)
            say(self.theirs, text.format(given=value, fine=fine[-1:] and fine[-1]))

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
        if self.must and ours.get(self.ours) not in (None, self.value, *self.near):
            ours.problems.append(self.must)
