"""Non-negative matrix factorisation, the limit of SbS layers for many spikes and small steps.

With the shares I[s] = patch[s] / sum of the patch and h even at first, repeat

    R[s] = sum_j W[s, j] h[j],   c[i] = h[i] sum_s W[s, i] I[s] / R[s],
    h <- (h + eps_0 c) / sum,    or   h <- c / sum   where eps_0 is not above 0.

Nothing is random. The gradient is the true one, through all iterations, or that of SbS layers
(:mod:`snnrun.kernels.sbs.gradients`).
"""

import torch
from torch import Tensor

from snnrun.kernels.sbs.draw import as_images
from snnrun.kernels.sbs.geometry import Geometry, patch_rows
from snnrun.kernels.sbs.gradients import Answer, with_gradient
from snnrun.kernels.sbs.gradients_reference import TINY, shares_of


def nnmf(
    x: Tensor,
    weights: Tensor,
    *,
    geometry: Geometry,
    iterations: int,
    eps_0: float = 0.0,
    approximate: bool = False,
) -> Tensor:
    """Return h ``[batch, N, X, Y]``. Where a patch is all zero, h stays 1/N.

    Args:
        x: ``[batch, channel, height, width]``, not negative; gets a gradient.
        weights: W, ``[S, N]``, columns sum to 1; gets a gradient.
        geometry: of the patches.
        iterations: how often h is changed.
        eps_0: how far; not above 0: h is replaced.
        approximate: pass the gradient of SbS layers instead of the true one.

    >>> halves = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> image = torch.tensor([3.0, 1.0]).view(1, 1, 2, 1)
    >>> nnmf(image, halves, geometry=Geometry((2, 1)), iterations=1).flatten()
    tensor([0.7500, 0.2500])
    """
    if not approximate:
        return _iterate(x, weights, geometry, iterations, eps_0)
    with torch.no_grad():
        h = _iterate(x, weights, geometry, iterations, eps_0)
    return with_gradient(x, weights, None, Answer(h, geometry, eps_0, step_factor=False))


def _iterate(
    x: Tensor, weights: Tensor, geometry: Geometry, iterations: int, eps_0: float
) -> Tensor:
    rows = patch_rows(x, geometry)
    shares = shares_of(rows)
    h = even = rows.new_full((len(rows), weights.shape[1]), 1 / weights.shape[1])
    for _ in range(iterations):
        change = h * ((shares / (h @ weights.T + TINY)) @ weights)
        moved = h + eps_0 * change if eps_0 > 0 else change
        h = moved / (moved.sum(1, keepdim=True) + TINY)
    size = geometry.output_size(x.shape[2], x.shape[3])
    return as_images(torch.where(rows.sum(1, keepdim=True) > 0, h, even), len(x), size)
