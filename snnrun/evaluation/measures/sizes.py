"""How many samples the splits of a data set have."""

import numpy as np

from snnrun.data.dataset import SPLITS
from snnrun.evaluation.measure import Arrays, Measure


class Sizes(Measure):
    """Keeps ``train``, ``validation``, ``test``: int64, numbers of samples."""

    def arrays(self) -> Arrays:
        """Return them."""
        return {name: np.array(len(self.subject.dataset.split(name))) for name in SPLITS}
