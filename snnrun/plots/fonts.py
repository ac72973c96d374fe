"""The font of the figures, cut down to the characters of our scripts so that it embeds quickly.

A PDF holds the glyphs it needs. To pick them out of the 6,000 of DejaVu Sans takes longer than to
draw a figure; out of 800 it takes a fifth of that, and gives the same glyphs. The smaller
font is made once and kept in matplotlib's cache folder.
"""

from functools import cache
from hashlib import blake2b
from pathlib import Path

import matplotlib
from fontTools import subset
from matplotlib.font_manager import FontEntry, fontManager

from snnrun.runs.files import write_atomic

FULL, _QUICK = "DejaVu Sans", "DejaVu Sans, cut down"
_WEIGHTS = {"DejaVuSans.ttf": 400, "DejaVuSans-Bold.ttf": 700}
_CHARACTERS = [
    *range(0x20, 0x180),  # Latin
    *range(0x370, 0x400),  # Greek
    *range(0x2000, 0x20A0),  # punctuation, superscripts, subscripts
    *range(0x2190, 0x2194),  # arrows
    *range(0x2200, 0x2270),  # mathematics
]


@cache
def quick() -> str:
    """Return the name of the cut-down font, which matplotlib knows from now on."""
    for name, weight in _WEIGHTS.items():
        path = cut_down(Path(matplotlib.get_data_path(), "fonts", "ttf", name))
        fontManager.ttflist.append(
            FontEntry(str(path), name=_QUICK, weight=weight, stretch="normal", size="scalable")
        )
    return _QUICK


def cut_down(font: Path) -> Path:
    """Return the cut-down copy of a font; it is made only where the cache has none."""
    wanted = blake2b(font.read_bytes() + repr(_CHARACTERS).encode(), digest_size=6).hexdigest()
    path = Path(matplotlib.get_cachedir(), f"{font.stem}-{wanted}.ttf")
    if not path.exists():
        write_atomic(path, lambda whole: _write(font, whole), durable=False)
    return path


def _write(font: Path, to: Path) -> None:
    options = subset.Options(drop_tables=["FFTM"])
    with subset.load_font(str(font), options) as whole:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=_CHARACTERS)
        cutter.subset(whole)
        subset.save_font(whole, str(to), options)
