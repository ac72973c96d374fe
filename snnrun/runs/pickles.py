"""Read a pickle without running it, in bounded time and memory.

A pickle is a program for a small machine with a stack. The machine here knows the instructions
that build data, and no instruction of it looks anything up or calls anything: a class or function
stays a :class:`Name`, what the pickle would call becomes an :class:`Object` that remembers the name
and the arguments. Names that are not expected are refused.

A few bytes can describe what fills any memory or stack: lists in lists a million times deep, or
each holding the one before twice. So instructions are counted, keys are text, whole numbers or a
few of them, and no value is handed out that would be large if it were written out.
"""

import pickletools
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from snnrun.errors import DataError
from snnrun.runs.whole import brief

#: Instructions of one pickle; those of saved networks and optimisers have thousands.
INSTRUCTIONS = 150_000
#: How deep lists, tuples and maps may lie in each other, and how many values they may hold.
DEEPEST, LARGEST = 100, 1_000_000
_FEW = 4  # parts of a key of a map
_DIGITS = 2**12  # binary, of a whole number; more than 4300 decimal ones cannot be shown


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle names; nothing more."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False, repr=False)
class Object:
    """What the pickle would make by calling ``maker``; ``items`` is what it would put in."""

    maker: Any
    arguments: Any
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return str(self.maker) if isinstance(self.maker, Name) else "something that was made"

    def made_by(self, *names: str) -> bool:
        """Tell whether the maker is one of these, such as ``"utils.NeuronLayer"``."""
        return isinstance(self.maker, Name) and str(self.maker) in names


def mapping(value: Any) -> dict[Any, Any]:
    """Return the keys and values of a map, be it a plain one or an ordered one."""
    found: dict[Any, Any] = value.items if isinstance(value, Object) else value
    return found


_MARK = object()
_ARGUMENTS = frozenset(
    "BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT BINUNICODE"
    " SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BINSTRING"
    " SHORT_BINSTRING".split()
)
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "MARK": lambda: _MARK,
}


class Reader:
    """The machine.

    Args:
        names: the only classes and functions that a pickle may name, as ``"module.name"``.
        persistent: turns what a pickle refers to by ``id`` into a value.
        where: what the pickle is part of, for messages.
    """

    def __init__(
        self, names: Collection[str], persistent: Callable[[Any], Any], where: str
    ) -> None:
        self.names, self.persistent, self.where = names, persistent, where

    def read(self, stream: BinaryIO) -> Any:
        """Return the value of the pickle that begins here; the stream then stands behind it.

        Raises:
            DataError: the pickle is damaged, names something that is not expected, or holds more
                than anybody saves.
        """
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        try:
            for count, (code, argument, _) in enumerate(pickletools.genops(stream), start=1):
                if count > INSTRUCTIONS:
                    raise ValueError(f"more than {INSTRUCTIONS:,} instructions")
                self._run(code.name, argument)
            found = self.stack.pop()
            _weigh(found)
            return found
        except DataError:
            raise
        except Exception as error:  # damaged bytes make anything happen, short of a call
            raise DataError(f"{self.where}: damaged: {brief(error)}") from error

    def _run(self, code: str, argument: Any) -> None:
        if code in _ARGUMENTS:
            if isinstance(argument, int) and argument.bit_length() > _DIGITS:
                raise ValueError("a whole number of more digits than any has")
            self.stack.append(argument)
        elif code in _CONSTANTS:
            self.stack.append(_CONSTANTS[code]())
        elif code in _INSTRUCTIONS:
            _INSTRUCTIONS[code](self, argument)
        else:
            raise DataError(f"{self.where}: instruction {code} is not expected; nothing was run")

    def _marked(self) -> list[Any]:
        """Take what lies above the last mark."""
        taken = []
        while (top := self.stack.pop()) is not _MARK:
            taken.append(top)
        return taken[::-1]

    def _name(self, module: Any, name: Any) -> None:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise ValueError("a name that is no text")
        found = Name(module, name)
        if str(found) not in self.names:
            raise DataError(f"{self.where}: {brief(found)} is not expected there; nothing was run")
        self.stack.append(found)

    def _put(self, key: int | None = None) -> None:
        self.memo[len(self.memo) if key is None else key] = self.stack[-1]

    def _make(self) -> None:
        arguments = self.stack.pop()
        self.stack.append(Object(self.stack.pop(), arguments))

    def _fill(self, pairs: list[Any]) -> None:
        """Put keys and values into a map; a key is looked at in depth by Python, with no limit."""
        for key in pairs[::2]:
            if not _is_key(key):
                raise ValueError(
                    f"a key of a map that is neither text nor a number, but {kind(key)}"
                )
        mapping(self.stack[-1]).update(zip(pairs[::2], pairs[1::2], strict=True))

    def _build(self) -> None:
        state = self.stack.pop()
        self.stack[-1].state = state

    def _last(self, count: int) -> list[Any]:
        taken = [self.stack.pop() for _ in range(count)]
        return taken[::-1]


def _is_key(value: Any) -> bool:
    """Tell whether something may be a key: text, a number, or a few of them."""
    few = isinstance(value, tuple) and len(value) <= _FEW
    return all(isinstance(each, str | int) for each in (value if few else (value,)))


def kind(value: Any) -> str:
    """Say what kind of thing a value of a pickle is; the value itself may be endless."""
    return repr(value) if isinstance(value, Object) else f"a {type(value).__name__}"


# ---- how large it is ----


def _weigh(found: Any) -> None:
    """Refuse what would be deep or large if it were written out.

    Raises:
        ValueError: it is, or it holds itself. An :class:`Object` is written as one word, so it may.
    """
    known: dict[int, tuple[int, int]] = {}  # of each list, tuple and map: its depth and size
    todo, seen = [found], {id(found)}
    while todo:
        value = todo.pop()
        if isinstance(value, Object):
            inside: Iterable[Any] = (value.maker, value.arguments, value.state, value.items)
        else:
            _measure(value, known)
            inside = _inside(value)
        for each in inside:
            if id(each) not in seen and isinstance(each, (Object, *_CONTAINERS)):
                seen.add(id(each))
                todo.append(each)


_CONTAINERS = (list, tuple, dict)


def _inside(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def _measure(value: Any, known: dict[int, tuple[int, int]]) -> None:
    """Note depth and size of a value and of all in it, without calling itself."""
    path: list[tuple[Any, Iterator[Any]]] = [(value, iter(_inside(value)))]
    open_ones = {id(value)}
    while path and id(value) not in known:
        top, rest = path[-1]
        for each in rest:
            if isinstance(each, _CONTAINERS) and id(each) not in known:
                if id(each) in open_ones:
                    raise ValueError("a list or map that holds itself")
                if len(path) == DEEPEST:
                    raise ValueError(f"lists and maps more than {DEEPEST} deep")
                open_ones.add(id(each))
                path.append((each, iter(_inside(each))))
                break
        else:
            path.pop()
            parts = [known.get(id(each), (0, 1)) for each in _inside(top)]
            depth = 1 + max((deep for deep, _ in parts), default=0)
            size = 1 + sum(large for _, large in parts)
            if depth > DEEPEST:
                raise ValueError(f"lists and maps more than {DEEPEST} deep")
            if size > LARGEST:
                raise ValueError(f"more than {LARGEST:,} values")
            known[id(top)] = depth, size


# ---- instructions ----


def _nothing(machine: Reader, argument: Any) -> None:
    pass


def _recall(machine: Reader, key: int) -> None:
    machine.stack.append(machine.memo[key])


def _append(machine: Reader, argument: Any) -> None:
    value = machine.stack.pop()
    machine.stack[-1].append(value)


def _appends(machine: Reader, argument: Any) -> None:
    values = machine._marked()
    machine.stack[-1].extend(values)


_INSTRUCTIONS: dict[str, Callable[[Reader, Any], Any]] = {
    "PROTO": _nothing,
    "FRAME": _nothing,
    "STOP": _nothing,
    "GLOBAL": lambda machine, text: machine._name(*text.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine._name(*machine._last(2)),
    "BINPUT": Reader._put,
    "LONG_BINPUT": Reader._put,
    "MEMOIZE": Reader._put,
    "BINGET": _recall,
    "LONG_BINGET": _recall,
    "REDUCE": lambda machine, _: machine._make(),
    "NEWOBJ": lambda machine, _: machine._make(),
    "BUILD": lambda machine, _: machine._build(),
    "BINPERSID": lambda machine, _: machine.stack.append(machine.persistent(machine.stack.pop())),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine._marked())),
    "TUPLE1": lambda machine, _: machine.stack.append(tuple(machine._last(1))),
    "TUPLE2": lambda machine, _: machine.stack.append(tuple(machine._last(2))),
    "TUPLE3": lambda machine, _: machine.stack.append(tuple(machine._last(3))),
    "APPEND": _append,
    "APPENDS": _appends,
    "SETITEM": lambda machine, _: machine._fill(machine._last(2)),
    "SETITEMS": lambda machine, _: machine._fill(machine._marked()),
}
