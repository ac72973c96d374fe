"""Spike-By-Spike layers: spikes a second, beside the readable twin and beside what could be.

The layers are those of the published MNIST network, 24 images, 1,600 spikes for each population;
"network" is all of them with their average pooling. Ours and the twin (with fewer spikes, so its
time is told for each spike) take turns in this process after a warm-up; the median counts. Ratios
and shares are of CPU seconds, which other work on the machine hardly touches; only the gain by a
second thread is of wall seconds.

Three limits of one core are measured in the same run (``sbs_probe.cpp``), for each spike of N
neurons in V vectors: 4 N + 5 operations at the largest rate of multiply-adds; 4 N bytes of weights
at the rate at which an array of the weights' size is read; and 3 V + 7.125 vector instructions, one
a cycle: product, sum and update for each vector; 3 to sum up lanes, 1 to spread, 1/8 to divide, 3
to draw. ``share_of_limit`` is the slowest of the three over our time.

    python benchmarks/sbs_step.py            # prints a table, writes results/*.csv
    python benchmarks/sbs_step.py --quick    # few rounds, writes nothing
"""

import argparse
import contextlib
import ctypes
import functools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from table import machine, show, write
from torch import Tensor
from torch.nn.functional import avg_pool2d

from snnrun.kernels.native import native
from snnrun.kernels.sbs import gradients as sbs_gradients
from snnrun.kernels.sbs import passes as sbs_pass
from snnrun.kernels.sbs.layer import Draw, Geometry, StepSizes, epsilon_t, sbs
from snnrun.studies.bench.sbs import operations_of_spike

HERE = Path(__file__).parent
BATCH, STEPS, TWIN_STEPS = 24, 1600, 8


class Layer(NamedTuple):
    """Input [channels, height, width], neurons, kernel, and whether average pooling follows."""

    shape: tuple[int, int, int]
    neurons: int
    kernel: int
    pooled: bool

    def inputs(self) -> int:
        """S of a patch."""
        return self.shape[0] * self.kernel**2

    def populations(self) -> int:
        """Of the batch."""
        x, y = Geometry((self.kernel, self.kernel)).output_size(*self.shape[1:])
        return BATCH * x * y


NETWORK = {
    "conv 5x5 25-32": Layer((1, 24, 24), 32, 5, True),
    "conv 5x5 800-64": Layer((32, 10, 10), 64, 5, True),
    "conv 3x3 576-96": Layer((64, 3, 3), 96, 3, False),
    "dense 96-10": Layer((96, 1, 1), 10, 1, False),
}


class Limits(NamedTuple):
    """Of one core, a second."""

    cycles: float
    flops: float
    bytes_read: Callable[[int], float]
    lanes: int

    def spike(self, layer: Layer) -> tuple[float, str]:
        """The least seconds a spike can take, and why."""
        vectors = -(-layer.neurons // self.lanes)
        row = 4 * vectors * self.lanes
        bounds = {
            "instructions": (3 * vectors + 7.125) / self.cycles,
            "operations": operations_of_spike(layer.neurons) / self.flops,
            "weights": row / self.bytes_read(row * layer.inputs()),
        }
        why = max(bounds, key=lambda name: bounds[name])
        return bounds[why], why


def probe() -> Limits:
    """Compile and run the probe."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "probe.so"
        command = ["g++", "-O3", "-march=native", "-shared", "-fPIC", HERE / "sbs_probe.cpp", "-o"]
        subprocess.run([*command, library], check=True)
        found = ctypes.CDLL(str(library))
    for name in ("cycles", "flops", "bytes_read"):
        getattr(found, name).restype = ctypes.c_double
    found.bytes_read.argtypes = [ctypes.c_int64]
    read = functools.cache(found.bytes_read)
    return Limits(found.cycles(), found.flops(), read, found.vector_bytes() // 4)


@contextlib.contextmanager
def twins() -> Iterator[None]:
    """Run on the readable twins inside."""
    modules: Any = (sbs_pass, sbs_gradients)
    try:
        for module in modules:
            module.native = lambda: None
        yield
    finally:
        for module in modules:
            module.native = native


class Work:
    """A layer, or the whole network, with inputs and weights."""

    def __init__(self, layers: list[Layer]) -> None:
        random = torch.Generator().manual_seed(0)
        self.layers = layers
        self.x = torch.rand(BATCH, *layers[0].shape, generator=random)
        self.x.requires_grad_(layers[0].shape[0] > 1)
        self.weights = []
        for layer in layers:
            w = 1 + torch.rand(layer.inputs(), layer.neurons, generator=random)
            self.weights.append((w / w.sum(0)).requires_grad_())

    def forward(self, spikes: int) -> Tensor:
        """h of the last layer."""
        x, steps = self.x, StepSizes(1.0, epsilon_t(spikes))
        for number, (layer, weights) in enumerate(zip(self.layers, self.weights, strict=True)):
            geometry = Geometry((layer.kernel, layer.kernel))
            x = sbs(x, weights, geometry=geometry, steps=steps, draw=Draw(number))
            if layer.pooled and len(self.layers) > 1:
                x = avg_pool2d(x, 2)
        return x

    def times(self, spikes: int) -> tuple[float, ...]:
        """CPU seconds of the forward and of the backward pass, and wall seconds of both."""
        clocks = time.process_time, time.perf_counter
        begin = [clock() for clock in clocks]
        h = self.forward(spikes)
        middle = [clock() for clock in clocks]
        upstream = torch.linspace(-1, 1, h.numel()).view_as(h)
        torch.autograd.grad(h, self.weights, upstream)
        end = [clock() for clock in clocks]
        points = list(zip(begin, middle, end, strict=True))
        return tuple(b - a for a, b, _ in points) + tuple(b - a for _, a, b in points)

    def spikes(self) -> int:
        """For each spike of a population."""
        return sum(layer.populations() for layer in self.layers)


class Seconds(NamedTuple):
    """Of a forward and a backward pass."""

    forward: float
    forward_wall: float
    backward: float
    backward_wall: float


def medians(work: Work, rounds: int) -> tuple[Seconds, Seconds]:
    """Ours with all spikes, and the twin's with few."""
    ours, twin = [], []
    for _ in range(rounds + 1):
        ours.append(work.times(STEPS))
        with twins():
            twin.append(work.times(TWIN_STEPS))
    columns = (zip(*samples[1:], strict=True) for samples in (ours, twin))
    one, other = (Seconds(*map(statistics.median, each)) for each in columns)
    return one, other


def measure(
    name: str, layers: list[Layer], limits: Limits, rounds: int
) -> Iterator[dict[str, Any]]:
    """One row for each number of threads."""
    work = Work(layers)
    spikes, products = work.spikes() * STEPS, sum(x.populations() * x.neurons for x in layers)
    least = sum(limits.spike(layer)[0] * layer.populations() for layer in layers) * STEPS
    alone = None
    for threads in (1, 2):
        torch.set_num_threads(threads)
        ours, twin = medians(work, rounds)
        alone = alone or ours
        once = threads == 1
        yield {
            "layer": name,
            "threads": threads,
            "forward_cpu_ms": 1e3 * ours.forward,
            "backward_cpu_ms": 1e3 * ours.backward,
            "forward_wall_ms": 1e3 * ours.forward_wall,
            "backward_wall_ms": 1e3 * ours.backward_wall,
            "million_spikes_per_cpu_s": 1e-6 * spikes / ours.forward,
            "billion_spikes_x_neurons_per_cpu_s": 1e-9 * products * STEPS / ours.forward,
            "forward_times_faster_than_twin": (
                twin.forward / TWIN_STEPS * STEPS / ours.forward if once else None
            ),
            "backward_times_faster_than_twin": twin.backward / ours.backward if once else None,
            "wall_times_faster_than_one_thread": alone.forward_wall / ours.forward_wall,
            "limit_million_spikes_per_cpu_s": 1e-6 * spikes / least,
            "share_of_limit": least / ours.forward,
            "limit": limits.spike(layers[0])[1] if len(layers) == 1 else "sum of layers",
            "peak_mb": peak_megabytes(name),
        }


def peak_megabytes(name: str) -> float:
    """Growth of the peak memory of a fresh process over a step of a few spikes, then all."""
    command = [sys.executable, __file__, "--peak", name]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def print_peak(name: str) -> None:
    """The child of ``peak_megabytes``."""
    torch.set_num_threads(1)
    small = Work([Layer((2, 2, 2), 3, 2, False)])
    small.times(3)
    work = Work(cases()[name])
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again at what is in use now
    before = peak_kilobytes()
    work.times(STEPS)
    print((peak_kilobytes() - before) / 1024)


def peak_kilobytes() -> int:
    """Peak of this process's memory (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def cases() -> dict[str, list[Layer]]:
    """Each layer, and all."""
    return {"network": list(NETWORK.values()), **{name: [x] for name, x in NETWORK.items()}}


def check() -> None:
    """Both compute the same from the same spikes."""
    work = Work(cases()["network"])
    ours = work.forward(TWIN_STEPS)
    with twins():
        torch.testing.assert_close(ours, work.forward(TWIN_STEPS), rtol=1e-3, atol=1e-5)


def main() -> None:
    """Measure, print, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rounds; write nothing")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print_peak(options.peak)
        return
    here = machine()
    limits = probe()
    print(f"{here['cpu']}, {os.cpu_count()} cores, {here['level']}, torch {here['torch']}")
    print(f"{limits.cycles / 1e9:.2f} GHz, {limits.flops / 1e9:.0f} GFLOPS a core")
    check()
    rows = []
    for name, layers in cases().items():
        for row in measure(name, layers, limits, rounds=2 if options.quick else 7):
            rows.append({**here, **row})
            show(row)
    if not options.quick:
        write("sbs_step", rows)


if __name__ == "__main__":
    main()
