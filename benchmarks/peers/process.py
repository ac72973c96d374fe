"""Processes of peers, each in an environment of its own under ``build/peers``."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
TORCH = "torch==2.13.0"
#: name -> what is installed; snnrun's own environment has no name
ENVIRONMENTS = {
    "spikingjelly": [TORCH, "torchvision", "spikingjelly==2.0.0"],
    "snntorch": [TORCH, "snntorch==1.0.0"],
    "norse": [TORCH, "norse==1.1.0"],
    "sinabs": [TORCH, "sinabs==3.1.3"],
    "snetx": [TORCH, "torchvision", "termcolor", "snetx==0.1.3"],
    "jax": ["jax"],
    "numba": ["numba"],
    "brian2": ["numpy<2", "setuptools", "brian2==2.9.0"],
    "pysnn": [
        TORCH,
        "torchvision",
        "matplotlib",
        "pandas",
        "tqdm",
    ],
    "bindsnet": [
        TORCH,
        "torchvision",
        "tqdm",
        "opencv-python-headless",
        "scikit-image",
        "gymnasium",
        "ale-py",
        "tensorboardX",
        "matplotlib",
        "pandas",
        "scikit-learn",
    ],
}
#: name -> what is installed there without what it asks for, which is newer, gone or not needed
ALONE = {"bindsnet": ["bindsnet==0.3.4"], "pysnn": ["pysnn==0.1.1"]}
XLA = "--xla_cpu_prefer_vector_width=512 --xla_cpu_enable_fast_math=true"
FRESH = {"MALLOC_MMAP_THRESHOLD_": "65536"}  # long arrays: new pages of the system, every time
WARM = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40)}  # none goes back to it


class Peer(NamedTuple):
    """One way to compute the same.

    build: makes the call that is timed, from what its driver gives.
    home: whose environment it runs in.
    same: keywords with which ours computes the same as this, if it needs any.
    held: arrays as large as the input that are there at its peak, inputs included.
    variables: further environment variables.
    """

    build: Callable[..., Any]
    home: str = ""
    same: Mapping[str, Any] | None = None
    held: float = 4
    variables: Mapping[str, str] | None = None


def python_of(home: str) -> Path:
    """Return the interpreter of an environment, which is made if need be."""
    if not home:
        return Path(sys.executable)
    folder = HERE.parent.parent / "build/peers" / home
    ready = folder / ".ready"
    if not ready.exists():
        print(f"setting up {folder}", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True, clear=True)
        install = [str(folder / "bin/python"), "-m", "pip", "install", "-q"]
        subprocess.run([*install, "numpy", *ENVIRONMENTS[home]], check=True)
        if home in ALONE:
            subprocess.run([*install, "--no-deps", *ALONE[home]], check=True)
        ready.touch()
    return folder / "bin/python"


class Worker:
    """A process of a peer, which answers questions (``worker.py``).

    Args:
        table, name, peer: which.
        threads: that it may have, on as many cores: the last ones.
        before: how many cores behind these are for other workers.
    """

    def __init__(self, table: str, name: str, peer: Peer, threads: int, before: int = 0) -> None:
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        own = {**dict.fromkeys(names, str(threads)), "XLA_FLAGS": XLA}
        own |= peer.variables or {}
        own["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"
        every = sorted(os.sched_getaffinity(0))
        cores = every[len(every) - before - threads : len(every) - before]
        self.process = subprocess.Popen(
            [str(python_of(peer.home)), str(HERE / "worker.py"), table, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **own},
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )

    def ask(self, what: str, *values: Any) -> dict[str, Any]:
        """Send a question and return the answer; ``error`` in it says what went wrong."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps([what, *values]) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        return json.loads(line) if line else {"error": "the process ended"}

    def end(self) -> None:
        """Let it go."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def take_turns(
    workers: Mapping[str, Worker], found: Mapping[str, dict[str, Any]], rounds: int, seconds: float
) -> None:
    """Add the milliseconds of calls to what was found of each peer, and let all go.

    Those with an ``error`` are left out.
    """
    for _ in range(rounds):
        for name, worker in workers.items():
            if not found[name].get("error"):
                found[name]["ms"] += worker.ask("time", seconds)["ms"]
    for worker in workers.values():
        worker.end()


def available_gb() -> float:
    """Return the memory that new processes may take."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) / 2**20 for line in lines if line.startswith("MemAvailable"))
