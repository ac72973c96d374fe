"""A rule that watches whether the layers that spike can learn."""

from snnrun.learning.activity import ActivityLog
from snnrun.learning.outcome import Totals
from snnrun.learning.rule import Rule


class WatchedRule(Rule):
    """What rules with an activity log have in common.

    activity: notes what each step sees of silent and saturated neurons.
    """

    activity: ActivityLog

    def sums(self) -> dict[str, int]:
        """Report how many samples' worth of neurons were silent, and saturated, in each layer."""
        return self.activity.sums()

    def intervene(self, totals: Totals) -> bool:
        """Warn of layers that cannot learn; the gradients are followed all the same."""
        self.activity.warn(totals, self.warn)
        return False
