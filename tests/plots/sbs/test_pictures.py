"""Many small maps in one image, and their keys."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from snnrun.core.random import Random
from snnrun.encoders import build_encoder
from snnrun.plots import PLOTS, pictures
from snnrun.plots.keys import scale_below
from snnrun.plots.sbs import kernels as sbs_kernels
from snnrun.plots.sbs import prototypes as sbs_prototypes
from snnrun.plots.style import new_figure, paper
from tests.plots.sbs.conftest import image


@pytest.mark.parametrize("dialect", [2022, 2023])
@pytest.mark.parametrize("channels", [1, 3])
def test_light_and_dark_make_the_picture_that_was_split(older, dialect, channels):
    values = np.random.default_rng(0).random((4, channels, 5, 6))
    mean = tuple(values.mean((0, 2, 3)))
    code = older.experiment.encoder.model_copy(update={"dialect": dialect, "mean": mean})
    other = replace(older, experiment=older.experiment.model_copy(update={"encoder": code}))
    encoder = build_encoder(code, values.shape[1:])
    seen = encoder(encoder.prepare(torch.from_numpy(values)), Random.fresh(4)).numpy()
    shown, signed = pictures.picture(seen, other)
    level = np.array(mean if dialect == 2022 else [0.5] * channels)
    light = (2 if dialect == 2022 else 1) * (values - level[:, None, None])
    if channels == 1:
        assert signed
        np.testing.assert_allclose(shown, light[:, 0])
    else:
        assert not signed
        np.testing.assert_allclose(shown, 0.5 + 0.5 * np.moveaxis(light, 1, -1))


def test_tiles_stand_row_by_row():
    tiles = np.arange(5 * 2 * 3.0).reshape(5, 2, 3)
    found = pictures.montage(tiles, columns=2, gap=1)
    assert found.shape == (8, 7)
    np.testing.assert_array_equal(found[:2, 4:], tiles[1])
    np.testing.assert_array_equal(found[6:, :3], tiles[4])
    assert np.isnan(found[2]).all()
    assert np.isnan(found[6:, 3:]).all()


@pytest.mark.parametrize("module", [sbs_kernels, sbs_prototypes])
def test_rows_of_panels_are_as_high_as_their_images(network, module):
    """Every row had the same height, and wide images left most of theirs empty."""
    with paper():
        figure = module.draw(network)
    rows = rows_of(figure)
    page = figure.bbox.height
    ratios = np.array(figure.axes[0].get_gridspec().get_height_ratios())
    for (bottom, top), room in zip(rows, page * ratios / ratios.sum(), strict=True):
        assert top - bottom > 0.8 * room
    for (above, _), (_, below) in itertools.pairwise(rows):
        assert above > below
    assert rows[0][1] <= page
    assert rows[-1][0] >= 0


def rows_of(figure) -> list[tuple[float, float]]:
    """Lower and upper end of all that is drawn in each panel, from the top on."""
    figure.draw_without_rendering()
    panels = [axes for axes in figure.axes if axes.images and axes.get_title()]
    return [(box.y0, box.y1) for box in (axes.get_tightbbox() for axes in panels)]


@pytest.mark.parametrize("module", [sbs_kernels, sbs_prototypes])
def test_images_are_as_wide_as_the_page(large, module):
    """Two beside each other were small, and left half of the page blank."""
    with paper():
        figure = module.draw(large)
        figure.draw_without_rendering()
    for axes in figure.axes:
        left, right = axes.get_xlim()
        shown = axes.bbox.width * image(axes).shape[1] / (right - left)
        pixel = 25.4 / figure.dpi * shown / image(axes).shape[1]
        assert shown > 0.9 * figure.bbox.width or pixel == pytest.approx(5, rel=0.1)


def test_every_row_of_a_matrix_has_room_for_its_label():
    """Every second of ten label neurons had one."""
    matrix = np.random.default_rng(0).random((10, 200))
    with paper():
        figure, (axes,) = pictures.below_each_other([matrix], [25], [2.8])
        pictures.show(axes, matrix, signed=False)
        axes.set_yticks(range(10), map(str, range(10)))
        figure.draw_without_rendering()
    boxes = [tick.label1.get_window_extent() for tick in axes.yaxis.get_major_ticks()]
    assert not any(a.overlaps(b) for a, b in itertools.pairwise(boxes))
    wide, high = pictures.pixel_of(axes)
    mm = 25.4 / figure.dpi
    assert axes.bbox.height * mm / 10 == pytest.approx(high, rel=0.05)
    assert axes.bbox.width * mm / 200 == pytest.approx(wide, rel=0.05)


@pytest.mark.parametrize("name", ["kernels", "prototypes"])
def test_every_panel_has_a_key(large, name):
    with paper():
        figure = PLOTS[name].draw(large)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert len(panels) == 3 - (name == "prototypes")
    for axes in panels:
        (key,) = axes.child_axes
        assert key.get_xlabel().startswith("p(")
        low, high = axes.images[0].get_clim()
        assert key.get_xlim() == (low, high)


def test_small_numbers_of_a_key_are_in_powers_of_ten():
    figure = new_figure(89, 50)
    shown = pictures.show(figure.subplots(), np.array([[0.00003, -0.00012]]), signed=True)
    scale_below(figure, shown, "p", gap=3, extend="both")
    figure.draw_without_rendering()
    (key,) = figure.axes[0].child_axes
    assert key.get_xlabel() == "p (10⁻⁴)"
    ticks = zip(key.get_xticks(), key.get_xticklabels(), strict=True)
    told = {label.get_text().replace("−", "-"): tick for tick, label in ticks}
    assert min(map(float, told)) < 0 < max(map(float, told))
    assert [1e4 * tick for tick in told.values()] == pytest.approx(list(map(float, told)))


@pytest.mark.parametrize("around", [20, 29])
@pytest.mark.parametrize("ratio", [0.3, 0.78, 0.84, 0.92, 1.1, 2.6])
def test_the_key_of_an_image_of_any_shape_is_on_the_page(ratio, around):
    """Of images nearly as high as wide, half of it lay below the edge."""
    values = np.random.default_rng(2).random((round(200 * ratio), 200))
    with paper():
        figure, (axes, _) = pictures.below_each_other([values, values[:20]], [around] * 2)
        shown = pictures.show(axes, values, signed=False)
        axes.set_title("hidden layer 1" + "\nof some" * (around == 29))
        if around == 29:
            axes.set_xticks([0, 9])
            axes.set_xlabel("neuron")
        scale_below(figure, shown, "p(s | i)", gap=10 if around == 29 else 3, extend="max")
        figure.draw_without_rendering()
    box = axes.get_tightbbox()
    assert 0 < box.y0
    assert box.y1 <= figure.bbox.height
    (key,) = axes.child_axes
    assert 25.4 / figure.dpi * key.bbox.height == pytest.approx(2.0, rel=0.1)
    low, high = axes.get_xlim()
    pixels = axes.bbox.width / (high - low), axes.bbox.height / len(values)
    assert pixels[0] == pytest.approx(pixels[1], rel=1e-6)
