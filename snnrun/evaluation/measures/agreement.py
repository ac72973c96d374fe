"""The update that a learning rule makes of one batch, beside the true gradient."""

from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.evaluation.measure import Arrays, Measure
from snnrun.learning.local.alignment import angle
from snnrun.training.learner import Learner

SAMPLES, _BINS = 256, 81


class Agreement(Measure):
    """Keeps, for each parameter that learns, called as in checkpoints, of the first 256 samples,

    <parameter>/edges: ``[82]`` of bins, in units of the root mean square of each of the two, as
        wide as their distance from 0 where that is large.
    <parameter>/pairs: int64 ``[81, 81]``, synapses whose update and true gradient are in a bin.
    <parameter>/angle: between the two, degrees.
    """

    def arrays(self) -> Arrays:
        """Return them."""
        learner = deepcopy(self.subject.learner)  # a rule may change weights within the batch
        found: Arrays = {}
        for name, (update, truth) in both(learner, self._batch()).items():
            values, others = scaled(update), scaled(truth)
            largest = max(1.0, np.abs(values).max(), np.abs(others).max())
            end = np.arcsinh(largest)
            edges = np.sinh(np.linspace(-end, end, _BINS + 1))
            edges[[0, -1]] = -largest, largest
            pairs = np.histogram2d(values.ravel(), others.ravel(), [edges, edges])[0]
            found[f"{name}/edges"] = edges
            found[f"{name}/pairs"] = pairs.astype(np.int64)
            found[f"{name}/angle"] = np.array(angle(update, truth))
        return found

    def _batch(self) -> Batch:
        """Return the samples at once, however few are shown at once elsewhere."""
        loader = self.subject.loader(self.subject.numbers[:SAMPLES])
        loader.size = SAMPLES
        (batch,) = loader.epoch(self.subject.epoch)
        return batch


def both(learner: Learner, batch: Batch) -> dict[str, tuple[Tensor, Tensor]]:
    """Return update and true gradient of each parameter that learns.

    The true gradient is that of backpropagation, with surrogate derivatives for spikes.
    """
    named = {name: each for name, each in learner.model.named_parameters() if each.requires_grad}
    with torch.enable_grad():
        record = learner.model(batch.inputs, batch.random)
        loss = learner.rule.objective(record, batch.targets)
        truth = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
        learner.rule.step(batch)
    pairs = zip(named.items(), truth, strict=True)
    return {name: (_present(each.grad, each), _present(true, each)) for (name, each), true in pairs}


def _present(gradient: Tensor | None, parameter: Tensor) -> Tensor:
    return torch.zeros_like(parameter) if gradient is None else gradient


def scaled(values: Tensor) -> NDArray[np.float64]:
    """Return the values in units of their root mean square.

    Example:
        >>> scaled(torch.tensor([1.0, -7.0])).tolist()
        [0.2, -1.4]
    """
    exact = values.double()
    return (exact / exact.pow(2).mean().sqrt().clamp(min=1e-300)).numpy(force=True)
