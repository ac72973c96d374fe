r"""How the activities h of Spike-By-Spike layers settle, spike after spike.

The distance of :math:`h` after t spikes from the final one is :math:`\frac12 \sum_i |h_i(t) -
h_i(T)|`, between 0 and 1, where the sum of h is 1.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays, Subject
from snnrun.evaluation.measures.examples import Example, Examples
from snnrun.evaluation.measures.fewer_spikes import at_most, network_of
from snnrun.kernels.sbs.layer import Draw
from snnrun.learning.outcome import Outcome, predictions
from snnrun.models.sbs.net import draw_of
from snnrun.models.sbs.spiking import SpikingLayer

Floats = NDArray[np.floating[Any]]
POINTS, SAMPLES = 60, 10


class Settling(Examples):
    """Keeps, of each layer that spikes,

    layer_<n>/spikes: int64 ``[numbers]``, numbers of spikes from 1 on to all of them.
    layer_<n>/distances: ``[numbers]``, of h after so many from the final h, the mean over groups
        and over ten samples, one of each class, and the first that was predicted wrong.

    and where the last layer is one of them, of two samples that were predicted right, if there are
    any, and of that one

    h: ``[numbers, samples, classes]`` of the label neurons; labels: int64 ``[samples]``.

    Every layer sees the final h of the layer before.
    """

    most = SAMPLES

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._wrong: Example | None = None

    def add(self, batch: Batch, outcome: Outcome, record: Record) -> None:
        """See a batch."""
        super().add(batch, outcome, record)
        if self._wrong is None:
            assert outcome.scores is not None
            found = predictions(outcome.scores)
            for place in found.ne(batch.targets).nonzero().flatten().tolist()[:1]:
                number, label = int(batch.random.samples[place]), int(batch.targets[place])
                self._wrong = Example(number, batch.random.number, label, int(found[place]))

    def arrays(self) -> Arrays:
        """Return them; nothing of a network that does not spike."""
        layers: list[Any] = [*network_of(self.subject.learner).layers]
        places = [i for i, layer in enumerate(layers) if isinstance(layer, SpikingLayer)]
        if not places:
            return {}
        shown, others = self._shown()
        seen = [self.show(example) for example in (*shown, *others)]
        batches = [batch for batch, _ in seen]
        numbers = np.concatenate([batch.random.samples for batch in batches])
        found: Arrays = {}
        for index in places:
            x = torch.cat([[batch.inputs, *record.activities][index] for batch, record in seen])
            draw = draw_of(index, batches[0].random)._replace(samples=numbers)
            counts = moments(len(layers[index].epsilon_t))
            h = settling(layers[index], x, draw, counts)
            found[f"layer_{index}/spikes"] = np.array(counts)
            found[f"layer_{index}/distances"] = distances(h)
        if places[-1] == len(layers) - 1:
            found["h"] = h[:, : len(shown), :, 0, 0]
            found["labels"] = np.array([example.label for example in shown])
        return found

    def _shown(self) -> tuple[list[Example], list[Example]]:
        """Return samples whose h is kept, and others that count for the distances."""
        chosen = self.chosen()
        right = [example for example in chosen if example.label == example.prediction]
        shown = [*(right or chosen)[:2], *([self._wrong] if self._wrong else [])]
        shown = list(dict.fromkeys(shown))
        return shown, [example for example in chosen if example not in shown]


def moments(spikes: int) -> list[int]:
    """Return numbers of spikes from 1 on, evenly spaced on a logarithmic axis.

    Example:
        >>> moments(9)
        [1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    return sorted({round(each) for each in np.geomspace(1, spikes, POINTS)})


def settling(layer: SpikingLayer, x: Tensor, draw: Draw, counts: list[int]) -> Floats:
    """Return h after so many spikes, ``[numbers, batch, neurons, rows, columns]``.

    Args:
        layer: any that draws spikes.
        x: its input.
        draw: which random numbers the spikes come from; the same for all numbers of spikes.
        counts: numbers of spikes.
    """
    found = []
    for count in counts:
        with at_most([layer], count):
            found.append(layer(x, draw).numpy(force=True))
    return np.stack(found)


def distances(h: Floats) -> Floats:
    """Return the mean distance from the last h, ``[numbers]``, for ``h`` of :func:`settling`."""
    shares = h / h.sum(axis=2, keepdims=True)
    apart = 0.5 * np.abs(shares - shares[-1]).sum(axis=2).reshape(len(h), -1)
    found: Floats = apart.mean(axis=1)
    return found
