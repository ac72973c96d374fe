"""Latent activities of every layer for samples of a few classes."""

import numpy as np

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import ROOM, Arrays
from snnrun.evaluation.measures.examples import Records


class ActivityExamples(Records):
    """Keeps, of a sample each of at most five classes (see
    :class:`~snnrun.evaluation.measures.examples.Records` for its number and classes),

    input: ``[examples, channel, height, width]``, what the network sees.
    layer_0, ...: ``[examples, neurons, rows, columns]``, of the first neurons of each layer, all
        unless they are very many.
    neurons: int64 ``[layers]``, how many there are.
    """

    most = 5

    def keep(self, batch: Batch, record: Record) -> Arrays:
        """Return input and activities of one example."""
        self._neurons = [layer.shape[1] for layer in record.activities]
        room = ROOM // (self.most * (len(record.activities) + 1))
        found = {"input": batch.inputs[0].numpy(force=True)}
        for index, layer in enumerate(record.activities):
            maps = layer[0].numpy(force=True)
            found[f"layer_{index}"] = maps[: max(1, room // maps[0].nbytes)]
        return found

    def arrays(self) -> Arrays:
        """Return them."""
        found = super().arrays()
        return {**found, "neurons": np.array(self._neurons)} if len(found["numbers"]) else {}
