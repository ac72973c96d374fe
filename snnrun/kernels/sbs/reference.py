"""The dynamics of Spike-By-Spike networks, the readable twin.

An inference population holds a probability h[i] for each of its N neurons, 1/N at first. At its
spike t, of the input s, with weights W[s, i] = p(s | i) whose columns sum to 1,

    e = eps_0 eps_t[t] eps_xy(s, x, y),   a[i] = h[i] W[s, i],   A = sum of a,
    h[i] <- (h[i] + e a[i] / A + e f / N) / (1 + e (1 + f)),

where f is the forgetting (Ernst, Rotermund, Pawelzik, Neural Computation 19 (2007); Rotermund,
Pawelzik, Frontiers in Computational Neuroscience 13 (2019)). The authors' code keeps scale h
instead of h: the scale is the product of all 1 + e (1 + f) so far, and 1 again once it is above
1e10. A spike with scale A <= 1e-10 changes nothing. Shapes here: a row for each population, as in
``kernels/sbs_geometry.py``.
"""

import torch
from torch import Tensor

from snnrun.kernels.sbs.geometry import Geometry
from snnrun.kernels.sbs.steps import StepSizes

LEAST = 1e-10  #: a spike that no neuron explains better than this, for h times scale, is ignored
LARGEST = 1e10  #: of a scale


def h_rows(spikes: Tensor, weights: Tensor, eps: Tensor, steps: StepSizes) -> Tensor:
    """Return h ``[populations, N]`` after all spikes.

    Args:
        spikes: ``[populations, steps]``, -1 after the last one.
        weights: ``[S, N]``.
        eps: eps_xy, ``[populations, S]`` or ``[populations, 1]``.
        steps: the other factors, and the forgetting.
    """
    neurons = weights.shape[1]
    forgetting = max(steps.forgetting, 0.0)
    h = weights.new_full((len(spikes), neurons), 1 / neurons)
    scale = weights.new_ones(len(spikes), 1)
    going = (spikes >= 0).cumprod(1).bool()
    for t, eps_t in enumerate(steps.eps_t.tolist()):
        s = spikes[:, t].clamp(min=0)
        e = steps.eps_0 * eps_t * eps.gather(1, s[:, None] % eps.shape[1])
        a = h * weights[s]
        total = a.sum(1, keepdim=True)
        step = a / total + forgetting / neurons
        moves, growth = going[:, t, None] & (scale * total > LEAST), 1 + e * (1 + forgetting)
        h = torch.where(moves, (h + e * step) / growth, h)
        scale = torch.where(moves, scale * growth, scale)
        scale = torch.where(scale > LARGEST, 1.0, scale)
    return h


def pooled_rows(
    spikes: Tensor, channels: int, geometry: Geometry, eps: Tensor, steps: StepSizes
) -> Tensor:
    """Return h of SbS pooling, ``[populations, channels]``; arguments as for :func:`h_rows`."""
    area = geometry.kernel[0] * geometry.kernel[1]
    return h_rows(spikes, pooling_weights(channels, area, eps), eps, steps)


def pooling_weights(channels: int, area: int, like: Tensor) -> Tensor:
    """Return the weights of SbS pooling, ``[channels * area, channels]``.

    >>> pooling_weights(2, 2, torch.empty(0)).tolist()
    [[0.5, 0.0], [0.5, 0.0], [0.0, 0.5], [0.0, 0.5]]
    """
    return torch.eye(channels).to(like).repeat_interleave(area, dim=0) / area
