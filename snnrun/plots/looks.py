"""What a user may choose of the look of figures: fonts, widths, colours, and what matplotlib has.

A choice is ``KEY=VALUE``, a YAML file of such keys, or a style sheet of matplotlib (``.mplstyle``,
``matplotlibrc``). Later ones go before earlier ones. Keys are those of :class:`Look`, and those of
matplotlib's rcParams, which all have a dot.
"""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, Literal

import matplotlib
from matplotlib.colors import is_color_like, to_hex
from matplotlib.font_manager import fontManager
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from snnrun.config.problems import explain, told
from snnrun.config.reading import document_of, read_plain
from snnrun.core.registry import Settings, near
from snnrun.errors import ConfigError, SnnrunWarning
from snnrun.plots.fonts import FULL

_MM = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72.27}  # points are those of TeX
_GENERIC = ("serif", "sans-serif", "monospace", "cursive", "fantasy")
_SHEETS = (".mplstyle", ".mplrc")
#: Colours of classes beside those that matplotlib knows: Okabe and Ito; Paul Tol.
_PALETTES = {
    "okabe_ito": "#e69f00 #56b4e9 #009e73 #f0e442 #0072b2 #d55e00 #cc79a7 #000000".split(),
    "tol_bright": "#4477aa #ee6677 #228833 #ccbb44 #66ccee #aa3377 #bbbbbb".split(),
}
OURS = "snnrun"


def _millimetres(given: Any) -> Any:
    """Take a length with a unit for its mm."""
    found = re.fullmatch(r"\s*([\d.]+)\s*([a-z]+)\s*", given) if isinstance(given, str) else None
    if found is None:
        return given
    if found[2] not in _MM:
        raise ValueError(f"expected a length in {', '.join(_MM)}, got {given!r}")
    return float(found[1]) * _MM[found[2]]


def _colours(given: Any) -> list[str]:
    """Take the name of a palette, or colours, for these; of our own palette there are none."""
    names = [OURS, *_PALETTES, *(n for n in matplotlib.color_sequences if n not in _PALETTES)]
    if isinstance(given, str) and given in names:
        found = _PALETTES.get(given) or ([] if given == OURS else matplotlib.color_sequences[given])
        return [to_hex(each) for each in found]
    colours = [each.strip() for each in given.split(",")] if isinstance(given, str) else list(given)
    wrong = [each for each in colours if not is_color_like(each)]
    if wrong:
        guess = near(str(given), names) if len(colours) == 1 else None
        hint = f"; did you mean {guess!r}?" if guess else f". Palettes: {', '.join(names)}"
        raise ValueError(f"{str(wrong[0])!r} is no palette and no colour{hint}")
    return [to_hex(each) for each in colours]


def _installed(family: str) -> str:
    """Return a font that is there; of one that is not, a line tells."""
    known = {entry.name for entry in fontManager.ttflist}
    if family in known or family in _GENERIC:
        return family
    lower = {name.lower(): name for name in known}
    if family.lower() in lower:
        return lower[family.lower()]
    guess = near(family, sorted(known))
    hint = f"; nearest is {guess!r}" if guess else ""
    text = f"style: font: {family!r} is not installed{hint}; figures are drawn in {FULL}"
    warnings.warn(SnnrunWarning(text), stacklevel=2)
    return FULL


Length = Annotated[float, BeforeValidator(_millimetres), Field(ge=20, le=1000)]


class Look(Settings):
    """What can be chosen of the look of figures; the rest is matplotlib's rcParams."""

    font: Annotated[
        str, AfterValidator(_installed), Field(description="family of a font that is installed")
    ] = FULL
    font_size: Annotated[float, Field(ge=4, le=24, description="points of the type")] = 7.0
    column: Annotated[
        Length, Field(description="width of a figure of one column: mm, or 3.5in, 252pt, 8.9cm")
    ] = 89.0
    page: Annotated[Length, Field(description="width of a figure of two columns")] = 183.0
    palette: Annotated[
        list[str],
        BeforeValidator(_colours),
        Field(
            default_factory=list,
            description="of classes and groups: a name such as okabe_ito, or colours",
        ),
    ]
    ticks: Annotated[
        Literal["out", "in", "inout"], Field(description="to which side of the axes ticks point")
    ] = "out"
    rc: Annotated[
        dict[str, Any],
        Field(default_factory=dict, exclude=True, description="rcParams of matplotlib, by name"),
    ]


_current: ContextVar[Look | None] = ContextVar("look", default=None)
_DEFAULT = Look.model_construct()


def current() -> Look:
    """Return the look that figures have now."""
    return _current.get() or _DEFAULT


@contextmanager
def styled(*choices: str | Path | Mapping[str, Any]) -> Iterator[Look]:
    """Draw figures with another look inside the block.

    Args:
        choices: each ``"KEY=VALUE"``, a file, or a map of keys.

    Raises:
        ConfigError: a key or value is wrong, with the nearest one, or a file cannot be read.

    Example:
        >>> with styled("font_size=9", {"axes.linewidth": 1.0}) as look:
        ...     look.font_size, current().rc
        (9.0, {'axes.linewidth': 1.0})
    """
    token = _current.set(look_of(choices) if choices else _current.get())
    try:
        yield current()
    finally:
        _current.reset(token)


def look_of(choices: Iterable[str | Path | Mapping[str, Any]]) -> Look:
    """Return the look that choices make, the later ones before the earlier ones.

    Raises:
        ConfigError: a key or value is wrong, or a file cannot be read.
    """
    own, rest, problems = dict[str, Any](), dict[str, Any](), list[str]()
    for choice in choices:
        for key, value in _pairs(choice):
            if key in Look.model_fields and key != "rc":
                own[key] = value
            elif key in matplotlib.rcParams:
                problems += _checked(key, value, rest)
            else:
                problems.append(_unknown(key))
    try:
        look = Look(**own, rc=rest)
    except ValidationError as error:
        problems += explain(error, document_of(own, "style"), Look)
    if problems:
        raise told(dict.fromkeys(problems))
    return look


def _pairs(choice: str | Path | Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    if isinstance(choice, Mapping):
        return list(_flat(choice))
    text = str(choice)
    path = Path(text)
    if path.name == "matplotlibrc" or path.suffix in _SHEETS:
        return _of_sheet(path)
    if "=" in text and not path.exists():
        key, _, value = text.partition("=")
        return [(key.strip(), value.strip())]
    if not path.exists():
        raise ConfigError(f"style: expected KEY=VALUE or a file, got {text!r}{_hint(text)}")
    return list(_flat(read_plain(path)))


def _flat(plain: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield keys and values; maps within maps are names with dots, as in ``axes: {grid: true}``."""
    for key, value in plain.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def _of_sheet(path: Path) -> list[tuple[str, Any]]:
    """Return what a style sheet of matplotlib says.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        found = matplotlib.rc_params_from_file(path, fail_on_error=True, use_default_template=False)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise ConfigError(f"style: {path}: {error}") from error
    return list(found.items())


def _checked(key: str, value: Any, into: dict[str, Any]) -> list[str]:
    """Put a value of matplotlib's where it belongs; return what is wrong with it."""
    try:
        into[key] = matplotlib.rcParams.validate[key](value)
    except (ValueError, TypeError) as error:
        return [f"style: {key}: {' '.join(str(error).split())}"]
    return []


def _unknown(key: str) -> str:
    return f"style: {key}: unknown key{_hint(key) or '; expected one of ' + _keys()}"


def _hint(key: str) -> str:
    guess = near(key, [*_own(), *matplotlib.rcParams])
    return f"; did you mean {guess!r}?" if guess else ""


def _own() -> list[str]:
    return [name for name in Look.model_fields if name != "rc"]


def _keys() -> str:
    return f"{', '.join(_own())}, or a name of matplotlib's rcParams"
