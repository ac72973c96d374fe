"""Covering arrays: every pair that fits is in a case, and no other."""

from dataclasses import dataclass
from itertools import combinations, product

import pytest

from tests.training.covering import Search

TABLES = {"colour": ["red", "green", "blue"], "size": ["small", "large"], "shape": list("abcde")}
#: Large ones are not red, and red ones are a or b.
REFUSED = [{"red", "large"}, {"red", "c"}, {"red", "d"}, {"red", "e"}]


@dataclass(frozen=True)
class Chosen:
    parts: frozenset


def complete(wanted, patience=None):
    """The first choice from each table that fits."""
    for names in product(*TABLES.values()):
        parts = frozenset(zip(TABLES, names, strict=True))
        if wanted <= parts and not any(each <= set(names) for each in REFUSED):
            return Chosen(parts)
    return None


def pairs_of(parts):
    return set(map(frozenset, combinations(parts, 2)))


@pytest.mark.parametrize("together", [1, 2, 3])
def test_all_that_fits_is_in_a_case(together):
    found = Search(TABLES, complete, together).run()
    wholes = [frozenset(zip(TABLES, names, strict=True)) for names in product(*TABLES.values())]
    every = {frozenset(few) for whole in wholes for few in combinations(whole, together)}
    fitting = {parts for parts in every if complete(parts)}
    seen = {frozenset(few) for case in found.cases for few in combinations(case.parts, together)}
    assert fitting == found.covered == seen
    assert found.misfits == every - fitting
    assert len(found.cases) < len([whole for whole in wholes if complete(whole)]) or together == 3


def test_pairs_that_do_not_fit_are_told():
    found = Search(TABLES, complete, 2).run()
    assert {frozenset(name for _, name in pair) for pair in found.misfits} == set(
        map(frozenset, REFUSED)
    )


def test_few_cases_hold_every_pair():
    """Ten of size and shape at the least, of 22 that fit."""
    assert len(Search(TABLES, complete, 2).run().cases) <= 14


def test_the_same_cases_each_time():
    one, other = (Search(TABLES, complete, 2).run().cases for _ in range(2))
    assert one == other


def test_an_entry_that_fits_nowhere_is_named():
    tables = {**TABLES, "shape": [*TABLES["shape"], "square"]}
    assert Search(tables, complete, 1).run().misfits == {frozenset({("shape", "square")})}
