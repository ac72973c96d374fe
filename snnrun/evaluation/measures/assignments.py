"""What neurons that learned without labels stand for."""

from typing import Any

import numpy as np

from snnrun.evaluation.measure import Arrays, Measure


class Assignments(Measure):
    """Keeps, of the neurons that answer,

    classes: int64 ``[neurons]``, the class that each stands for; -1 = none.
    proportions: float32 ``[neurons, classes]``, the shares of its spikes; 0 of silent neurons.
    """

    def arrays(self) -> Arrays:
        """Return them."""
        rule: Any = self.subject.learner.rule
        labels = rule.votes.labels
        return {
            "classes": labels.assignments.numpy(force=True),
            "proportions": labels.proportions.numpy(force=True).astype(np.float32),
        }
