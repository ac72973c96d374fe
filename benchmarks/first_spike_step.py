"""One training step of first-spike layers, as a multiple of the original's algorithm.

The slow twin does what the first published code does: for every prefix of the sorted inputs a
masked copy of all weights, ``[batch, pre, pre, post]``, two batched products, a complex Lambert W
or a root for every candidate, the first valid candidate. Both run in this process, in turn, after
a warm-up; the median counts. A step is the forward pass of all layers and the backward pass. Where
the copy of a whole batch is too large, the twin takes only its first samples (``slow_samples``; its
peak memory is theirs), and its time is scaled up to the batch.

``kiloflop_per_sample`` counts what a step cannot do without: 10 operations for each pair of an
input and a neuron that has not spiked before it, 100 for each spike, 8 for each cause of a spike;
inputs that come last, together, count as one. ``gflops`` is their rate; 20 to 50 is what a core
with AVX-512 may give in loops as short as these.

    python benchmarks/first_spike_step.py            # prints a table, writes results/*.csv
    python benchmarks/first_spike_step.py --quick    # only the first case, few rounds
"""

import argparse
import functools
import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from scipy.special import lambertw
from table import machine, show, write
from torch import Tensor

from snnrun.kernels.first_spike.times import first_spike_times
from snnrun.studies.bench.first_spike import operations

MOST_GIGABYTES = 8.0  # of the slow twin's tensors
BIAS = 0.9


class Network(NamedTuple):
    """Layer sizes without biases, batch size, and the kind of input."""

    name: str
    sizes: tuple[int, ...]
    batch: int
    weights: tuple[tuple[float, float], ...]  # mean and deviation of each layer
    bias: bool
    inputs: str


CASES = [
    Network("yin-yang 4-120-3", (4, 120, 3), 150, ((1.5, 0.8), (0.5, 0.8)), True, "uniform"),
    Network("16x16 256-128-10", (256, 128, 10), 50, ((0.05, 0.2), (0.05, 0.2)), False, "sparse"),
    Network("MNIST 784-350-10", (784, 350, 10), 80, ((0.05, 0.2), (0.02, 0.2)), False, "crowd"),
]


class SlowTwin(torch.autograd.Function):
    """The original's algorithm, tau_mem = tau_syn = 1 (ratio 1) or 2 (ratio 2), threshold 1."""

    @staticmethod
    def forward(ctx: Any, arrivals: Tensor, weights: Tensor, ratio: int) -> Tensor:
        """First valid candidate over all prefixes."""
        pre = arrivals.shape[1]
        times, order = arrivals.sort(dim=1)
        masked = weights[order][:, None].repeat(1, pre, 1, 1)
        later = torch.ones(pre, pre, dtype=torch.bool).triu(1)
        masked[:, later] = 0
        came = times.isfinite()
        t = torch.where(came, times, 0)
        terms = (t.exp(), t * t.exp() if ratio == 1 else (t / 2).exp())
        a, b = (((came * x)[:, None, None] @ masked)[:, :, 0] for x in terms)
        if ratio == 1:
            w = torch.from_numpy(lambertw((-1 / a * (b / a).exp()).numpy()))
            found = torch.where(w.imag == 0, b / a - w.real, torch.inf).to(weights.dtype)
        else:
            found = 2 * (2 * a / (b + (b**2 - 4 * a).sqrt())).log()
            found = torch.where(found.isnan(), torch.inf, found)
        following = torch.cat([times[:, 1:], torch.full_like(times[:, :1], torch.inf)], dim=1)
        invalid = (found < times[..., None]) | (found > following[..., None])
        spikes = torch.where(invalid, torch.inf, found).amin(dim=1)
        ctx.ratio = ratio
        ctx.save_for_backward(arrivals, weights, spikes)
        return spikes

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, None]:  # type: ignore[override]
        """Jacobians [batch, pre, post] of the causal inputs, summed up."""
        arrivals, weights, spikes = ctx.saved_tensors
        causal = (arrivals[..., None] <= spikes[:, None]) & spikes.isfinite()[:, None]
        w = torch.where(causal, weights, 0)
        end = torch.where(spikes.isfinite(), spikes, 0)[:, None]
        t = torch.where(arrivals.isfinite(), arrivals, 0)[..., None]
        fast = t.exp()
        a = (w * fast).sum(1, keepdim=True)
        if ctx.ratio == 1:
            b = (w * t * fast).sum(1, keepdim=True)
            real = torch.from_numpy(lambertw((-1 / a * (b / a).exp()).numpy()).real)
            slope = a * (1 + real.to(weights.dtype))
            by_weight, by_time = fast * (t - end) / slope, w * fast * (1 - end + t) / slope
        else:
            root = ((w * (t / 2).exp()).sum(1, keepdim=True) ** 2 - 4 * a).sqrt()
            steep, slow = (1 + (end / 2).exp() / root) * fast / a, (t / 2).exp() / root
            by_weight, by_time = 2 * (steep - slow), w * (2 * steep - slow)
        upstream = upstream[:, None]
        on_weights = torch.where(causal, upstream * by_weight, 0).sum(0)
        return torch.where(causal, upstream * by_time, 0).sum(2), on_weights, None


def slow_layer(arrivals: Tensor, weights: Tensor, ratio: int) -> Tensor:
    """One layer of the slow twin."""
    times: Tensor = SlowTwin.apply(arrivals, weights, ratio)
    return times


def fast_layer(arrivals: Tensor, weights: Tensor, ratio: int) -> Tensor:
    """One layer of ours."""
    return first_spike_times(arrivals, weights, tau_syn=1.0, ratio=ratio, threshold=1.0)


def draw(case: Network, dtype: torch.dtype) -> tuple[Tensor, list[Tensor]]:
    """Input times and the weights of every layer."""
    generator = torch.Generator().manual_seed(0)
    shape = (case.batch, case.sizes[0])
    times = 0.15 + 1.85 * torch.rand(shape, generator=generator, dtype=torch.float64)
    # The background of an image: silent in most pixels of the small ones, late in the large ones.
    if case.inputs == "sparse":
        times[torch.rand(shape, generator=generator) < 0.58] = torch.inf
    if case.inputs == "crowd":
        times[torch.rand(shape, generator=generator) < 0.81] = 2.0
    weights = []
    for pre, post, (mean, std) in zip(case.sizes, case.sizes[1:], case.weights, strict=False):
        w = torch.randn(pre + case.bias, post, generator=generator, dtype=torch.float64)
        weights.append((mean + std * w).to(dtype).requires_grad_())
    return times.to(dtype), weights


def kiloflop(case: Network, ratio: int) -> float:
    """Operations that a step of one sample needs, in thousands; see above."""
    times, weights = draw(case, torch.float64)
    bias = times.new_full((case.batch, 1), BIAS)
    total = 0.0
    for w in weights:
        times = torch.cat([times, bias], dim=1) if case.bias else times
        spikes = fast_layer(times, w.detach(), ratio)
        total += operations(times, spikes)
        times = spikes
    return total / case.batch / 1000


def step(
    case: Network, layer: Callable[..., Tensor], times: Tensor, weights: list[Tensor], ratio: int
) -> list[Tensor]:
    """Forward and backward; the gradients."""
    bias = times.new_full((len(times), 1), BIAS)
    for w in weights:
        times = layer(torch.cat([times, bias], dim=1) if case.bias else times, w, ratio)
    loss = torch.where(times.isfinite(), times, 0).sum()
    return list(torch.autograd.grad(loss, weights))


def alternate(steps: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each step; they take turns."""
    samples: dict[str, list[float]] = {name: [] for name in steps}
    for round_ in range(rounds + 2):
        for name, run in steps.items():
            repeats = 1 if name == "slow" else 10
            start = time.perf_counter()
            for _ in range(repeats):
                run()
            if round_ >= 2:
                samples[name].append((time.perf_counter() - start) / repeats)
    return {name: statistics.median(times) for name, times in samples.items()}


def peak_megabytes(*what: str) -> float:
    """Growth of the peak memory of a fresh process that takes a step of a few samples, then one.

    ``what``: index of the case, ours or slow, ratio, precision.
    """
    command = [sys.executable, __file__, "--peak", *what]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def print_peak(index: str, which: str, ratio: str, precision: str) -> None:
    """The child of ``peak_megabytes``."""
    torch.set_num_threads(1)
    case = CASES[int(index)]
    layer = {"ours": fast_layer, "slow": slow_layer}[which]
    times, weights = draw(case, getattr(torch, precision))
    if which == "slow":
        times = times[: slow_samples(case)]
    small = case._replace(batch=2, sizes=(2, 2, 2), bias=False)
    step(small, layer, times[:2, :2], [w[:2, :2] for w in weights], int(ratio))
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again at what is in use now
    before = peak_kilobytes()
    step(case, layer, times, weights, int(ratio))
    print((peak_kilobytes() - before) / 1024)


def peak_kilobytes() -> int:
    """Peak of this process's memory (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def slow_samples(case: Network) -> int:
    """How many samples the slow twin has room for."""
    pairs = zip(case.sizes, case.sizes[1:], strict=False)
    largest = max((pre + case.bias) ** 2 * post for pre, post in pairs)
    return min(case.batch, int(MOST_GIGABYTES / (2.2 * 8e-9 * largest)))


def measure(index: str, rounds: int) -> Iterator[dict[str, Any]]:
    """One row for each ratio, precision and number of threads."""
    case = CASES[int(index)]
    samples = slow_samples(case)
    for ratio, dtype, threads in itertools.product((1, 2), (torch.float32, torch.float64), (1, 2)):
        torch.set_num_threads(threads)
        times, weights = draw(case, dtype)
        seconds = alternate(
            {
                "ours": functools.partial(step, case, fast_layer, times, weights, ratio),
                "slow": functools.partial(step, case, slow_layer, times[:samples], weights, ratio),
            },
            rounds,
        )
        slow, needed = seconds["slow"] * case.batch / samples, kiloflop(case, ratio)
        row: dict[str, Any] = {
            "network": case.name,
            "batch": case.batch,
            "ratio": ratio,
            "precision": str(dtype).removeprefix("torch."),
            "threads": threads,
            "ours_ms": 1e3 * seconds["ours"],
            "ours_us_per_sample": 1e6 * seconds["ours"] / case.batch,
            "kiloflop_per_sample": needed,
            "gflops": 1e-6 * needed * case.batch / seconds["ours"],
            "slow_samples": samples,
            "slow_ms": 1e3 * slow,
            "times_faster": slow / seconds["ours"],
        }
        what = (str(ratio), row["precision"])
        row["ours_peak_mb"] = peak_megabytes(index, "ours", *what)
        row["slow_peak_mb"] = peak_megabytes(index, "slow", *what)
        yield row


def check(case: Network) -> None:
    """Both compute the same gradients."""
    times, weights = draw(case, torch.float64)
    for ratio in (1, 2):
        pairs = zip(
            step(case, fast_layer, times, weights, ratio),
            step(case, slow_layer, times, weights, ratio),
            strict=True,
        )
        for ours, slow in pairs:
            torch.testing.assert_close(ours, slow, rtol=1e-6, atol=1e-8)


def main() -> None:
    """Measure, print, write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only the first case, few rounds")
    parser.add_argument("--peak", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print_peak(*options.peak)
        return
    here = machine()
    print(f"{here['cpu']}, {os.cpu_count()} cores, {here['level']}, torch {here['torch']}")
    check(CASES[0])
    rows = []
    for index in range(1 if options.quick else len(CASES)):
        for row in measure(str(index), rounds=3 if options.quick else 9):
            rows.append({**here, **row})
            show(row)
    if not options.quick:
        write("first_spike_step", rows)


if __name__ == "__main__":
    main()
