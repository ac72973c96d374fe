"""Rows of tables that hold others: maps, choices by a word, lists."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.tables import (
    ABSENT,
    NEEDED,
    Fixed,
    Key,
    Ours,
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
        part = self.open(keys)
        if part is None:
            return ours.put(self.ours, None) if self.ours else None
        read(self.inside, part, ours.part(self.ours))
        part.close()

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the map."""
        if ours.get(self.ours) is not None:
            theirs[self.theirs] = write(self.inside, ours.part(self.ours))
        elif self.off is not ABSENT:
            theirs[self.theirs] = self.off


@dataclass(frozen=True)
class Many(Part):
    """A list of maps, which may be absent; an entry that cannot be read is an empty map of ours."""

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
    read_only: another word is written for it.
    """

    ours: str | None
    rows: Table = ()
    remark: str = ""
    read_only: bool = False

    def fits(self, ours: Ours) -> bool:
        """Tell whether a part of ours holds all that always holds there."""
        fixed = [row for row in self.rows if isinstance(row, Fixed)]
        return all(ours.get(row.ours) == row.value for row in fixed)


@dataclass(frozen=True)
class Choice(Row):
    """A word that tells of which kind a part of ours is, beside what is said of this kind.

    kinds: by the words of theirs.
    ours: the part; "": the whole map.
    default: the word that an absent one means.
    alone: whether the map says nothing else, so that a word that nobody knows is the one problem.
    unknown: what is said of such a word.
    unsaid: what is said of a kind of ours that they do not know.
    normal: returns the part that is written for ours, from the part and the whole.
    """

    kinds: Mapping[Any, Kind]
    ours: str = ""
    default: Any = NEEDED
    alone: bool = False
    unknown: Callable[[Mapping[Any, Kind], Any], str] = one_of
    unsaid: str = ""
    normal: Callable[[Any, Ours], Any] = lambda part, ours: part

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
        if kind is None and self.alone:
            keys.left.clear()
        if kind is not None and kind.remark:
            keys.note(self.theirs, kind.remark)
        if kind is not None and kind.ours is not None:
            part = ours.part(self.ours)
            if kind.ours:
                part.put("name", kind.ours)
            read(kind.rows, keys, part)
        elif self.ours:
            ours.put(self.ours, None)
        if not self.alone:
            keys.ignore(*(row.theirs for row in self.rows))

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the word for the part, and what else is said of it."""
        part = self.normal(ours.get(self.ours), ours)
        inner = Ours(part or {}, ours.full(self.ours), ours.problems)
        name = inner.get("name", "") if part is not None else None
        able = {w: k for w, k in self.kinds.items() if k.ours == name and not k.read_only}
        if not able:
            return ours.problem(self.ours, self.unsaid)
        word = next((word for word, kind in able.items() if kind.fits(inner)), next(iter(able)))
        theirs[self.theirs] = word
        for row in self.rows if part is None else ():
            row.write_off(theirs)
        theirs |= write(able[word].rows, inner)


@dataclass(frozen=True)
class Column(Row):
    """A list with one value for each entry of a list of ours.

    ours: that list.
    at: where the value stands in an entry.

    The one that is read before the others tells how many entries there are.
    """

    ours: str
    at: str

    @property
    def leads(self) -> bool:
        """Whether it tells how many entries there are."""
        return self.turn < 0

    def values(self, keys: Keys, count: int) -> list[Any]:
        """Return the values for so many entries; all that there are for the leading column."""
        given = isinstance(keys.left.get(self.theirs), list)
        found = keys.listed(self.theirs)
        if given and not self.leads and len(found) != count:
            keys.problem(self.theirs, f"has {len(found)} entries for {count} layers")
        return found

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the values into the entries."""
        values = self.values(keys, len(ours.get(self.ours, [])))
        if self.leads:
            ours.put(self.ours, [{} for _ in values])
        for entry, value in zip(ours.parts(self.ours), values, strict=False):
            entry.put(self.at, value)

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the values of the entries."""
        theirs[self.theirs] = [entry.get(self.at) for entry in ours.parts(self.ours)]


@dataclass(frozen=True)
class Derived(Row):
    """What follows from the rest: written from it, and refused where it says otherwise.

    value: what it must be; None where that is not known.
    text: of the refusal, with places for the ``wanted`` and the ``given`` value.
    needed: whether it must be there.
    """

    value: Callable[[Ours], Any]
    text: str
    needed: bool = False
    turn: int = field(default=1, kw_only=True)

    def read(self, keys: Keys, ours: Ours) -> None:
        """Compare the value with what it must be."""
        wanted = self.value(ours)
        given = keys.need(self.theirs) if self.needed else keys.get(self.theirs, wanted)
        if None not in (wanted, given) and wanted != given:
            keys.problem(self.theirs, self.text.format(wanted=wanted, given=given))

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write what follows."""
        theirs[self.theirs] = self.value(ours)
