"""How Sphinx makes the site from the Markdown pages of docs/: ``make docs``.

What the pages leave to it stands in the modules beside this file: ``pages`` writes lists and tables
into them, ``repository`` shows the files that they link to, ``docstrings`` reads our docstrings.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import docstrings
import pages
import repository
from sphinx.application import Sphinx

import snnrun.extending.parts  # noqa: F401  Sphinx changes annotations of classes: pydantic reads them first

project = "snnrun"
html_title = "snnrun"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["site", "**/.ipynb_checkpoints"]

# Markdown as GitHub reads it: headings are anchors by the same names.
myst_heading_anchors = 4
myst_url_schemes = ["http", "https", "mailto", repository.SCHEME]
nb_execution_mode = "off"  # a notebook is shown with what it printed where it was run
highlight_language = "text"  # of blocks that name none: equations and listings

autosummary_generate = False
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
napoleon_use_ivar = True
python_use_unqualified_type_names = True

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False


def _without_scripts_of_others(app, page, template, context, doctree) -> None:
    """Leave out MathJax, which Sphinx asks another server for where it thinks of formulas."""
    own = [each for each in context["script_files"] if "://" not in str(each.filename)]
    context["script_files"][:] = own


def _without_links_back(app, page, template, context, doctree) -> None:
    """Leave out links from source to reference, where classes stand by other names."""
    if page.startswith("_modules/"):
        context["body"] = re.sub(
            r'<a class="viewcode-back"[^>]*>.*?</a>', "", context.get("body", "")
        )


def setup(app: Sphinx) -> None:
    """Connect what is ours."""
    app.connect("html-page-context", _without_scripts_of_others, priority=900)
    app.connect("html-page-context", _without_links_back)
    for module in (docstrings, pages, repository):
        module.connect(app)
