"""Training samples a second of Diehl & Cook's network, beside other tools.

    python benchmarks/diehl_cook.py [PEER ...] [--neurons N ...] [--beside] [--write]

The networks are those of ``peers/graphs.py``; images are MNIST's training images (``SNNRUN_DATA``).
All begin with the same weights, on one core, each in a process and an environment of its own, and
learn from chunks of images in turn; the lower quartile of the seconds a sample counts. Spike trains
are drawn by each itself, so that results are compared by what they come to: the spikes of a sample,
over the first images, must be those of ours within 5 standard errors. ``--beside``: two of ours at
the same time, each on a core of its own, as two seeds would be trained; ``snnrun, 2 at once`` is
what both learn from together.
"""

import argparse
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from peers.graphs import GRAPHS
from peers.process import Worker, take_turns
from peers_lif import quartile
from table import machine, show, write

ROUNDS, TURN_S, SPREAD = (
    5,
    1.5,
    0.35,
)  # SPREAD: standard deviation of the spikes of a sample, / mean
SLOW = {"bindsnet"}


def inputs(neurons: int, folder: Path) -> None:
    """Write images and first weights."""
    images = Path(os.environ["SNNRUN_DATA"]) / "MNIST/raw/train-images-idx3-ubyte"
    pixels = np.fromfile(images, np.uint8)[16:].reshape(-1, 784)[:6000]
    np.save(folder / "images.npy", pixels)
    weights = (np.random.default_rng(0).random((784, neurons)) * 0.3).astype(np.float32)
    np.save(folder / "weights.npy", weights * np.float32(78.4) / weights.sum(0))


def measured(peers: list[str], neurons: int) -> dict[str, dict[str, Any]]:
    """Return what each peer took, if it computes what ours does."""
    found: dict[str, dict[str, Any]] = {}
    workers = {name: Worker("GRAPHS", name, GRAPHS[name], 1) for name in peers}
    with tempfile.TemporaryDirectory() as folder:
        inputs(neurons, Path(folder))
        for name, worker in workers.items():
            size = 2 if name in SLOW else max(10, 40000 // neurons)
            calls = max(1, (20 if name in SLOW else 100) // size)
            found[name] = worker.ask("learn", folder, size, calls) | {"ms": [], "size": size}
            if found[name].get("error"):
                continue
            found[name]["samples"] = size * calls
            mine, theirs = found["snnrun"], found[name]
            error = SPREAD * (1 / mine["samples"] + 1 / theirs["samples"]) ** 0.5
            off = abs(theirs["spikes"] / mine["spikes"] - 1)
            if not off < 5 * error:
                theirs["error"] = (
                    f"{theirs['spikes']:.2f} spikes a sample, not {mine['spikes']:.2f}"
                )
        take_turns(workers, found, ROUNDS, TURN_S)
    return found


def beside(neurons: int) -> dict[str, Any]:
    """Return what two processes of ours take for as many samples as one has, together."""
    workers = [Worker("GRAPHS", "snnrun", GRAPHS["snnrun"], 1, before) for before in range(2)]
    size = max(10, 40000 // neurons)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        inputs(neurons, Path(folder))
        found = list(pool.map(lambda each: each.ask("learn", folder, size, 1), workers))
        taken = [each["ms"] for each in pool.map(lambda each: each.ask("time", 5.0), workers)]
    for worker in workers:
        worker.end()
    both = 1 / sum(1 / (quartile({"ms": ms}) or float("nan")) for ms in taken)
    return found[0] | {"ms": [both, both], "size": size}


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    others = [name for name in GRAPHS if name != "snnrun"]
    given.add_argument("peers", nargs="*", choices=[[], *others])
    given.add_argument("--neurons", type=int, nargs="+", default=[100, 400, 1600, 6400])
    given.add_argument("--beside", action="store_true", help="two of ours at the same time, too")
    given.add_argument("--write", action="store_true")
    chosen = given.parse_args()
    rows = []
    for neurons in chosen.neurons:
        found = measured(["snnrun", *(chosen.peers or others)], neurons)
        if chosen.beside:
            found["snnrun, 2 at once"] = beside(neurons)
        took = {name: (quartile(one) or float("nan")) / one["size"] for name, one in found.items()}
        for name, one in found.items():
            row = {"neurons": neurons, "peer": name, "samples_per_s": 1000 / took[name]}
            row |= {"over_ours": took[name] / took["snnrun"], "spikes": one.get("spikes")}
            keys = ("first_s", "memory_mb", "error")
            rows.append({**machine(), **row, **{key: one.get(key) for key in keys}})
            show(rows[-1])
            if chosen.write:
                write("diehl_cook", rows)


if __name__ == "__main__":
    main()
