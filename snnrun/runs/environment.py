"""What a run ran on: written beside its results, and compared when it is continued."""

import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from snnrun import plugins
from snnrun.kernels.native import native

if TYPE_CHECKING:
    from snnrun.experiment import Experiment

_PACKAGES = ("snnrun", "torch", "torchvision", "numpy", "safetensors")
#: The bits of a run are promised to be equal as long as these are.
BINDING = (
    "python",
    "packages",
    "plugins",
    "cpu_capability",
    "native",
    "processes",
    "threads",
    "gpus",
)
#: What a file of an earlier version means where it says nothing.
_UNSAID: dict[str, Any] = {"plugins": {}, "processes": 1}


def describe(command: list[str], experiment: "Experiment", processes: int = 1) -> dict[str, Any]:
    """Return versions, code, machine and command line of a run of an experiment."""
    module = native()
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "plugins": plugins.describe(experiment),
        "git": _git(Path(__file__).parent),
        "platform": platform.platform(),
        "cpu": processor(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "native": module.cpu_level() if module else None,
        "processes": processes,
        "threads": torch.get_num_threads(),
        "gpus": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
    }


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return one line for each change that may change bits."""
    return [
        f"{key}: was {before.get(key)}, is {now[key]}"
        for key in BINDING
        if before.get(key, _UNSAID.get(key)) != now[key]
    ]


def version(name: str = "snnrun") -> str:
    """Return the version of an installed package; empty if there is none."""
    return _version(name) or ""


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git(folder: Path) -> dict[str, Any] | None:
    """Return commit and dirty flag of the checkout that holds ``folder``, if it is one."""

    def ask(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    try:
        return {"commit": ask("rev-parse", "HEAD"), "dirty": bool(ask("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return None


def processor() -> str:
    """Return the name of the processor."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
