"""Patches of an image: which inputs each inference population of an SbS layer sees.

A population at the output position (x, y) sees the S = channels Kx Ky inputs

    s = (c Kx + kx) Ky + ky:   image[c, x stride + kx dilation - padding, likewise y],

0 outside of the image; torch's ``unfold`` counts s in the same way. Rows of populations run
through images first, then through x, then through y. A fully connected layer is a kernel of the
size of its input.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

Pair = tuple[int, int]


class Geometry(NamedTuple):
    """Size, steps and margins of the patches, for height and width.

    kernel: inputs in a patch.
    stride: inputs from one patch to the next.
    dilation: inputs from one input of a patch to the next.
    padding: zeros on each side of the image.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: Pair = (0, 0)

    def output_size(self, height: int, width: int) -> Pair:
        """Return how many positions there are, ``(X, Y)``.

        Raises:
            ValueError: the kernel is larger than its input, or a constant is out of range.

        >>> Geometry((3, 2), stride=(2, 1), padding=(1, 0)).output_size(9, 8)
        (5, 7)
        """
        least = {"kernel": 1, "stride": 1, "dilation": 1, "padding": 0}
        for name, value in self._asdict().items():
            if min(value) < least[name]:
                raise ValueError(f"sbs: {name} must be at least {least[name]}, not {list(value)}")
        reach = [d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        size = [n + 2 * p for n, p in zip((height, width), self.padding, strict=True)]
        if reach[0] > size[0] or reach[1] > size[1]:
            raise ValueError(
                f"sbs: a kernel of {list(self.kernel)}, which reaches over {reach} inputs, is "
                f"larger than its input of {size} with padding"
            )
        x, y = ((n - r) // s + 1 for n, r, s in zip(size, reach, self.stride, strict=True))
        return x, y

    def inputs(self, channels: int) -> int:
        """Return S, the number of inputs of one population."""
        return channels * self.kernel[0] * self.kernel[1]


def patch_rows(images: Tensor, geometry: Geometry) -> Tensor:
    """Return the patch of every population, ``[populations, S]``, not normalised.

    Args:
        images: ``[batch, channel, height, width]``.
        geometry: of the patches.

    >>> rows = patch_rows(torch.arange(6.0).view(1, 1, 2, 3), Geometry((2, 2)))
    >>> rows.tolist()
    [[0.0, 1.0, 3.0, 4.0], [1.0, 2.0, 4.0, 5.0]]
    """
    kernel, stride, dilation, padding = geometry
    columns: Tensor = functional.unfold(images, kernel, dilation, padding, stride)
    return columns.transpose(1, 2).flatten(0, 1)


def fold_rows(rows: Tensor, shape: torch.Size, geometry: Geometry) -> Tensor:
    """Add rows ``[populations, S]`` up to images of this shape, the adjoint of :func:`patch_rows`.

    >>> rows = torch.ones(2, 4)
    >>> fold_rows(rows, torch.Size((1, 1, 2, 3)), Geometry((2, 2))).tolist()
    [[[[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]]]
    """
    kernel, stride, dilation, padding = geometry
    columns = rows.view(shape[0], -1, rows.shape[1]).transpose(1, 2)
    return functional.fold(columns, shape[2:], kernel, dilation, padding, stride)
