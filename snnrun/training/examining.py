"""Which tensor is not finite: in a record, in gradients, in what the learner holds.

An absent spike has the time inf, so of spike times nan alone is amiss.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.runs.tensors import NOT_FINITE, not_finite
from snnrun.training.learner import Learner

Named = tuple[str, Tensor]


def activity(record: Record) -> Iterator[Named]:
    """Yield what a model did, layer after layer from the input on, and its outputs."""
    layers = zip_longest(record.times, record.membranes, record.spikes, record.activities)
    for index, parts in enumerate(layers):
        names = ("spike times", "membranes", "spikes", "activities")
        for name, tensor in zip(names, parts, strict=True):
            if tensor is not None:
                yield f"{name} of layer_{index}", _without_absent(name, tensor)
    if record.outputs is not None:
        yield "outputs", record.outputs


def _without_absent(name: str, tensor: Tensor) -> Tensor:
    absent = tensor.isposinf() if name == "spike times" else None
    return tensor if absent is None else tensor.masked_fill(absent, 0)


@torch.no_grad()
def shown(learner: Learner, batch: Batch) -> list[Named]:
    """Return what the model does with a batch, by layers; running means stay as they are."""
    buffers = {name: buffer.clone() for name, buffer in learner.named_buffers()}
    found = list(activity(learner.model(batch.inputs, batch.random)))
    for name, buffer in learner.named_buffers():
        buffer.copy_(buffers[name])
    return found


def gradients(learner: Learner) -> Iterator[Named]:
    """Yield the gradients of the parameters, from the last layer on, the way that they came."""
    for name, parameter in reversed(list(learner.named_parameters())):
        if parameter.grad is not None:
            yield f"the gradient of {name}", parameter.grad


def too_large(learner: Learner) -> str:
    """Say which gradient is not finite, or is so large that its square is not."""
    found = list(gradients(learner))
    if name := first(found):
        return f"{name} {NOT_FINITE}"
    name = first((name, gradient.square()) for name, gradient in found)
    return f"{name} holds values whose squares are not finite"


def first(tensors: Iterable[Named]) -> str | None:
    """Return the name of the first tensor that is not finite."""
    return next((name for each in tensors for name in not_finite(dict([each]))), None)


def cause(learner: Learner, batch: Batch) -> str | None:
    """Return what of the learner made the loss of a batch no number: a tensor, or a layer."""
    return first(learner.state_dict().items()) or first(shown(learner, batch))
