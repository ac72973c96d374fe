"""A LIF layer beside other libraries and compilers, each in an environment of its own.

    python benchmarks/peers_lif.py [PEER ...] [--threads N ...] [--steps N ...] [--neurons N ...]
                                   [--write]

Makes the environments in ``build/peers`` where they are not there yet. All get the same input.
Spikes and gradients are those of ours, with the surrogate of the library, before anything is timed
(a spike that a rounding error decides may differ in one neuron of a million). Then all take turns,
a fraction of a second each, several rounds; the lower quartile counts. Where not all fit into
memory together, each has all its rounds alone. Batch 64. ``memory_mb`` is how far the resident set
rises over inputs and libraries. ``compiled`` keeps its pages between calls, ``compiled_fresh`` gets
new ones from the system. ``--write``: the table goes to ``benchmarks/results/peers_lif.csv``.
"""

import argparse
import itertools
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from peers.layers import LAYERS
from peers.process import Worker, available_gb, take_turns
from table import machine, show, write

BATCH, ROUNDS, TURN_S = 64, 6, 0.4
TOGETHER = 500_000  # steps times neurons up to which all processes are there at once
ERROR = 1e-4  # of gradients, whose largest are about 1


def inputs(steps: int, neurons: int, folder: Path) -> None:
    """Write the input of all peers."""
    random = np.random.default_rng(1)
    shape = (steps, BATCH, neurons)
    folder.mkdir()
    np.save(folder / "x.npy", random.random(shape, dtype=np.float32) * np.float32(1.4))
    np.save(folder / "upstream.npy", random.random(shape, dtype=np.float32) - np.float32(0.5))


def results(names: list[str], folder: Path) -> dict[str, Path]:
    """Write what ours makes of the input in the place of each peer; return the files."""
    files: dict[str, Path] = {}
    worker = Worker("LAYERS", "snnrun", LAYERS["snnrun"], 2)
    worker.ask("load", str(folder / "inputs"))
    for name in names:
        same = LAYERS[name].same
        known = (files[each] for each in files if LAYERS[each].same == same)
        files[name] = next(known, folder / f"{name}.npz")
        if not files[name].exists():
            answer = worker.ask("save", str(files[name]), same or {})
            assert "error" not in answer, answer
    worker.end()
    return files


def measured(
    names: list[str], threads: int, folder: Path, ours: dict[str, Path]
) -> dict[str, dict[str, Any]]:
    """Return what each peer took, once it agrees with ours."""
    workers = {name: Worker("LAYERS", name, LAYERS[name], threads) for name in names}
    found = {}
    for name, worker in workers.items():
        found[name] = worker.ask("load", str(folder / "inputs"))
        if not found[name].get("error"):
            found[name] |= worker.ask("check", str(ours[name]))
        found[name] |= {"ms": []} | judged(found[name])
    take_turns(workers, found, ROUNDS, TURN_S)
    return found


def judged(found: dict[str, Any]) -> dict[str, str]:
    """Return an error if results differ by more than rounding explains."""
    if found.get("error"):
        return {}
    same = found["other_trains"] <= max(2, 1e-6 * found["trains"])
    return {} if same and found["gradient_error"] < ERROR else {"error": "other results than ours"}


def fitting(names: list[str], steps: int, neurons: int) -> dict[str, str]:
    """Say of each peer that would not fit into memory what it needs."""
    size, free = steps * neurons * BATCH * 4 / 2**30, available_gb()
    needs = {name: LAYERS[name].held * size for name in names}
    return {name: f"needs about {gb:.0f} GB" for name, gb in needs.items() if gb > 0.9 * free}


def cell(names: list[str], threads: int, steps: int, neurons: int) -> dict[str, dict[str, Any]]:
    """Return what all peers took for layers of one size."""
    large = fitting(names, steps, neurons)
    found: dict[str, dict[str, Any]] = {name: {"error": why} for name, why in large.items()}
    here = [name for name in names if name not in large]
    groups = [here] if steps * neurons <= TOGETHER else [[name] for name in here]
    with tempfile.TemporaryDirectory() as folder:
        inputs(steps, neurons, Path(folder) / "inputs")
        ours = results(here, Path(folder))
        for group in groups:
            found |= measured(group, threads, Path(folder), ours)
    return {name: found[name] for name in names}


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    others = [name for name in LAYERS if name != "snnrun"]
    given.add_argument("peers", nargs="*", choices=[[], *others])
    given.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    given.add_argument("--steps", type=int, nargs="+", default=[4, 20, 100])
    given.add_argument("--neurons", type=int, nargs="+", default=[1000, 100_000])
    given.add_argument("--write", action="store_true")
    chosen = given.parse_args()
    rows = []
    for threads, neurons, steps in itertools.product(chosen.threads, chosen.neurons, chosen.steps):
        found = cell(["snnrun", *(chosen.peers or others)], threads, steps, neurons)
        ours = quartile(found["snnrun"]) or float("nan")
        for peer, one in found.items():
            row = {"threads": threads, "steps": steps, "neurons": neurons, "peer": peer}
            took = quartile(one)
            row |= {"ms": took, "over_ours": took / ours if took else None}
            row["compile_s"] = one["first_s"] - took / 1000 if took else None
            keys = ("memory_mb", "other_trains", "gradient_error", "error")
            rows.append({**machine(), **row, **{key: one.get(key) for key in keys}})
            show(rows[-1])
            if chosen.write:
                write("peers_lif", rows)


def quartile(found: dict[str, Any]) -> float | None:
    """Return the lower quartile of the times, if there are any."""
    times = found.get("ms") or []
    return statistics.quantiles(times, n=4)[0] if len(times) > 1 else None


if __name__ == "__main__":
    main()
