"""Times as people read them."""

import math


def duration_words(seconds: float) -> str:
    """Return a time in one or two units.

    Example:
        >>> [duration_words(seconds) for seconds in (0.0042, 0.58, 125, 7200, 200_000)]
        ['4.2 ms', '0.6 s', '2 min 5 s', '2 h', '2 d 7 h']
    """
    if not math.isfinite(seconds):
        return str(seconds)
    if seconds < 0.1:
        return f"{1000 * seconds:.3g} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    units = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    first = next(index for index, (size, _) in enumerate(units) if whole >= size)
    parts = []
    for size, name in units[first : first + 2]:
        number, whole = divmod(whole, size)
        parts += [f"{number} {name}"] if number else []
    return " ".join(parts)
