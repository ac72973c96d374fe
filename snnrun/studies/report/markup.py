"""HTML and JSON of texts that may be anybody's: nothing in them becomes markup, or a script.

Names, settings and messages of run folders are plain texts. Whatever is put into an element here
is escaped unless this module made it.
"""

import base64
import hashlib
import html
import json
import math
import re
from collections.abc import Iterable
from typing import Any

from snnrun.errors import printable

_VOID = {"br", "img", "input", "wbr"}


class Markup(str):
    """A text that is HTML already."""


def plain(value: object) -> str:
    r"""Return a text as it is shown, each of its lines printable; see :func:`printable`.

    Example:
        >>> plain("two\nlines, \x1b[2J")
        'two\nlines, \\x1b[2J'
    """
    return "\n".join(map(printable, str(value).split("\n")))


def element(name: str, *inside: object, **attributes: object) -> Markup:
    """Return an element with what is inside it.

    Args:
        name: such as ``td``.
        inside: markup, or anything else, whose text is escaped; None for nothing.
        attributes: ``_`` stands for ``-``, one at the end for nothing; True is one without a
            value, False and None are none.

    Example:
        >>> print(element("td", "a < b", data_value=3, class_="number", hidden=False))
        <td data-value="3" class="number">a &lt; b</td>
    """
    said = "".join(
        f" {key.strip('_').replace('_', '-')}" + ("" if value is True else f'="{escaped(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    end = "" if name in _VOID else f"{joined(inside)}</{name}>"
    return Markup(f"<{name}{said}>{end}")


def joined(parts: Iterable[object]) -> Markup:
    """Return parts one behind the other; what is no markup is escaped."""
    return Markup("".join(escaped(part) for part in parts if part is not None))


def escaped(value: object) -> str:
    """Return markup as it is, and anything else as a text that stands for itself.

    Example:
        >>> escaped('</script><img src="x">')
        '&lt;/script&gt;&lt;img src=&quot;x&quot;&gt;'
    """
    return value if isinstance(value, Markup) else html.escape(plain(value))


def broken(value: object) -> Markup:
    """Return a text that goes on in the next line behind a sign between words, not within a word.

    Copied, it is as it was.

    Example:
        >>> print(broken("runs/first_spike"))
        runs/<wbr>first_<wbr>spike
    """
    if isinstance(value, Markup):
        return value
    return Markup(element("wbr").join(map(escaped, re.split(r"(?<=[_/.,=])(?=\w)", str(value)))))


def as_json(value: Any) -> str:
    r"""Return JSON that a script element can hold: nothing in it ends or begins an element.

    Numbers that are not finite, which JSON does not know, become null.

    Example:
        >>> print(as_json({"name": "</script>", "values": [0.5, float("nan")]}))
        {"name":"\u003c/script\u003e","values":[0.5,null]}
    """
    text = json.dumps(_finite(value), separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {plain(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return plain(value) if isinstance(value, str) else value


def digest(text: str) -> str:
    """Return the SHA-256 of a text, as a Content-Security-Policy names what may run.

    Example:
        >>> digest("")
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    found = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{found}'"
