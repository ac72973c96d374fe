"""Panels with a place for each layer of a network."""

import numpy as np
from matplotlib.axes import Axes

MOST = 12  # names of layers that fit below a panel


def short(key: str) -> str:
    """Return what a layer is called where there is little room.

    Example:
        >>> short("layers.3.body.0"), short("readout")
        ('3.body.0', 'readout')
    """
    return key.removeprefix("layers.")


def layer_axis(axes: Axes, names: list[str]) -> None:
    """Label a place for each layer; of many layers, every k-th."""
    every = -(-len(names) // MOST)
    places = np.arange(len(names))[::every]
    turned = len(names) > 1 and sum(map(len, names[::every])) > 30
    axes.set_xticks(places, names[::every], rotation=90 if turned else 0)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_xlabel("layer")
