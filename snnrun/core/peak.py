"""How much memory this process took at most."""

import resource
import sys
from contextlib import suppress
from pathlib import Path

_PROCESS = Path("/proc/self")
_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, of what getrusage counts in


def forget_peak() -> None:
    """Let what was taken before count no longer, where the system can: Linux."""
    with suppress(OSError):
        (_PROCESS / "clear_refs").write_text("5")


def peak_memory() -> int:
    """Return how many bytes of memory were taken at once, at most."""
    with suppress(OSError):
        lines = (_PROCESS / "status").read_text(encoding="utf-8").splitlines()
        for line in lines:
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    return _UNIT * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
