"""Weights of positions (alpha): populations that explain more of the input count for more.

With V[s, p] = sum_i W[s, i] h[i, p] at the positions p, and alpha even at first, repeat

    M[s, p] = alpha[p] V[s, p] / sum_p alpha[p] V[s, p]      (0 / 0 is 0)
    U = M folded to the input's geometry,  t = sum over channels of U x,
    alpha[p] = floor + sum of t over the kernel at p,        alpha <- alpha / sum of alpha.

The layer then gives out alpha h. No gradient goes through alpha.
"""

from typing import NamedTuple

from torch import Tensor

from snnrun.kernels.sbs.geometry import Geometry, fold_rows, patch_rows


class Alpha(NamedTuple):
    """How often to repeat, and what keeps alpha from 0.

    floor: 1.19e-4 in the first code that was published, 1e-20 a week later.
    """

    iterations: int
    floor: float = 1e-20


def alpha_weights(
    h: Tensor, weights: Tensor | None, x: Tensor, geometry: Geometry, alpha: Alpha
) -> Tensor:
    """Return alpha ``[batch, 1, X, Y]``, whose sum over positions is 1.

    Args:
        h: ``[batch, N, X, Y]``.
        weights: ``[S, N]``; None: those of pooling.
        x: the layer's input, ``[batch, channel, height, width]``.
        geometry: of the patches.
        alpha: iterations and floor.
    """
    batch, _, *size = h.shape
    rows = h.permute(0, 2, 3, 1)  # [batch, X, Y, N]
    area = geometry.kernel[0] * geometry.kernel[1]
    seen = rows.repeat_interleave(area, -1) / area if weights is None else rows @ weights.T
    seen = seen.flatten(1, 2)  # [batch, positions, S]
    even = seen.new_full((batch, seen.shape[1], 1), 1 / seen.shape[1])
    for _ in range(alpha.iterations):
        mixed = even * seen
        shares = (mixed / mixed.sum(1, keepdim=True)).nan_to_num(0.0)
        explained = (fold_rows(shares.flatten(0, 1), x.shape, geometry) * x).sum(1, keepdim=True)
        even = patch_rows(explained, geometry).sum(1).view(batch, -1, 1) + alpha.floor
        even = even / even.sum(1, keepdim=True)
    return even.view(batch, 1, *size)
