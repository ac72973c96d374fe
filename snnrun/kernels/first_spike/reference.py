r"""First-spike times of LIF neurons with exponential synapses: the readable twin.

A neuron integrates :math:`C \dot V = -g_l (V - E_l) + \sum_i w_i e^{-(t-t_i)/\tau_s}` and spikes
when :math:`g_l (V - E_l)` first reaches the threshold :math:`c`. With the sums over the inputs
that came before, :math:`A_n = \sum_i w_i e^{t_i/n\tau_s}` and
:math:`B = \sum_i w_i (t_i/\tau_s) e^{t_i/\tau_s}`, the crossing is

.. math:: T/\tau_s = B/A_1 - W_0\bigl(-\tfrac{c}{A_1} e^{B/A_1}\bigr)      \quad \tau_m = \tau_s
.. math:: T/\tau_s = 2\ln\frac{2 A_1}{A_2 + \sqrt{A_2^2 - 4 A_1 c}}  \quad \tau_m = 2\tau_s

and it counts if it falls between the last input of the sum and the next one: the model of
fastAndDeep. ``ratio`` is :math:`\tau_m/\tau_s`, 1 or 2; the origin of time is the first input of
the sample; a time of inf is no spike.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from snnrun.kernels.lambertw.reference import one_plus_w

Floats = NDArray[np.floating]


class Sums(NamedTuple):
    """What a set of inputs has brought: A_1, B for ratio 1; A_1, A_2 for ratio 2."""

    a: Floats
    b: Floats


def spike_times(
    arrivals: Floats, weights: Floats, tau_syn: float, ratio: int, threshold: ArrayLike
) -> Floats:
    """First spike of every neuron, ``[batch, post]``; inf where none.

    Args:
        arrivals: ``[batch, pre]`` or ``[batch, pre, post]``, input spike times, inf = none.
        weights: ``[pre, post]``.
        tau_syn: synaptic time constant, the unit of the exponents.
        ratio: membrane over synaptic time constant, 1 or 2.
        threshold: c, a number or ``[batch, post]``; never crossed unless positive.

    >>> spike_times(np.array([[0.0, 0.5]]), np.array([[2.0], [2.0]]), 1.0, 1, 1.0).round(6).item()
    0.686131
    """
    arrivals, weights = arrivals.astype(np.float64), weights.astype(np.float64)
    start = origin(arrivals)
    s, w = _sorted((arrivals - start) / tau_syn, weights)
    following = np.append(s[:, 1:], np.full_like(s[:, :1], np.inf), axis=1)
    reached = np.where(np.greater(threshold, 0), threshold, np.inf)
    level = np.broadcast_to(reached, (len(s), w.shape[2]))[:, None]
    crossing = _crossing(Sums(*(x.cumsum(axis=1) for x in _terms(s, w, ratio))), level, ratio)
    valid = (s <= crossing) & (crossing <= following) & np.isfinite(crossing)
    first = np.where(valid, crossing, np.inf).min(axis=1, initial=np.inf)
    return np.asarray(start.reshape(-1, 1) + tau_syn * first)


def gradients(
    arrivals: Floats,
    weights: Floats,
    times: Floats,
    upstream: Floats,
    tau_syn: float,
    ratio: int,
    threshold: ArrayLike,
    max_dw_norm: float | None = None,
) -> tuple[Floats, Floats]:
    """dL/darrivals (shape of arrivals) and dL/dweights, for ``upstream`` = dL/dtimes.

    ``times`` may come from anywhere; inputs up to and including that time are its causes. Where
    these alone would not have reached the (nominal) ``threshold`` the gradient is 0. A nan in
    ``upstream`` counts as 0. If a weight gradient of one sample and neuron exceeds
    ``max_dw_norm``, that sample changes no weight of that neuron.
    """
    arrivals, weights = arrivals.astype(np.float64), weights.astype(np.float64)
    start = origin(arrivals)
    s = _per_synapse((arrivals - start) / tau_syn, weights)
    end = ((times - start.reshape(-1, 1)) / tau_syn)[:, None]
    causal = (s <= end) & np.isfinite(s) & np.isfinite(end)
    s, w = np.where(causal, s, 0), np.where(causal, weights, 0)
    end = np.where(np.isfinite(end), end, 0)
    level = np.broadcast_to(threshold, times.shape)[:, None]
    sums = Sums(*(x.sum(axis=1, keepdims=True) for x in _terms(s, w, ratio)))
    by_weight, by_arrival = _jacobians(s, w, end, sums, level, ratio)
    upstream = np.nan_to_num(upstream, nan=0.0, posinf=np.inf, neginf=-np.inf)[:, None]
    on_weights = np.where(causal, upstream * tau_syn * by_weight, 0)
    on_arrivals = np.where(causal, upstream * by_arrival, 0)
    if max_dw_norm is not None:
        on_weights *= abs(on_weights).max(axis=1, keepdims=True, initial=0) <= max_dw_norm
    if arrivals.ndim == 2:
        on_arrivals = on_arrivals.sum(axis=2)
    return on_arrivals, on_weights.sum(axis=0)


def origin(arrivals: Floats) -> Floats:
    """First input of each sample, 0 where it has none, in a shape to subtract from arrivals."""
    axes = tuple(range(1, arrivals.ndim))
    present = np.where(np.isfinite(arrivals), arrivals, np.inf)
    first = present.min(axis=axes, keepdims=True, initial=np.inf)
    return np.where(np.isfinite(first), first, 0)


def _per_synapse(s: Floats, weights: Floats) -> Floats:
    s = s if s.ndim == 3 else s[:, :, None]
    return np.broadcast_to(s, (len(s), *weights.shape))


def _sorted(s: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Inputs in the order of arrival, ``[batch, pre, post]``; absent ones last, without weight."""
    s = _per_synapse(np.where(np.isfinite(s), s, np.inf), weights)
    order = s.argsort(axis=1, kind="stable")
    s = np.take_along_axis(s, order, axis=1)
    w = np.take_along_axis(np.broadcast_to(weights, s.shape), order, axis=1)
    return s, np.where(np.isfinite(s), w, 0)


def _terms(s: Floats, w: Floats, ratio: int) -> Sums:
    finite = np.where(np.isfinite(s), s, 0)
    fast = w * np.exp(finite)
    return Sums(fast, fast * finite if ratio == 1 else w * np.exp(finite / 2))


def _crossing(sums: Sums, level: Floats, ratio: int) -> Floats:
    """Upward crossing of the threshold in units of tau_syn; nan or inf where there is none."""
    a, b = sums
    with np.errstate(all="ignore"):
        if ratio == 1:
            distance = _distance_to_peak(a, b, level)
            return np.where((a > 0) & (distance >= 0), b / a + 1 - one_plus_w(distance), np.inf)
        root = np.sqrt(b**2 - 4 * a * level)
        return np.where((a > 0) & (b > 0), 2 * np.log(2 * a / (b + root)), np.inf)


def _distance_to_peak(a: Floats, b: Floats, level: Floats) -> Floats:
    """1 - c / peak of the membrane = 1 + e z of the Lambert W above; negative: never reached."""
    return 1 - level / a * np.exp(b / a + 1)


def _jacobians(
    s: Floats, w: Floats, end: Floats, sums: Sums, level: Floats, ratio: int
) -> tuple[Floats, Floats]:
    """dT/dw_i and dT/dt_i in units of tau_syn; 0 where the causes do not reach the threshold."""
    a, b = sums
    with np.errstate(all="ignore"):
        if ratio == 1:
            distance = _distance_to_peak(a, b, level)
            factor = -np.exp(s) / (a * one_plus_w(distance))
            by_weight, by_arrival = factor * (end - s), factor * w * (end - s - 1)
            reached = (a > 0) & (distance > 0)
        else:
            discriminant = b**2 - 4 * a * level
            root = np.sqrt(discriminant)
            fast = (1 + level / root * np.exp(end / 2)) * np.exp(s) / a
            slow = np.exp(s / 2) / root
            by_weight, by_arrival = 2 * (fast - slow), w * (2 * fast - slow)
            reached = (a > 0) & (discriminant > 0)
    return np.where(reached, by_weight, 0), np.where(reached, by_arrival, 0)
