"""What the picture of a run under way costs: CPU time as a multiple of an empty figure's.

The picture is redrawn while a network trains, so it must stay cheap for long runs. Both are drawn
in this process, in turn; the median counts.

    python benchmarks/live_plot.py [epochs ...]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from snnrun.plots.live import Curves, draw_live
from snnrun.runs.folder import Metric

ROUNDS = 9


def rows(epochs: int) -> list[Metric]:
    """Return the log of a training that gets better."""
    return [
        Metric(step=epoch, epoch=epoch, split=split, name="accuracy", value=value, time=0.0)
        for epoch in range(epochs + 1)
        for split, value in (("train", 1 - 0.9**epoch), ("validation", 1 - 0.91**epoch))
    ]


def cpu_seconds(draw: Callable[[], object]) -> float:
    """Return the CPU time of one picture."""
    start = time.process_time()
    draw()
    return time.process_time() - start


def main() -> None:
    """Print a table: epochs, milliseconds of CPU, ratio to an empty figure."""
    print("epochs,cpu_ms,ratio")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        for epochs in map(int, sys.argv[1:] or (30, 300, 3000)):
            logged = Curves(rows(epochs))
            sides = {
                "empty": lambda: Figure(figsize=(4.2, 2.8)).savefig(path, dpi=120),
                "live": lambda logged=logged: draw_live(logged, path),
            }
            samples: dict[str, list[float]] = {name: [] for name in sides}
            for _ in range(ROUNDS):
                for name, draw in sides.items():
                    samples[name].append(cpu_seconds(draw))
            empty, live = (statistics.median(seconds) for seconds in samples.values())
            print(f"{epochs},{1000 * live:.0f},{live / empty:.1f}")


if __name__ == "__main__":
    main()
