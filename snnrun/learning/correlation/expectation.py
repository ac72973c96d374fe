r"""Foretelling rewards from what is observed, and how far an action surpasses that.

With what the encoder makes of an observation x, at action t,

.. math::
   & V_t = v \cdot x_t, \qquad \delta_t = r_t + \gamma V_{t+1} - V_t \\
   & \bar x_t = \lambda \bar x_{t-1} + (1 - \lambda)\,x_t, \qquad
      v \leftarrow v + \eta\,\delta_t\,\bar x_t

:math:`V_{t+1} = 0` where the episode ended by itself. Barto, Sutton, Anderson, IEEE Transactions on
Systems, Man, and Cybernetics 13 (1983), whose adaptive critic this is.
"""

import math

import torch
from torch import Tensor, nn

from snnrun.errors import DivergedError
from snnrun.learning.correlation.control_settings import ExpectationSettings


class Expectation(nn.Module):
    """What is foretold.

    Args:
        settings: of it.
        inputs: how many numbers an observation is to the network.

    values: v, float64 ``[inputs]``.
    """

    values: Tensor

    def __init__(self, settings: ExpectationSettings, inputs: int) -> None:
        super().__init__()
        self.settings = settings
        self.register_buffer("values", torch.zeros(inputs, dtype=torch.float64))
        self._trace = torch.zeros_like(self.values)

    def begin(self) -> None:
        """Begin an episode."""
        self._trace = torch.zeros_like(self.values)

    def surpassed(self, before: Tensor, reward: float, after: Tensor | None) -> float:
        """Return delta, and learn from it.

        Args:
            before, after: observations ``[inputs]``; after: None where the episode has ended.
            reward: for the action between them.

        Raises:
            DivergedError: it is no number.
        """
        chosen = self.settings
        x = before.to(self.values)
        ahead = 0.0 if after is None else float(self.values @ after.to(self.values))
        delta = reward + chosen.discount * ahead - float(self.values @ x)
        if not math.isfinite(delta):
            raise DivergedError("what is foretold of the reward is no longer finite")
        self._trace = chosen.trace * self._trace + (1 - chosen.trace) * x
        self.values += chosen.nu * delta * self._trace
        return delta
