"""What a run keeps of every epoch beside numbers: the rule says so by its ``recorder()``."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from snnrun.core.record import Record


class Recorder:
    """Sees a validation pass and makes arrays of it; none unless a rule has one of its own."""

    def add(self, record: Record, labels: Tensor) -> None:
        """See what one batch left behind; ``labels [batch]``."""

    def seen(self) -> Any:
        """Return what was seen so far, for the recorder of another process; it is pickled."""
        return None

    def merge(self, others: Iterable[Any]) -> None:
        """Take in what the recorders of other processes have seen."""

    def arrays(self) -> dict[str, NDArray[np.floating[Any]]]:
        """Return the arrays to keep, by name."""
        return {}
