"""Rows of tables that hold others, and those of lists."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.tables import (
    ABSENT,
    AS_IT_IS,
    NEEDED,
    Key,
    Ours,
    Pair,
    Plain,
    Row,
    Table,
    one_of,
    read,
    write,
)


@dataclass(frozen=True)
class Part(Row):
    """A map of theirs.

    inside: its rows.
    ours: the map that their paths start from; "": that of the table around.
    off: NEEDED: the map must be there. Else null, false and an absent key mean that ours is null,
        for which this is written; ABSENT: nothing.
    """

    inside: Table
    ours: str = ""
    off: Any = NEEDED

    @property
    def rows(self) -> Table:
        """The rows of the map."""
        return self.inside

    def open(self, keys: Keys) -> Keys | None:
        """Return the map; None where it is switched off."""
        return keys.part(self.theirs) if self.off is NEEDED else keys.part_if_any(self.theirs)

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put into ours what the map says."""
        if part := self.open(keys):
            read(self.inside, part, ours.part(self.ours))
            part.close()
        elif self.ours:
            ours.put(self.ours, None)

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the map."""
        if ours.get(self.ours) is not None:
            theirs[self.theirs] = write(self.inside, ours.part(self.ours))
        elif self.off is not ABSENT:
            theirs[self.theirs] = self.off


@dataclass(frozen=True)
class Many(Part):
    """A list of maps, which may be absent; one that cannot be read is an empty map of ours."""

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put into ours what the maps say."""
        parts = keys.parts(self.theirs)
        ours.put(self.ours, [{} for _ in parts])
        for part, each in zip(parts, ours.parts(self.ours), strict=True):
            read(self.inside, part, each)
            part.close()

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the list, if it holds anything."""
        if parts := ours.parts(self.ours):
            theirs[self.theirs] = [write(self.inside, each) for each in parts]


@dataclass(frozen=True)
class Kind:
    """One kind of a :class:`Choice`.

    ours: our name of it; "": it has none; None: ours is null then.
    rows: what else is said of it.
    remark: what the writer of the word should know.
    read_only: another word is written for what it stands for.
    """

    ours: str | None
    rows: Table = ()
    remark: str = ""
    read_only: bool = False


@dataclass(frozen=True)
class Choice(Row):
    """A word that tells of which kind a part of ours is, beside what is said of this kind.

    kinds: by the words of theirs.
    ours: the part; "": the whole map.
    default: the word that an absent one means.
    inline: whether the map says more; if not, a word that nobody knows is its one problem.
    unknown: what is said of such a word; unsaid: of a kind of ours that they do not know.
    """

    kinds: Mapping[Any, Kind]
    ours: str = ""
    default: Any = NEEDED
    inline: bool = False
    unknown: Callable[[Mapping[Any, Kind], Any], str] = one_of
    unsaid: str = ""

    @property
    def rows(self) -> Table:
        """The rows of all kinds."""
        return tuple(row for kind in self.kinds.values() for row in kind.rows)

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put into ours the part that the word stands for."""
        word = Key(self.theirs, "", self.default).value(keys, ours)
        kind = next((kind for each, kind in self.kinds.items() if each == word), None)
        if kind is None and word is not None:
            keys.problem(self.theirs, self.unknown(self.kinds, word))
        if kind and kind.remark:
            keys.note(self.theirs, kind.remark)
        if kind and kind.ours is not None:
            part = ours.part(self.ours)
            if kind.ours:
                part.put("name", kind.ours)
            read(kind.rows, keys, part)
        elif self.ours:
            ours.put(self.ours, None)
        if self.inline:
            keys.ignore(*(row.theirs for row in self.rows))
        elif kind is None:
            keys.left.clear()

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the word for the part, and what else is said of it, or stands for nothing."""
        part = ours.get(self.ours)
        name = None if part is None else part.get("name", "")
        for word, kind in self.kinds.items():
            if kind.ours == name and not kind.read_only:
                theirs[self.theirs] = word
                inside = self.rows if part is None else kind.rows
                theirs |= write(inside, Ours(part or {}, ours.problems))
                return
        ours.problems.append(self.unsaid or f"{self.ours}: theirs do not know it")


@dataclass(frozen=True)
class Column(Row):
    """A list with one value for each entry of a list of ours.

    ours: that list.
    at: where the value stands in an entry.
    pair: the two ways.

    The one that is read before the others tells how many entries there are.
    """

    ours: str
    at: str
    pair: Pair = AS_IT_IS

    def values(self, keys: Keys, count: int) -> list[Any]:
        """Return the values for so many entries; all that there are for the leading column."""
        given = isinstance(keys.left.get(self.theirs), list)
        found = keys.listed(self.theirs)
        if given and self.turn >= 0 and len(found) != count:
            keys.problem(self.theirs, f"has {len(found)} entries for {count} layers")
        return found

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the values into the entries."""
        values = self.values(keys, len(ours.get(self.ours, [])))
        if self.turn < 0:
            ours.put(self.ours, [{} for _ in values])
        for entry, value in zip(ours.parts(self.ours), values, strict=False):
            entry.put(self.at, self.pair.ours(value))

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the values of the entries."""
        theirs[self.theirs] = [self.pair.theirs(e.get(self.at)) for e in ours.parts(self.ours)]
