r"""What neurons that learned without labels stand for: classes, by how they spiked for them.

.. math::
   r_{nc} = \text{mean number of spikes of n for samples of class c}, \qquad
   a_n = \arg\max_c r_{nc}, \qquad p_{nc} = r_{nc} / \sum_k r_{nk}

Votes for a sample in which n spikes k_n times:

.. math::
   \text{all:}\quad v_c = \operatorname{mean}_{n: a_n = c} k_n \qquad
   \text{proportion:}\quad v_c = \sum_{n: a_n = c} k_n\,p_{nc} / |\{n: a_n = c\}|

A neuron that never spiked stands for none. Diehl, Cook, Frontiers in Computational Neuroscience 9
(2015); Hazan et al., BindsNET, Frontiers in Neuroinformatics 12 (2018).
"""

import torch
from torch import Tensor, nn


class Labels(nn.Module):
    """Rates of neurons for classes, and what follows of them.

    Args:
        neurons, classes: how many.

    totals, samples: spikes ``[neurons, classes]``, and how many samples of each class they are of.
    """

    totals: Tensor
    samples: Tensor

    def __init__(self, neurons: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("totals", torch.zeros(neurons, classes, dtype=torch.float64))
        self.register_buffer("samples", torch.zeros(classes, dtype=torch.float64))

    def clear(self) -> None:
        """Forget."""
        self.totals.zero_()
        self.samples.zero_()

    def add(self, counts: Tensor, targets: Tensor) -> None:
        """Take in how often neurons spiked, ``[batch, neurons]``, for samples of classes."""
        self.totals.index_add_(1, targets, counts.t().to(self.totals))
        self.samples.index_add_(0, targets, torch.ones_like(targets, dtype=self.samples.dtype))

    @property
    def rates(self) -> Tensor:
        """Mean spikes of each neuron for each class, ``[neurons, classes]``."""
        return self.totals / self.samples.clamp(min=1)

    @property
    def assignments(self) -> Tensor:
        """Class of each neuron, ``[neurons]``; -1 of those that never spiked."""
        rates = self.rates
        return torch.where(rates.sum(1) > 0, rates.argmax(1), -1)

    @property
    def proportions(self) -> Tensor:
        """Shares of the rates of a neuron, ``[neurons, classes]``; 0 of those that never spiked."""
        rates = self.rates
        total = rates.sum(1, keepdim=True)
        return torch.where(total > 0, rates / total, 0.0)

    def votes(self, counts: Tensor, weighted: bool = False) -> Tensor:
        """Return the votes ``[batch, classes]``: all, or where weighted, proportion.

        Args:
            counts: how often neurons spiked, ``[batch, neurons]``.
            weighted: whether neurons vote by their proportions.
        """
        classes = len(self.samples)
        given = self.assignments
        belongs = (given[:, None] == torch.arange(classes)).to(self.totals)
        weights = belongs * self.proportions if weighted else belongs
        return counts.to(weights) @ weights / belongs.sum(0).clamp(min=1)
