"""What rules with one error for each sample share: the scores are means over time."""

from torch import Tensor

from snnrun.kernels.lif import Pass, is_constant
from snnrun.learning.local.rule import LocalRule, Response, present
from snnrun.models.lif.net import SpikesReadout
from snnrun.record import Record


class FinalErrorRule(LocalRule):
    """Judges spike rates, or weighted mean spikes, over the steps that count."""

    def read(self, inputs: list[Tensor], passes: list[Pass]) -> tuple[Tensor, Tensor]:
        """Return scores over the steps that count, and over all."""
        last, steps = passes[-1], len(inputs[0])
        judged = present(last.late_counts) / (steps - self.first(steps))
        if isinstance(self.model.labels, SpikesReadout):
            return judged, present(last.counts) / steps
        weights = self.model.labels.weights
        scores = judged @ weights
        return scores, present(last.counts) / steps @ weights if self.first(steps) else scores

    def judged(self, record: Record) -> Tensor:
        """Return the same scores, for torch to differentiate."""
        spiking = isinstance(self.model.labels, SpikesReadout)
        activity = (record.spikes if spiking else record.membranes)[-1]
        return activity[self.first(len(activity)) :].mean(0)

    def mean_input(self, layer: int, response: Response) -> Tensor:
        """Return the mean input of a layer over the steps that count, ``[batch, inputs]``."""
        first = self.first(response.steps)
        if layer:
            return present(response.passes[layer - 1].late_counts) / (response.steps - first)
        x = response.inputs[0]
        return x[0] if is_constant(x) else x[first:].mean(0)
