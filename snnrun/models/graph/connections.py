"""Synapses between two groups: what arrives, and what that brings; the readable twin.

Spikes take ``delay`` steps: those of step t arrive at step t + delay, all of them, however close
they follow each other. A delay of 0 is within the step, so the first group steps before the second.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

if TYPE_CHECKING:  # groups know connections
    from snnrun.models.graph.group import Group

Bounds = tuple[float | None, float | None]
Every = Literal["step", "sample", "epoch"]


class Connection(nn.Module, ABC):
    """Synapses from one group to another.

    Args:
        pre, post: shapes of the groups.
        delay: steps from a spike to its arrival, or one for each synapse, of the shape of weight.
        bounds: of the weights, kept after every change; None: none.
        norm: what the sum over the synapses of each neuron of post is brought to; None: nothing.
        squares: whether that is the root of the sum of squares; else the sum of magnitudes.
        every: behind what that is done: each step, sample or epoch of learning.
        decay: the share of itself that a weight loses at each step of learning, after its rules.

    delay: the shortest; longest: the longest; delays: one for each synapse, None if all are equal.
    """

    weight: nn.Parameter
    delays: Tensor | None

    def __init__(
        self,
        pre: tuple[int, ...],
        post: tuple[int, ...],
        *,
        delay: int | Tensor = 0,
        bounds: Bounds = (None, None),
        norm: float | None = None,
        squares: bool = False,
        every: Every = "sample",
        decay: float = 0.0,
    ) -> None:
        super().__init__()
        self.pre, self.post = tuple(pre), tuple(post)
        self.register_buffer("delays", delay if isinstance(delay, Tensor) else None)
        self.steps: Sequence[int] = [] if isinstance(delay, Tensor) else [delay]
        self.bounds, self.squares, self.every, self.decay = bounds, squares, every, decay
        self.target = norm
        self.reset()

    def reset(self) -> None:
        """Begin samples anew: the delays are looked at."""
        if self.delays is not None:
            self.steps = torch.unique(self.delays).tolist()

    @property
    def delay(self) -> int:
        """The shortest delay, steps."""
        return min(self.steps)

    @property
    def longest(self) -> int:
        """The longest delay, steps."""
        return max(self.steps)

    @property
    def norm(self) -> float | None:
        """What the weights are brought to behind each sample; None: nothing."""
        return self.target if self.every == "sample" else None

    @property
    def plain(self) -> bool:
        """Whether there is one delay, and nothing that acts on the weights between rules."""
        often = self.target is not None and self.every == "step"
        return self.delays is None and not often and not self.decay

    def receive(self, pre: "Group", late: int = 0) -> Tensor:
        """Return the input ``[batch, *post]`` that arrives.

        Args:
            pre: where it comes from.
            late: 1 if pre has not stepped yet at this step, else 0.
        """
        return self(pre.spikes_before(self.delay - late))  # type: ignore[no-any-return]

    @abstractmethod
    def forward(self, spikes: Tensor) -> Tensor:
        """Return the input ``[batch, *post]`` that arriving spikes ``[batch, *pre]`` bring."""

    def carried(self, pre: "Group", late: int = 0) -> Tensor | None:
        """Return traces ``[batch, *post]`` that come with the spikes; None: there are none."""
        return None

    def summed(self, x: Tensor) -> Tensor:
        """Return the sum of ``x [batch, *pre]`` over the synapses of each neuron, unweighted."""
        sums: Tensor = functional_call(self, {"weight": torch.ones_like(self.weight)}, (x,))
        return sums

    @torch.no_grad()
    def change(self, by: Tensor) -> None:
        """Add to the weights, let them decay, keep them within their bounds."""
        self.weight.copy_(self.changed(by))

    def changed(self, by: Tensor) -> Tensor:
        """Return the weights after a change."""
        return self.within((self.weight + by) * (1 - self.decay))

    def within(self, weight: Tensor) -> Tensor:
        """Return weights within their bounds."""
        low, high = self.bounds
        return weight if low is None and high is None else weight.clamp(low, high)

    @torch.no_grad()
    def normalise(self, behind: Every = "sample") -> None:
        """Bring the synapses of each neuron of post to their sum, where that is due; 0 stays 0."""
        if self.target is not None and self.every == behind:
            self.weight.mul_(self.factors().view(-1, *[1] * (self.weight.dim() - 1)))

    def factors(self) -> Tensor:
        """Return the factor ``[post]`` for the synapses of each neuron of post."""
        assert self.target is not None
        rows = self.weight.flatten(1)
        total = rows.square().sum(1).sqrt() if self.squares else rows.abs().sum(1)
        return self.target / torch.where(total == 0, torch.ones_like(total), total)


class Weighted(Connection):
    r"""Synapses that can learn, on a grid of filters O, inputs of a filter K, and places L.

    .. math:: I_{ol} = \sum_k w_{ok(l)} s_{kl}

    Synapses of all places may share weights; the changes of these are then summed over places.
    """

    @abstractmethod
    def project(self, weight: Tensor, spikes: Tensor) -> Tensor:
        """Return the input ``[batch, *post]`` that spikes ``[batch, *pre]`` bring by weights."""

    @abstractmethod
    def seen(self, values: Tensor) -> Tensor:
        """Return what synapses see of values ``[batch, *pre]``: ``[batch, K, L]``."""

    @abstractmethod
    def grid(self, values: Tensor) -> Tensor:
        """Return values of the shape of weight as ``[O, K, L]``, L being 1 where shared."""

    @abstractmethod
    def gathered(self, values: Tensor) -> Tensor:
        """Return sums over shared places of values ``[O, K, L]``, in the shape of weight."""

    def placed(self, weight: Tensor) -> Tensor:
        """Return weights, and 0 where there is no synapse."""
        return weight

    def at(self, values: Tensor) -> Tensor:
        """Return values ``[batch, *post]`` as ``[batch, O, L]``."""
        return values.flatten(2)

    def pairs(self, after: Tensor, before: Tensor) -> Tensor:
        """Return products of ``[batch, O, L]`` and ``[batch, K, L]``, summed as weights are.

        Both over the batch and over places that share weights.
        """
        return torch.einsum("bol,bkl->ok", after, before).view_as(self.weight)

    def forward(self, spikes: Tensor) -> Tensor:
        """Return what spikes bring that arrive everywhere at once."""
        return self.project(self.weight, spikes)

    def receive(self, pre: "Group", late: int = 0) -> Tensor:
        """Return the input ``[batch, *post]`` that arrives."""
        if self.delays is None:
            return super().receive(pre, late)
        parts = [
            self.project(self.weight * (self.delays == steps), pre.spikes_before(steps - late))
            for steps in self.due(pre, late)
        ]
        return sum(parts[1:], parts[0])

    def due(self, pre: "Group", late: int = 0) -> Sequence[int]:
        """Return the delays that spikes can have crossed since the beginning; at least one."""
        return self.steps[: max(1, bisect_right(self.steps, pre.past + late))]

    def arrived(self, pre: "Group") -> Tensor:
        """Return the spikes at each synapse at this step, ``[batch, O or 1, K, L]``."""
        if self.delays is None:
            return self.seen(pre.spikes_before(self.delay))[:, None]
        delays = self.grid(self.delays)
        parts = [
            self.seen(pre.spikes_before(steps))[:, None] * (delays == steps)
            for steps in self.due(pre)
        ]
        return sum(parts[1:], parts[0])


class Dense(Weighted):
    """All-to-all synapses, ``weight [post, pre]``; groups of more axes count flat.

    ready: of each neuron of post, bit 0: its synapses are normalised, and have not changed since;
        bit 1: some are beyond their bounds, to which they are brought at the next change.
    """

    ready: Tensor

    def __init__(self, pre: tuple[int, ...], post: tuple[int, ...], **options: Any) -> None:
        super().__init__(pre, post, **options)
        self.weight = nn.Parameter(torch.zeros(size(post), size(pre)), requires_grad=False)
        self.register_buffer("ready", torch.zeros(size(post), dtype=torch.uint8))

    @torch.no_grad()
    def change(self, by: Tensor) -> None:
        """Add to the weights, let them decay, keep them within their bounds."""
        new = self.changed(by)
        self.ready[(new != self.weight).any(1)] = 0
        self.weight.copy_(new)

    @torch.no_grad()
    def normalise(self, behind: Every = "sample") -> None:
        """Bring the synapses of each neuron of post to their sum, if they are not there."""
        if self.target is None or self.every != behind:
            return
        rows = (self.ready & 1) == 0
        self.weight[rows] *= self.factors()[rows, None]
        self.mark(rows)

    @torch.no_grad()
    def mark(self, rows: Tensor) -> None:
        """Say of rows that they are normalised, and which of them are beyond their bounds."""
        beyond = (self.within(self.weight[rows]) != self.weight[rows]).any(1)
        self.ready[rows] = beyond.to(torch.uint8) * 2 + int(self.norm is not None)

    def receive(self, pre: "Group", late: int = 0) -> Tensor:
        """Return the input ``[batch, *post]`` that arrives; over single delays, spike by spike."""
        if self.delays is None:
            return super().receive(pre, late)
        due = self.due(pre, late)
        sent = torch.stack([pre.spikes_before(steps - late).flatten(1) for steps in due])
        ago, sample, source = sent.nonzero(as_tuple=True)
        arrives = self.delays[:, source] == torch.tensor(due, device=sent.device)[ago]
        brought = self.weight[:, source] * arrives * sent[ago, sample, source]
        total = brought.new_zeros(sent.shape[1], len(brought)).index_add(0, sample, brought.t())
        return total.view(-1, *self.post)

    def look(self) -> None:
        """Take weights that come from elsewhere: none is known to be normalised."""
        self.mark(torch.ones_like(self.ready, dtype=torch.bool))
        self.ready &= 2

    def project(self, weight: Tensor, spikes: Tensor) -> Tensor:
        """Return W s."""
        return (spikes.flatten(1) @ weight.t()).view(len(spikes), *self.post)

    def seen(self, values: Tensor) -> Tensor:
        """Return values flat: K counts the neurons of pre, and there is one place."""
        return values.flatten(1)[..., None]

    def at(self, values: Tensor) -> Tensor:
        """Return values flat: O counts the neurons of post."""
        return values.flatten(1)[..., None]

    def grid(self, values: Tensor) -> Tensor:
        """Return values at one place."""
        return values[..., None]

    def gathered(self, values: Tensor) -> Tensor:
        """Return the values of the one place."""
        return values[..., 0]


class Single(Connection):
    """Synapses that share one weight ``[1]``."""

    def __init__(
        self,
        pre: tuple[int, ...],
        post: tuple[int, ...],
        *,
        kind: Literal["one_to_one", "all_but_self"],
        weight: float = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(pre, post, **options)
        if size(pre) != size(post):
            raise ValueError(f"{kind}: expected groups of one size, got {pre} and {post}")
        self.kind = kind
        self.weight = nn.Parameter(torch.tensor([float(weight)]), requires_grad=False)

    def forward(self, spikes: Tensor) -> Tensor:
        """Return the spike of the same place, or the number of all others, times the weight."""
        flat = spikes.flatten(1)
        seen = flat if self.kind == "one_to_one" else flat.sum(1, keepdim=True) - flat
        return (self.weight * seen).view(len(spikes), *self.post)


def size(shape: tuple[int, ...]) -> int:
    """Return the number of neurons of a group."""
    return torch.Size(shape).numel()
