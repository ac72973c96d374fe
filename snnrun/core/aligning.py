"""Rows of words as lines of text, in columns."""

from collections.abc import Container, Iterable, Sequence
from itertools import zip_longest

#: What stands between two columns.
GAP = "  "


def widths_of(rows: Iterable[Sequence[str]]) -> list[int]:
    """Return how many characters each column has, which are those of its longest cell."""
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def line_width(widths: Iterable[int]) -> int:
    """Return how many characters a line has with columns of these widths.

    Example:
        >>> line_width([5, 10, 3])
        22
    """
    return sum(width + len(GAP) for width in widths) - len(GAP)


def aligned(
    rows: Iterable[Sequence[str]], *, right: Container[int] = (), least: Sequence[int] = ()
) -> list[str]:
    """Return a line for each row, with the cells of a column below each other.

    Args:
        rows: of as many cells each.
        right: places of the columns that are flush right, as those of numbers are.
        least: characters that the first columns have at the least.

    Example:
        >>> aligned([["kernel", "ms"], ["lif", "1.25"], ["sbs", ""]], right=[1])
        ['kernel    ms', 'lif     1.25', 'sbs']
    """
    rows = list(rows)
    widths = [max(pair) for pair in zip_longest(widths_of(rows), least, fillvalue=0)]
    return [_line(row, widths, right) for row in rows]


def _line(cells: Sequence[str], widths: Sequence[int], right: Container[int]) -> str:
    placed = (
        cell.rjust(width) if place in right else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return GAP.join(placed).rstrip()
