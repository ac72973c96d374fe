"""Keys of images: which colour stands for which number."""

import math
from typing import Any

from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from snnrun.plots.panels import raised
from snnrun.plots.pictures import WIDTH

_THICK = 2.0  # mm, the height of a key


def scale(figure: Figure, image: AxesImage, label: str, **where: Any) -> None:
    """Put the key of an image where ``colorbar`` is told to; small numbers in powers of ten."""
    power = min(0, math.floor(math.log10(image.get_clim()[1])))
    unit = 10.0**power if power < -1 else 1.0
    if unit < 1:
        label += f" (10{raised(power)})"
    bar = figure.colorbar(image, label=label, ticks=MaxNLocator(4), **where)
    bar.formatter = FuncFormatter(lambda value, _: f"{value / unit:.3g}".replace("-", "−"))
    bar.outline.set_visible(False)


def scale_below(figure: Figure, image: AxesImage, label: str, gap: float, extend: str) -> None:
    """Put the key of an image ``gap`` mm below it, however much room its panel has."""
    axes = image.axes
    left, right = axes.get_xlim()
    thick = _THICK / (WIDTH * image.get_size()[0] / (right - left))
    lower = ScaledTranslation(0, -gap / 25.4, figure.dpi_scale_trans)
    place = axes.inset_axes((0.15, -thick, 0.7, thick), transform=axes.transAxes + lower)
    scale(figure, image, label, cax=place, orientation="horizontal", extend=extend)
