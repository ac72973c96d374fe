"""Whether a kernel computes what its twin does; nothing is timed before it does."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnrun.studies.bench.work import Results, Work


def differences(work: Work, ours: Results, twin: Results) -> list[str]:
    """Return what differs by more than is tolerated, a text for each result."""
    if ours.keys() != twin.keys():
        return [f"results are {', '.join(ours)}, those of the twin {', '.join(twin)}"]
    found = {
        name: difference(_array(ours[name]), _array(twin[name]), work.tolerances.get(name, 0.0))
        for name in twin
    }
    return [f"{name} {text}" for name, text in found.items() if text]


def difference(ours: NDArray[Any], twin: NDArray[Any], tolerance: float) -> str:
    """Return by how much numbers differ; empty if it is no more than this share of the largest.

    Example:
        >>> twin = np.array([1.0, 2.0, np.inf])
        >>> difference(np.array([1.0, 2.001, np.inf]), twin, 1e-2)
        ''
        >>> difference(np.array([1.0, 2.5, np.inf]), twin, 1e-2)
        'differ in 1 of 3 numbers, by up to 0.25 of the largest'
    """
    if (ours.shape, ours.dtype) != (twin.shape, twin.dtype):
        kinds = (f"{each.dtype} {list(each.shape)}" for each in (ours, twin))
        return "are {}, those of the twin {}".format(*kinds)
    finite = np.isfinite(ours) & np.isfinite(twin)
    same = (ours == twin) | (np.isnan(ours) & np.isnan(twin))
    here, there = (np.where(finite, each, 0).astype(np.float64) for each in (ours, twin))
    shares = abs(here - there) / (abs(there).max(initial=0) or 1.0)
    off = ~same & (~finite | (shares > tolerance))
    if not off.any():
        return ""
    most = f", by up to {shares.max():.2g} of the largest" if (off & finite).any() else ""
    return f"differ in {np.count_nonzero(off):,} of {off.size:,} numbers{most}"


def _array(numbers: Any) -> NDArray[Any]:
    """Return numbers as numpy has them: an array, a tensor or a number."""
    return np.asarray(numbers.detach() if hasattr(numbers, "detach") else numbers)
