r"""A group whose neurons stand for classes by their place, without being told from samples.

Of N neurons and C classes, N a multiple of C, neuron i stands for class :math:`\lfloor i\,C / N
\rfloor`: the first N / C for the first class, and so on. With the spikes :math:`n_i`,

.. math:: k_c = \sum_{i: \lfloor i C / N \rfloor = c} n_i, \qquad a = \arg\max_c k_c

and there is no answer a where two classes or more share the most spikes, as where there is none.
"""

import torch
from torch import Tensor


def by_class(counts: Tensor, classes: int) -> Tensor:
    """Return the spikes of the neurons of each class, ``[batch, classes]``.

    Args:
        counts: spikes ``[batch, neurons]``, or more axes, which count flat.
        classes: how many.

    Example:
        >>> by_class(torch.tensor([[1, 2, 0, 4]]), 2)
        tensor([[3, 4]])
    """
    return counts.flatten(1).view(len(counts), classes, -1).sum(2)


def answers(totals: Tensor) -> Tensor:
    """Return the class of the most spikes, ``[batch]``; -1 where there is no single one.

    Args:
        totals: what :func:`by_class` returned.

    Example:
        >>> answers(torch.tensor([[3, 4], [2, 2], [0, 0]]))
        tensor([ 1, -1, -1])
    """
    most, found = totals.max(1)
    return torch.where((totals == most[:, None]).sum(1) == 1, found, -1)
