r"""Learning by reward: what pairs of spikes would change is changed when reward comes.

With the traces P+ of pre and P- of post, kept by the rule:

.. math::
   & P^+ \leftarrow e^{-dt/\tau_+} P^+ + A_+ s, \qquad P^- \leftarrow e^{-dt/\tau_-} P^- + A_- S \\
   & \zeta = P^+ S + s\,P^- \\
   \text{MSTDP:}\quad & \Delta w = \eta\,r\,\zeta \\
   \text{MSTDPET:}\quad & z \leftarrow e^{-dt/\tau_z} z + \zeta / \tau_z, \quad
      \Delta w = \eta\,dt\,r\,z

summed over the batch and over places that share weights. ``lag``: zeta is that of the step before.
Florian, Neural Computation 19 (2007). ``TracedReward`` has the traces x and y of the groups
instead, lets spikes s' of pre count as they arrive, and takes the mean:

.. math:: e \leftarrow \lambda e + a_{pre}\,x\,S - a_{post}\,s'\,y, \quad \Delta w = \eta\,r\,e
"""

import math
from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Tensor

from snnrun.models.graph.connections import Weighted
from snnrun.models.graph.group import Group
from snnrun.models.graph.plasticity import Plasticity, trace_of
from snnrun.models.graph.signals import Signals


class Reward(Plasticity):
    """What rules of reward share.

    Args:
        nu: learning rate.
        reward: name of the signal, ``[]`` or ``[batch]``; at steps without it weights stay.
        baseline: number of rewards over which a moving average reaches; it is taken from the
            reward that follows. None: there is none.

    average: that average, float64 whatever the type of the network.
    """

    average: Tensor

    def __init__(self, nu: float, reward: str = "reward", baseline: float | None = None) -> None:
        super().__init__()
        self.nu, self.reward, self.baseline = nu, reward, baseline
        if baseline is not None:
            self.register_buffer("average", torch.zeros((), dtype=torch.float64))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Change type and device of all tensors; the average stays float64."""
        average = self._buffers.get("average")
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if average is not None:
            self.average = average.to(self.average.device)
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """The reward."""
        return (self.reward,)

    def rewarded(self, synapses: Weighted, eligible: Tensor, signals: Signals) -> Tensor:
        """Return eta r e, summed over the batch, of the shape of weight; ``e [batch, O, K, L]``."""
        if self.reward not in signals:
            return torch.zeros_like(synapses.weight)
        reward = self._above(signals[self.reward].to(eligible)).expand(len(eligible))
        return self.nu * synapses.gathered((reward.view(-1, 1, 1, 1) * eligible).sum(0))

    def _above(self, reward: Tensor) -> Tensor:
        """Return a reward less the average of those before."""
        if self.baseline is None:
            return reward
        above = reward - self.average.to(reward)
        self.average += above.double().mean() / self.baseline
        return above


class MSTDP(Reward):
    """Reward decides at once what a pair of spikes changes.

    Args:
        reward: see :class:`Reward`.
        a_plus, a_minus, tau_plus, tau_minus: of the equations; ms.
        lag: whether zeta is that of the step before.
    """

    plus: Tensor
    minus: Tensor
    eligibility: Tensor
    before: Tensor

    def __init__(
        self,
        *,
        a_plus: float = 1.0,
        a_minus: float = -1.0,
        tau_plus: float = 20.0,
        tau_minus: float = 20.0,
        lag: bool = True,
        **reward: Any,
    ) -> None:
        super().__init__(**reward)
        self.a_plus, self.a_minus, self.lag = a_plus, a_minus, lag
        self.tau_plus, self.tau_minus = tau_plus, tau_minus

    def reset(self, synapses: Weighted, batch: int, like: Tensor) -> None:
        """Begin with silent traces; nothing is eligible."""
        self.plus = like.new_zeros(batch, *synapses.pre)
        self.minus = like.new_zeros(batch, *synapses.post)
        self.eligibility = self._zeta(synapses, self.plus, self.minus)

    def change(self, synapses: Weighted, pre: Group, post: Group, signals: Signals) -> Tensor:
        """Return the change."""
        return self.rewarded(synapses, self.advance(synapses, pre, post), signals)

    def advance(self, synapses: Weighted, pre: Group, post: Group) -> Tensor:
        """Return zeta of this step, or of that before, ``[batch, O, K, L]``."""
        before = self.eligibility
        self.plus = math.exp(-pre.dt / self.tau_plus) * self.plus + self.a_plus * pre.spikes
        self.minus = math.exp(-post.dt / self.tau_minus) * self.minus + self.a_minus * post.spikes
        self.eligibility = self._zeta(synapses, pre.spikes, post.spikes)
        return before if self.lag else self.eligibility

    def _zeta(self, synapses: Weighted, spikes: Tensor, spiked: Tensor) -> Tensor:
        plus, s = (synapses.seen(each)[:, None] for each in (self.plus, spikes))
        minus, S = (synapses.at(each)[:, :, None] for each in (self.minus, spiked))
        return plus * S + s * minus


class MSTDPET(MSTDP):
    """Reward decides what pairs of spikes change of which an eligibility trace tells.

    Args:
        mstdp: see :class:`MSTDP`.
        tau: of the eligibility trace, ms.
    """

    trace: Tensor

    def __init__(self, *, tau: float = 25.0, **mstdp: Any) -> None:
        super().__init__(**mstdp)
        self.tau = tau

    def reset(self, synapses: Weighted, batch: int, like: Tensor) -> None:
        """Begin with silent traces."""
        super().reset(synapses, batch, like)
        self.trace = torch.zeros_like(self.eligibility)

    def change(self, synapses: Weighted, pre: Group, post: Group, signals: Signals) -> Tensor:
        """Return the change."""
        zeta = self.advance(synapses, pre, post)
        self.trace = math.exp(-pre.dt / self.tau) * self.trace + zeta / self.tau
        return pre.dt * self.rewarded(synapses, self.trace, signals)


class TracedReward(Reward):
    """MSTDPET by the traces of the groups, with spikes as they arrive; a mean over the batch.

    Args:
        reward: see :class:`Reward`.
        a_pre, a_post: of the equation.
        decay: lambda of the equation, what a step leaves.
    """

    trace: Tensor

    def __init__(
        self, *, a_pre: float = 1.0, a_post: float = 1.0, decay: float = 0.9, **reward: Any
    ) -> None:
        super().__init__(**reward)
        self.a_pre, self.a_post, self.decay = a_pre, a_post, decay

    def reset(self, synapses: Weighted, batch: int, like: Tensor) -> None:
        """Begin with nothing eligible."""
        silent = synapses.seen(like.new_zeros(batch, *synapses.pre))[:, None]
        self.trace = silent * synapses.at(like.new_zeros(batch, *synapses.post))[:, :, None]

    def change(self, synapses: Weighted, pre: Group, post: Group, signals: Signals) -> Tensor:
        """Return the change, a mean over the batch and over places that share weights."""
        y, spiked = (synapses.at(each)[:, :, None] for each in (trace_of(post), post.spikes))
        potentiation = self.a_pre * synapses.seen(trace_of(pre))[:, None] * spiked
        depression = self.a_post * synapses.arrived(pre) * y
        self.trace = self.decay * self.trace + potentiation - depression
        shared = self.trace.shape[3] // synapses.grid(synapses.weight).shape[2]
        return self.rewarded(synapses, self.trace, signals) / (len(self.trace) * shared)
