"""Samples that are images over time, one of each of a few classes."""

import numpy as np
from numpy.typing import NDArray

from snnrun.core.batch import Batch
from snnrun.core.record import Record
from snnrun.evaluation.measure import Arrays
from snnrun.evaluation.measures.examples import Records


class Recordings(Records):
    """Keeps, of one sample of each of four classes at most (see
    :class:`~snnrun.evaluation.measures.examples.Records` for its number and classes),

    values: ``[examples, time, channel, height, width]``, as the data set has them; uint8 where they
        are whole numbers up to 255.
    """

    most = 4

    def keep(self, batch: Batch, record: Record) -> Arrays:
        """Return the sample behind the input of one example."""
        source = self.subject.dataset.split(self.subject.split)
        values = source.read(batch.random.samples)[0][0]
        return {"values": values.astype(np.uint8) if _small(values) else values}


def _small(values: NDArray[np.floating]) -> bool:
    """Whether all are whole numbers that a byte holds."""
    return bool((values == np.clip(np.round(values), 0, 255)).all())
