"""How many cores there are to use."""

import os


def usable_cores() -> int:
    """Return the number of cores that this process may use.

    Example:
        >>> usable_cores() >= 1
        True
    """
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
