"""The local rule of SbS layers: weights follow the part of the input that h does not explain.

    dL/dW[s, i] = sum of -2 (I[s] - R[s]) y[i] over all populations,   R[s] = sum_j W[s, j] h[j],

with the shares I of the patch and y = h, or y = the wanted output in a last layer. It needs no
gradient from above; errors still pass through such a layer, as through any other.
"""

from torch import Tensor

from snnrun.kernels.sbs.draw import as_rows
from snnrun.kernels.sbs.geometry import Geometry, patch_rows
from snnrun.kernels.sbs.gradients_reference import shares_of


def local_gradient(
    x: Tensor, weights: Tensor, h: Tensor, geometry: Geometry, wanted: Tensor | None = None
) -> Tensor:
    """Return dL/dweights ``[S, N]``.

    Args:
        x: the layer's input, ``[batch, channel, height, width]``.
        weights: ``[S, N]``.
        h: what the layer gave out, ``[batch, N, X, Y]``.
        geometry: of the patches.
        wanted: y of a last layer, of the shape of h, e.g. one-hot labels; None: y = h.
    """
    rows = as_rows(h)
    missed = shares_of(patch_rows(x, geometry)) - rows @ weights.T
    return -2 * missed.T @ (rows if wanted is None else as_rows(wanted))
