r"""Logistic regression from counts of spikes to classes.

With counts k of a sample, weights W and biases b, the votes are :math:`v = W k + b`. They are
fitted to n samples of classes c by

.. math:: \min_{W, b}\; -\frac{1}{n} \sum \log \mathrm{softmax}(v)_c + \frac{1}{2 n} \sum W^2

(L-BFGS; what scikit-learn's ``LogisticRegression`` minimises by default). Counts are mostly 0, so
products go through lists of those that are not.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, one_hot

from snnrun.learning.uncompiled import uncompiled

ROUNDS = 200  #: of L-BFGS at most
NEAR = 1e-5  #: it ends where no slope is larger


class Sparse(NamedTuple):
    """A matrix of mostly zeros, its other entries in the order of rows.

    columns, values: of the entries, int64 and float64.
    starts: where those of each row begin, int64 ``[rows]``.
    """

    columns: Tensor
    values: Tensor
    starts: Tensor

    @classmethod
    def of(cls, rows: Tensor, columns: Tensor, values: Tensor, number: int) -> "Sparse":
        """Return a matrix of ``number`` rows."""
        order = rows.argsort(stable=True)
        sizes = torch.bincount(rows, minlength=number)
        return cls(columns[order], values[order].double(), sizes.cumsum(0) - sizes)

    def times(self, matrix: Tensor) -> Tensor:
        """Return the product with ``[columns, n]``, float64 ``[rows, n]``.

        Example:
            >>> rows, columns, values = torch.tensor([[1, 0, 1], [0, 1, 1], [2, 3, 4]])
            >>> Sparse.of(rows, columns, values, 2).times(torch.eye(2).double()).tolist()
            [[0.0, 3.0], [2.0, 4.0]]
        """
        if not len(self.columns):
            return matrix.new_zeros(len(self.starts), matrix.shape[1])
        return embedding_bag(
            self.columns, matrix, self.starts, mode="sum", per_sample_weights=self.values
        )


class Logistic(nn.Module):
    """Weights ``[classes, neurons]`` and biases ``[classes]``, float64.

    Args:
        neurons, classes: how many.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, neurons: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(classes, neurons, dtype=torch.float64))
        self.register_buffer("bias", torch.zeros(classes, dtype=torch.float64))

    def votes(self, counts: Tensor) -> Tensor:
        """Return the votes, float64 ``[batch, classes]``, for counts ``[batch, neurons]``."""
        return counts.to(self.weight) @ self.weight.t() + self.bias

    def fit(self, rows: Tensor, neurons: Tensor, counts: Tensor, targets: Tensor) -> None:
        """Fit to how often neurons spiked; of no samples, all is 0.

        Args:
            rows, neurons, counts: of the counts that are not 0, sample by sample.
            targets: classes of the samples.
        """
        self.weight.zero_()
        self.bias.zero_()
        if not len(targets):
            return
        classes, size = self.weight.shape
        by_sample = Sparse.of(rows, neurons, counts, len(targets))
        by_neuron = Sparse.of(neurons, rows, counts, size)
        wanted, number = one_hot(targets, classes).double(), len(targets)
        both = nn.Parameter(torch.zeros(size + 1, classes, dtype=torch.float64))
        fitting = uncompiled(torch.optim.LBFGS)(
            [both], max_iter=ROUNDS, tolerance_grad=NEAR, tolerance_change=0.0,
            history_size=10, line_search_fn="strong_wolfe",
        )  # fmt: skip

        @torch.no_grad()
        def loss() -> Tensor:
            weight, bias = both.detach()[:-1], both.detach()[-1]
            logits = by_sample.times(weight) + bias
            error = logits.softmax(1) - wanted
            slope = by_neuron.times(error) + weight
            both.grad = torch.cat([slope, error.sum(0, keepdim=True)]) / number
            surprise = logits.logsumexp(1) - (logits * wanted).sum(1)
            return (surprise.sum() + weight.square().sum() / 2) / number

        fitting.step(loss)  # type: ignore[arg-type]
        self.weight.copy_(both.detach()[:-1].t())
        self.bias.copy_(both.detach()[-1])
