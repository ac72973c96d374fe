"""Tables, lists and folds of a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from snnrun.studies.report.markup import Markup, broken, element
from snnrun.studies.report.results import Results

_LISTED = 100  # of a list, in full


@dataclass(frozen=True)
class Section:
    """A part of a page, with the name by which it is linked to."""

    name: str
    title: str
    inside: Sequence[Markup | None]

    def markup(self) -> Markup:
        """Return it under its heading."""
        return element("section", element("h2", self.title), *self.inside, id=self.name)


def sortable(results: Results, name: str) -> Markup:
    """Return a table that the page lets be sorted; its lines are numbered."""
    rows = []
    for number, (first, *others) in enumerate(results.rows):
        cells = [element("th", broken(first.text), scope="row", data_value=first.order)]
        for cell in others:
            kind = "number" if isinstance(cell.value, int | float) else None
            cells.append(element("td", cell.text, data_value=cell.order, class_=kind))
        rows.append(element("tr", *cells, data_line=number))
    inside = _head(results.headings), element("tbody", *rows)
    return _wide(element("table", *inside, class_="sortable", id=name))


def table(headings: Sequence[object], rows: Iterable[Sequence[object]]) -> Markup:
    """Return a table whose lines begin with what they are about."""
    body = [
        element(
            "tr",
            element("th", broken(first), scope="row"),
            *(element("td", cell) for cell in cells),
        )
        for first, *cells in rows
    ]
    return _wide(element("table", _head(headings), element("tbody", *body)))


def folded(title: str, *inside: object, opened: bool = False) -> Markup:
    """Return what is seen once its title is pressed, and on paper."""
    return element("details", element("summary", broken(title)), *inside, open=opened)


def listed(texts: Sequence[str]) -> Markup:
    """Return a list; of a long one, how many more there are."""
    shown = list(texts[:_LISTED])
    if len(texts) > _LISTED:
        shown.append(f"and {len(texts) - _LISTED:,} more")
    return element("ul", *(element("li", broken(text)) for text in shown), class_="notes")


def count(number: int, what: str) -> str:
    """Return a number of things in words.

    Example:
        >>> count(1, "run"), count(1200, "run")
        ('1 run', '1,200 runs')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _head(headings: Sequence[object]) -> Markup:
    cells = (element("th", broken(heading), scope="col") for heading in headings)
    return element("thead", element("tr", *cells))


def _wide(made: Markup) -> Markup:
    """Let a table that is wider than the page move in a frame, by keys too."""
    return element("div", made, class_="wide", tabindex=0)
