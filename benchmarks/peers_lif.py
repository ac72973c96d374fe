"""A LIF layer beside other libraries and compilers, each in an environment of its own.

    python benchmarks/peers_lif.py [PEER ...] [--threads N ...] [--steps N ...] [--neurons N ...]

Makes the environments in ``build/peers`` where they are not there yet. All get the same input;
spikes (and, where the surrogate is the same, gradients) are compared before anything is timed.
Then they take turns, a fraction of a second each, several rounds; the lower quartile counts.
Batch 64. The table goes to ``benchmarks/results/peers_lif.csv``.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import numpy as np
from peers.layers import LAYERS
from table import machine, show, write

HERE = Path(__file__).parent
BATCH, ROUNDS, TURN_S = 64, 6, 0.4
LARGE = 2_000_000  # steps times neurons: a peer that keeps every step would need 12 GB
LEAN = {"snnrun", "numba"}


def python_of(peer: str) -> Path:
    """Return the interpreter of a peer's environment, which is made if need be."""
    if peer == "snnrun":
        return Path(sys.executable)
    folder = HERE.parent / "build/peers" / peer
    ready = folder / ".ready"
    if not ready.exists():
        print(f"setting up {folder}", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True, clear=True)
        install = [str(folder / "bin/python"), "-m", "pip", "install", "-q", "numpy"]
        subprocess.run([*install, *LAYERS[peer][1]], check=True)
        ready.touch()
    return folder / "bin/python"


class Worker:
    """A process of a peer."""

    def __init__(self, peer: str, threads: int) -> None:
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        flags = "--xla_cpu_prefer_vector_width=512 --xla_cpu_enable_fast_math=true"
        environment = {**os.environ, **dict.fromkeys(names, str(threads)), "XLA_FLAGS": flags}
        cores = sorted(os.sched_getaffinity(0))[:threads]
        self.process = subprocess.Popen(
            [str(python_of(peer)), str(HERE / "peers/worker.py"), peer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )

    def ask(self, **question: Any) -> dict[str, Any]:
        """Send a question and return the answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": "the process ended"}

    def end(self) -> None:
        """Let it go."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def inputs(steps: int, neurons: int, path: Path) -> None:
    """Write the input of all peers."""
    random = np.random.default_rng(1)
    shape = (steps, BATCH, neurons)
    x = random.random(shape, dtype=np.float32) * np.float32(1.4)
    np.savez(path, x=x, upstream=random.random(shape, dtype=np.float32) - np.float32(0.5))


def measured(workers: dict[str, Worker], folder: Path) -> dict[str, dict[str, Any]]:
    """Return what each peer took, once all agree."""
    found: dict[str, dict[str, Any]] = {}
    for peer, worker in workers.items():
        found[peer] = worker.ask(load=str(folder / "inputs.npz"))
        if peer == "snnrun":
            worker.ask(save=str(folder / "ours.npz"))
        found[peer] |= worker.ask(check=str(folder / "ours.npz"))
        found[peer]["ms"] = []
    for _ in range(ROUNDS):
        for peer, worker in workers.items():
            if "error" not in found[peer]:
                found[peer]["ms"] += worker.ask(time=TURN_S)["ms"]
    return found


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("peers", nargs="*", default=[name for name in LAYERS if name != "snnrun"])
    given.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    given.add_argument("--steps", type=int, nargs="+", default=[4, 20, 100])
    given.add_argument("--neurons", type=int, nargs="+", default=[1000, 100_000])
    chosen = given.parse_args()
    rows = []
    for threads, neurons, steps in itertools.product(chosen.threads, chosen.neurons, chosen.steps):
        large = steps * neurons > LARGE
        peers = [peer for peer in ["snnrun", *chosen.peers] if not large or peer in LEAN]
        workers = {peer: Worker(peer, threads) for peer in peers}
        with tempfile.TemporaryDirectory() as folder:
            inputs(steps, neurons, Path(folder) / "inputs.npz")
            found = measured(workers, Path(folder))
        for worker in workers.values():
            worker.end()
        ours = statistics.quantiles(found["snnrun"]["ms"], n=4)[0]
        for peer, one in found.items():
            took = statistics.quantiles(one["ms"], n=4)[0] if len(one["ms"]) > 1 else None
            row = {"threads": threads, "steps": steps, "neurons": neurons, "peer": peer}
            row |= {"ms": took, "over_ours": took / ours if took else None}
            keys = ("first_s", "spikes_differ", "gradient_error", "error")
            rows.append({**machine(), **row, **{key: one.get(key) for key in keys}})
            show(rows[-1])
    write("peers_lif", rows)


if __name__ == "__main__":
    main()
