"""One peer, in a process of its environment: answers lines of JSON on stdin with lines on stdout.

    worker.py TABLE NAME        the table is LAYERS of layers.py, TRAINERS of trainers.py, GRAPHS
                                of graphs.py or REWARDED of rewarded.py

["load", FOLDER]                input of a layer; answers with seconds and memory of the first call
["losses", FOLDER, NET, N]      the same for a network, with the losses of its first N steps
["learn", FOLDER, SIZE, CALLS]   the same for a graph, with the mean of what its first calls return
["leave", FILE]                 write the arrays that the graph is left with
["save", FILE, KEYWORDS]        write results, of a peer built with keywords
["check", FILE]                 results of another; answers with what differs
["time", SECONDS]               answers with the milliseconds of every call
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path[0] = str(Path(__file__).parents[1])  # benchmarks, where the package of peers lies


class Timed:
    """A peer and what it is given.

    clock: tells the seconds of a call; a graph may have one of its own.
    """

    clock = staticmethod(time.perf_counter)

    def __init__(self, table: str, name: str) -> None:
        self.build = getattr(importlib.import_module(f"peers.{table.lower()}"), table)[name].build

    def load(self, path: str) -> dict[str, Any]:
        """Take the input of a layer, and call once; a small call has its libraries loaded."""
        self.given = read(path)
        small = {name: np.ascontiguousarray(x[..., :2]) for name, x in self.given.items()}
        self.build(**small)[0]()
        self.call, self.arrays = self.build(**self.given)
        return self.watched()

    def losses(self, path: str, net: str, number: int) -> dict[str, Any]:
        """Take input and weights of a network; return the losses of its first steps."""
        losses: list[float] = []
        step = self.build(net, **read(path))
        self.call = lambda: losses.append(step())
        found = self.watched()
        for _ in range(number - 1):
            self.call()
        return {"losses": losses[:number], **found}

    def learn(self, path: str, size: int, calls: int) -> dict[str, Any]:
        """Take images and weights of a graph; return the mean spikes of a sample in its calls."""
        spikes: list[float] = []
        learn = self.graph = self.build(**read(path), size=size)
        self.call = lambda: spikes.append(learn())
        self.clock = getattr(learn, "clock", self.clock)
        found = self.watched()
        for _ in range(calls - 1):
            self.call()
        return {"spikes": sum(spikes[:calls]) / calls, **found}

    def leave(self, path: str) -> dict[str, Any]:
        """Write the arrays of a graph as they are now."""
        np.savez(path, **self.graph.arrays())
        return {}

    def watched(self) -> dict[str, Any]:
        """Return the seconds of the first call, and how far the memory rises in it."""
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")
        begun = time.perf_counter()
        self.call()
        first = time.perf_counter() - begun
        return {"first_s": first, "memory_mb": memory("VmHWM") - before}

    def save(self, path: str, keywords: dict[str, Any]) -> dict[str, Any]:
        """Write what it computes."""
        call, arrays = self.build(**self.given, **keywords)
        np.savez(path, **arrays(call()))
        return {}

    def check(self, path: str) -> dict[str, Any]:
        """Compare with what another has saved: neurons whose spikes differ, then gradients."""
        found = self.arrays(self.call())
        with np.load(path) as theirs:
            other = (found["spikes"] != theirs["spikes"]).any(0)
            error = np.abs(found["gradient"] - theirs["gradient"]).max(0)
        most = float(error[~other].max(initial=0))
        return {"trains": other.size, "other_trains": int(other.sum()), "gradient_error": most}

    def time(self, seconds: float) -> dict[str, Any]:
        """Call again and again."""
        spent, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or not spent:
            begun = self.clock()
            self.call()
            spent.append(1e3 * (self.clock() - begun))
        return {"ms": spent}


def read(path: str) -> dict[str, Any]:
    """Return the arrays in a folder by name; what is written into them stays here."""
    return {each.stem: np.load(each, mmap_mode="c") for each in Path(path).iterdir()}


def memory(field: str) -> float:
    """Return a line of /proc/self/status, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes elsewhere
    table, name = sys.argv[1:]
    timed: Timed | None = None
    for line in sys.stdin:
        what, *values = json.loads(line)
        try:
            timed = timed or Timed(table, name)
            answer = getattr(timed, what)(*values)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
