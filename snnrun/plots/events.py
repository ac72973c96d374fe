"""What films of events share: pixels that light up, a row for each source, a column a sample."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnrun.plots.film import Film, steps_a_frame
from snnrun.plots.pictures import columns_for, montage, show
from snnrun.plots.style import LIGHT, PAGE, new_film, points

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.floating[Any]]
GLOW = 0.6  # what a frame leaves of a light for the next
BRIGHT = 0.999  # quantile of what a sample has that is shown as brightest
_TILES = 16  # channels of a group at most


class Row(NamedTuple):
    """What a source does in each sample.

    name: of the source.
    images: of each sample ``[frames, height, width]``.
    signed: whether they have a sign.
    """

    name: str
    images: list[Floats]
    signed: bool


def row(name: str, counts: Sequence[Floats]) -> Row:
    """Return what lights up where events are counted, ``[frames, channel, height, width]`` each.

    Two channels are lighter less darker, as event cameras have them; others are tiles.
    """
    signed = counts[0].shape[1] == 2
    return Row(name, [_tiles(lit(each), signed) for each in counts], signed)


def framed(counts: Floats) -> Floats:
    """Return counts at steps summed to frames, of which there are not too many.

    Example:
        >>> framed(np.ones(100))[-2:].tolist()
        [3.0, 1.0]
    """
    frames: Floats = np.add.reduceat(counts, np.arange(0, len(counts), steps_a_frame(len(counts))))
    return frames


def lit(counts: Floats) -> Floats:
    """Return frames with an afterglow of those before.

    Example:
        >>> lit(np.array([1.0, 0.0, 1.0])).round(2).tolist()
        [1.0, 0.6, 1.36]
    """
    frames = counts.astype(np.float64)
    for index in range(1, len(frames)):
        frames[index] += GLOW * frames[index - 1]
    return frames


def _tiles(frames: Floats, signed: bool) -> Floats:
    if signed:
        return frames[:, 1] - frames[:, 0]
    shown = frames[:, :_TILES]
    return np.stack([montage(each, columns_for(each)) for each in shown])


def titles(evaluation: "Evaluation", found: dict[str, NDArray[Any]]) -> list[str]:
    """Return class and answer of examples, as a measure keeps them."""
    names = (*evaluation.classes, "none")  # an answer of -1 is none
    pairs = zip(found["labels"], found["predictions"], strict=True)
    return [f"class {names[label]}, answer {names[answer]}" for label, answer in pairs]


def film(rows: Sequence[Row], heads: Sequence[str], steps: int, ms: float | None = None) -> Film:
    """Return a film of images that light up.

    Args:
        rows: one below the other.
        heads: above the samples.
        steps: of a sample.
        ms: how long one is; None: nobody knows.
    """
    width = min(PAGE, 45.0 * len(heads))
    sizes = [each.images[0].shape[1:] for each in rows]
    heights = [(width - 6) / len(heads) * size[0] / size[1] for size in sizes]
    frames = len(rows[0].images[0])
    figure = new_film(width, 9 + 2 * len(rows) + sum(heights), frames=frames)
    panels = figure.subplots(len(rows), len(heads), squeeze=False, height_ratios=heights)
    lights = []
    for each, line in zip(rows, panels, strict=True):
        top = max(float(np.nanquantile(np.abs(images), BRIGHT)) for images in each.images)
        line[0].set_ylabel(each.name)
        for axes, images in zip(line, each.images, strict=True):
            lights.append((show(axes, images[0], each.signed, top), images))
            axes.spines[:].set(visible=True, color=LIGHT)
    for axes, head in zip(panels[0], heads, strict=True):
        axes.set_title(head)
    clock, together = figure.supxlabel(" ", fontsize=points(7)), steps_a_frame(steps)

    def to(number: int) -> None:
        for light, images in lights:
            light.set_data(images[number])
        last = min(steps, (number + 1) * together)
        clock.set_text(f"step {last} of {steps}" if ms is None else f"{last * ms:g} ms")

    figure.turn, figure.moving = to, [*(light for light, _ in lights), clock]
    busy = [np.nansum(np.abs(images), axis=(1, 2)) for _, images in lights]
    figure.still = int(np.argmax(np.sum(busy, axis=0)))
    to(figure.still)
    return figure
