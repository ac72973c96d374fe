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
