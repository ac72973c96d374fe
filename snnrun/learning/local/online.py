r"""Rules with an error at every step: e-prop, and online learning through time.

The readout is a leaky integrator, :math:`o_t = \kappa\,o_{t-1} + S_t W`, with the error
:math:`e_t = \partial L_t / \partial o_t` of the loss at every step. A synapse keeps the trace
:math:`\psi_t\,\epsilon_t`, its input behind the filters of its neuron times the
surrogate derivative. **e-prop** filters it once more with kappa, so that a spike is credited for
all that it does to the readout later:

.. math:: \Delta W^l = \sum_t (e_t G_l)\; F_\kappa(\psi\,\epsilon)_t
                     = \sum_t x_t\, F^\top\!\big[(F_\kappa^\top(e)_t\, G_l)\, \psi_t\big]_t .

On the right all filters run backwards over signals: kappa over the few numbers of the error, the
two filters of the neuron over one number a neuron. So no trace of a synapse is ever formed, and the
update is one matrix product over time and batch. With one hidden layer, symmetric feedback and a
reset that subtracts it is the true gradient. **Online** learning credits a spike only for its own
step, and sends the error from layer to layer: the same without :math:`F_\kappa^\top`. Readouts get
their true gradient.

Bellec et al., Nature Communications 11 (2020); Xiao et al., NeurIPS (2022).
"""

from typing import Any

import torch
from torch import Tensor

from snnrun.core.record import Record
from snnrun.kernels.lif.products import LayerInput
from snnrun.kernels.lif.scan import Pass, scan
from snnrun.learning.local.rule import LocalRule, Response, present
from snnrun.learning.local.settings import EpropSettings
from snnrun.learning.local.step_weights import response as response_of
from snnrun.models.lif.net import LeakyReadout, LifLayer, LifNet, filter_of


class Eprop(LocalRule):
    """e-prop for one network."""

    #: Whether a spike is credited for what it does to the readout at later steps.
    looks_ahead = True

    def __init__(self, settings: EpropSettings, model: LifNet) -> None:
        super().__init__(settings, model)
        self._ones: dict[tuple[LifLayer, int], Tensor] = {}
        self._responses: dict[tuple[LifLayer, int], Tensor] = {}

    @property
    def readout(self) -> LeakyReadout:
        """The readout of the network."""
        assert isinstance(self.model.readout, LeakyReadout)
        return self.model.readout

    def traced(self, layer: LifLayer, steps: int, constant: bool) -> dict[str, Any]:
        """Return the wish for the surrogate derivative of every step."""
        key = (layer, steps)
        if key not in self._ones:
            self._ones[key] = layer.weights.new_full((steps,), layer.neuron.height)
            self._responses[key] = response_of(steps, layer.neuron).to(layer.weights)
        return {"derivatives": True, "step_weights": self._ones[key]}

    def read(self, inputs: list[LayerInput], passes: list[Pass]) -> tuple[Tensor, Tensor]:
        """Return the readout at every step that counts, and its mean."""
        ready = passes[-1].projected
        current = inputs[-1].times(self.readout.acting) if ready is None else ready
        done = scan(current, self.readout.neuron, membranes=True)
        counted = present(done.membranes)[self.readout.skip :]
        return counted, counted.mean(0)

    def judged(self, record: Record) -> Tensor:
        """Return the readout at every step that counts, for torch to differentiate."""
        return record.membranes[-1][self.readout.skip :]

    def learn(self, response: Response, error: Tensor) -> None:
        """Leave the gradients, from the readout back to the first layer."""
        errors = torch.cat([error.new_zeros(self.readout.skip, *error.shape[1:]), error])
        ahead = scan(errors, self.readout.neuron, membranes=True, backwards=True)
        signal = present(ahead.membranes)
        self.leave(self.readout, response.last or response.inputs[-1], signal)
        signal = output = signal if self.looks_ahead else errors
        for index, layer in reversed(list(enumerate(self.model.layers))):
            x, psi = response.inputs[index], present(response.passes[index].derivatives)
            if x.constant and self.feedback.kind == "direct":
                self.leave(layer, x, self._fed_back_once(index, output, psi))
                continue
            signal = self.feedback(index, output, signal).mul_(psi)
            self._leave_filtered(layer, x, signal)

    def _fed_back_once(self, index: int, output: Tensor, psi: Tensor) -> Tensor:
        """Return sum_t h_t psi_t (e_t G) as sum_k G_k (sum_t h_t e_tk psi_t), without e G."""
        steps, batch, _ = output.shape
        weights = self._responses[self.model.layers[index], steps]
        errors = (weights[:, None, None] * output).permute(1, 2, 0)
        classes = torch.bmm(errors, psi.view(steps, batch, -1).transpose(0, 1))
        return classes.mul_(self.feedback.matrices[index]).sum(1)

    def _leave_filtered(self, layer: LifLayer, x: LayerInput, signal: Tensor) -> None:
        if x.constant:
            weights = self._responses[layer, len(signal)]
            self.leave(layer, x, torch.tensordot(weights, signal, 1))
            return
        back = scan(signal, filter_of(layer.neuron), membranes=True, backwards=True)
        self.leave(layer, x, present(back.membranes))


class Online(Eprop):
    """Online learning through time for one network."""

    looks_ahead = False
