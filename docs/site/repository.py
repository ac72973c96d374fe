"""Links from pages to other files of the repository; each such file is shown on a page."""

import html
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

ROOT = Path(__file__).parents[2]
SCHEME = "repository"  #: of links to files
SHOWN = "files/"  #: where pages of files lie on the site
#: Files that are pages under another name.
_PAGES = {"CHANGELOG.md": "changelog", "CONTRIBUTING.md": "contributing"}
_LINK = re.compile(r"\]\((\.\./[^)#\s]+)(?:#[^)]*)?\)")
_LANGUAGES = {".py": "python", ".pyi": "python", ".yaml": "yaml", ".toml": "toml", ".sh": "bash"}
_LARGEST = 200_000  # bytes of a file that is shown
_LOG = logging.getLogger(__name__)


def within(page: str, link: str) -> str | None:
    """Return the file of the repository that a page links to; None of links elsewhere.

    Args:
        page: of docs/, as Sphinx names it.
        link: as the page has it.

    Example:
        >>> within("decisions/0001", "../../configs/first_spike_mnist.yaml")
        'configs/first_spike_mnist.yaml'
        >>> within("running", "data.md")
    """
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    return None if path.startswith(("docs/", "../")) else path


def marked(page: str, text: str) -> str:
    """Return a page whose links to files of the repository have a scheme of their own.

    Example:
        >>> marked("running", "[one](../configs/first_spike_mnist.yaml), [two](data.md)")
        '[one](repository:configs/first_spike_mnist.yaml), [two](data.md)'
    """

    def changed(link: re.Match[str]) -> str:
        path = within(page, link[1])
        return f"]({SCHEME}:{path})" if path else link[0]

    return _LINK.sub(changed, text)


def _mark(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = marked(page, source[0])


def _follow(app: Sphinx, doctree: nodes.document) -> None:
    """Let links lead to the pages of files, and warn of those to nothing."""
    page = app.env.current_document.docname
    for link in doctree.findall(nodes.reference):
        scheme, _, path = link.get("refuri", "").partition(":")
        if scheme == SCHEME:
            if not (ROOT / path).exists():
                _LOG.warning("no file %s in the repository", path, location=link)
            elif path not in _PAGES:
                _files(app).add(path)
            shown = f"{_PAGES.get(path, SHOWN + path)}.html"
            link["refuri"] = posixpath.relpath(shown, posixpath.dirname(page) or ".")
            link["internal"] = True


def _files(app: Sphinx) -> set[str]:
    """Return the files that pages link to, as far as pages were read."""
    env: Any = app.env
    if not hasattr(env, "snnrun_files"):
        env.snnrun_files = set()
    found: set[str] = env.snnrun_files
    return found


def _pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the pages of files and folders, and of all that lies in such folders."""
    waiting = sorted(_files(app))
    seen = set[str]()
    for path in waiting:  # which grows
        if path not in seen:
            seen.add(path)
            inner = sorted(each.name for each in (ROOT / path).glob("[!._]*"))
            body = _folder(path, inner) if (ROOT / path).is_dir() else _file(app, path)
            waiting += [f"{path}/{name}" for name in inner]
            title = f"<h1><code>{html.escape(path)}</code></h1>"
            yield SHOWN + path, {"title": path, "body": title + body}, "page.html"


def _folder(path: str, inner: list[str]) -> str:
    name = posixpath.basename(path)
    items = (f'<li><a href="{name}/{each}.html">{html.escape(each)}</a></li>' for each in inner)
    return f"<ul>{''.join(items)}</ul>"


def _file(app: Sphinx, path: str) -> str:
    raw = (ROOT / path).read_bytes()
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return f"<p>{len(raw):,} bytes.</p>"
    if len(raw) > _LARGEST:
        return f"<p>A text of {len(raw):,} bytes.</p>"
    builder: Any = app.builder  # that of HTML has a highlighter
    language = _LANGUAGES.get(posixpath.splitext(path)[1], "none")
    return str(builder.highlighter.highlight_block(text, language))


def connect(app: Sphinx) -> None:
    """Let links be followed when pages are read, and files be shown when they are written."""
    app.connect("source-read", _mark, priority=600)  # when pages are written
    app.connect("doctree-read", _follow)
    app.connect("html-collect-pages", _pages)
