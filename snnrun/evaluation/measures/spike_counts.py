"""What the number of spikes does to a trained Spike-By-Spike network: its accuracy with fewer."""

from collections.abc import Sequence

import numpy as np

from snnrun.evaluation.measure import Arrays, Measure, Numbers
from snnrun.evaluation.measures.fewer_spikes import at_most, longest, network_of
from snnrun.learning.outcome import right
from snnrun.models.sbs.spiking import SpikingLayer

#: Samples, and spikes of all of them, that it may cost, at most.
SAMPLES, SPIKES = 1000, 2e8


class SpikeCounts(Measure):
    """Keeps, of a network that spikes and classifies,

    spikes: int64 ``[numbers]``, how many spikes each group drew at most, ascending to all of them.
    right: int64 ``[numbers]``, how many samples were predicted right.
    samples: int64, how many were shown, drawn from the seed.
    """

    def arrays(self) -> Arrays:
        """Return them; nothing of another network."""
        model = network_of(self.subject.learner)
        if not model.spiking or not model.settings.classifies:
            return {}
        counts = halvings(longest(model.spiking))
        chosen = self.subject.some(affordable(model.spiking))
        right = []
        for count in counts:
            with at_most(model.spiking, count):
                right.append(self._right(chosen))
        return {
            "spikes": np.array(counts),
            "right": np.array(right),
            "samples": np.array(len(chosen)),
        }

    def _right(self, chosen: Numbers) -> int:
        found = 0
        for batch in self.subject.batches(chosen):
            outcome, _ = self.subject.learner.rule.evaluate(batch)
            assert outcome.scores is not None
            found += right(outcome.scores, batch.targets)
        return found


def halvings(spikes: int) -> list[int]:
    """Return 1 and all numbers that halving leads through, ascending.

    Example:
        >>> halvings(1600)
        [1, 3, 6, 12, 25, 50, 100, 200, 400, 800, 1600]
    """
    return [spikes >> power for power in reversed(range(spikes.bit_length()))]


def affordable(layers: Sequence[SpikingLayer]) -> int:
    """Return how many samples may be shown."""
    each = sum(
        layer.output_size[0] * layer.output_size[1] * len(layer.epsilon_t) for layer in layers
    )
    return min(SAMPLES, max(50, int(SPIKES / each)))
