"""Read a pickle without running it.

A pickle is a program for a small machine with a stack. The machine here knows the instructions
that build data, and no instruction of it looks anything up or calls anything: a class or function
stays a :class:`Name`, what the pickle would call becomes an :class:`Object` that remembers the name
and the arguments. Names that are not expected are refused.
"""

import pickletools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from snnrun.errors import DataError


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle names; nothing more."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Object:
    """What the pickle would make by calling ``maker``; ``items`` is what it would put in."""

    maker: Any
    arguments: Any
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)

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
            DataError: the pickle is damaged, or names something that is not expected.
        """
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        try:
            for code, argument, _ in pickletools.genops(stream):
                self._run(code.name, argument)
            return self.stack.pop()
        except DataError:
            raise
        except Exception as error:  # damaged bytes make anything happen, short of a call
            raise DataError(f"{self.where}: damaged: {error}") from error

    def _run(self, code: str, argument: Any) -> None:
        if code in _ARGUMENTS:
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

    def _name(self, module: str, name: str) -> None:
        found = Name(module, name)
        if str(found) not in self.names:
            raise DataError(f"{self.where}: {found} is not expected there; nothing was run")
        self.stack.append(found)

    def _put(self, key: int | None = None) -> None:
        self.memo[len(self.memo) if key is None else key] = self.stack[-1]

    def _make(self) -> None:
        arguments = self.stack.pop()
        self.stack.append(Object(self.stack.pop(), arguments))

    def _fill(self, pairs: list[Any]) -> None:
        mapping(self.stack[-1]).update(zip(pairs[::2], pairs[1::2], strict=True))

    def _build(self) -> None:
        state = self.stack.pop()
        self.stack[-1].state = state

    def _last(self, count: int) -> list[Any]:
        taken = [self.stack.pop() for _ in range(count)]
        return taken[::-1]


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
