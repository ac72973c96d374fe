"""A covering array: cases such that every part, or every pair of parts, is in one of them.

Which parts fit together is asked, not listed: ``complete(parts, patience)`` returns a case that has
all of them, and whatever else it needs, or None. A greedy search: the first set of parts that is in
no case yet is completed; then, table by table, the entry is added that brings most that is new.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol, TypeVar

#: A table and the name of an entry in it.
Part = tuple[str, str]
Parts = frozenset[Part]


class Case(Protocol):
    """Whatever has parts."""

    @property
    def parts(self) -> Parts:
        """All that are in it, asked for or not."""


C = TypeVar("C", bound=Case)
#: How long it is looked for a case with one part more, and how many parts of a table are tried.
PATIENCE, TRIES = 60, 3


@dataclass(frozen=True)
class Covering:
    """What a search found.

    cases: in which all is that fits.
    covered: sets of parts that are in one of them.
    misfits: those that fit in none, as far as it was looked.
    """

    cases: list
    covered: set[Parts]
    misfits: set[Parts]


class Search:
    """Looks for cases.

    Args:
        tables: names of the entries, by table.
        complete: returns a case that has some parts, or None where there is none, or none was
            found by looking so often.
        together: how many parts are to meet in a case: 1, each is there; 2, each pair that fits.
        patience: how often it is looked for a case for each of these; None: until all was seen.
    """

    def __init__(
        self,
        tables: Mapping[str, Iterable[str]],
        complete: Callable[[Parts, int | None], C | None],
        together: int,
        patience: int | None = None,
    ) -> None:
        self.tables = {table: list(names) for table, names in tables.items()}
        self.complete, self.together, self.patience = complete, together, patience
        self.open = dict.fromkeys(self._wanted())  # in order
        self.misfits: set[Parts] = set()
        self.covered: set[Parts] = set()

    def _wanted(self) -> Iterator[Parts]:
        for tables in combinations(self.tables, self.together):
            sets: list[Parts] = [frozenset()]
            for table in tables:
                sets = [one | {(table, name)} for one in sets for name in self.tables[table]]
            yield from sets

    def run(self) -> Covering:
        """Return the cases."""
        cases = []
        while self.open:
            first = next(iter(self.open))
            case = self.complete(first, self.patience)
            if case is None:
                self.misfits.add(first)
                del self.open[first]
                continue
            cases.append(self._grown(first, case))
            self._cover(cases[-1])
        return Covering(cases, self.covered, self.misfits)

    def _grown(self, pinned: Parts, case: C) -> C:
        """Return a case with these parts and more, as many as bring something new."""
        for table in self.tables:
            if any(table == known for known, _ in pinned):
                continue
            for part in self._worthwhile(pinned, table):
                wider = pinned | {part}
                found = case if wider <= case.parts else self.complete(wider, PATIENCE)
                if found is not None:
                    pinned, case = wider, found
                    break
        return case

    def _worthwhile(self, pinned: Parts, table: str) -> list[Part]:
        """Return what of a table is to be tried first beside these parts."""
        gains = {(table, name): self._gain(pinned, (table, name)) for name in self.tables[table]}
        return sorted((part for part in gains if gains[part]), key=lambda part: -gains[part])[
            :TRIES
        ]

    def _gain(self, pinned: Parts, part: Part) -> int:
        """Count what is not covered yet and would be by one part more."""
        few = [frozenset((*each, part)) for each in combinations(pinned, self.together - 1)]
        if any(each in self.misfits for each in few):
            return 0
        return sum(each in self.open for each in few)

    def _cover(self, case: C) -> None:
        for few in combinations(sorted(case.parts), self.together):
            parts = frozenset(few)
            if parts in self.open:
                del self.open[parts]
                self.covered.add(parts)
