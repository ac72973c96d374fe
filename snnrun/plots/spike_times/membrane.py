r"""The membrane of a current-based LIF neuron as a function of time.

With :math:`r = \tau_m / \tau_s` and times in units of :math:`\tau_s`,

.. math:: V(t) = E_l + \frac{1}{g_l} \sum_i w_i\, \kappa(t - t_i), \qquad
          \kappa(u) = \frac{e^{-u/r} - e^{-u}}{r - 1} \to u e^{-u} \;\text{for}\; r \to 1,

with :math:`\kappa(u) = 0` for :math:`u < 0`. A neuron spikes where V first reaches the threshold;
as it spikes once only, nothing resets V. Göltz et al., Nature Machine Intelligence 3 (2021).
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from snnrun.runs.evaluation import Evaluation

Floats = NDArray[np.float64]


def kernel(u: Floats, ratio: float) -> Floats:
    """Return the response to one input spike, ``u`` after it; 0 before.

    Example:
        >>> kernel(np.array([-1.0, 0.0, 1.0]), 1.0).round(3)
        array([0.   , 0.   , 0.368])
    """
    since = np.maximum(u, 0.0)
    if ratio == 1:
        return since * np.exp(-since)
    return (np.exp(-since / ratio) - np.exp(-since)) / (ratio - 1)


def membrane(
    grid: Floats,
    arrivals: Floats,
    weights: Floats,
    *,
    ratio: float = 1.0,
    g_leak: float = 1.0,
    leak: float = 0.0,
) -> Floats:
    """Return the membranes ``[time, neurons]`` at the times ``grid``.

    Args:
        grid: ``[time]``, in units of tau_syn.
        arrivals: ``[inputs]``, or ``[inputs, neurons]`` with a delay for each synapse; inf = never.
        weights: ``[inputs, neurons]``.
        ratio: tau_mem / tau_syn.
        g_leak: leak conductance.
        leak: leak potential.
    """
    if arrivals.ndim == 1:
        response = kernel(grid[:, None] - arrivals, ratio) @ weights
    else:
        response = (kernel(grid[:, None, None] - arrivals, ratio) * weights).sum(axis=1)
    return leak + response / g_leak


def of_labels(evaluation: "Evaluation", example: int, grid: Floats) -> Floats:
    """Return the membranes of the label neurons ``[time, neurons]``; leak = 0, threshold = 1.

    Args:
        evaluation: holds the examples.
        example: which of them.
        grid: ``[time]``, in units of tau_syn.
    """
    found = evaluation.of("spike_examples")
    tau, ratio, level = (float(found[name]) for name in ("tau_syn", "ratio", "level"))
    weights, arriving = (found[name].astype(np.float64) for name in ("weights", "arrivals"))
    return membrane(grid / tau, arriving[example] / tau, weights, ratio=ratio, g_leak=level)
