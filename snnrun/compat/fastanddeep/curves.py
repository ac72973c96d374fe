"""What the originals logged of a training, as our metrics.

Losses and accuracies are arrays: ``train_*`` has one entry an epoch, ``val_*`` one more for the
network before training. Each ``continue`` of the originals adds one more to ``val_*``, a repetition
of the epoch that it went on from.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from snnrun.compat.fastanddeep.folders import Saved
from snnrun.runs.folder import Metric
from snnrun.runs.torch_files import Array

_NAMES = {"loss": "losses", "accuracy": "accuracies"}
_DELAYS: dict[str, Callable[..., Array]] = {"mean": np.mean, "min": np.min, "max": np.max}


def metrics(
    saved: Saved,
    rates: Sequence[float],
    batches: int,
    delays: Mapping[str, Array] = MappingProxyType({}),
) -> list[Metric]:
    """Return every number as a row, in the order in which our training would have logged them.

    Args:
        saved: the last epoch, whose files know all epochs before.
        rates: learning rate of each epoch.
        batches: number of batches of an epoch.
        delays: ``[epochs + 1, ...]``, by our names.
    """
    train = {name: _curve(saved, f"train_{file}") for name, file in _NAMES.items()}
    train["bumped"] = _bumped(saved, batches)
    train["learning_rate"] = np.asarray(rates)
    validation = _validation(saved, len(rates))
    statistics = {
        f"delays/{name}/{of}": reduce(each.reshape(len(each), -1), axis=1)
        for name, each in delays.items()
        for of, reduce in _DELAYS.items()
    }
    rows: list[Metric] = []
    for epoch in range(len(rates) + 1):
        if epoch:
            rows += _rows(epoch, batches, "train", train, epoch - 1)
        rows += _rows(epoch, batches, "train", statistics, epoch)
        rows += _rows(epoch, batches, "validation", validation, epoch)
    return rows


def _rows(
    epoch: int, batches: int, split: str, curves: dict[str, Array], index: int
) -> list[Metric]:
    """Return the numbers of one epoch; nan, where every batch was bumped, is none."""
    values = {name: float(each[index]) for name, each in curves.items() if index < len(each)}
    return [
        Metric(step=epoch * batches, epoch=epoch, split=split, name=name, value=value, time=0.0)
        for name, value in values.items()
        if not math.isnan(value)
    ]


def _curve(saved: Saved, name: str) -> Array:
    found = saved.array(f"{name}.npy")
    return np.empty(0) if found is None or found.ndim != 1 else found


def _bumped(saved: Saved, batches: int) -> Array:
    """Return the share of bumped batches of each epoch; nothing where the count does not fit."""
    codes = _curve(saved, "weight_bumping_steps")
    fits = len(codes) and len(codes) % batches == 0
    return (codes.reshape(-1, batches) != -2).mean(1) if fits else np.empty(0)


def _validation(saved: Saved, epochs: int) -> dict[str, Array]:
    """Return loss and accuracy of epochs 0 to ``epochs``, without repetitions."""
    curves = {name: _curve(saved, f"val_{file}") for name, file in _NAMES.items()}
    chosen = entries(saved, epochs)
    if not chosen or len(curves["accuracy"]) != len(curves["loss"]):
        return {}
    return {name: curve[chosen] for name, curve in curves.items()}


def entries(saved: Saved, epochs: int) -> list[int]:
    """Return which entries of ``val_*`` are epochs 0 to ``epochs``; none where that is not sure."""
    loss = _curve(saved, f"val_{_NAMES['loss']}")
    again = [i for i in range(1, len(loss)) if loss[i] == loss[i - 1]]
    drop = again[: max(len(loss) - epochs - 1, 0)]
    kept = [i for i in range(len(loss)) if i not in drop]
    return kept if len(kept) == epochs + 1 else []
