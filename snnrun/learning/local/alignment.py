"""The angle between the update of a rule and the true gradient, layer by layer.

The true gradient is that of backpropagation through time, with surrogate derivatives for spikes. An
update within 90 degrees of it lowers the loss, if the step is small enough. What everything else is
measured by is taken from the readable twin, step by step, by one thread: so it has the bits that it
always had, whatever number of threads trains.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from snnrun.core.record import Record
from snnrun.core.threads import threads
from snnrun.models.lif.net import LifNet

Objective = Callable[[Record, Tensor], Tensor]


def true_gradients(model: LifNet, objective: Objective, x: Tensor, labels: Tensor) -> list[Tensor]:
    """Return the gradient of the objective by the weights of each layer."""
    with torch.enable_grad(), threads(1):
        loss = objective(_by_steps(model, x), labels)
        return list(torch.autograd.grad(loss, [layer.weights for layer in model.stack]))


def _by_steps(model: LifNet, x: Tensor) -> Record:
    record = Record()
    for layer in model.stack:
        x, membranes = layer.by_steps(layer.current(x))
        record.spikes.append(x)
        record.membranes.append(membranes)
    record.outputs = model.readout.outputs(record)
    return record


def angle(one: Tensor, other: Tensor) -> float:
    """Return the angle between two arrays in degrees, 0 to 180; 90 if one of them is zero.

    Example:
        >>> round(angle(torch.tensor([1.0, 0.0]), torch.tensor([1.0, 1.0])), 3)
        45.0
    """
    one, other = one.double().flatten(), other.double().flatten()
    lengths = one.norm() * other.norm()
    if not lengths > 0:
        return 90.0
    cosine = (one @ other / lengths).item()
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
