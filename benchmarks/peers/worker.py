"""One peer, in a process of its environment: answers lines of JSON on stdin with lines on stdout.

{"load": FILE, "threads": n}   x and gradient; answers with the seconds of the first call
{"check": FILE}                spikes and gradient of snnrun; answers with what differs
{"time": seconds}              answers with the milliseconds of every call
"""

import json
import os
import sys
import time
from typing import Any

import numpy as np
from layers import LAYERS


class Peer:
    """A layer and its input."""

    def __init__(self, name: str) -> None:
        self.layer, _, self.same_gradient = LAYERS[name]

    def load(self, path: str) -> dict[str, Any]:
        """Take input, and call once."""
        with np.load(path) as given:
            self.call, self.arrays = self.layer(given["x"], given["upstream"])
        begun = time.perf_counter()
        self.call()
        return {"first_s": time.perf_counter() - begun}

    def save(self, path: str) -> dict[str, Any]:
        """Write spikes and gradient."""
        spikes, gradient = self.arrays(self.call())
        np.savez(path, spikes=spikes, gradient=gradient)
        return {"rate": float(spikes.mean())}

    def check(self, path: str) -> dict[str, Any]:
        """Compare with what another has saved."""
        spikes, gradient = self.arrays(self.call())
        with np.load(path) as theirs:
            differ = int((spikes != theirs["spikes"]).sum())
            most = float(np.abs(gradient - theirs["gradient"]).max())
        return {"spikes_differ": differ, "gradient_error": most if self.same_gradient else None}

    def time(self, seconds: float) -> dict[str, Any]:
        """Call again and again."""
        spent, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or not spent:
            begun = time.perf_counter()
            self.call()
            spent.append(1e3 * (time.perf_counter() - begun))
        return {"ms": spent}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes elsewhere
    peer = Peer(sys.argv[1])
    for line in sys.stdin:
        (what, value), *_ = json.loads(line).items()
        try:
            answer = getattr(peer, what)(value)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
