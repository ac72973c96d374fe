r"""Random feedback: the product of three time means, with the error fed back by random weights.

.. math:: \delta^{out} = e\,s^{out}, \quad \delta^l = (\delta^{out} G_l)\,s^l, \quad
          \Delta W^l = \frac1B \sum_b \overline{x^l}\,\delta^l

Means are over the last L steps (``window``); e is the error of the loss at the spike rates. A
linear readout has no spikes: there :math:`\delta^{out} = e`. Here s is the mean of
:math:`h_t\,\psi(U_t)`, the surrogate derivative times the response of the membrane to its input
(:mod:`snnrun.learning.local.step_weights`). That makes the update the true gradient where the input
is constant, there is one hidden layer, feedback is symmetric and resets subtract.

``faithful`` is the rule of the notebook: derivatives without h, and those of hidden layers over the
last 2 L - T steps only, because its window is cut out twice. The kinds of feedback G are those of
:mod:`snnrun.learning.local.feedback`. Nøkland, NeurIPS (2016); Samadi, Lillicrap, Tweed, Neural
Computation 29 (2017).
"""

from typing import Any

from torch import Tensor

from snnrun.learning.local.final_error import FinalErrorRule
from snnrun.learning.local.rule import Response, present
from snnrun.learning.local.settings import RandomFeedbackSettings
from snnrun.learning.local.step_weights import response, window
from snnrun.models.lif.net import LifLayer, LifNet, SpikesReadout


class RandomFeedback(FinalErrorRule):
    """The rule for one network."""

    keeps_spikes = False

    def __init__(self, settings: RandomFeedbackSettings, model: LifNet) -> None:
        super().__init__(settings, model)
        self.faithful, self.window = settings.faithful, settings.window
        self._step_weights: dict[tuple[LifLayer, int], Tensor] = {}

    def first(self, steps: int) -> int:
        """Return the first step of the window."""
        return steps - (self.window or steps)

    def traced(self, layer: LifLayer, steps: int, constant: bool) -> dict[str, Any]:
        """Return the wish for the sum of surrogate derivatives."""
        key = (layer, steps)
        if key not in self._step_weights:
            self._step_weights[key] = self.step_weights(layer, steps).to(layer.weights)
        return {"derivative_sum": True, "step_weights": self._step_weights[key]}

    def step_weights(self, layer: LifLayer, steps: int) -> Tensor:
        """Return the weight of the surrogate derivative at each step."""
        last = steps - self.first(steps)
        if not self.faithful:
            return layer.neuron.height * window(steps, last) * response(steps, layer.neuron)
        hidden = layer is not self.model.readout
        return layer.neuron.height * window(steps, 2 * last - steps if hidden else last)

    def learn(self, response: Response, error: Tensor) -> None:
        """Leave the gradients, from the readout back to the first layer."""
        stack, passes = self.model.stack, response.passes
        spiking = isinstance(self.model.readout, SpikesReadout)
        signal = output = error * present(passes[-1].derivative_sum) if spiking else error
        for index in reversed(range(len(stack))):
            if index < len(self.model.layers):
                arriving = self.feedback(index, output, signal)
                signal = arriving * present(passes[index].derivative_sum)
            self.leave(stack[index], self.mean_input(index, response), signal)
