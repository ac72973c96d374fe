"""Spikes as lists: of rare spikes a small part of what arrays of zeros and ones would be."""

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
    """

    starts: Tensor
    places: Tensor
    size: int
    again: "Callable[[int, int, float], Events] | None" = field(default=None, repr=False)

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
        steps, batch, size = spikes.shape
        by_sample = spikes.transpose(0, 1) != 0
        counts = by_sample.sum(2).flatten()
        starts = torch.zeros(batch * steps + 1, dtype=torch.int64)
        torch.cumsum(counts, 0, out=starts[1:])
        rows = torch.arange(batch)[:, None] * steps + torch.arange(steps + 1)
        return cls(starts[rows], by_sample.nonzero()[:, 2].int(), size)

    def counts(self) -> Tensor:
        """Return how often each neuron spikes, int64 ``[batch, neurons]``.

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
        """Return ``[time, batch, neurons]``, 0 or 1, of the type of another tensor.

        Example:
            >>> Events.of(torch.tensor([[[0.0, 1.0]], [[1.0, 1.0]]])).dense(torch.ones(1)).tolist()
            [[[0.0, 1.0]], [[1.0, 1.0]]]
        """
        spikes = like.new_zeros(len(self) * self.steps, self.size)
        counts = self.starts.diff(dim=1).flatten()
        rows = torch.repeat_interleave(torch.arange(len(counts)), counts)
        first = int(self.starts[0, 0]) if len(self) else 0
        spikes[rows, self.places[first : first + len(rows)].long()] = 1
        return spikes.view(len(self), self.steps, self.size).transpose(0, 1)

    def part(self, begin: int, end: int) -> "Events":
        """Return some of the samples, without copying."""
        return Events(self.starts[begin:end], self.places, self.size)
