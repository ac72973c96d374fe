"""What a run keeps of every epoch beside numbers: the rule says so by its ``recorder()``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.record import Record


class Recorder:
    """Sees a validation pass and makes arrays of it; none unless a rule has one of its own."""

    def add(self, record: Record, labels: Tensor) -> None:
        """See what one batch left behind; ``labels [batch]``."""

    def arrays(self) -> dict[str, NDArray[np.floating[Any]]]:
        """Return the arrays to keep, by name."""
        return {}
