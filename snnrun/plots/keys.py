"""Keys of images: which colour stands for which number."""

import math
from typing import Any

from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from snnrun.plots.panels import raised
from snnrun.plots.pictures import WIDTH, pixel_of

_LONG, _THICK = 60.0, 2.0  # mm, of a key below an image


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
    long = _LONG / WIDTH
    thick = _THICK / (pixel_of(axes)[1] * image.get_size()[0])
    lower = ScaledTranslation(0, -gap / 25.4, figure.dpi_scale_trans)
    place = axes.inset_axes((0.5 - long / 2, -thick, long, thick), transform=axes.transAxes + lower)
    scale(figure, image, label, cax=place, orientation="horizontal", extend=extend)
