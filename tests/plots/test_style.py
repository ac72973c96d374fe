"""The style: files that do not change by themselves, no global state, colours that differ."""

import subprocess
import sys
import threading
import time

import matplotlib
import pytest
from matplotlib.colors import to_rgb

from snnrun.errors import DataError
from snnrun.plots import PLOTS
from snnrun.plots.looks import styled
from snnrun.plots.panels import letter
from snnrun.plots.style import class_colours, new_figure, paper, save, tint


def sketch():
    with paper():
        figure = new_figure(89, 50)
        figure.subplots().plot([0, 1], [1, 3], label="line")
        return figure


def test_equal_data_give_equal_files_at_any_time(tmp_path, monkeypatch):
    files = []
    for name, moment in (("a", "1000000000"), ("b", "1500000000")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)  # what matplotlib takes for the time
        files.append([path.read_bytes() for path in save(sketch(), tmp_path, name)])
    assert files[0] == files[1]


def test_size_is_the_one_asked_for(tmp_path):
    _, png = save(sketch(), tmp_path, "a")
    width, height = (int.from_bytes(png.read_bytes()[at : at + 4]) for at in (16, 20))
    assert width == pytest.approx(200 * 89 / 25.4, abs=1)
    assert height == pytest.approx(200 * 50 / 25.4, abs=1)


def test_a_figure_is_laid_out_once_and_drawn_once_for_each_file(tmp_path, monkeypatch):
    figure = sketch()
    calls = []
    for owner, name in ((figure.get_layout_engine(), "execute"), (figure, "draw")):
        method = getattr(owner, name)

        def count(*args, name=name, method=method):
            calls.append(name)
            return method(*args)

        monkeypatch.setattr(owner, name, count)
    save(figure, tmp_path, "a")
    assert calls == ["execute", "draw", "draw"]


def test_labels_have_room(tmp_path):
    figure = sketch()
    axes = figure.axes[0]
    axes.set_ylabel("a label\nof two lines")
    save(figure, tmp_path, "a")
    assert axes.get_tightbbox().x0 > 0


def test_style_ends_with_its_block():
    before = matplotlib.rcParams["font.size"]
    with paper():
        assert matplotlib.rcParams["font.size"] == 7
    assert matplotlib.rcParams["font.size"] == before != 7


def test_threads_take_turns():
    """A thread that leaves its block must not take the style from one that is still inside."""
    sizes = []

    def work():
        for _ in range(20):
            with paper():
                time.sleep(1e-3)
                sizes.append(matplotlib.rcParams["font.size"])

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [7] * 60
    assert matplotlib.rcParams["font.size"] != 7


def test_a_folder_that_cannot_be_written_is_a_data_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot write"):
        save(sketch(), tmp_path / "file", "a")


@pytest.mark.parametrize("number", [3, 10, 23])
def test_class_colours_differ_and_keep_their_order(number):
    colours = class_colours(number)
    assert len(set(colours)) == number
    if number <= 10:
        assert colours[:3] == class_colours(3)


def test_tint_lies_between_white_and_the_colour():
    assert tint("#3f90da", 0) == (1, 1, 1)
    assert tint("#3f90da", 1) == pytest.approx(to_rgb("#3f90da"))
    assert tint("#000000", 0.25) == (0.75, 0.75, 0.75)


def test_the_table_needs_neither_matplotlib_nor_torch():
    code = "import sys, snnrun.plots; print({'matplotlib', 'torch', 'numpy'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"


def test_figures_need_no_pyplot():
    code = "import sys, snnrun.plots.draw, snnrun.plots.curves, snnrun.plots.spike_times.raster;"
    code += "print('matplotlib.pyplot' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


@pytest.mark.parametrize("size", [7, 9])
@pytest.mark.parametrize(
    "name", ["dot", "different ones", "a name of forty letters, long as data are"]
)
def test_a_long_title_leaves_room_for_the_letter_of_its_panel(tmp_path, size, name):
    """At 9 points, the letter stood in the first letters of a class."""
    with styled({"font_size": size}), paper():
        figure = new_figure(183, 50)
        panels = list(figure.subplots(1, 5))
        for axes in panels:
            axes.plot([0, 1])
            axes.set_title(f"class: {name}")
        letter(panels)
        save(figure, tmp_path, "a")
        figure.draw_without_rendering()
        marks = [axes._left_title.get_window_extent() for axes in panels]
        titles = [axes.title.get_window_extent() for axes in panels]
    assert all(title.x0 > mark.x1 for title, mark in zip(titles, marks, strict=True))
    if len(name) < 20:
        assert all(title.x1 < mark.x0 for title, mark in zip(titles, marks[1:], strict=False))
    assert all(axes.title.get_fontsize() >= 5 for axes in panels)


def test_no_letter_touches_the_edge(tmp_path, network):
    """The label of a colour bar lost its last pixels."""
    from matplotlib.image import imread

    with paper():
        figure = PLOTS["label_times"].draw(network)
    _, png = save(figure, tmp_path, "a")
    grey = imread(png)[..., :3].mean(-1)
    for edge in (grey[0], grey[-1], grey[:, 0], grey[:, -1]):
        assert edge.min() > 0.99
