"""Curves with fewer points, whose peaks and gaps stay."""

import math
from collections.abc import Sequence


def thinned(values: Sequence[float], most: int) -> Sequence[int]:
    """Return the places of the values to keep, in order.

    The values are parted into runs of equal length, of which the least and the largest are kept,
    and the first that is not finite. First and last value are kept, too.

    Args:
        values: of a curve.
        most: how many to keep; of a curve with values that are not finite, half as many again.

    Example:
        >>> list(thinned([5, 1, 2, 3, 9, 3, 2, 4], 6))
        [0, 1, 4, 6, 7]
        >>> list(thinned([5, 1, 2], 6))
        [0, 1, 2]
    """
    count = len(values)
    if count <= most:
        return range(count)
    parts = max(1, (most - 2) // 2)
    kept = {0, count - 1}
    for part in range(parts):
        inside = range(part * count // parts, (part + 1) * count // parts)
        finite = [at for at in inside if math.isfinite(values[at])]
        if finite:
            kept.add(min(finite, key=values.__getitem__))
            kept.add(max(finite, key=values.__getitem__))
        if len(finite) < len(inside):
            kept.add(next(at for at in inside if not math.isfinite(values[at])))
    return sorted(kept)
