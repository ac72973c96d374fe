"""Episodes in an environment: what a batch holds instead of samples that are known before."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # sources are known without torch
    from torch import Tensor

    from snnrun.core.events import Events
    from snnrun.core.random import Random

Observation = NDArray[np.floating[Any]]


class Moment(NamedTuple):
    """What an action leads to.

    seen: what is observed then.
    reward: for the action.
    over: whether the episode has ended by what was done.
    cut: whether it is ended because it lasts too long.
    """

    seen: Observation
    reward: float
    over: bool
    cut: bool


class Environment(ABC):
    """A world that a network acts in, one episode after the other."""

    @abstractmethod
    def begin(self, seed: int) -> Observation:
        """Begin an episode, all of whose chances follow from a seed; return what is observed."""

    @abstractmethod
    def act(self, action: int) -> Moment:
        """Do something, one of the actions 0, 1, ...; return what comes of it."""


@dataclass(slots=True)
class Episodes:
    """The input of a batch of episodes.

    make: makes an environment, in which one episode can run at a time.
    prepare: returns what observations ``[episodes, *shape]`` are to the encoder.
    show: returns the spikes of what was prepared, for so many steps.
    spikes: whether these are spikes always; else they may be currents.
    """

    make: Callable[[], Environment]
    prepare: "Callable[[Tensor], Tensor]"
    show: "Callable[[Tensor, Random], Tensor | Events]"
    spikes: bool = False
