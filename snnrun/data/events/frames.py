"""Events counted into frames.

Of n events at times t_0 <= ... <= t_{n-1}, frame f of T holds

    number    events f m .. (f + 1) m - 1               m = floor(n / T)
    time      those with f d <= t - t_0 < (f + 1) d     d = floor((t_{n-1} - t_0) / T)

and the last frame what is left, as in SpikingJelly. An event of pixel x of W is counted at pixel
floor(x size / W); where size divides W, that is pooling by sums.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from snnrun.data.events.recording import Events

By = Literal["number", "time"]
Sides = tuple[int, int]


def frame_of(t: NDArray[np.int64], frames: int, by: By) -> NDArray[np.int64]:
    """Return the frame ``[events]`` of each event.

    Args:
        t: ``[events]``, ascending, microseconds; at least one.
        frames: how many there are.
        by: equal numbers of events, or equal times.

    Example:
        >>> t = np.array([3, 4, 5, 9, 13])
        >>> frame_of(t, 2, "number"), frame_of(t, 2, "time")
        (array([0, 0, 1, 1, 1]), array([0, 0, 0, 1, 1]))
    """
    place = np.arange(len(t)) if by == "number" else t - t[0]
    whole = len(t) if by == "number" else int(t[-1] - t[0])
    each = whole // frames
    if not each:  # fewer events, or microseconds, than frames: the last takes all
        return np.full(len(t), frames - 1)
    return np.minimum(place // each, frames - 1)


def count_frames(
    events: Events, frames: int, by: By, sensor: Sides, sides: Sides
) -> NDArray[np.int64]:
    """Return how many events each pixel of each frame has, ``[frames, 2, *sides]``.

    Channel 0 counts pixels that became darker, channel 1 those that became lighter.

    Args:
        events: at least one.
        frames: how many there are.
        by: equal numbers of events, or equal times.
        sensor: height and width of the camera, pixels.
        sides: height and width of a frame.
    """
    height, width = sides
    x = events.x.astype(np.int64) * width // sensor[1]
    y = events.y.astype(np.int64) * height // sensor[0]
    place = frame_of(events.t, frames, by) * 2 + events.lighter
    flat = (place * height + y) * width + x
    shape = (frames, 2, height, width)
    return np.bincount(flat, minlength=frames * 2 * height * width).reshape(shape)
