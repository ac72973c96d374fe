"""What rules with one error for each sample share: the scores are means over time."""

from torch import Tensor

from snnrun.core.record import Record
from snnrun.kernels.lif.products import LayerInput
from snnrun.kernels.lif.scan import Pass
from snnrun.learning.local.rule import LocalRule, Response, present
from snnrun.models.lif.net import SpikesReadout


class FinalErrorRule(LocalRule):
    """Judges spike rates, or weighted mean spikes, over the steps that count."""

    def read(self, inputs: list[LayerInput], passes: list[Pass]) -> tuple[Tensor, Tensor]:
        """Return scores over the steps that count, and over all."""
        last = passes[-1]
        judged, scores = present(last.late_rates), present(last.rates)
        if isinstance(self.model.readout, SpikesReadout):
            return judged, scores
        weights = self.model.readout.acting
        judged = judged @ weights
        return judged, scores @ weights if self.first(len(inputs[0].x)) else judged

    def judged(self, record: Record) -> Tensor:
        """Return the same scores, for torch to differentiate."""
        spiking = isinstance(self.model.readout, SpikesReadout)
        activity = (record.spikes if spiking else record.membranes)[-1]
        return activity[self.first(len(activity)) :].mean(0)

    def mean_input(self, layer: int, response: Response) -> LayerInput | Tensor:
        """Return the mean input of a layer over the steps that count, ``[batch, inputs]``."""
        if layer:
            return present(response.passes[layer - 1].late_rates)
        x = response.inputs[0]
        return x if x.constant else x.x[self.first(response.steps) :].mean(0)
