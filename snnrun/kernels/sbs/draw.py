"""Spikes of SbS layers: each is an input s, drawn with probability patch[s] / sum of the patch.

The running sum of the patch over s, in single precision, is divided by its last value; with a
random number r in (0, 1] the spike is the first s whose running sum is at least r. So no input of
probability 0 ever spikes. r = (k + 1) / 2^24 with k from Philox (``kernels/random/philox.py``)
under the counter (block, position, sample mod 2^32, 2 (sample div 2^32) + joint), where ``sample``
is the number of the image, for the spike t of a population:

    k = word (t / 16) % 4 of block 16 (t / 64) + t % 16, without its last 8 bits.

The spikes of an image therefore depend on neither its batch nor the threads. A patch that is all
zero draws nothing. Where spikes are *joint*, they are drawn once for the whole image, and every
population whose patch covers the input gets the spike, in order.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.kernels.random.philox import philox
from snnrun.kernels.sbs.geometry import Geometry, Pair, patch_rows

BITS = 24  # of a random number; as many as single precision has
NOTHING = -1  #: ends the spikes of a population


class Draw(NamedTuple):
    """Which random numbers spikes come from.

    key: 64 bits, one for each use and layer (:meth:`snnrun.core.random.Random.key`).
    samples: number of each image, int64 ``[batch]``, from 0 to 2^63 - 1; None: 0, 1, 2, ...
    joint: draw once for the image instead of once for each population.
    """

    key: int
    samples: Tensor | NDArray[np.int64] | None = None
    joint: bool = False

    def numbers(self, batch: int) -> NDArray[np.int64]:
        """Return the number of each image of a batch."""
        return np.arange(batch) if self.samples is None else np.asarray(self.samples)


def random_words(draw: Draw, sample: int, positions: int, steps: int) -> NDArray[np.int64]:
    """Return k of the spikes of an image, ``[positions, steps]``, from 0 to 2^24 - 1."""
    t, place = np.arange(steps), np.arange(positions)[:, None]
    low, high = sample & 0xFFFFFFFF, sample >> 32
    counter = (16 * (t // 64) + t % 16, place, low, 2 * high + draw.joint)
    words = philox(counter, draw.key)
    chosen = np.choose(t // 16 % 4, words)
    return (chosen >> np.uint64(32 - BITS)).astype(np.int64)


def thresholds(patches: Tensor) -> Tensor:
    """Return floor(2^24 running sum) of patches ``[populations, S]``; spike = first one above k."""
    running = patches.float().cumsum(1)
    shares = (running / running[:, -1:]).nan_to_num(0.0)
    scaled: Tensor = shares.double() * 2**BITS
    return scaled.floor().long()


def pick(patches: Tensor, words: Tensor) -> Tensor:
    """Return the spikes ``[populations, steps]`` that k = ``words`` pick from the patches.

    >>> pick(torch.tensor([[0.0, 3.0, 1.0], [0.0, 0.0, 0.0]]), torch.tensor([[0, 2**24 - 1]] * 2))
    tensor([[ 1,  2],
            [-1, -1]])
    """
    limits = thresholds(patches)
    spikes = torch.searchsorted(limits, words, right=True)
    return torch.where(limits[:, -1:] > 0, spikes, NOTHING)


def spike_rows(x: Tensor, geometry: Geometry, steps: int, draw: Draw) -> Tensor:
    """Return the spikes of every population, ``[populations, steps]``, -1 after the last one."""
    each = [
        _of_image(x[i : i + 1], geometry, steps, draw, int(sample))
        for i, sample in enumerate(draw.numbers(len(x)))
    ]
    return torch.cat(each)


def _of_image(x: Tensor, geometry: Geometry, steps: int, draw: Draw, sample: int) -> Tensor:
    size = x.shape[2], x.shape[3]
    x_positions, y_positions = geometry.output_size(*size)
    positions = 1 if draw.joint else x_positions * y_positions
    words = torch.from_numpy(random_words(draw, sample, positions, steps))
    if draw.joint:
        return route(pick(x.flatten(1), words), size, geometry)
    return pick(patch_rows(x, geometry), words)


def route(spikes: Tensor, size: Pair, geometry: Geometry) -> Tensor:
    """Give the spikes of whole images to the populations that see them.

    Args:
        spikes: indices of the flattened ``[channel, height, width]``, ``[batch, steps]``.
        size: height and width of the images.
        geometry: of the patches.

    Returns:
        Indices of patches, ``[batch * X * Y, steps]``, in order of time, -1 after the last one.
    """
    (height, width), positions = size, geometry.output_size(*size)
    place, inside = (
        torch.div(spikes, height * width, rounding_mode="floor"),
        spikes % (height * width),
    )
    axes = [
        _offset(inside // width, 0, positions, geometry),
        _offset(inside % width, 1, positions, geometry),
    ]
    (kx, here), (ky, there) = axes
    index = (place[:, :, None, None] * geometry.kernel[0] + kx[..., None]) * geometry.kernel[1]
    seen = here[..., None] & there[:, :, None] & (spikes >= 0)[:, :, None, None]
    found = torch.where(seen, index + ky[:, :, None], NOTHING)
    rows = found.permute(0, 2, 3, 1).flatten(0, 2)
    return rows.gather(1, (rows == NOTHING).byte().argsort(dim=1, stable=True))


def _offset(at: Tensor, axis: int, positions: Pair, geometry: Geometry) -> tuple[Tensor, Tensor]:
    """Return where inputs lie in the patch of each position along one axis, and whether they do."""
    first = torch.arange(positions[axis]) * geometry.stride[axis] - geometry.padding[axis]
    distance = at[..., None] - first
    offset = torch.div(distance, geometry.dilation[axis], rounding_mode="floor")
    inside = (offset >= 0) & (offset < geometry.kernel[axis])
    return offset, inside & (distance % geometry.dilation[axis] == 0)


def as_images(rows: Tensor, batch: int, positions: Pair) -> Tensor:
    """Return rows ``[populations, steps]`` as ``[batch, steps, X, Y]``."""
    return rows.view(batch, *positions, rows.shape[1]).permute(0, 3, 1, 2)


def as_rows(images: Tensor) -> Tensor:
    """Return ``[batch, steps, X, Y]`` as rows ``[populations, steps]``."""
    return images.permute(0, 2, 3, 1).flatten(0, 2)
