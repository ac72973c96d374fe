"""The site, as ``make docs`` makes it: no warning, nothing from elsewhere, links that lead on."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser import browser

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
#: Attributes by which a page asks for what belongs to it.
ASKED = {"link": "href", "script": "src", "img": "src", "source": "src", "iframe": "src"}
WIDE, NARROW = 1280, 400


def build(sources: Path, made: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Make the site of a folder of pages, with no way to other machines."""
    nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}
    words = ["-m", "sphinx", "-q", "-W", "--keep-going", "-E", "-c", str(ROOT / "docs" / "site")]
    places = ["-d", str(made / "trees"), *options, str(sources), str(made / "site")]
    return subprocess.run(
        [sys.executable, *words, *places], capture_output=True, text=True, env=os.environ | nowhere
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site."""
    pytest.importorskip("myst_nb", reason="needs what makes the site: `make docs` installs it")
    made = tmp_path_factory.mktemp("docs")
    done = build(ROOT / "docs", made)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return made / "site"


class Page(HTMLParser):
    """What a page asks for, where it leads, and the anchors that it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.asked, self.links, self.anchors = list[str](), list[str](), set[str]()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.anchors.add(found.get("id") or "")
        if address := found.get(ASKED.get(tag, "")):
            self.asked.append(address)
        if tag == "a" and (address := found.get("href")):
            self.links.append(address)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """All pages, by their paths."""
    return {path: Page(path) for path in site.rglob("*.html")}


def elsewhere(address: str) -> bool:
    """Tell whether an address names another machine."""
    return bool(urlsplit(address).netloc)


def test_nothing_comes_from_elsewhere(site, pages):
    asked = [address for page in pages.values() for address in page.asked]
    assert len(asked) > 500
    assert [address for address in asked if elsewhere(address)] == []
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    named = re.findall(r"(?:url\(|@import\s+)[\"']?([^\"')]+)", "\n".join(styles))
    assert [address for address in named if elsewhere(address)] == []
    code = [path.read_text(encoding="utf-8") for path in site.rglob("_static/**/*.js")]
    assert len(code) > 3
    assert re.findall(r"(?:fetch|import|importScripts)\(\s*[\"']https?:", "\n".join(code)) == []


def broken(pages: dict[Path, Page]) -> Iterator[str]:
    """Yield the links between pages that lead nowhere."""
    for path, page in pages.items():
        for link in page.links + page.asked:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            found = target.exists() and (not anchor or anchor in pages[target].anchors)
            if not found:
                yield f"{path.name}: {link}"


def test_links_lead_somewhere(pages):
    assert len(pages) > 60
    assert sum(len(page.links) for page in pages.values()) > 5000
    assert list(broken(pages)) == []


def test_pages_that_matter_are_there(site):
    names = ["index", "tour", "troubleshooting", "first_spike", "sbs", "local_learning"]
    names += ["surrogate_gradient", "correlation", "cluster", "reliability", "extending"]
    names += ["api/python", "api/nn", "api/extending", "api/commands", "api/settings/models"]
    assert [name for name in names if not (site / f"{name}.html").is_file()] == []


def test_the_tour_shows_what_it_printed(site):
    text = (site / "tour.html").read_text(encoding="utf-8")
    assert len(re.findall(r'<img[^>]+src="_images/', text)) >= 3
    assert "Record of 2 samples" in text


def test_what_is_documented_leads_to_its_source(site):
    text = (site / "api" / "python.html").read_text(encoding="utf-8")
    assert text.count('href="../_modules/snnrun/api.html#') >= 5
    assert "def train" in re.sub(
        "<[^>]+>", "", (site / "_modules" / "snnrun" / "api.html").read_text(encoding="utf-8")
    )


def test_files_that_pages_link_to_are_shown(site):
    text = (site / "files" / "README.md.html").read_text(encoding="utf-8")
    assert "make demo" in text


def test_pages_fit_the_window(site, pages):
    chosen = [path for path in pages if "_modules" not in path.parts]
    with browser() as window:
        wrong = []
        for width in (WIDE, NARROW):
            window.resize(width)
            for path in chosen:
                window.open(path.as_uri())
                if (beyond := window.overflow()) > 0:
                    wrong.append(f"{path.name}: {beyond} pixels beyond {width}")
        assert wrong == []
        assert [line for line in window.said() if "ERR_" in line] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a](absent.md)", "'absent.md'"),
        ("[a](other.md#absent)", "absent"),
        ("[a](../configs/absent.yaml)", "no file configs/absent.yaml in the repository"),
    ],
)
def test_a_wrong_link_is_an_error(tmp_path, text, said):
    pytest.importorskip("myst_nb", reason="needs what makes the site: `make docs` installs it")
    sources = tmp_path / "docs"
    sources.mkdir()
    (sources / "index.md").write_text(
        f"# Start\n- [other](other.md)\n\n{text}\n\n<!-- site: contents -->\n"
    )
    (sources / "other.md").write_text("# Other\n## Here\n")
    done = build(sources, tmp_path / "made")
    assert done.returncode != 0
    assert said in done.stderr
