"""One look for every figure, fit for a paper.

Widths are those of a printed page: one column 89 mm, two columns 183 mm. Type is 7 pt, lines are
thin, classes keep their colour from figure to figure. The ten class colours were searched for the
largest least distance between two of them, as everybody sees them and as people without red or
without green cones do; tests/plots/test_colours.py measures it. Figures are made without pyplot,
whose global state is neither thread-safe nor wanted while a network trains.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from snnrun.plots.emptiness import without_empty
from snnrun.plots.film import Film
from snnrun.plots.fonts import FULL, quick
from snnrun.plots.formats import USUAL
from snnrun.plots.looks import Look, current
from snnrun.runs.files import disk_errors, write_atomic

COLUMN, PAGE = 89.0, 183.0  # mm
_TYPE, _LEAST = 7, 5  # points; of what has no room
TIME = "(τₛ)"  # the unit of every spike time, spelt without mathtext, which is slow
INK, GREY, LIGHT, ACCENT = "#000000", "#7f7f7f", "#cccccc", "#1b7f79"  # none is a class colour
_TEN = "#3f90da #ffa90e #bd1f01 #5a1e78 #5fd8e8 #009669 #780f2d #004bff #a55a87 #fbb4b4".split()
_RC: dict[Any, Any] = {
    # It comes with matplotlib: the same figure everywhere. Files are drawn with its quick copy as
    # "sans-serif"; what that lacks comes from the next family.
    "font.family": ["sans-serif", FULL],
    "font.sans-serif": [FULL],
    "font.size": _TYPE,
    "axes.titlesize": _TYPE,
    "axes.labelsize": _TYPE,
    "xtick.labelsize": _TYPE,
    "ytick.labelsize": _TYPE,
    "legend.fontsize": _TYPE,
    "figure.titlesize": _TYPE,
    "figure.labelsize": _TYPE,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "legend.borderaxespad": 0.2,
    "axes.linewidth": 0.5,
    "axes.labelpad": 2,
    "axes.titlepad": 4,
    "axes.titley": 1.0,  # no search for a place above the ticks, as they are below
    "axes.spines.top": False,
    "axes.spines.right": False,
    **{
        f"{axis}tick.major.{key}": value
        for axis in "xy"
        for key, value in {"width": 0.5, "size": 2.5, "pad": 2}.items()
    },
    **{
        f"{axis}tick.minor.{key}": value
        for axis in "xy"
        for key, value in {"width": 0.4, "size": 1.5}.items()
    },
    "lines.linewidth": 1.0,
    "image.interpolation": "nearest",
    "image.origin": "lower",
    "figure.constrained_layout.w_pad": 0.05,  # inch; a layout found once is good to a few pixels
    "figure.constrained_layout.h_pad": 0.03,
    "savefig.dpi": 300,  # of images inside a PDF
    "pdf.fonttype": 42,  # text stays text that an editor can select
    "svg.fonttype": "none",  # so does this
    "svg.hashsalt": "snnrun",  # equal data, equal file
}
#: How each kind of file in ``FORMATS`` is written; none holds a date.
_FILES: dict[str, dict[str, Any]] = {
    "pdf": {"metadata": {"CreationDate": None}},
    "png": {"metadata": {"Software": None}, "dpi": 200},
    "svg": {"metadata": {"Date": None}},
}
_lock = threading.RLock()


@contextmanager
def paper() -> Iterator[None]:
    """Apply the style inside the block; one thread at a time, since matplotlib's is global."""
    with _lock, matplotlib.rc_context({**_RC, **_chosen(current())}):
        yield


def _chosen(look: Look) -> dict[Any, Any]:
    """Return what a look changes of the style."""
    sizes = [key for key, value in _RC.items() if key.endswith("size") and value == _TYPE]
    found: dict[Any, Any] = dict.fromkeys(sizes, look.font_size)
    found |= {f"{axis}tick.direction": look.ticks for axis in "xy"}
    if look.font != FULL:
        found["font.family"] = [look.font, "sans-serif", FULL]
    return found | look.rc


def points(size: float) -> float:
    """Return a size of type, in points, where the rest has 7 unless a look says otherwise."""
    return size * current().font_size / _TYPE


def _scaled(width: float, height: float) -> tuple[float, float]:
    """Return a size in inches, as wide as the columns of the look are; larger type makes it higher,
    else the shape stays.
    """
    look = current()
    along = (width - COLUMN) / (PAGE - COLUMN)
    wide = width * look.column / COLUMN
    if along > 0:
        wide = look.column + along * (look.page - look.column)
    high = height * wide / width * max(1.0, look.font_size / _TYPE)
    return wide / 25.4, high / 25.4


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of this size in mm, whose panels make room for their labels.

    It is larger or smaller where a look has other columns.
    """
    return Figure(figsize=_scaled(width, height), layout="constrained")


def new_film(width: float, height: float, *, frames: int, ms: int = 100) -> Film:
    """Return an empty film of this size in mm, of so many frames of so many ms."""
    return Film(frames=frames, ms=ms, figsize=_scaled(width, height), layout="constrained")


def class_colours(number: int) -> list[str]:
    """Return one colour for each class: the sequence of ten or that of the look, or a colour map
    where there are more classes.

    Example:
        >>> class_colours(3)
        ['#3f90da', '#ffa90e', '#bd1f01']
    """
    palette = current().palette or _TEN
    if number <= len(palette):
        return palette[:number]
    colour_map = matplotlib.colormaps["turbo"]
    return [to_hex(colour_map(index / (number - 1))) for index in range(number)]


def tint(colour: str, strength: float = 0.3) -> tuple[float, float, float]:
    """Return the colour mixed with white; strength 1 leaves it as it is."""
    red, green, blue = (1 - strength * (1 - channel) for channel in to_rgb(colour))
    return red, green, blue


def layer_shades(number: int) -> list[str]:
    """Return a colour for each layer, darker away from the input; none is a class colour.

    Example:
        >>> layer_shades(3), layer_shades(0)
        (['#a4ccc9', '#1b7f79', '#0b3330'], [])
    """
    colours = [to_hex(tint(ACCENT, 0.4)), ACCENT, "#0b3330"]
    shades = LinearSegmentedColormap.from_list("layers", colours, 255)
    places = np.linspace(0, 1, number) if number > 1 else [0.5] * number
    return [to_hex(shades(place)) for place in places]


def save(figure: Figure, folder: Path, name: str, formats: Sequence[str] = USUAL) -> list[Path]:
    """Write ``name.pdf``, ``name.png`` and so on into the folder, each whole or not at all.

    Of a film, there is a ``name.gif``, and a ``name.png`` if one is wanted.

    No date is written, so equal data give equal files. The layout is found once, for all. Panels
    in which nothing is drawn are left out; there is no file of a figure that has no others.
    """
    if without_empty(figure) is None:
        return []
    with disk_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with paper(), matplotlib.rc_context({"font.sans-serif": [quick()]}):
        _fix_layout(figure)
        for kind, content in _contents(figure, formats):

            def write(path: Path, content: bytes = content) -> None:
                path.write_bytes(content)

            paths.append(folder / f"{name}.{kind}")
            write_atomic(paths[-1], write, durable=False)
    return paths


def _contents(figure: Figure, formats: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield what each file of a figure holds, by its kind."""
    if isinstance(figure, Film):
        yield "gif", figure.gif()
    for kind in formats:
        if isinstance(figure, Film) and kind != "png":
            continue
        file = BytesIO()  # matplotlib does not say in so many words that a disk is full
        figure.savefig(file, format=kind, **_FILES[kind])
        yield kind, file.getvalue()


def _fix_layout(figure: Figure) -> None:
    """Find the layout once; without an engine, a figure is not laid out again for each file."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)
        for axes in figure.axes:
            _beside_letter(axes, figure.dpi)


def _beside_letter(axes: Axes, dpi: float) -> None:
    """Move a long title to the right of the letter of its panel; smaller, if it is wider than that.

    A name of a class is as long as a data set has it.
    """
    said, title = axes.get_title(loc="left"), axes.title
    if not said or not title.get_text():
        return
    texts = [each for each in axes.get_children() if isinstance(each, Text)]
    letter = next(each for each in reversed(texts) if each.get_text() == said)
    start = letter.get_window_extent().x1 + 0.4 * float(letter.get_fontsize()) * dpi / 72
    taken, end = title.get_window_extent(), axes.bbox.x1
    if taken.x0 >= start:
        return
    factor = min(1.0, 0.96 * (end - start) / taken.width)  # type is not scaled to the pixel
    title.set_fontsize(max(factor * title.get_fontsize(), _LEAST))
    title.set_horizontalalignment("left")
    title.set_x((start - axes.bbox.x0) / axes.bbox.width)
