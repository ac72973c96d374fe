"""What the benchmarks share: on what they ran, and the table that they leave in ``results/``."""

import csv
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch

from snnrun.kernels.native import native

Name = TypeVar("Name")
RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, str]:
    """Return processor, level of the kernels and torch."""
    compiled = native()
    level = compiled.cpu_level() if compiled else "twins"
    return {"cpu": cpu_name(), "level": level, "torch": torch.__version__}


def cpu_name() -> str:
    """The processor as the system names it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def in_turns(calls: Mapping[Name, Callable[[], object]], seconds: float) -> dict[Name, float]:
    """Return the milliseconds of each call: the lower quartile of turns in so many seconds each."""
    spent: dict[Name, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    end = time.perf_counter() + seconds * len(calls)
    while time.perf_counter() < end or len(next(iter(spent.values()))) < 4:
        for name, call in calls.items():
            begun = time.perf_counter()
            call()
            spent[name].append(1e3 * (time.perf_counter() - begun))
    return {name: statistics.quantiles(ms, n=4)[0] for name, ms in spent.items()}


def rounded(row: dict[str, Any]) -> dict[str, str]:
    """Return what was measured as text, to four digits; nothing for None."""
    said = {key: "" if x is None else x for key, x in row.items()}
    return {key: f"{x:.4g}" if isinstance(x, float) else str(x) for key, x in said.items()}


def show(row: dict[str, Any]) -> None:
    """Print what was measured, on one line."""
    print("  ".join(f"{key}={x}" for key, x in rounded(row).items()), flush=True)


def write(name: str, rows: list[dict[str, Any]]) -> None:
    """Write ``results/<name>.csv``."""
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{name}.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(map(rounded, rows))
