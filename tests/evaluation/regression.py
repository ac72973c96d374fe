"""Parts for samples that are answered with numbers, as other people may bring them."""

from typing import ClassVar

from torch.nn.functional import mse_loss

from snnrun.core.capabilities import Target
from snnrun.extending import Capability, Criterion, Entry, Judged, RuleSettings
from snnrun.extending.parts import Outcome, Rule


class SquaresSettings(RuleSettings):
    """The mean squared error of numbers."""

    needs: ClassVar = frozenset({Capability.GRADIENTS})
    targets: ClassVar = frozenset({Target.NUMBERS})
    judged_by: ClassVar = Judged(Criterion("loss", "lower"), tie=None)


class Squares(Rule):
    """Differentiated by torch."""

    def step(self, batch):
        outcome, _ = self.evaluate(batch)
        outcome.loss.backward()
        return outcome

    def evaluate(self, batch):
        record = self.model(batch.inputs, batch.random)
        return Outcome(mse_loss(self.model.scores(record), batch.targets), None), record


SQUARES = Entry(SquaresSettings, "tests.evaluation.regression:Squares", summary="squares")
