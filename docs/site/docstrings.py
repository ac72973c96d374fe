"""Our docstrings as Sphinx is to read them.

A class names its fields in lines ``name: what it is``; and a name that begins with a point,
``:class:`~.lif.LIF```, stands beside the module that says it.
"""

import re
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:  # what is left can be tried without it
    from sphinx.application import Sphinx

_BESIDE = re.compile(r"(:\w+:`~?)\.(?=\w+\.)")
_FIELD = re.compile(r"^([a-z_]\w*(?:, [a-z_]\w*)*): \S")


def with_fields(lines: list[str], title: str) -> list[str]:
    """Return a docstring whose paragraphs of fields stand under a title, as Google has them.

    Example:
        >>> with_fields(["A file.", "", "path: where it", "    lies", "", "More."], "Args")
        ['A file.', '', 'Args:', '    path: where it', '        lies', '', 'More.', '']
    """
    made: list[str] = []
    for paragraph in "\n".join(lines).strip().split("\n\n"):
        inner = paragraph.split("\n")
        if all(line.startswith(" ") or _FIELD.match(line) for line in inner):
            inner = [f"{title}:", *(f"    {line}" for line in inner)]
        made += [*inner, ""]
    return made


def whole_names(line: str, module: str) -> str:
    """Return a line whose names are whole.

    Example:
        >>> whole_names("see :class:`~.lif.LIF`", "snnrun.models.graph.fede")
        'see :class:`~snnrun.models.graph.lif.LIF`'
    """
    return _BESIDE.sub(rf"\1{module.rpartition('.')[0]}.", line)


def _read(app: "Sphinx", what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = [whole_names(line, getattr(thing, "__module__", None) or "") for line in lines]
    if what == "class":
        lines[:] = with_fields(lines, "Args" if is_dataclass(thing) else "Attributes")


def _sign(
    app: "Sphinx", what: str, name: str, thing: Any, options: Any, signature: Any, returns: Any
) -> tuple[Any, Any]:
    """Leave out how settings are made in Python: their fields, with all that is said of each."""
    if isinstance(thing, type) and issubclass(thing, BaseModel):
        return "", returns
    return signature, returns


def connect(app: "Sphinx") -> None:
    """Let docstrings be changed before others read them."""
    app.connect("autodoc-process-docstring", _read, priority=100)
    app.connect("autodoc-process-signature", _sign)
