"""Weight and delay of each synapse, now and before training. Göltz et al., DelGrad, Nature
Communications 16 (2025).
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from snnrun.core.random import thinned
from snnrun.evaluation.measure import Arrays, Measure
from snnrun.evaluation.measures.before import untrained
from snnrun.models.first_spike.layer import FirstSpikeLayer
from snnrun.models.first_spike.net import FirstSpikeNet
from snnrun.training.learner import Learner

#: Synapses of a layer, which can be told apart in print: of more, some drawn from the seed.
MOST = 3000


class Synapses(Measure):
    """Keeps, for each layer with delays before it (layers.0), of at most 3,000 synapses,

    <layer>/weights ``[synapses]``: as they act.
    <layer>/delays ``[synapses]``: of all stages together, tau_syn. Synapses of biases have none.
    <layer>/weights_before, <layer>/delays_before: of the same, before training; ``[0]`` where that
        was not saved.
    <layer>/synapses: int64, how many there are.
    """

    def arrays(self) -> Arrays:
        """Return them."""
        subject, found = self.subject, Arrays()
        before = untrained(subject)
        (batch,) = subject.batches(subject.numbers[:1])
        inputs = batch.inputs.shape[1]
        first = dict(_synapses(before, inputs)) if before else {}
        for name, (weights, delays) in _synapses(subject.learner, inputs):
            seed = subject.experiment.seed
            chosen = thinned(len(weights), MOST, seed, "synapses", name)
            early, late = (
                (each[chosen] for each in first[name]) if name in first else (_NONE, _NONE)
            )
            found |= {
                f"{name}/weights": weights[chosen],
                f"{name}/delays": delays[chosen],
                f"{name}/weights_before": early,
                f"{name}/delays_before": late,
                f"{name}/synapses": np.array(len(weights)),
            }
        return found


Floats = NDArray[np.floating]
_NONE: Floats = np.zeros(0)


def _synapses(learner: Learner, inputs: int) -> Iterator[tuple[str, tuple[Floats, Floats]]]:
    """Yield weights and delays, ``[synapses]`` each, of the layers that have delays."""
    model = learner.model
    assert isinstance(model, FirstSpikeNet)
    for index, layer in enumerate(model.layers):
        if layer.delays:
            yield f"layers.{index}", pairs(layer, inputs)
        inputs = layer.settings.size


def pairs(layer: FirstSpikeLayer, inputs: int) -> tuple[Floats, Floats]:
    """Return weights and delays of the synapses of a layer, ``[synapses]`` each.

    A synapse of an input passes on a spike at 0 when its delay is over, and one at 1 by 1 later;
    the spikes of biases come when they come.
    """
    weights = layer.acting_weights().detach()
    times = weights.new_tensor([[0.0], [1.0]]).expand(2, inputs)
    with torch.no_grad():
        arrivals = layer.arrivals(times)
    if arrivals.dim() == 2:
        arrivals = arrivals[:, :, None].expand(-1, -1, weights.shape[1])
    early, late = arrivals
    given = (late - early) > 0.5
    return weights[given].numpy(force=True), early[given].numpy(force=True)
