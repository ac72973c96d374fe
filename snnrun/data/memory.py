"""How much memory there is, as far as the system tells."""

from pathlib import Path

#: Share of the free memory that prepared samples may take.
SHARE = 0.4
_UNKNOWN = 2 * 2**30


def available() -> int:
    """Return how many bytes are free; a guess where the system does not tell."""
    known = [each for each in (_meminfo(), _cgroup()) if each is not None]
    return min(known, default=_UNKNOWN)


def fits(size: int) -> bool:
    """Tell whether so many bytes may be taken for samples that stay in memory."""
    return size <= SHARE * available()


def size_words(size: float) -> str:
    """Return a number of bytes as people read it.

    Example:
        >>> size_words(700), size_words(3 * 2**20), size_words(1.5 * 2**30), size_words(2.0**90)
        ('700 bytes', '3 MiB', '1.5 GiB', '1.1e+18 GiB')
    """
    if size < 2**20:
        return f"{size:,.0f} bytes"
    if size < 2**30:
        return f"{size / 2**20:.0f} MiB"
    return f"{size / 2**30:,.1f} GiB" if size < 2**60 else f"{size / 2**30:.1e} GiB"


def _meminfo() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable"))
        return 1024 * int(kilobytes)
    except (OSError, StopIteration, ValueError, IndexError):
        return None


def _cgroup() -> int | None:
    """Return what the limit of a container leaves."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = (folder / "memory.current").read_text(encoding="ascii")
        return None if limit == "max" else max(0, int(limit) - int(used))
    except (OSError, ValueError):
        return None
