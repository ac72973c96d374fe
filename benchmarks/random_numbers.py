"""Counted random numbers, as a multiple of torch's own on one thread.

A million numbers at once: ``uniform`` beside ``torch.rand``, ``normal`` beside ``torch.randn``,
``bernoulli`` beside ``torch.bernoulli``, ``integers`` beside ``torch.randint``, and each beside
``torch.rand``. Spikes are of 50,000 values in 20 steps. Small calls are those of a batch, 750
numbers, with all that Python adds. All sides take turns in this process after a warm-up; times are
medians of CPU seconds, which other work on the machine hardly touches, and ``to_torch`` and
``to_rand`` are medians of the ratios within a turn.

    python benchmarks/random_numbers.py            # prints a table, writes results/*.csv
    python benchmarks/random_numbers.py --quick    # few rounds, writes nothing
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from table import machine, show, write

from snnrun.kernels.random import counted

MILLION, VALUES, STEPS = 10**6, 50_000, 20
KEY = 0x9E3779B97F4A7C15


class Case(NamedTuple):
    """What is drawn, of which size, by us and by torch."""

    name: str
    size: str
    ours: Callable[[], Any]
    torch: Callable[[], Any]


def rows(count: int, total: int = MILLION) -> np.ndarray:
    """Sample numbers for so many numbers each."""
    return np.arange(total // count)


def numbers(total: int, counts: tuple[int, ...]) -> Iterator[Case]:
    """Uniform and normal numbers in rows of several lengths."""
    torchs = {"uniform": torch.rand, "normal": torch.randn}
    for name, theirs in torchs.items():
        for count in counts:
            samples = rows(count, total)
            ours = partial(getattr(counted, name), KEY, samples, count)
            yield Case(name, f"{len(samples)} x {count}", ours, partial(theirs, total))


def spikes(shape: tuple[int, int], steps: int, chance: float, able: float) -> Case:
    """Spikes of values of which only some have a chance."""
    random = np.random.default_rng(1)
    chances = np.where(random.random(shape) < able, chance, 0).astype(np.float32)
    expanded = torch.from_numpy(chances).expand(steps, *shape)
    ours = partial(counted.bernoulli, KEY, chances, np.arange(shape[0]), steps)
    size = f"{shape[0]} x {shape[1]}, {steps} steps, {able:.0%} able"
    return Case("bernoulli", size, ours, partial(torch.bernoulli, expanded))


def large() -> list[Case]:
    """A million numbers."""
    return [
        *numbers(MILLION, (MILLION, 1000, 5, 1)),
        spikes((1, VALUES), STEPS, 0.5, 1.0),
        spikes((64, VALUES // 64), STEPS, 0.5, 1.0),
        spikes((64, VALUES // 64), STEPS, 0.5, 0.2),
        Case("integers", "1000 x 1000", partial(counted.integers, KEY, rows(1000), 1000, 28),
             partial(torch.randint, 28, (MILLION,))),
    ]  # fmt: skip


def small() -> list[Case]:
    """750 numbers."""
    return [
        *numbers(750, (750, 5, 1)),
        spikes((150, 5), 1, 0.3, 1.0),
        spikes((1, 75), 10, 0.3, 1.0),
        Case("integers", "150 x 5", partial(counted.integers, KEY, rows(5, 750), 5, 28),
             partial(torch.randint, 28, (750,))),
    ]  # fmt: skip


def microseconds(run: Callable[[], Any], repeats: int) -> float:
    """CPU time of a call, on average."""
    start = time.process_time()
    for _ in range(repeats):
        run()
    return 1e6 * (time.process_time() - start) / repeats


def measure(case: Case, rounds: int, repeats: int) -> dict[str, Any]:
    """One row of the table."""
    rand = partial(torch.rand, case.torch().numel())
    sides = {"ours": case.ours, "torch": case.torch, "rand": rand}
    turns = [
        {name: microseconds(run, repeats) for name, run in sides.items()} for _ in range(rounds + 2)
    ][2:]
    times = {f"{name}_us": statistics.median(turn[name] for turn in turns) for name in sides}
    ratios = {
        f"to_{name}": statistics.median(turn["ours"] / turn[name] for turn in turns)
        for name in ("torch", "rand")
    }
    return {"numbers": case.name, "size": case.size, **times, **ratios}


def main() -> None:
    """Measure, print, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rounds; write nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    here = machine()
    print(f"{here['cpu']}, {os.cpu_count()} cores, {here['level']}, torch {here['torch']}")
    rounds, found = 5 if options.quick else 41, []
    for cases, repeats in ((large(), 1), (small(), 200)):
        for case in cases:
            found.append({**here, **measure(case, rounds, repeats)})
            show(found[-1])
    if not options.quick:
        write("random_numbers", found)


if __name__ == "__main__":
    main()
