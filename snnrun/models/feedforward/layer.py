"""What every layer of a feed-forward network is, and how it treats time.

Activity is ``[time, batch, ...]``. A layer that keeps nothing from step to step sees time and batch
as one axis. Input that is the same at every step has stride 0 over time; such a layer computes it
once and repeats the result without copying it, so that what follows does the same, up to the first
neurons. Outputs and gradients are those of computing every step.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Generator, Tensor, nn

from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.core.world import World
from snnrun.kernels.lif.steady import is_constant, once, repeated
from snnrun.models.feedforward.layer_settings import Shape
from snnrun.models.feedforward.neuron import NeuronSettings
from snnrun.models.feedforward.online import Carried


class Place(NamedTuple):
    """Where a layer lies, which its builder is told.

    name: the keys that lead to it, such as ``layers.3.body.0``.
    shape: of its input, without time and batch.
    network: the neuron of the network.
    generator: what initial weights are drawn from.
    bits: of the weights of the network; None: all.
    """

    name: str
    shape: Shape
    network: NeuronSettings
    generator: Generator
    bits: int | None = None


@dataclass
class Shown:
    """What passes through the layers beside the activity.

    samples: how many there are.
    random: the random numbers of the samples; None: numbers that follow torch's own generator.
    membranes: whether the record is to hold membranes.
    record: what the layers leave behind.
    carried: from the step before, where steps are shown one by one and learn by themselves.
    """

    samples: int
    random: Random | None = None
    membranes: bool = False
    record: Record = field(default_factory=Record)
    carried: Carried | None = None

    def numbers(self, name: str) -> Random:
        """Return the random numbers of the layer called ``name``."""
        self.random = self.random or Random.fresh(self.samples)
        return self.random.of(name)


class Layer(nn.Module, ABC):
    """A layer; what is built from its settings and its :class:`Place`."""

    @abstractmethod
    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return the output ``[time, batch, ...]`` for the input ``x [time, batch, ...]``."""


class Joint(Layer):
    """A layer that, in training, takes numbers of whole batches: it sums them over ``world``.

    world: the processes that have a share of each batch; one alone until the model joins more.
    """

    world = World()


class Stateless(Layer):
    """A layer that keeps nothing from step to step."""

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return the output ``[time, batch, ...]``, of stride 0 over time if that of x is."""
        return at_every_step(self.apply_to, x)

    @abstractmethod
    def apply_to(self, x: Tensor) -> Tensor:
        """Return the output ``[samples, ...]`` for ``x [samples, ...]``, of steps and batch."""


def at_every_step(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return what a function makes of ``x [time, batch, ...]``; once if all steps are the same.

    Example:
        >>> import torch
        >>> steady = torch.ones(2, 3).expand(5, 2, 3)
        >>> at_every_step(torch.exp, steady).stride()
        (0, 3, 1)
    """
    if is_constant(x):
        return repeated(function(once(x)), len(x))
    merged = function(x.flatten(0, 1))
    return merged.reshape(*x.shape[:2], *merged.shape[1:])
