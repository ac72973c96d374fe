"""Links between Markdown files, as GitHub follows them: files are there, and so are headings."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "docs/*.ipynb",
        "experiment_*/*.md",
        "benchmarks/**/*.md",
    )
    for path in ROOT.glob(pattern)
)
_BLOCK = re.compile(r"^( *)(```+|~~~+).*?^\1\2 *$", re.M | re.S)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)\s]+)(?: \"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.M)
_MARKED = re.compile(r"\[([^\]]*)\]\([^)]*\)|[`*]")


def text_of(path: Path) -> str:
    """Return the Markdown of a page, or of the cells of a notebook, without blocks of code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join(
            "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"
        )
    return _BLOCK.sub("", text)


def anchors(path: Path) -> set[str]:
    """Return the names of the headings of a page, as GitHub makes them."""
    seen, made = Counter[str](), set()
    for heading in _HEADING.findall(text_of(path)):
        words = _MARKED.sub(r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        made.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return made


def broken(page: Path, root: Path = ROOT) -> list[str]:
    """Return the links of a page that lead nowhere."""
    wrong = []
    for link in _LINK.findall(_CODE.sub("", text_of(page))):
        if re.match(r"\w+:", link):
            continue  # elsewhere
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        found = target.exists() and target.is_relative_to(root)
        if not found or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    assert broken(page) == []


def test_pages_are_found():
    assert len(PAGES) > 45


def test_a_link_to_nothing_is_found(tmp_path):
    other = "# One\n## Two `more`, words\n## One\n```sh\n# no heading\n```\n"
    (tmp_path / "other.md").write_text(other)
    links = ["other.md", "other.md#two-more-words", "other.md#one-1", "#here", "https://a.b/c"]
    wrong = ["absent.md", "other.md#no-heading", "#there", "../outside.md"]
    text = "\n".join(f"[text]({link})" for link in links + wrong)
    page = tmp_path / "page.md"
    page.write_text(f"# Here\n{text}\n`[code](code.md)`\n")
    assert broken(page, tmp_path) == wrong
