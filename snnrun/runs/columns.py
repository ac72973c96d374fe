"""The numbers that a run logged as columns, one row for each epoch: what tables are made of."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from snnrun.runs.folder import Metric


def columns(rows: "Sequence[Metric]") -> dict[str, NDArray[Any]]:
    """Return columns ``[epochs]``: ``epoch``, ``step``, ``time``, and ``<split>/<name>``.

    What an epoch did not log is nan; of what it logged twice, the later counts. ``step`` and
    ``time`` are those of its end.

    Example:
        >>> row = {"step": 9, "epoch": 1, "split": "train", "name": "loss", "value": 2.0, "time": 3}
        >>> columns([row])
        {'epoch': array([1]), 'step': array([9]), 'time': array([3.]), 'train/loss': array([2.])}
    """
    epochs = sorted({row["epoch"] for row in rows})
    place = {epoch: index for index, epoch in enumerate(epochs)}
    found: dict[str, NDArray[Any]] = {
        "epoch": np.array(epochs, np.int64),
        "step": np.zeros(len(epochs), np.int64),
        "time": np.zeros(len(epochs)),
    }
    for row in rows:
        at, name = place[row["epoch"]], f"{row['split']}/{row['name']}"
        found["step"][at] = max(found["step"][at], row["step"])
        found["time"][at] = max(found["time"][at], row["time"])
        found.setdefault(name, np.full(len(epochs), np.nan))[at] = row["value"]
    return found
