"""What the number of spikes does to a trained Spike-By-Spike network whose input is noisy.

The noise is that of :mod:`~snnrun.evaluation.measures.input_noise`, the samples and the numbers of
spikes are those of :mod:`~snnrun.evaluation.measures.spike_counts`, to which this adds strengths.
"""

import numpy as np

from snnrun.core.capabilities import Values
from snnrun.evaluation.measure import Arrays, Measure
from snnrun.evaluation.measures.fewer_spikes import at_most, longest, network_of
from snnrun.evaluation.measures.input_noise import Noisy, right_of
from snnrun.evaluation.measures.spike_counts import affordable, halvings

STRENGTHS = np.array([0.2, 0.4])  #: among those of ``input_noise``, for networks to compare with


class NoisySpikeCounts(Measure):
    """Keeps, of a network that spikes and classifies,

    strengths: ``[strengths]``, standard deviations of the noise; values lie in [0, 1].
    spikes: int64 ``[numbers]``, how many spikes each group drew at most, ascending to all of them.
    right: int64 ``[strengths, numbers]``, how many samples were predicted right.
    samples: int64, how many were shown, drawn from the seed.
    """

    def arrays(self) -> Arrays:
        """Return them; nothing of another network, or where values lie elsewhere."""
        subject = self.subject
        model = network_of(subject.learner)
        known = model.spiking and model.settings.classifies
        if not known or subject.experiment.sample_values is not Values.UNIT:
            return {}
        counts, chosen = halvings(longest(model.spiking)), subject.some(affordable(model.spiking))
        clean = subject.dataset.split(subject.split)
        right = np.zeros((len(STRENGTHS), len(counts)), np.int64)
        for (row, column), _ in np.ndenumerate(right):
            noisy = Noisy(clean, float(STRENGTHS[row]), subject.experiment.seed)
            with at_most(model.spiking, counts[column]):
                right[row, column] = right_of(subject, noisy, chosen)
        return {
            "strengths": STRENGTHS,
            "spikes": np.array(counts),
            "right": right,
            "samples": np.array(len(chosen)),
        }
