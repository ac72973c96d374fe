r"""Logistic regression from counts of spikes to classes, by scikit-learn.

With counts k of a sample, weights W and biases b, the votes are :math:`v = W k + b`. They minimise

.. math:: -\sum \log \mathrm{softmax}(v)_c + \frac{1}{2} \sum W^2

over samples of classes c. A class without a sample never wins.
"""

import warnings

import numpy as np
import torch
from torch import Tensor, nn

ROUNDS, NEAR = 200, 1e-6  # of L-BFGS at most; it ends where no slope is larger
NEVER = -1e300  # a vote below all others that a file can still hold


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
            rows, neurons, counts: of the counts that are not 0.
            targets: classes of the samples.
        """
        seen = torch.from_numpy(np.unique(targets.numpy()))
        self.weight.zero_()
        self.bias.fill_(NEVER if len(seen) else 0.0)
        self.bias[seen] = 0.0
        if len(seen) < 2:
            return
        from scipy.sparse import csr_array  # only who fits waits for these two
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        places = rows.numpy(), neurons.numpy()
        shape = len(targets), self.weight.shape[1]
        given = csr_array((counts.numpy().astype(np.float64), places), shape=shape)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # near enough for a vote
            found = LogisticRegression(max_iter=ROUNDS, tol=NEAR).fit(given, targets.numpy())
        weight, bias = torch.from_numpy(found.coef_), torch.from_numpy(found.intercept_)
        if len(seen) == 2:  # one row, of the second against the first
            weight, bias = torch.cat([-weight, weight]) / 2, torch.cat([-bias, bias]) / 2
        self.weight[seen], self.bias[seen] = weight, bias
