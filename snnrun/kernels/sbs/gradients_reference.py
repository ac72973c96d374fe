"""The gradient of SbS layers, the readable twin: one averaged step at the final h.

With the shares I[s] = patch[s] / sum of the patch, weights W[s, i] and g = dL/dh, for each
population,

    R[s] = sum_j W[s, j] h[j],   M[s] = sum_j W[s, j] h[j] g[j],   Q = M / R,
    dL/dW[s, i] = sum of h[i] I[s] / R[s] (g[i] - Q[s]) over all populations,
    dL/dpatch[s] = phi Q[s],   phi = 1, or e / (1 + e) with e = eps_0 eps_xy,

which is four matrix products (Rotermund, Pawelzik, Frontiers in Computational Neuroscience 13
(2019), and the code that its authors published: the last year of it has phi = 1, the first year
e / (1 + e) and a gradient on eps_xy). On purpose, spikes and the division by the sum of the patch
are not differentiated. Denominators get 1e-20, as there. Shapes here: a row for each population.
"""

from torch import Tensor

TINY = 1e-20
Both = tuple[Tensor, Tensor]


def shares_of(patches: Tensor) -> Tensor:
    """Return I of patches ``[populations, S]``; 0 where a patch is all zero."""
    return patches / (patches.sum(1, keepdim=True) + TINY)


def mixed(h: Tensor, signal: Tensor, weights: Tensor) -> Both:
    """Return R and M ``[populations, S]`` of a layer with weights; signal = h g."""
    return h @ weights.T, signal @ weights.T


def pooled(h: Tensor, signal: Tensor, area: int) -> Both:
    """Return R and M of pooling, where each channel has one neuron."""
    return h.repeat_interleave(area, 1) / area, signal.repeat_interleave(area, 1) / area


def quotient(explained: Both) -> Tensor:
    """Return Q of R and M."""
    seen, moved = explained
    return moved / (seen + TINY)


def weight_gradient(shares: Tensor, h: Tensor, signal: Tensor, explained: Both) -> Tensor:
    """Return dL/dW ``[S, N]``."""
    seen, moved = explained
    rest = shares / (seen * seen + TINY)
    return (rest * seen).T @ signal - (rest * moved).T @ h


def eps_gradient(surplus: Tensor, pull: Tensor, eps_xy: Tensor, eps_0: float) -> Tensor:
    """Return dL/deps_xy, of the shape of ``eps_xy``.

    Args:
        surplus: sum of I[s] Q[s] over the batch, ``[X * Y, S]``.
        pull: sum of h[i] g[i] over the batch and i, ``[X * Y]``.
        eps_xy: ``[X, Y]``, or ``[X, Y, Kx, Ky]``, where the pull counts once for every input, as
            the authors' code has it.
        eps_0: factor of all steps.

    Raises:
        ValueError: eps_xy ``[S, X, Y]``, which is not to be learned.
    """
    if eps_xy.ndim == 3:
        raise ValueError("sbs: eps_xy [S, X, Y] has no gradient; [X, Y] and [X, Y, Kx, Ky] have")
    if eps_xy.ndim == 2:
        change = (surplus.sum(1) - pull).view_as(eps_xy)
    else:
        places = eps_xy.shape[2] * eps_xy.shape[3]
        change = (surplus - pull[:, None]).view(len(pull), -1, places).sum(1).view_as(eps_xy)
    return change * eps_0 / (1 + eps_0 * eps_xy) ** 2
