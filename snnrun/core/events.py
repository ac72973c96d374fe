"""Spikes as lists: of rare spikes a small part of what arrays of zeros and ones would be.

What comes in may also be currents, which are no lists: real numbers at every step.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(slots=True)
class Events:
    """The spikes of a batch.

    starts: int64 ``[batch, steps + 1]``: those of step t of a sample are ``places[starts[b, t]]``
        up to the next start.
    places: int32, which neuron spikes.
    size: number of neurons.
    again: draws a sample anew, given its place in the batch, how often it was shown before, and a
        factor of its rates; None where nothing is drawn.
    currents: what comes in beside spikes, ``[time, batch, neurons]``; None: nothing does.
    """

    starts: Tensor
    places: Tensor
    size: int
    again: "Callable[[int, int, float], Events] | None" = field(default=None, repr=False)
    currents: Tensor | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.starts)

    def __reduce__(self) -> "tuple[type[Events], tuple[Tensor, Tensor, int]]":
        """Let other processes have the spikes; who draws them anew stays here."""
        return Events, (self.starts, self.places, self.size)

    @property
    def steps(self) -> int:
        """How many steps a sample has."""
        return self.starts.shape[1] - 1

    @classmethod
    def of(cls, spikes: Tensor) -> "Events":
        """Return the lists of spikes ``[time, batch, neurons]``: of all that is not 0.

        Example:
            >>> Events.of(torch.tensor([[[0.0, 1.0]], [[1.0, 1.0]]]))
            Events(starts=tensor([[0, 1, 3]]), places=tensor([1, 0, 1], dtype=torch.int32), size=2)
        """
        by_sample = spikes.transpose(0, 1) != 0
        return cls(_starts(by_sample.sum(2)), by_sample.nonzero()[:, 2].int(), spikes.shape[2])

    @classmethod
    def at(cls, steps: Tensor, length: int) -> "Events":
        """Return the lists of neurons that spike once.

        Args:
            steps: when, ``[batch, neurons]``; below 0: never.
            length: how many steps there are.

        Example:
            >>> Events.at(torch.tensor([[2, -1, 0]]), 3)
            Events(starts=tensor([[0, 1, 1, 2]]), places=tensor([2, 0], dtype=torch.int32), size=3)
        """
        samples, places = (steps >= 0).nonzero().unbind(1)
        when = samples * length + steps[samples, places].long()
        counts = torch.bincount(when, minlength=len(steps) * length).view(len(steps), length)
        return cls(_starts(counts), places[when.argsort(stable=True)].int(), steps.shape[1])

    @classmethod
    def of_values(cls, x: Tensor) -> "Events":
        """Return lists where all of ``x [time, batch, neurons]`` is 0 or 1, else currents.

        Example:
            >>> found = Events.of_values(torch.tensor([[[0.0, 0.5]], [[0.0, 1.0]]]))
            >>> found.places, found.dense(torch.ones(1)).tolist()
            (tensor([], dtype=torch.int32), [[[0.0, 0.5]], [[0.0, 1.0]]])
        """
        if ((x == 0) | (x == 1)).all():
            return cls.of(x)
        steps, batch, size = x.shape
        none = torch.zeros(0, dtype=torch.int32)
        return cls(torch.zeros(batch, steps + 1, dtype=torch.int64), none, size, currents=x)

    def counts(self) -> Tensor:
        """Return how often each neuron spikes, int64 ``[batch, neurons]``; currents are no spikes.

        Example:
            >>> Events.of(torch.tensor([[[0.0, 1.0]], [[1.0, 1.0]]])).counts()
            tensor([[1, 2]])
        """
        samples = torch.repeat_interleave(
            torch.arange(len(self)), self.starts[:, -1] - self.starts[:, 0]
        )
        flat = (
            samples * self.size
            + self.places[self.starts[0, 0] if len(self) else 0 :][: len(samples)]
        )
        return torch.bincount(flat, minlength=len(self) * self.size).view(len(self), self.size)

    def dense(self, like: Tensor) -> Tensor:
        """Return ``[time, batch, neurons]``, 0, 1 or currents, of the type of another tensor.

        Example:
            >>> Events.of(torch.tensor([[[0.0, 1.0]], [[1.0, 1.0]]])).dense(torch.ones(1)).tolist()
            [[[0.0, 1.0]], [[1.0, 1.0]]]
        """
        spikes = like.new_zeros(len(self) * self.steps, self.size)
        counts = self.starts.diff(dim=1).flatten()
        rows = torch.repeat_interleave(torch.arange(len(counts)), counts)
        first = int(self.starts[0, 0]) if len(self) else 0
        spikes[rows, self.places[first : first + len(rows)].long()] = 1
        found = spikes.view(len(self), self.steps, self.size).transpose(0, 1)
        return found if self.currents is None else found + self.currents.to(like)

    def part(self, begin: int, end: int) -> "Events":
        """Return some of the samples, without copying."""
        currents = None if self.currents is None else self.currents[:, begin:end]
        return Events(self.starts[begin:end], self.places, self.size, currents=currents)


def _starts(counts: Tensor) -> Tensor:
    """Return where lists begin, ``[batch, steps + 1]``, of so many spikes ``[batch, steps]``."""
    batch, steps = counts.shape
    starts = torch.zeros(batch * steps + 1, dtype=torch.int64)
    torch.cumsum(counts.flatten(), 0, out=starts[1:])
    rows = torch.arange(batch)[:, None] * steps + torch.arange(steps + 1)
    return starts[rows]
