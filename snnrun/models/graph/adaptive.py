r"""LIF neurons whose thresholds move within a sample, and begin anew with the next.

With the spikes S, what a spike adds p, and the base c of the threshold:

.. math::
   \text{ALIF:}\quad & \theta \leftarrow d\,\theta, \quad S = [V \ge c + \theta], \quad
      \theta \leftarrow \theta + p\,S \\
   \text{fading, linear:}\quad & S = [V \ge C], \quad C \leftarrow d\,C + p\,S \\
   \text{fading, Euler:}\quad & S = [V \ge C], \quad
      C \leftarrow C + \frac{dt}{\tau} (-C + p\,S)

An ALIF's threshold falls back to its base: Bellec et al., Nature Communications 11 (2020). PySNN's
AdaptiveLIFNeuron is the fading one: it begins at c, and the whole of it falls to 0.
"""

from typing import Any

import torch
from torch import Tensor

from snnrun.models.graph.constants import Constant, keep, kept
from snnrun.models.graph.lif import LIF


class ALIF(LIF):
    """LIF neurons whose threshold is raised by their spikes, and falls back to its base.

    :class:`~.lif.AdaptiveLIF` keeps what spikes have raised for the next sample, as learned.

    Args:
        shape, lif: see :class:`~.lif.LIF`.
        plus: what a spike adds to the threshold.
        tau_theta: time constant, ms, with which that fades.

    theta: what is added to the threshold, ``[batch, *shape]``.
    """

    theta: Tensor
    plus: Constant
    theta_decay: Constant

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        plus: Constant = 1.0,
        tau_theta: Constant = 100.0,
        **lif: Any,
    ) -> None:
        super().__init__(shape, **lif)
        keep(self, self.shape, plus=plus, theta_decay=kept(self.dt, tau_theta))

    def reset(self, batch: int, like: Tensor) -> None:
        """Begin at rest, with the threshold at its base."""
        super().reset(batch, like)
        self.theta = torch.zeros_like(self.spikes)

    def level(self) -> Constant:
        """Return base and theta, which fades at every step."""
        self.theta = self.theta * self.theta_decay
        return self.threshold + self.theta

    def spike(self, x: Tensor) -> Tensor:
        """Integrate, spike, reset, adapt."""
        spikes = super().spike(x)
        self.theta = self.theta + self.plus * spikes
        return spikes

    @property
    def thresholds(self) -> Tensor:
        """The thresholds after the last step, ``[batch, *shape]``."""
        return self.threshold + self.theta


class FadingThresholdLIF(LIF):
    """LIF neurons whose whole threshold falls to 0, and is raised by their spikes (PySNN).

    Args:
        shape, lif: see :class:`~.lif.LIF`; threshold: where it begins.
        plus: what a spike adds; by forward Euler, dt / tau of it.
        tau_threshold: time constant of the threshold, ms, for steps of forward Euler.
        threshold_decay: what a step leaves of the threshold (PySNN's linear form); goes before
            tau_threshold.
    """

    plus: Constant
    fade: Constant

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        plus: Constant = 1.0,
        tau_threshold: Constant = 100.0,
        threshold_decay: Constant | None = None,
        **lif: Any,
    ) -> None:
        super().__init__(shape, **lif)
        self.linear = threshold_decay is not None
        fade = self.dt / tau_threshold if threshold_decay is None else threshold_decay
        keep(self, self.shape, plus=plus, fade=fade)

    def reset(self, batch: int, like: Tensor) -> None:
        """Begin at rest, with the threshold as given."""
        super().reset(batch, like)
        self._thresholds = torch.zeros_like(self.spikes) + self.threshold

    def level(self) -> Constant:
        """Return the threshold as it is now."""
        return self._thresholds

    def spike(self, x: Tensor) -> Tensor:
        """Integrate, spike, reset, adapt."""
        spikes, before = super().spike(x), self._thresholds
        if self.linear:
            self._thresholds = self.fade * before + self.plus * spikes
        else:
            self._thresholds = before + self.fade * (-before + self.plus * spikes)
        return spikes

    @property
    def thresholds(self) -> Tensor:
        """The thresholds after the last step, ``[batch, *shape]``."""
        return self._thresholds
