"""How much memory there is, as far as the system tells."""

from pathlib import Path

#: Share of the free memory that prepared samples may take.
SHARE = 0.4
_UNKNOWN, _ENDLESS = 2 * 2**30, 2**63
_CONTAINER = Path("/sys/fs/cgroup")


def available() -> int:
    """Return how many bytes are free; a guess where the system does not tell."""
    known = [each for each in (_meminfo("MemAvailable"), _cgroup()) if each is not None]
    return min(known, default=_UNKNOWN)


def total() -> int:
    """Return how many bytes there are at all, swapped ones too; limits of a container go before.

    Where the system does not tell, there are as many as anyone asks for.
    """
    limits = [_number(_CONTAINER / name) for name in ("memory.max", "memory.swap.max")]
    swap = _meminfo("SwapTotal") or 0 if limits[1] is None else limits[1]
    limit = None if limits[0] is None else limits[0] + swap
    known = [each for each in (_meminfo("MemTotal", "SwapTotal"), limit) if each is not None]
    return min(known, default=_ENDLESS)


def fits(size: int) -> bool:
    """Tell whether so many bytes may be taken for samples that stay in memory."""
    return size <= SHARE * available()


def size_words(size: float) -> str:
    """Return a number of bytes as people read it.

    Example:
        >>> size_words(700), size_words(3 * 2**20), size_words(1.5 * 2**30), size_words(2.0**90)
        ('700 bytes', '3 MiB', '1.5 GiB', '1.2e+18 GiB')
    """
    size = min(size, 1e300)  # a larger number is no float
    if size < 2**20:
        return f"{size:,.0f} bytes"
    if size < 2**30:
        return f"{size / 2**20:.0f} MiB"
    return f"{size / 2**30:,.1f} GiB" if size < 2**60 else f"{size / 2**30:.1e} GiB"


def _meminfo(*names: str) -> int | None:
    """Return the sum of some of the system's numbers, bytes."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        known = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        return 1024 * sum(known[name] for name in names)
    except (OSError, KeyError, ValueError, IndexError):
        return None


def _cgroup() -> int | None:
    """Return what the limit of a container leaves."""
    limit, used = (_number(_CONTAINER / name) for name in ("memory.max", "memory.current"))
    return None if limit is None or used is None else max(0, limit - used)


def _number(path: Path) -> int | None:
    """Return the number in a file of the system; None where there is none, such as a limit."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
