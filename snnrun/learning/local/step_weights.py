r"""How much the surrogate derivative of each step counts, ``[time]``.

A synapse whose input x stays the same moves the membrane at step t by :math:`h_t x` per unit of
weight, where h is the response of the two filters to a constant input:
:math:`i_t = \alpha i_{t-1} + 1`, :math:`h_t = \beta h_{t-1} + i_t`.
"""

import torch
from torch import Tensor

from snnrun.kernels.lif.reference import Neuron
from snnrun.kernels.lif.scan import scan
from snnrun.models.lif.net import filter_of


def window(steps: int, last: int) -> Tensor:
    """Return equal weights, which sum to 1, for the last steps and 0 before.

    Example:
        >>> window(4, 2)
        tensor([0.0000, 0.0000, 0.5000, 0.5000], dtype=torch.float64)
    """
    weights = torch.zeros(steps, dtype=torch.float64)
    weights[steps - last :] = 1 / last
    return weights


def fading(steps: int, decay: float) -> Tensor:
    """Return decay^(T-1-t): what is left at the end of a trace of step t.

    Example:
        >>> fading(3, 0.5)
        tensor([0.2500, 0.5000, 1.0000], dtype=torch.float64)
    """
    powers = torch.arange(steps - 1, -1, -1, dtype=torch.float64)
    return torch.tensor(decay, dtype=torch.float64) ** powers


def response(steps: int, neuron: Neuron) -> Tensor:
    """Return h, the membrane that a constant input of 1 makes without spikes.

    Example:
        >>> response(3, Neuron(0.5, 0.0, threshold=1.0))
        tensor([1.0000, 1.5000, 1.7500], dtype=torch.float64)
    """
    one = torch.ones(1, dtype=torch.float64).expand(steps, 1)
    membranes = scan(one, filter_of(neuron), membranes=True).membranes
    assert membranes is not None
    return membranes[:, 0]
