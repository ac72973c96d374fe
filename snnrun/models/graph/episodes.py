"""Samples whose steps come in portions, as what is shown depends on what came of those before.

Rules see the last step of a portion once it is known what they are told of it, by the next portion
or the end; of all other steps they are told nothing.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from snnrun.core.events import Events
from snnrun.models.graph.network import Network


class Episode(ABC):
    """One sample in course, from its first step on."""

    def show(
        self, x: Events, words: NDArray[np.uint32], told: Mapping[str, float]
    ) -> dict[str, Events]:
        """Run the next steps; return the spikes of all groups that spike by themselves.

        Args:
            x: what comes in, of one sample.
            words: random words ``[1, steps]``, for winners.
            told: signals of the step before; none: nothing is told of it.

        Raises:
            ValueError: a signal is nan.
        """
        _refuse_nan(told)
        return self._show(x, words, told)

    def end(self, told: Mapping[str, float]) -> None:
        """End the sample, whose last step rules are told of.

        Raises:
            ValueError: a signal is nan.
        """
        _refuse_nan(told)
        self._end(told)

    @abstractmethod
    def _show(
        self, x: Events, words: NDArray[np.uint32], told: Mapping[str, float]
    ) -> dict[str, Events]: ...

    @abstractmethod
    def _end(self, told: Mapping[str, float]) -> None: ...


def _refuse_nan(told: Mapping[str, float]) -> None:
    for name, value in told.items():
        if math.isnan(value):
            raise ValueError(f"the signal {name!r} is nan; expected a number")


class TwinEpisode(Episode):
    """A sample in course of the readable program.

    Args:
        network: begins anew.
        given: the group that is the input.
        learning: whether it learns; weights are normalised behind the sample then.
    """

    def __init__(self, network: Network, given: str, learning: bool) -> None:
        self.network, self.given, self.learning, self._begun = network, given, learning, False
        self.like = next(network.parameters())
        network.reset(1, self.like)

    def _show(
        self, x: Events, words: NDArray[np.uint32], told: Mapping[str, float]
    ) -> dict[str, Events]:
        network, numbers = self.network, torch.from_numpy(words.astype(np.int64))
        shape = network.group(self.given).shape
        names = [name for name in network.order if name != self.given]
        spikes: dict[str, list[torch.Tensor]] = {name: [] for name in names}
        for t, step in enumerate(x.dense(self.like)):
            self._learn(told if t == 0 else {})
            network.draw(numbers[:, t])
            network.advance({self.given: step.view(1, *shape)}, learn=self.learning)
            self._begun = True
            for name, each in spikes.items():
                each.append(network.group(name).spikes.flatten(1))
        return {name: Events.of(torch.stack(each)) for name, each in spikes.items()}

    def _end(self, told: Mapping[str, float]) -> None:
        self._learn(told)
        if self.learning:
            self.network.normalise()

    def _learn(self, told: Mapping[str, float]) -> None:
        """Let rules see the step before, if there is one."""
        if self.learning and self._begun:
            signals = {name: self.like.new_tensor(value) for name, value in told.items()}
            self.network.learn(signals)
