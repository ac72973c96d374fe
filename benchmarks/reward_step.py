"""Steps of a layer that learns by reward, beside PySNN.

    python benchmarks/reward_step.py [--neurons N ...] [--write]

Layers are those of ``peers/rewarded.py``, 784 inputs; spikes are drawn from MNIST's training images
(``SNNRUN_DATA``), the same for both. One core; each in a process and an environment of its own, one
sample of 250 steps a call, in turn; the lower quartile counts. Spikes of the first sample are the
same in both, and weights behind it, before anything is timed.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from peers.process import Worker, take_turns
from peers.rewarded import REWARDED
from peers_lif import quartile
from table import machine, show, write

SAMPLES, STEPS, RATE, ROUNDS, TURN_S = 20, 250, 0.128, 5, 1.5
ERROR = 1e-4  # of weights; these begin between 0 and 1


def inputs(neurons: int, folder: Path) -> None:
    """Write spikes and first weights."""
    images = Path(os.environ["SNNRUN_DATA"]) / "MNIST/raw/train-images-idx3-ubyte"
    chances = np.fromfile(images, np.uint8)[16:].reshape(-1, 784)[:SAMPLES] * (RATE / 255)
    draw = np.random.default_rng(0)
    np.save(folder / "spikes.npy", draw.random((SAMPLES, STEPS, 784)) < chances[:, None])
    np.save(folder / "weights.npy", draw.random((neurons, 784)).astype(np.float32))


def measured(neurons: int) -> dict[str, dict[str, Any]]:
    """Return what each took, if it computes what ours does."""
    workers = {name: Worker("REWARDED", name, peer, 1) for name, peer in REWARDED.items()}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "inputs"
        folder.mkdir()
        inputs(neurons, folder)
        found: dict[str, dict[str, Any]] = {}
        for name, worker in workers.items():
            found[name] = worker.ask("learn", str(folder), 1, 1) | {"ms": []}
            if name == "snnrun" and found[name].get("error"):
                raise SystemExit(f"snnrun: {found[name]['error']}")
            if not found[name].get("error"):
                found[name] |= worker.ask("leave", f"{place}/{name}.npz")
                found[name]["error"] = differs(Path(place), name, found)
        take_turns(workers, found, ROUNDS, TURN_S)
    return found


def differs(folder: Path, name: str, found: dict[str, dict[str, Any]]) -> str | None:
    """Return what is other than in ours."""
    spikes, wanted = found[name]["spikes"], found["snnrun"]["spikes"]
    if spikes != wanted:
        return f"{spikes:g} spikes, not {wanted:g}"
    theirs, ours = (np.load(folder / f"{each}.npz")["weights"] for each in (name, "snnrun"))
    error = float(np.abs(theirs - ours).max())
    found[name]["error_of_weights"] = error
    return None if error < ERROR else f"weights differ by {error:.1g}"


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--neurons", type=int, nargs="+", default=[100, 400])
    given.add_argument("--write", action="store_true")
    chosen = given.parse_args()
    rows = []
    for neurons in chosen.neurons:
        found = measured(neurons)
        took = {name: quartile(one) or float("nan") for name, one in found.items()}
        for name, one in found.items():
            row = {"neurons": neurons, "peer": name, "ms_a_step": took[name] / STEPS}
            row |= {"samples_per_s": 1000 / took[name], "over_ours": took[name] / took["snnrun"]}
            keys = ("spikes", "error_of_weights", "error")
            rows.append({**machine(), **row, **{key: one.get(key) for key in keys}})
            show(rows[-1])
            if chosen.write:
                write("reward_step", rows)


if __name__ == "__main__":
    main()
