"""How many spikes layers draw at most: fewer are the first ones of more.

Spikes are drawn one after another, so a network with fewer of them is the same network, stopped
earlier: the first spikes of a population do not depend on how many will follow.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.spiking import SpikingLayer
from snnrun.training.learner import Learner


@contextmanager
def at_most(layers: Sequence[SpikingLayer], spikes: int) -> Iterator[None]:
    """Let every population of some layers draw at most so many spikes, inside the block."""
    before = [layer.epsilon_t for layer in layers]
    for layer in layers:
        layer.epsilon_t = layer.epsilon_t[:spikes]
    try:
        yield
    finally:
        for layer, values in zip(layers, before, strict=True):
            layer.epsilon_t = values


def longest(layers: Sequence[SpikingLayer]) -> int:
    """Return the largest number of spikes that a population of some layers draws."""
    return max(len(layer.epsilon_t) for layer in layers)


def network_of(learner: Learner) -> SbsNet:
    """Return the network of a learner whose settings offer layers of this kind."""
    assert isinstance(learner.model, SbsNet)
    return learner.model
