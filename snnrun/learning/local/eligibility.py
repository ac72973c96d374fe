r"""Eligibility: the error at the end times a low-pass trace of what each synapse did.

.. math:: a_t = \gamma\, a_{t-1} + \psi(U_t)\,\epsilon_t, \quad
          \Delta W^l = \frac1B \sum_b (e\,G_l)\, a_{T-1}

with :math:`\gamma = e^{-1/\tau_{trace}}` and :math:`\epsilon` the input behind the synaptic and the
membrane filter. The trace, ``[batch, inputs, neurons]``, is never formed: with
:math:`w_t = \gamma^{T-1-t}`,

.. math:: a_{T-1} = \sum_t \epsilon_t \, (w_t \psi_t)
                  = \sum_t x_t \, F^\top(w \psi)_t,

one matrix product over time and batch, where :math:`F^\top` runs the two filters backwards; for
input that stays the same, :math:`x \sum_t h_t w_t \psi_t` without a time axis at all.

``faithful`` is the rule of the notebook: the input is not filtered, and psi is that of the membrane
after its reset. A linear readout learns from its mean input. The error is that of spike rates over
all steps. After the eligibility traces of Bellec et al., Nature Communications 11 (2020).
"""

from typing import Any

from torch import Tensor

from snnrun.kernels.lif.products import LayerInput, PackedSpikes
from snnrun.kernels.lif.reference import Neuron
from snnrun.kernels.lif.scan import Pass, scan
from snnrun.learning.local.final_error import FinalErrorRule
from snnrun.learning.local.rule import Response, present
from snnrun.learning.local.settings import EligibilitySettings
from snnrun.learning.local.step_weights import fading, response
from snnrun.models.lif.net import LifLayer, LifNet, decay, filter_of


class Eligibility(FinalErrorRule):
    """The rule for one network."""

    def __init__(self, settings: EligibilitySettings, model: LifNet) -> None:
        super().__init__(settings, model)
        self.faithful, self.decay = settings.faithful, decay(settings.tau_trace)
        self._step_weights: dict[tuple[LifLayer, int, bool], Tensor] = {}

    def neuron(self, layer: LifLayer) -> Neuron:
        """Return the constants of a layer."""
        return layer.neuron._replace(after_reset=self.faithful)

    def traced(self, layer: LifLayer, steps: int, constant: bool) -> dict[str, Any]:
        """Return the wish for surrogate derivatives, or their sum where the input is constant."""
        key = (layer, steps, constant)
        if key not in self._step_weights:
            weights = layer.neuron.height * fading(steps, self.decay)
            if constant and not self.faithful:
                weights = weights * response(steps, layer.neuron)
            self._step_weights[key] = weights.to(layer.weights)
        return {
            "derivative_sum": True,
            "derivatives": not constant,
            "step_weights": self._step_weights[key],
        }

    def learn(self, response: Response, error: Tensor) -> None:
        """Leave the gradients, from the readout back to the first layer."""
        stack, signal = self.model.stack, error
        for index in reversed(range(len(stack))):
            if index == len(self.spiking):
                self.leave(stack[index], self.mean_input(index, response), error)
                continue
            hidden = index < len(self.model.layers)
            arriving = self.feedback(index, error, signal) if hidden else error
            done = response.passes[index]
            x = response.inputs[index] if hidden else response.last or response.inputs[-1]
            self._leave_traced(stack[index], x, arriving, done)
            signal = arriving * present(done.derivative_sum)

    def _leave_traced(
        self, layer: LifLayer, x: LayerInput | PackedSpikes, arriving: Tensor, done: Pass
    ) -> None:
        if x.constant:
            self.leave(layer, x, arriving * present(done.derivative_sum))
            return
        signal = present(done.derivatives).mul_(arriving)
        if not self.faithful:
            back = scan(signal, filter_of(layer.neuron), membranes=True, backwards=True)
            signal = present(back.membranes)
        self.leave(layer, x, signal)
