r"""A comparison as a LaTeX table, with the rules of the package booktabs.

\usepackage{booktabs}
"""

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


def as_latex(whole: "Comparison") -> str:
    """Return a floating table with a caption; the best is bold."""
    table = table_of(whole)
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    kinds = "l" * table.words + "r" * (len(table.heads) - table.words)
    body = _tabular(kinds, [escaped(head) for head in table.heads], rows)
    if table.settings:
        names = [", ".join(row[: table.words]) for row in rows]
        told = [[escaped(word) for word in row] for row in table.settings]
        kinds = "l" * (len(names) + 1)
        body += ["", r"\medskip", *_tabular(kinds, ["setting", *names], told)]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escaped(table.caption)}}}",
        *body,
        r"\end{table}",
    ]
    notes = [f"% {_one_line(note)}" for note in table.notes]
    return "\n".join(["% needs \\usepackage{booktabs}", *notes, *lines]) + "\n"


def escaped(text: str) -> str:
    r"""Return a text that LaTeX prints as it is.

    Example:
        >>> escaped("layer_0 (%)"), escaped("1 ± 2")
        ('layer\\_0 (\\%)', '1 $\\pm$ 2')
    """
    return "".join(_ESCAPED.get(mark, mark) for mark in text)


def _cell(cell: Cell) -> str:
    text = escaped(cell.text)
    if text[:1] in ("-", "+") and len(text) > 1:
        text = f"${text}$"  # a minus, not a hyphen
    return rf"\textbf{{{text}}}" if cell.best else text


def _tabular(kinds: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [" & ".join(row) + r" \\" for row in rows]
    head = " & ".join(heads) + r" \\"
    return [
        rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", head, r"\midrule", *lines, r"\bottomrule",
        r"\end{tabular}",
    ]  # fmt: skip


def _one_line(text: str) -> str:
    return " ".join(text.split())
