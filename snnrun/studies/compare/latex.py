r"""A comparison as a LaTeX table: rules of the package booktabs, no wider than a line.

\usepackage{booktabs, graphicx}
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from snnrun.studies.compare.table import Cell, table_of

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison

_ESCAPED = {
    "\\": r"\textbackslash{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    '"': r"\textquotedbl{}",
}

#: Its own, or that of a line if it is wider.
_WIDTH = r"\ifdim\width>\linewidth\linewidth\else\width\fi"


def as_latex(whole: "Comparison") -> str:
    """Return a floating table with a caption; the best is bold.

    Costs stand below the results, as all columns side by side are wider than a page.
    """
    table = table_of(whole)
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    heads = [escaped(head) for head in table.heads]
    names, results = slice(table.words), slice(table.words, len(heads) - table.costs)
    parts = [_numbers(heads, rows, names, results)]
    if table.costs:
        parts.append(_numbers(heads, rows, names, slice(results.stop, None)))
    if table.settings:
        called = [", ".join(row[names]) for row in rows]
        told = [[escaped(word) for word in row] for row in table.settings]
        kinds = "l" * (len(called) + 1)
        parts.append(_tabular(kinds, ["setting", *called], told))
    lines = [
        r"\begin{table}",
        r"\centering\small\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{escaped(table.caption)}}}",
        *(line for part in parts for line in ("", r"\medskip", *part)),
        r"\end{table}",
    ]
    notes = [f"% {_one_line(note)}" for note in table.notes]
    return "\n".join([r"% needs \usepackage{booktabs, graphicx}", *notes, *lines]) + "\n"


def escaped(text: str) -> str:
    r"""Return a text that LaTeX prints as it is.

    Example:
        >>> escaped("layer_0 (%)"), escaped("1 ± 2")
        ('layer\\_0 (\\%)', '1 $\\pm$ 2')
    """
    return "".join(_ESCAPED.get(mark, mark) for mark in text)


def _cell(cell: Cell) -> str:
    text = re.sub(r"(?:(?<= )|^)[-+](?=\d)", r"$\g<0>$", escaped(cell.text))  # a minus, no hyphen
    return rf"\textbf{{{text}}}" if cell.best else text


def _numbers(
    heads: Sequence[str], rows: Sequence[Sequence[str]], names: slice, columns: slice
) -> list[str]:
    """Return a table of some columns behind the names of the rows."""
    kinds = "l" * len(heads[names]) + "r" * len(heads[columns])
    return _tabular(
        kinds, [*heads[names], *heads[columns]], [[*row[names], *row[columns]] for row in rows]
    )


def _tabular(kinds: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [" & ".join(row) + r" \\" for row in rows]
    head = " & ".join(heads) + r" \\"
    return [
        rf"\resizebox{{{_WIDTH}}}{{!}}{{\begin{{tabular}}{{{kinds}}}",
        r"\toprule", head, r"\midrule", *lines, r"\bottomrule",
        r"\end{tabular}}",
    ]  # fmt: skip


def _one_line(text: str) -> str:
    return " ".join(text.split())
