"""What targets of samples must be: labels of classes, or numbers."""

import numpy as np

from snnrun.data.source import Array, Labels
from snnrun.errors import DataError


def check_labels(labels: Array, classes: int, where: str) -> None:
    """Refuse labels that name no class.

    Raises:
        DataError: a label is no whole number, or lies outside.
    """
    if labels.dtype != np.int64 or labels.ndim != 1:
        raise DataError(
            f"labels of {where} are {labels.dtype} {list(labels.shape)}; expected int64"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise DataError(
            f"labels of {where} reach from {labels.min()} to {labels.max()}; "
            f"expected 0 to {classes - 1}"
        )


def check_numbers(targets: Array, shape: tuple[int, ...], where: str) -> None:
    """Refuse targets that are no numbers of this shape.

    Raises:
        DataError: they have another shape, or are not finite.
    """
    if targets.shape[1:] != shape or targets.dtype.kind != "f":
        raise DataError(
            f"targets of {where} are {targets.dtype} {list(targets.shape[1:])}; "
            f"expected floats {list(shape)}"
        )
    if not np.isfinite(targets).all():
        raise DataError(f"targets of {where} are not all finite")


def whole_numbers(found: Array, where: str) -> Labels:
    """Return whole numbers, which may be stored as floats, as int64.

    Raises:
        DataError: one of them is not whole.
    """
    if found.dtype.kind not in "iu":
        whole = found.dtype.kind == "f" and np.isfinite(found) & (found == np.round(found))
        odd = found[~np.broadcast_to(whole, found.shape)]
        if len(odd):
            raise DataError(f"{where}: expected whole numbers, got {found.dtype} {odd[0]}")
    return found.astype(np.int64)
