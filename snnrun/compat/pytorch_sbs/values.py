"""Rows for values of their configs, which must be of the type that the original asks for.

There, a word where a number belongs ends the program; so does one number in place of a list.
"""

from dataclasses import dataclass
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.parts import Column, Part
from snnrun.compat.tables import Key, Ours, Pair

NAMES = {
    bool: "true or false", int: "a whole number", float: "a number", str: "text", list: "a list",
    tuple: "two whole numbers",
}  # fmt: skip


@dataclass(frozen=True)
class Typed(Key):
    """A value of the type of its default, which only an absent key means."""

    def value(self, keys: Keys, ours: Ours) -> Any:
        """Return the value; the default where it is of another type, which is a problem."""
        default = self.default(ours) if callable(self.default) else self.default
        value, kind = keys.get(self.theirs, default), type(default)
        if type(value) is kind or (kind is float and type(value) is int):
            return value
        keys.problem(self.theirs, f"must be {NAMES[kind]}, got {value!r}")
        return default


def above_0(text: str = "must be above 0, got {}") -> Pair:
    """Return the pair for a value that must be above 0; ``text`` is said of others."""

    def ours(value: float) -> float:
        if value <= 0:
            raise ValueError(text.format(value))
        return value

    return Pair(ours)


@dataclass(frozen=True)
class Section(Part):
    """A map that may be absent, as all in it has defaults.

    remark: what the writer of one that says anything should know.
    """

    remark: str = ""

    def open(self, keys: Keys) -> Keys:
        """Return the map, an empty one for an absent one."""
        if self.remark and keys.left.get(self.theirs):
            keys.note(self.theirs, self.remark)
        return Keys(keys.get(self.theirs, {}), (*keys.path, self.theirs), keys.report)


@dataclass(frozen=True)
class PerLayer(Column):
    """A list with a value for each layer; what is missing is ``default``, of whose type all are.

    default: a value, or two whole numbers, for which an empty list stands, too.
    spread: whether one value alone holds for all.
    exact: whether each layer must have a value.
    """

    default: Any = False
    spread: bool = True
    exact: bool = False

    def values(self, keys: Keys, count: int) -> list[Any]:
        """Return the values for so many layers."""
        exact = self.exact and isinstance(keys.left.get(self.theirs), list)
        given, kind = Typed(self.theirs, "", []).value(keys, Ours()), type(self.default)
        count = len(given) if self.turn < 0 else count
        alone = self.spread and len(given) == 1
        if (exact and len(given) != count) or (len(given) > count and not alone):
            keys.problem(self.theirs, f"has {len(given)} entries for {count} layers")
        paired, rest = kind is tuple, [self.default] * count
        found = [self.default if paired and value == [] else value for value in given]
        wrong = [index for index, value in enumerate(found) if not _is(kind, value)]
        for index in [each for each in wrong if each < count] if paired else wrong[:1]:
            keys.problem(self.theirs, f"entry {index} must be {NAMES[kind]}, got {given[index]!r}")
            found[index] = self.default
        return (
            rest if wrong and not paired else ((found * count if alone else found) + rest)[:count]
        )


def _is(kind: type, value: Any) -> bool:
    """Tell whether a value is of a type; a tuple is two whole numbers."""
    pair = isinstance(value, list) and len(value) == 2 and all(type(x) is int for x in value)
    return type(value) is kind or (kind is tuple and pair)
