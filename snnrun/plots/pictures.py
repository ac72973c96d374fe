"""What layers see, in pictures: coded images, and many small maps in one image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from snnrun.encoders.settings import OnOffSettings
from snnrun.plots.style import PAGE, new_figure

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
_PLAIN, _SIGNED = "Greys", "RdBu_r"
TILES = 100  # of a panel, that can be told apart in print
WIDTH = PAGE - 8  # mm, about that of an image as wide as the page
_HIGHEST = 120.0  # mm, of an image
_PAGE_HIGH = 235.0  # mm
_ACROSS = 20  # tiles of a row, at most: of 8 mm
_PIXEL = 5.0  # mm, at most


def below_each_other(
    images: Sequence[Floats], around: Sequence[float], least: Sequence[float] | None = None
) -> tuple[Figure, list[Axes]]:
    """Return a figure of a panel for each image, as wide as the page if its pixels get not too
    large, and just as high as it needs.

    What is narrower keeps free room at its sides: a layout that narrows it loses its scale.

    Args:
        images: ``[height, width(, 3)]``.
        around: mm above and below each image, for its title, labels and scale.
        least: how high a pixel of each image is at least, mm; None: all are square.
    """
    lowest = least or [0.0] * len(images)
    sizes = [_pixel(each, _HIGHEST, low) for each, low in zip(images, lowest, strict=True)]
    heights = [len(each) * high for each, (_, high) in zip(images, sizes, strict=True)]
    room = _PAGE_HIGH - sum(around)
    if sum(heights) > room:
        heights = [height * room / sum(heights) for height in heights]
        given = zip(images, heights, lowest, strict=True)
        sizes = [_pixel(each, most, low) for each, most, low in given]
    heights = [height + above for height, above in zip(heights, around, strict=True)]
    figure = new_figure(PAGE, sum(heights))
    panels = list(figure.subplots(len(images), 1, squeeze=False, height_ratios=heights).ravel())
    for axes, image, (wide, high) in zip(panels, images, sizes, strict=True):
        middle, half = (image.shape[1] - 1) / 2, WIDTH / wide / 2
        axes.set_xlim(middle - half, middle + half)
        axes.set_aspect(high / wide)
    return figure, panels


def _pixel(image: Floats, most: float, least: float) -> tuple[float, float]:
    """Return how wide and high a pixel of an image is, of at most so many mm in all."""
    high, wide = image.shape[:2]
    size = min(_PIXEL, WIDTH / wide, most / high)
    return size, min(max(size, least), most / high)


def pixel_of(axes: Axes) -> tuple[float, float]:
    """Return how wide and high a pixel is in a panel of :func:`below_each_other`, mm."""
    left, right = axes.get_xlim()
    aspect = axes.get_aspect()
    wide = WIDTH / (right - left)
    return wide, wide * (1.0 if isinstance(aspect, str) else aspect)


def picture(values: Floats, evaluation: "Evaluation") -> tuple[Floats, bool]:
    """Return what the channels of a coded image show, and whether it has a sign.

    Args:
        values: ``[..., channel, height, width]``.
        evaluation: says how images were coded.

    Returns:
        ``[..., height, width]``, light minus dark where these are channels of their own, or
        ``[..., height, width, 3]`` of colours.
    """
    code: Any = evaluation.experiment.encoder
    signed = isinstance(code, OnOffSettings)
    if signed:
        values = _on(values, code.dialect) - _on(values, code.dialect, False)
    if values.shape[-3] == 3:
        colours = np.moveaxis(values, -3, -1)
        return 0.5 + 0.5 * colours if signed else colours, False
    return values.mean(axis=-3), signed


def _on(values: Floats, dialect: int, on: bool = True) -> Floats:
    """Return the channels of light, or of dark: off, on of each colour, or all on, then all off."""
    if dialect == 2022:
        return values[..., int(on) :: 2, :, :]
    half = values.shape[-3] // 2
    return values[..., :half, :, :] if on else values[..., half:, :, :]


def montage(tiles: Floats, columns: int, gap: int = 1, between: int | None = None) -> Floats:
    """Return tiles ``[n, height, width(, 3)]`` row by row in one image, the first at the top left.

    Between them is nan: ``gap`` pixels beside each other, ``between`` rows, None: as many.

    Example:
        >>> montage(np.arange(6.0).reshape(3, 1, 2), columns=2)
        array([[ 0.,  1., nan,  2.,  3.],
               [nan, nan, nan, nan, nan],
               [ 4.,  5., nan, nan, nan]])
    """
    number, height, width, *colours = tiles.shape
    rows, between = -(-number // columns), gap if between is None else between
    size = (rows * (height + between) - between, columns * (width + gap) - gap, *colours)
    image = np.full(size, np.nan)
    for index, tile in enumerate(tiles):
        top, left = (height + between) * (index // columns), (width + gap) * (index % columns)
        image[top : top + height, left : left + width] = tile
    return image


def columns_for(tiles: Floats) -> int:
    """Return how many tiles beside each other make a nearly square image with few empty places.

    Example:
        >>> [columns_for(np.zeros((number, 5, 5))) for number in (5, 10, 24, 32, 96)]
        [3, 5, 6, 8, 12]
    """
    number, height, width = tiles.shape[:3]
    square = max(1, round(float(number * height / width) ** 0.5))
    choices = range(max(min(square, 2), square - 1), min(number, square + 2) + 1)
    return min(choices or [1], key=lambda each: (-number % each, abs(each - square - 0.5), -each))


def columns_across(tiles: Floats) -> int:
    """Return how many tiles beside each other make rows of a page, all nearly full.

    Example:
        >>> [columns_across(np.zeros((number, 5, 5))) for number in (5, 10, 24, 48, 64, 100)]
        [5, 10, 12, 16, 16, 20]
    """
    rows = -(-len(tiles) // _ACROSS)
    return -(-len(tiles) // rows)


def show(axes: Axes, image: Floats, signed: bool, limit: float | None = None) -> AxesImage:
    """Show an image from white at 0 on; one with a sign from blue, dark, to red, light.

    Args:
        axes: where.
        image: ``[height, width]``, or ``[height, width, 3]`` in [0, 1].
        signed: whether values have a sign.
        limit: the largest value of the scale; None for that of the image.
    """
    top = limit if limit is not None else float(np.nanmax(np.abs(image), initial=0.0))
    top = top if top > 0 else 1.0
    if image.ndim == 3:
        image = np.nan_to_num(np.clip(image, 0, 1), nan=1.0)
    found = axes.imshow(
        image,
        cmap=_SIGNED if signed else _PLAIN,
        vmin=-top if signed else 0,
        vmax=top,
        origin="upper",
        aspect="equal" if axes.get_aspect() == "auto" else axes.get_aspect(),
    )
    axes.set_anchor("N")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    return found


def neuron_tiles(values: Floats, evaluation: "Evaluation") -> tuple[Floats, bool]:
    """Return one image with a tile for each of the first neurons, and whether it has a sign.

    Tiles of colours have a scale of their own each.

    Args:
        values: ``[neurons, channel, rows, columns]`` of a coded image.
        evaluation: says how images were coded.
    """
    tiles, signed = picture(values[:TILES], evaluation)
    if tiles.ndim == 4:
        largest = np.abs(tiles).reshape(len(tiles), -1).max(axis=1)
        tiles = tiles / np.maximum(largest, 1e-30).reshape(-1, 1, 1, 1)
        tiles = 0.5 + 0.5 * tiles if (tiles < 0).any() else tiles
    return montage(tiles, columns_across(tiles)), signed


def some(shown: int, whole: int) -> str:
    """Return how many of the neurons are shown.

    Example:
        >>> some(10, 64), some(10, 10)
        ('10 of 64 neurons', '10 neurons')
    """
    return f"{whole} neurons" if shown >= whole else f"{shown} of {whole} neurons"


def spike_axis(axes: Axes, last: int) -> None:
    """Label the x axis with numbers of spikes, from 1 on."""
    axes.set_xscale("log")
    axes.set_xlim(0.9, 1.1 * last)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel("spikes of each group")
