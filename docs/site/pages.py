"""What pages leave to the site: a line ``<!-- site: WHAT NAMES... -->`` becomes what it names.

On GitHub such a line is not seen, and the page is whole without it.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import commands
import settings

if TYPE_CHECKING:  # what is left can be tried without it
    from sphinx.application import Sphinx

_MARK = re.compile(r"^<!-- site: (\w+)((?: [\w.]+)*) -->$", re.M)
_INSTEAD = re.compile(r"^<!-- site: instead ([\w.]+) -->$", re.M)
_HEADING = re.compile(r"^## (.+)$", re.M)
_LINK = re.compile(r"\]\(((?!\.\.)[\w./-]+)\.(?:md|ipynb)\)")
#: A link that bears the name of a file; on the site, the title of the page takes its place.
_NAMELESS = re.compile(r"\[[\w/.-]+\.md\]\(([\w/.-]+\.md(?:#[\w-]+)?)\)")
ROOT = Path(__file__).parents[2]


def contents(text: str) -> str:
    """Return the contents of the site: the pages that a page links to, under its headings.

    Example:
        >>> print(contents("## Data\\n- [Data sets](data.md)"))
        ```{toctree}
        :hidden:
        :titlesonly:
        :caption: Data
        data
        ```
    """
    first, *parts = _HEADING.split(text)
    trees = [_tree(first)]
    for heading, part in zip(parts[::2], parts[1::2], strict=True):
        trees.append(_tree(part, f":caption: {heading}"))
    return "\n\n".join(filter(None, trees))


def _tree(part: str, *caption: str) -> str:
    linked = _LINK.findall(part)
    return (
        "\n".join(["```{toctree}", ":hidden:", ":titlesonly:", *caption, *linked, "```"])
        if linked
        else ""
    )


def file_of_the_repository(name: str) -> str:
    """Return a Markdown file that lies beside docs/, with links as from there."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.sub(r"\]\((?!\w+:|#)", "](../", text).replace("](../docs/", "](")


#: By what a line names: what writes it, told the page and the names.
_WRITERS: dict[str, Callable[[str, list[str]], str]] = {
    "contents": lambda text, _: contents(text),
    "settings": lambda _, names: settings.listed(names),
    "sections": lambda _, names: settings.sections(),
    "commands": lambda _, names: commands.listed(),
}


def written(text: str) -> str:
    """Return a page with all that it leaves to the site.

    Example:
        >>> written("See [docs/data.md](data.md) and [the list](list.md).")
        'See [](data.md) and [the list](list.md).'
    """
    if whole := _INSTEAD.search(text):
        return file_of_the_repository(whole[1])
    text = _NAMELESS.sub(r"[](\1)", text)
    return _MARK.sub(lambda mark: _WRITERS[mark[1]](text, mark[2].split()), text)


def _write(app: "Sphinx", page: str, source: list[str]) -> None:
    source[0] = written(source[0])


def connect(app: "Sphinx") -> None:
    """Let pages be written when they are read."""
    app.connect("source-read", _write)
