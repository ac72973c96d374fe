"""The figures of runs, as they come into a page."""

import base64
import os

import pytest

from snnrun.studies.report.figures import read_figures, trace
from tests.studies.report.folders import make, picture

ROOM = 10**6
SVG = '<?xml version="1.0"?>\n<!-- made\nby hand -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.fixture
def runs(tmp_path):
    return [make(tmp_path, name) for name in ("a", "b")]


def names(figures) -> list[tuple[int, str]]:
    return [(figure.run, figure.name) for figure in figures.shown]


def read(runs, room: int = ROOM):
    return read_figures([run.path for run in runs], room)


def test_pictures_come_whole_run_by_run(runs):
    path = picture(runs[1], "curves")
    picture(runs[0], "weights")
    (runs[0].plots / "curves.svg").write_text(SVG)
    (runs[0].plots / "curves.pdf").write_text("%PDF")
    found = read(runs)
    assert names(found) == [(0, "curves"), (0, "weights"), (1, "curves")]
    assert found.left_out == []
    vectors, _, pixels = found.shown
    assert pixels.size == (2, 1)
    head, content = pixels.source.split(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(content) == path.read_bytes()
    assert vectors.source.startswith("data:image/svg+xml;base64,")


def test_where_there_is_little_room_each_run_has_its_first_figures(runs):
    for run in runs:
        for name in "abc":
            picture(run, name, more=1000 * b"x")
    found = read(runs, room=4500)
    assert names(found) == [(0, "a"), (0, "b"), (1, "a"), (1, "b")]
    assert found.left_out == [f"{run.plots / 'c.png'}: 1,085 bytes" for run in runs]


def test_a_small_figure_has_room_where_a_large_one_has_none(runs):
    picture(runs[0], "a", more=9000 * b"x")
    picture(runs[0], "b")
    found = read(runs, room=1000)
    assert names(found) == [(0, "b")]
    assert len(found.left_out) == 1


def test_of_a_figure_in_two_forms_the_vectors_are_taken(runs):
    picture(runs[0], "curves")
    (runs[0].plots / "curves.svg").write_text(SVG)
    assert [figure.kind for figure in read(runs).shown] == ["image/svg+xml"]


@pytest.mark.parametrize("name", ["a.png", "a.svg"])
@pytest.mark.parametrize("content", [b"", b"<html><svg>", b"\x89PNG\r\n\x1a\n", 99 * b"x"])
def test_what_is_no_picture_is_left_out_and_named(runs, name, content):
    path = runs[0].plots / name
    path.write_bytes(content)
    found = read(runs)
    kind = path.suffix[1:].upper()
    assert (found.shown, found.left_out) == ([], [f"{path}: it is no {kind} file"])


def test_nothing_is_read_through_a_link(runs, tmp_path):
    secret = picture(make(tmp_path, "elsewhere"), "secret")
    (runs[0].plots / "curves.png").symlink_to(secret)
    (runs[1].plots).rmdir()
    (runs[1].plots).symlink_to(secret.parent)
    assert read(runs).shown == []


def test_what_never_ends_is_not_waited_for(runs):
    os.mkfifo(runs[0].plots / "curves.png")
    runs[1].plots.rmdir()
    assert (read(runs).shown, read(runs).left_out) == ([], [])


def test_another_figure_is_noticed(runs):
    traces = [trace(runs[0].path)]
    picture(runs[0], "curves")
    traces.append(trace(runs[0].path))
    picture(runs[0], "curves", more=b"x")
    traces.append(trace(runs[0].path))
    assert traces[0] != traces[1] != traces[2]
    assert trace(runs[0].path) == traces[2]
