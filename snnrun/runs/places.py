"""What a folder that goes to others does not tell: where files lay, and who worked there.

Of a path that leads anywhere else than into the folder one is in, only the last part stays:
``/home/me/configs/xor.yaml`` is ``xor.yaml``. Names and passwords in addresses go, too.
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

_LOGIN = re.compile(r"(://)[^/\s?#@]*@")
#: What may stand before a path: how an address of this machine begins, a machine, a drive.
_BEFORE = re.compile(r"\b(?:file|sqlite):/{2,}|(?<![\w./@-])(?:[\w.-]+@)?[\w.-]+:(?=/(?!/))")
_STEP = r"""[^\s'",;:()\[\]{}]"""
#: Where a path begins that does not begin in the folder one is in: a root, a home, a drive, ``..``.
#: Names in it may hold a blank or two, before a further slash.
_PATH = re.compile(
    r"(?:(?<![\w.:/~])|(?<=^-\w)|(?<=\s-\w))(?:~\w*/|(?:\./)*(?:\.\./)+|/(?!/)|[A-Za-z]:\\|\\\\)"
    rf"{_STEP}+(?:(?: (?:(?![/\\]){_STEP})+){{1,2}}[/\\]{_STEP}*)*"
)
#: What stands in an archive is a part of its name.
_ARCHIVES = (".npz", ".h5", ".hdf5", ".zip")


def without_places(value: Any) -> Any:
    """Return maps, lists and texts without places of this machine.

    Example:
        >>> without_places({"command": ["train", "/home/me/a.yaml", "data.folder=../me/x"]})
        {'command': ['train', 'a.yaml', 'data.folder=x']}
        >>> without_places("imported from /tmp/one/runs; see https://a.org/b")
        'imported from runs; see https://a.org/b'
        >>> without_places("file:///home/me/x.yaml, box:/data/my own/y.npy, --results=/home/me")
        'x.yaml, y.npy, --results=~'
        >>> without_places("-o/home/me/figures")
        '-ofigures'
    """
    if isinstance(value, Mapping):
        return {key: without_places(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_places(each) for each in value]
    return _without(value) if isinstance(value, str) else value


def _without(text: str) -> str:
    text = _BEFORE.sub(lambda found: "/" if "//" in found.group() else "", text)
    key, equals, rest = text.rpartition("=")
    if _PATH.match(rest):  # a path alone may hold blanks
        return f"{_within(key)}{equals}{_last(rest)}"
    return _within(text)


def _within(text: str) -> str:
    return _LOGIN.sub(r"\1***@", _PATH.sub(lambda found: _last(found.group()), text))


def _last(path: str) -> str:
    """Return what a path leads to, without the way there.

    Example:
        >>> _last("/data/xy.npz/x"), _last("C:\\\\Users\\\\me\\\\a.yaml"), _last("../")
        ('xy.npz/x', 'a.yaml', '.')
    """
    parts = [
        part for part in PurePosixPath(path.replace("\\", "/")).parts if part not in ("/", "..")
    ]
    if len(parts) < 4 and parts[-2:-1] in (["home"], ["Users"]):  # the last part is a person
        return "~"
    inside = [index for index, part in enumerate(parts[:-1]) if part.endswith(_ARCHIVES)]
    return "/".join(parts[inside[-1] if inside else -1 :]) or "."
