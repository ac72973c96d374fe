"""Groups of neurons: the readable twin, for programs and for what is not compiled.

A group holds the state of a batch of samples, ``[batch, *shape]``, new after :meth:`Group.reset`.
Each call is a step: input comes in, spikes go out and stay to be looked at, until the next.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from snnrun.models.graph.connections import Connection
from snnrun.models.graph.traces import TraceSettings


class Arrival(NamedTuple):
    """What reaches a group over one connection at a step.

    synapses: the connection.
    brought: what it brings of the spikes that arrive, ``[batch, *post]``.
    trace: of pre as it is now, ``[batch, *pre]``; None if there is none.
    """

    synapses: Connection
    brought: Tensor
    trace: Tensor | None = None


class Group(nn.Module, ABC):
    """Neurons of one kind.

    Args:
        shape: of the group.
        trace: how its trace behaves; None: it has none.
        dt: length of a step, ms.

    spikes: of the last step, 0 or 1, ``[batch, *shape]``.
    clamp: of the next steps, what their spikes must be, see :class:`~.signals.Lesson`; None: free.
    trace: after the last step, of the same shape; None if there is none.
    """

    spikes: Tensor

    def __init__(
        self, shape: tuple[int, ...], trace: TraceSettings | None = None, dt: float = 1.0
    ) -> None:
        super().__init__()
        self.shape, self.dt, self.traced = tuple(shape), dt, trace
        self.trace: Tensor | None = None
        self.clamp: Tensor | None = None
        self._before: deque[Tensor] = deque(maxlen=1)

    def remember(self, steps: int) -> None:
        """Keep the spikes of so many steps before the last, for synapses with delays."""
        self._before = deque(maxlen=max(1, steps, self._before.maxlen or 1))

    def reset(self, batch: int, like: Tensor) -> None:
        """Begin samples anew, with numbers of the type and on the device of another tensor."""
        self.spikes = like.new_zeros(batch, *self.shape)
        self.trace = None if self.traced is None else torch.zeros_like(self.spikes)
        self.clamp = None
        self._before.clear()

    def gather(self, arrivals: Iterable[Arrival]) -> Tensor:
        """Return the input of a step from what arrives: the sum of W s over all connections."""
        total = torch.zeros_like(self.spikes)
        for each in arrivals:
            total = total + each.brought
        return total

    def forward(self, x: Tensor) -> Tensor:
        """Advance by a step; return the spikes ``[batch, *shape]``.

        Args:
            x: what comes in, as :meth:`gather` returns it: ``[batch, *shape]``.
        """
        self._before.appendleft(self.spikes)
        self.spikes = clamped(self.spike(x), self.clamp)
        if self.traced is not None and self.trace is not None:
            self.trace = trace_after(self.trace, self.spikes, self.traced, self.dt)
        return self.spikes

    @abstractmethod
    def spike(self, x: Tensor) -> Tensor:
        """Move the state by a step; return the spikes."""

    @property
    def past(self) -> int:
        """How many steps back spikes are known; before the first there were none."""
        return len(self._before)

    def spikes_before(self, steps: int) -> Tensor:
        """Return the spikes of so many steps before the last; before the first there were none."""
        if steps == 0:
            return self.spikes
        if steps > len(self._before):
            return torch.zeros_like(self.spikes)
        return self._before[steps - 1]


class Input(Group):
    """Neurons whose spikes, or values, are given."""

    def spike(self, x: Tensor) -> Tensor:
        """Return what is given."""
        return x


def clamped(spikes: Tensor, clamp: Tensor | None) -> Tensor:
    """Return spikes, with 1 where a clamp is positive and 0 where it is negative."""
    if clamp is None:
        return spikes
    return torch.where(clamp == 0, spikes, (clamp > 0).to(spikes))


def trace_after(trace: Tensor, spikes: Tensor, by: TraceSettings, dt: float) -> Tensor:
    """Return a trace after a step of ``dt`` ms with these spikes, 0 or 1."""
    if by.euler:
        return trace + dt / by.tau * (-trace + by.amount * spikes)
    faded = by.kept(dt) * trace
    if by.mode == "add":
        return faded + by.amount * spikes
    return torch.where(spikes > 0, torch.full_like(faded, by.amount), faded)
