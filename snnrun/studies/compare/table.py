"""A comparison as a table for people: headings, cells, and sentences that say what they are.

The cells are the same in every format.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from snnrun.studies.compare.costs import KINDS
from snnrun.studies.compare.labels import short_keys, words_of
from snnrun.studies.compare.statistics import EXACT, Spread, Test
from snnrun.studies.rounding import rounded, with_deviation
from snnrun.studies.table import in_percent

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group

#: Settings that differ up to which all are columns; of more, those that tell groups apart.
COLUMNS = 4
_SMALL = 0.05  # p below which people speak of a difference


class Cell(NamedTuple):
    """What a cell says, and whether it is the best of its column."""

    text: str
    best: bool = False


#: Its heading, and a cell for each group.
Column = tuple[str, list[Cell]]


@dataclass(frozen=True)
class Table:
    """The table.

    words: how many columns from the left hold words.
    costs: how many columns from the right hold costs.
    heads: of the columns.
    rows: of cells, as many as there are heads.
    caption: what the numbers are.
    notes: what else is to be known.
    settings: the settings that differ and are no columns: key and its value for each row.
    """

    words: int
    costs: int
    heads: list[str]
    rows: list[list[Cell]]
    caption: str
    notes: list[str]
    settings: list[list[str]]


def table_of(whole: "Comparison") -> Table:
    """Return the table of a comparison."""
    few = len(whole.keys) <= COLUMNS
    keys = whole.keys if few else whole.telling
    names = short_keys(whole.keys)
    rest = [key for key in whole.keys if key not in keys]
    every = [group.settings for group in whole.groups]
    costs = list(_cost_columns(whole))
    columns = [
        *((names[key], [Cell(word) for word in words_of(every, key)]) for key in keys),
        *_result_columns(whole), *costs,
    ]  # fmt: skip
    rows = [[cells[place] for _, cells in columns] for place in range(len(every))]
    settings = [[key, *words_of(every, key)] for key in rest]
    return Table(
        len(keys), len(costs), [head for head, _ in columns], rows,
        caption_of(whole), list(whole.notes), settings,
    )  # fmt: skip


def _result_columns(whole: "Comparison") -> Iterator[Column]:
    """Yield heading and cells of each column between the settings and the costs."""
    groups = whole.groups
    yield "n", [Cell(_to([len(group.values[name]) for name in whole.metrics])) for group in groups]
    for name in whole.metrics:
        best, factor = whole.best(name), 100.0 if in_percent(name) else 1.0
        found = [group.spreads.get(name) for group in groups]
        yield (
            f"{name} (%)" if factor == 100 else name,
            [
                Cell(spread_words(spread, factor), group is best and len(groups) > 1)
                for spread, group in zip(found, groups, strict=True)
            ],
        )
        if any(spread and spread.n > 1 for spread in found):
            yield "95 % interval", [Cell(interval_words(spread, factor)) for spread in found]
        if any(name in group.tests for group in groups):
            yield from _test_columns(whole, name, factor)


def _cost_columns(whole: "Comparison") -> Iterator[Column]:
    """Yield heading and cells of each cost that is known of a group."""
    for kind in KINDS:
        costs = [group.cost_spreads.get(kind.name) for group in whole.groups]
        if any(costs):
            yield kind.heading, [Cell(cost_words(cost, kind.unit, kind.whole)) for cost in costs]


def _test_columns(
    whole: "Comparison", name: str, factor: float
) -> Iterator[tuple[str, list[Cell]]]:
    tests = [(group, group.tests.get(name)) for group in whole.groups]
    yield "difference", [Cell(_difference(whole, group, test, factor)) for group, test in tests]
    yield "p (t)", [Cell(chance_words(test.corrected_t if test else None)) for _, test in tests]
    yield (
        "p (flip)",
        [Cell(chance_words(test.corrected_flip if test else None)) for _, test in tests],
    )


def _difference(whole: "Comparison", group: "Group", test: Test | None, factor: float) -> str:
    if group is whole.reference:
        return "reference"
    return "-" if test is None else f"{factor * test.difference:+.3g}"


def caption_of(whole: "Comparison") -> str:
    """Return the sentences that say what the numbers are: split, epoch, n, tests."""
    counts = [len(values) for group in whole.groups for values in group.values.values() if values]
    epochs = {"best": "the epoch with the best validation", "last": "the last epoch"}
    at = epochs.get(str(whole.epoch), f"epoch {whole.epoch}")
    seeds = "seeds" if max(counts) > 1 else "seed"
    text = f"Numbers of the {whole.split} split after {at}, of n = {_to(counts)} {seeds}"
    if max(counts) > 1:
        text += ": mean ± standard deviation, 95 % confidence interval of the mean (Student's t)"
    tests = [test for group in whole.groups for test in group.tests.values()]
    return f"{text}.{_test_words(whole, tests) if tests else ''}"


def _test_words(whole: "Comparison", tests: list[Test]) -> str:
    pairs = [test.n for test in tests]
    drawn = "" if all(test.exact for test in tests) else f", of more than {EXACT} pairs drawn"
    compared = sum(bool(group.tests) for group in whole.groups)
    corrected = f", by Holm's method over {compared} comparisons" if compared > 1 else ""
    least = _least_chance(whole, pairs)
    told = f"; of {min(pairs)} pairs, p (flip) is {least:g} or more" if least > _SMALL else ""
    return (
        f" Differences are those from {whole.reference.label}, of n = {_to(pairs)} pairs of runs "
        f"with the same seed; p is that of the paired t test and of the sign-flip test{drawn}"
        f"{corrected}{told}."
    )


def _least_chance(whole: "Comparison", pairs: Sequence[int]) -> float:
    """Return the least corrected p of the sign-flip test that so few pairs can have.

    Where all groups have as many, Holm's method multiplies the smallest by the number of groups.
    """
    compared = [sum(name in group.tests for group in whole.groups) for name in whole.metrics]
    times = min(filter(None, compared)) if len(set(pairs)) == 1 else 1
    return min(1.0, times * 2.0 ** (1 - min(pairs)))


def _to(numbers: Sequence[int]) -> str:
    """Return the ends of numbers, or the one that all are.

    Example:
        >>> _to([5, 3, 4]), _to([3, 3])
        ('3 to 5', '3')
    """
    return " to ".join(map(str, dict.fromkeys((min(numbers), max(numbers)))))


def spread_words(found: Spread | None, factor: float = 1.0) -> str:
    """Return mean and deviation, with two digits of the latter.

    Example:
        >>> spread_words(Spread(3, 0.91234, 0.0123), 100), spread_words(Spread(1, 0.5))
        ('91.2 ± 1.2', '0.5')
    """
    if found is None:
        return "-"
    if found.deviation is None:
        return f"{factor * found.mean:.4g}"
    return " ± ".join(with_deviation(factor * found.mean, factor * found.deviation))


def interval_words(found: Spread | None, factor: float = 1.0) -> str:
    """Return the ends of the confidence interval.

    Example:
        >>> interval_words(Spread(3, 0.91, 0.01, 0.8851, 0.9348), 100)
        '88.5 to 93.5'
    """
    if found is None or found.low is None or found.high is None:
        return "-"
    width = factor * (found.high - found.low) / 4
    return " to ".join(rounded(factor * end, width) for end in (found.low, found.high))


def cost_words(found: Spread | None, unit: float, whole: bool = False) -> str:
    """Return a mean in its unit, with three digits or whole.

    Example:
        >>> cost_words(Spread(3, 50122.4), 1.0), cost_words(Spread(1, 3.126e8), 1e6)
        ('50,100', '313')
        >>> cost_words(Spread(1, 9472.0), 1.0, whole=True)
        '9,472'
    """
    if found is None:
        return "-"
    value = found.mean / unit
    if whole:
        return f"{value:,.0f}"
    if value >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def chance_words(p: float | None) -> str:
    """Return p with two digits.

    Example:
        >>> chance_words(0.0421), chance_words(3e-7), chance_words(None)
        ('0.042', '<0.0001', '-')
    """
    if p is None:
        return "-"
    return "<0.0001" if p < 1e-4 else f"{p:.2g}"
