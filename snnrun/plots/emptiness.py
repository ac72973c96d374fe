"""Panels in which nothing is drawn: no figure has one, whatever it is drawn from."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D


def without_empty(figure: Figure) -> Figure | None:
    """Take the panels out in which nothing is drawn; return None if there are no others.

    Example:
        >>> figure = Figure()
        >>> first, second = figure.subplots(1, 2)
        >>> _ = first.plot([0, 1], [2, 3]), second.plot([], [])
        >>> without_empty(figure).axes == [first]
        True
    """
    shown = [axes for axes in figure.axes if axes.axison and axes.get_visible()]
    empty = [axes for axes in shown if is_empty(axes)]
    if empty == shown and not any(map(_has_any, figure.axes)):
        return None
    for axes in empty:
        axes.remove()
    return figure


def is_empty(axes: Axes) -> bool:
    """Tell whether a panel has no finite point, no shape, no image and no word in it.

    A legend, labels, and lines across the whole panel are no content of their own.
    """
    return not _has_any(axes)


def _has_any(axes: Axes) -> bool:
    inside = (*axes.images, *axes.texts, *axes.tables, *axes.child_axes)
    drawn = (*axes.lines, *axes.patches, *axes.collections)
    return bool(inside) or any(_is_drawn(axes, artist) for artist in drawn)


def _is_drawn(axes: Axes, artist: Artist) -> bool:
    if isinstance(artist, Line2D):
        if not all(artist.get_transform().contains_branch_seperately(axes.transData)):
            return False  # across the panel
        return bool(np.isfinite(np.asarray(artist.get_xydata(), float)).all(axis=1).any())
    if isinstance(artist, PathCollection):
        return bool(len(np.asarray(artist.get_offsets())))
    if isinstance(artist, Collection) and artist.get_array() is None:
        return any(len(np.asarray(path.vertices)) for path in artist.get_paths())
    return True
