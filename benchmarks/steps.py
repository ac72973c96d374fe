"""What a training step of whole spiking networks costs, beside other libraries.

    python benchmarks/steps.py [NETWORK ...] [--peers NAME ...] [--threads N ...] [--write]

Networks and inputs are those of ``peers/networks.py``: an MLP 784-256-10 of 20 steps and a small
convolutional network of 4, batches of 64, and VGG-11 on 32 x 32 images, 4 steps, batches of 8. A
step is forward pass, loss, backward pass and Adam. ``snnrun`` is model, rule and optimiser of a
config; ``identity`` the same without neurons, a limit. Each side has a process and an environment
of its own (``peers_lif.py``). All begin with the same weights, and their losses over the first
steps agree with ours before anything is timed; then they take turns, and the lower quartile counts.
``memory_mb`` is how far the resident set rises in the first step, compilers included.
"""

import argparse
import itertools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from peers.networks import NETS, arrays
from peers.process import Worker, take_turns
from peers.trainers import TRAINERS
from peers_lif import quartile
from table import machine, show, write

ROUNDS, TURN_S = 6, 1.0
CODES = {"mlp": ("spikes", "image"), "conv": ("spikes", "image"), "vgg11": ("image",)}
TOLERANCE = 1e-4  # of losses, after which rounding may have changed a spike
LIMIT = "identity"  # computes something else


def measured(peers: list[str], threads: int, net: str, folder: Path) -> dict[str, dict[str, Any]]:
    """Return what a step of each peer took, if it computes the same."""
    workers = {name: Worker("TRAINERS", name, TRAINERS[name], threads) for name in peers}
    found = {}
    for name, worker in workers.items():
        found[name] = worker.ask("losses", str(folder), net, NETS[net].compared) | {"ms": []}
        losses, ours = found[name].get("losses"), found["snnrun"].get("losses")
        if losses and ours and name != LIMIT:
            off = max(abs(a - b) for a, b in zip(losses, ours, strict=True))
            found[name]["losses_differ"] = off
            if not off < TOLERANCE:
                found[name]["error"] = f"other losses than ours: {losses}, {ours}"
    take_turns(workers, found, ROUNDS, TURN_S)
    return found


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("networks", nargs="*", choices=[[], *NETS])
    given.add_argument("--peers", nargs="+", choices=list(TRAINERS), default=list(TRAINERS))
    given.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    given.add_argument("--write", action="store_true")
    chosen = given.parse_args()
    peers = ["snnrun", *(name for name in chosen.peers if name != "snnrun")]
    rows = []
    for threads, net in itertools.product(chosen.threads, chosen.networks or NETS):
        for code in CODES[net]:
            with tempfile.TemporaryDirectory() as folder:
                for name, array in arrays(NETS[net], code).items():
                    np.save(Path(folder) / f"{name}.npy", array)
                found = measured(peers, threads, net, Path(folder))
            ours = quartile(found["snnrun"]) or float("nan")
            for peer, one in found.items():
                took = quartile(one)
                row = {"threads": threads, "network": net, "input": code, "peer": peer}
                row |= {"ms": took, "over_ours": took / ours if took else None}
                row["samples_per_s"] = 1000 * NETS[net].batch / took if took else None
                row["first_s"] = one.get("first_s")
                keys = ("memory_mb", "losses_differ", "error")
                rows.append({**machine(), **row, **{key: one.get(key) for key in keys}})
                show(rows[-1])
                if chosen.write:
                    write("steps", rows)


if __name__ == "__main__":
    main()
