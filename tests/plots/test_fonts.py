"""The cut-down font: the same glyphs, made once, with the full font behind it."""

import matplotlib
import numpy as np
import pytest
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg

from snnrun.plots import fonts
from snnrun.plots.fonts import FULL, cut_down, quick
from snnrun.plots.style import new_figure, paper, save


def source(name="DejaVuSans.ttf"):
    return fonts.Path(matplotlib.get_data_path(), "fonts", "ttf", name)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder of matplotlib."""
    monkeypatch.setattr(matplotlib, "get_cachedir", lambda: str(tmp_path))
    return tmp_path


def picture(font, text, **families):
    """A text in regular and bold."""
    with paper(), matplotlib.rc_context({"font.sans-serif": [font], **families}):
        figure = new_figure(60, 20)
        figure.text(0.02, 0.6, text)
        figure.text(0.02, 0.1, text, fontweight="bold")
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba()).copy()


@pytest.mark.parametrize("text", ["AVAT fi lag (τₛ), 5 ± 3 % − ×", "классы"])
@pytest.mark.filterwarnings("ignore:Glyph .* missing from font:UserWarning")
def test_text_looks_as_with_the_full_font(text):
    expected = picture(FULL, text)
    np.testing.assert_array_equal(picture(quick(), text), expected)
    alone = picture(quick(), text, **{"font.family": "sans-serif"})
    assert (alone != expected).any() == text.startswith("к")  # what only the full font has


def test_glyphs_and_metrics_are_those_of_the_full_font(cache):
    with TTFont(cut_down(source())) as small, TTFont(source()) as whole:
        assert len(small.getGlyphOrder()) < 0.2 * len(whole.getGlyphOrder())
        for character in "Aß−τₛ±≤":
            widths = [f["hmtx"][f.getBestCmap()[ord(character)]] for f in (small, whole)]
            assert widths[0] == widths[1]


def test_it_is_made_once_and_again_when_the_recipe_changes(cache, monkeypatch):
    path = cut_down(source())
    made = path.stat().st_mtime_ns, path.read_bytes()
    assert cut_down(source()) == path
    assert path.stat().st_mtime_ns == made[0]
    path.unlink()
    assert cut_down(source()).read_bytes() == made[1]  # the same on every machine
    monkeypatch.setattr(fonts, "_CHARACTERS", [*range(0x20, 0x40)])
    assert cut_down(source()) != path
    assert len(list(cache.iterdir())) == 2


def test_figures_embed_it_as_text(tmp_path):
    with paper():
        figure = new_figure(60, 20)
        axes = figure.subplots()
        axes.plot([0, 1])
        axes.set_title("lag (τₛ)")
    pdf, _ = save(figure, tmp_path, "a")
    content = pdf.read_bytes()
    assert b"DejaVuSans" in content
    assert b"/CIDFontType2" in content
    assert len(content) < 15_000
