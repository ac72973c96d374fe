"""Figures that move: the same panels, with other images from frame to frame, as an animated GIF."""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

MOST = 48  # frames, which are drawn in two seconds and watched in five
_DPI, _COLOURS = 110, 64


class Film(Figure):
    """A figure with frames. What :func:`.style.save` writes of it is a GIF, and a PNG of one frame.

    Args:
        frames: how many.
        ms: for how long each is shown.
        figure: see :class:`matplotlib.figure.Figure`.

    turn: brings the panels to a frame, given its number.
    moving: the artists that it changes; all others are drawn once for all frames.
    still: number of the frame that a picture is taken of.
    """

    turn: Callable[[int], None]
    moving: Sequence[Artist]

    def __init__(self, *, frames: int, ms: int = 100, **figure: Any) -> None:
        super().__init__(**figure)
        self.frames, self.ms, self.still = frames, ms, 0

    def gif(self) -> bytes:
        """Return all frames as a GIF that begins anew behind the last; then the still is shown."""
        from PIL import Image  # only who draws a film waits for it

        pictures = [Image.fromarray(each).quantize(_COLOURS) for each in self._pixels()]
        self.turn(self.still)
        file = BytesIO()
        first, *others = pictures
        first.save(file, "GIF", save_all=True, append_images=others, duration=self.ms, loop=0)
        return file.getvalue()

    def _pixels(self) -> Iterator[NDArray[np.uint8]]:
        """Yield the frames, ``[height, width, 3]``."""
        self.set_dpi(_DPI)
        canvas: Any = FigureCanvasAgg(self)
        for artist in self.moving:
            artist.set_visible(False)
        canvas.draw()
        still = canvas.copy_from_bbox(self.bbox)
        for artist in self.moving:
            artist.set_visible(True)
        for number in range(self.frames):
            self.turn(number)
            canvas.restore_region(still)
            for artist in self.moving:
                artist.draw(canvas.get_renderer())
            yield np.asarray(canvas.buffer_rgba())[..., :3].copy()


def steps_a_frame(steps: int) -> int:
    """Return how many steps are shown together, so that a film is not too long.

    Example:
        >>> steps_a_frame(48), steps_a_frame(250)
        (1, 6)
    """
    return -(-steps // MOST)
