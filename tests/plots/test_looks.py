"""What users choose of the look of figures is what figures have; what is wrong is named."""

import matplotlib
import pytest
from matplotlib.font_manager import fontManager

from snnrun.errors import ConfigError, SnnrunWarning
from snnrun.plots.looks import current, look_of, styled
from snnrun.plots.panels import letter
from snnrun.plots.style import COLUMN, PAGE, class_colours, new_figure, paper, points, save


def drawn(*choices):
    """A figure of two columns: two panels with letters, the first with a label."""
    with styled(*choices), paper():
        figure = new_figure(PAGE, 60)
        axes, other = figure.subplots(1, 2)
        axes.plot([0, 1], [1, 3])
        axes.set_xlabel("time")
        letter([axes, other])
        return figure, axes


@pytest.mark.parametrize(
    ("width", "found"), [(COLUMN, 86.36), (PAGE, 170), (44.5, 43.18), ((COLUMN + PAGE) / 2, 128.18)]
)
def test_widths_are_those_of_the_columns_and_shapes_stay(width, found):
    with styled("column=3.4in", "page=170mm"):
        wide, high = 25.4 * new_figure(width, width / 2).get_size_inches()
    assert wide == pytest.approx(found)
    assert high == pytest.approx(found / 2)


def test_type_has_the_size_and_all_of_it():
    _, axes = drawn("font_size=9")
    assert axes.xaxis.label.get_fontsize() == 9
    assert axes.get_xticklabels()[0].get_fontsize() == 9
    assert axes.title.get_fontsize() == 9
    assert axes._left_title.get_fontsize() == pytest.approx(8 * 9 / 7)
    with styled("font_size=14"):
        assert list(25.4 * new_figure(PAGE, 60).get_size_inches()) == pytest.approx([PAGE, 120])
    assert points(7) == 7  # the look ended with its block


def test_a_font_is_that_which_was_chosen(tmp_path):
    figure, axes = drawn("font=dejavu serif")
    assert axes.xaxis.label.get_fontfamily()[0] == "DejaVu Serif"
    pdf, _ = save(figure, tmp_path, "a")
    assert b"DejaVuSerif" in pdf.read_bytes()


def test_a_font_that_is_absent_is_told_in_a_line_and_another_is_taken():
    with pytest.warns(SnnrunWarning, match="font: 'Dejavu Sands' is not installed; nearest is"):
        look = look_of(["font=Dejavu Sands"])
    assert look.font == "DejaVu Sans"


@pytest.mark.parametrize("choice", ["palette=red, #0000FF", {"palette": ["red", "#0000ff"]}])
def test_a_palette_of_ones_own(choice):
    with styled(choice):
        assert class_colours(2) == ["#ff0000", "#0000ff"]
        assert len(set(class_colours(3))) == 3  # a map, where there are too few
    with styled("palette=okabe_ito"):
        assert class_colours(2) == ["#e69f00", "#56b4e9"]
    with styled("palette=tab10"):
        assert class_colours(1) == ["#1f77b4"]
    assert class_colours(1) != ["#1f77b4"]


def test_ticks_and_what_matplotlib_has():
    with styled("ticks=in", "axes.linewidth=1.5"), paper():
        assert matplotlib.rcParams["xtick.direction"] == "in"
        assert matplotlib.rcParams["axes.linewidth"] == 1.5
    with paper():
        assert matplotlib.rcParams["xtick.direction"] == "out"


def test_files_are_yaml_or_style_sheets_and_later_choices_win(tmp_path):
    (tmp_path / "paper.yaml").write_text("font_size: 8\ncolumn: 252pt\naxes: {linewidth: 0.9}\n")
    (tmp_path / "other.mplstyle").write_text("axes.linewidth: 2.5  # thick\nlegend.frameon: True\n")
    look = look_of([tmp_path / "paper.yaml", tmp_path / "other.mplstyle", "font_size=9"])
    assert look.font_size == 9
    assert look.column == pytest.approx(252 * 25.4 / 72.27)
    assert look.rc == {"axes.linewidth": 2.5, "legend.frameon": True}


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("fontsize=9", "style: fontsize: unknown key; did you mean 'font_size'?"),
        ("axes.linewith=1", "style: axes.linewith: unknown key; did you mean 'axes.linewidth'?"),
        ("axes.linewidth=thick", "style: axes.linewidth: Could not convert 'thick' to float"),
        ("palette=okabe_it", "is no palette and no colour; did you mean 'okabe_ito'?"),
        ("palette=red,bluee", "'bluee' is no palette and no colour. Palettes: snnrun, okabe_ito"),
        ("ticks=inn", "style: ticks: must be 'out', 'in' or 'inout', got 'inn'"),
        ("column=3ft", "style: column: expected a length in mm, cm, in, pt, got '3ft'"),
        ("column=3", "style: column: must be 20 or more, got"),
        ("font_siz", "style: expected KEY=VALUE or a file, got 'font_siz'; did you mean 'font_"),
        ("none.yaml", "style: expected KEY=VALUE or a file, got 'none.yaml'"),
        ("rc=1", "style: rc: unknown key"),
    ],
)
def test_what_is_wrong_is_named_with_the_nearest_name(choice, message):
    with pytest.raises(ConfigError) as error:
        look_of([choice])
    assert message in str(error.value)


def test_a_style_sheet_that_is_damaged(tmp_path):
    (tmp_path / "bad.mplstyle").write_text("axes.linewidth: thick\n")
    with pytest.raises(ConfigError, match=r"style: .*bad\.mplstyle"):
        look_of([tmp_path / "bad.mplstyle"])


def test_a_look_that_was_refused_changes_nothing():
    before = current()
    with pytest.raises(ConfigError), styled("ticks=up"):
        pass
    assert current() is before
    assert "DejaVu Sans" in {entry.name for entry in fontManager.ttflist}
