"""What a training step of the local rules costs, beside a literal twin of the notebook's step.

Both train 784-256-10 networks on the same random images, 20 steps of time, with Adam, in one
process, in turn, after a warm-up; medians of wall time count. ``products_ms`` is what the dense
matrix products of a step take at the rate of a large product on this machine, measured on the same
threads; ``peak_share`` is their share of our step. ``epoch_s`` is our step times the batches of
60,000 images. Memory is the peak of the resident set over one step, less what was resident before,
in a process of its own.

    python benchmarks/local_learning_step.py [--batches 64 512] [--threads 1 2]
"""

import argparse
import itertools
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from table import machine, write
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.random import Random
from snnrun.errors import ActivityWarning
from snnrun.learning import RULES
from snnrun.learning.optimizers import AdamSettings, build_optimizer
from snnrun.models import MODELS

STEPS, INPUTS, HIDDEN, CLASSES = 20, 784, 256, 10
PATIENCE_MS = 2000  # a slower step is timed once
ALPHA, BETA = 0.8187307715415955, 0.951229453086853  # float32 exp(-1/5), exp(-1/20)
SETTINGS = {"random_feedback": (2.0, 0.3, 0.02), "eligibility": (5.0, 0.3, 25.0)}


class Notebook:
    """The notebook's two steps as it has them: Python loops over time, traces of all synapses."""

    def __init__(self, rule: str) -> None:
        *self.thresholds, self.slope = SETTINGS[rule]
        shapes = (HIDDEN, INPUTS), (CLASSES, HIDDEN)
        self.weights = [(torch.randn(s) / s[1] ** 0.5).requires_grad_() for s in shapes]
        self.feedback = 0.1 * torch.randn(CLASSES, HIDDEN)
        self.optimizer = torch.optim.Adam(self.weights, lr=5e-3)
        self.learn = getattr(self, rule)

    def step(self, x: Tensor, labels: Tensor) -> None:
        """Train on a batch of images."""
        self.optimizer.zero_grad()
        wanted = torch.nn.functional.one_hot(labels, CLASSES).float()
        self.learn(x.unsqueeze(0).repeat(STEPS, 1, 1), wanted)
        self.optimizer.step()

    def psi(self, membrane: Tensor, threshold: float) -> Tensor:
        """The derivative of the fast sigmoid."""
        return 1 / (1 + self.slope * torch.abs(membrane - threshold)) ** 2

    def random_feedback(self, x: Tensor, wanted: Tensor, window: int = 15) -> None:
        """Products of time means; hidden psi over the last 10 steps."""
        spikes, membranes = [x], []
        for weights, threshold in zip(self.weights, self.thresholds, strict=True):
            current, u, fired, kept = 0.0, 0.0, [], []
            for now in spikes[-1]:
                current = ALPHA * current + now @ weights.T
                u = BETA * u + current
                s = (u >= threshold).float()
                fired.append(s)
                kept.append(u)
                u = u - threshold * s
            spikes.append(torch.stack(fired))
            membranes.append(torch.stack(kept))
        with torch.no_grad():
            rates = spikes[-1][-window:].mean(0)
            torch.nn.functional.cross_entropy(rates, wanted).item()
            slope = self.psi(membranes[1][-window:], self.thresholds[1]).mean(0)
            delta = (rates - wanted) * slope
            self.weights[1].grad = delta.T @ spikes[1][-window:].mean(0) / len(wanted)
            slope = self.psi(membranes[0][-window:][window - 20 :], self.thresholds[0])[-10:].mean(
                0
            )
            hidden = slope * (delta @ self.feedback)
            self.weights[0].grad = hidden.T @ x[-window:].mean(0) / len(wanted)

    def eligibility(self, x: Tensor, wanted: Tensor) -> None:
        """Final error times the trace of each synapse; the threshold is subtracted twice."""
        traces, spikes = [], x
        for weights, threshold in zip(self.weights, self.thresholds, strict=True):
            current, u, trace, fired = 0.0, 0.0, 0.0, []
            for now in spikes:
                current = ALPHA * current + now @ weights.T
                u = BETA * u + current
                s = (u >= threshold).float()
                fired.append(s)
                u = u - threshold * s
                with torch.no_grad():
                    trace = BETA * trace + self.psi(u, threshold)[:, :, None] * now[:, None, :]
                u = u - threshold * s
            spikes = torch.stack(fired)
            traces.append(trace)
        with torch.no_grad():
            rates = spikes.mean(0)
            torch.nn.functional.cross_entropy(rates, wanted).item()
            error = rates - wanted
            for weights, signal, trace in zip(
                self.weights, (error @ self.feedback, error), traces, strict=True
            ):
                weights.grad = torch.einsum("bo,boi->oi", signal, trace) / len(wanted)


class Ours:
    """The same step here."""

    def __init__(self, name: str) -> None:
        hidden, label, slope = SETTINGS[name]
        settings = MODELS["lif"].settings(
            layers=[{"size": HIDDEN, "threshold": hidden}],
            readout={"name": "spikes", "threshold": label},
            surrogate={"name": "superspike", "sharpness": slope},
            reset="subtract" if name == "random_feedback" else "subtract_twice",
        )
        build = MODELS.entry_of(settings).load()
        self.model = build(settings, INPUTS, CLASSES, torch.Generator()).to(torch.float32)
        window = {"window": 15} if name == "random_feedback" else {}
        chosen = RULES[name].settings(faithful=True, loss={"name": "notebook"}, **window)
        self.rule = RULES.entry_of(chosen).load()(chosen, self.model)
        groups = list(self.model.parameter_groups())
        self.optimizer = build_optimizer(AdamSettings(lr=5e-3), groups)

    def step(self, x: Tensor, labels: Tensor) -> None:
        """Train on a batch of images."""
        self.optimizer.zero_grad()
        random = Random(0, "train", 0, 0, torch.arange(len(x)))
        self.rule.step(Batch(x.expand(STEPS, *x.shape), labels, random, constant=True))
        self.optimizer.step()


SIDES = {"notebook": Notebook, "ours": Ours}


def median_ms(run: Callable[[], object], least: int, seconds: float) -> float:
    """Return the median time of a call, over at least ``least`` calls and some seconds."""
    times, end = [], time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def peak_mb(side: str, rule: str, batch: int) -> float:
    """Return what one step adds to the resident set of a process of its own; Linux."""
    command = [sys.executable, __file__, "--memory", side, rule, str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def print_peak(side: str, rule: str, batch: int) -> None:
    """Print the peak of the resident set over a step, less what was resident before, in MB."""
    status = Path("/proc/self/status")

    def read(key: str) -> int:
        line = next(line for line in status.read_text().splitlines() if line.startswith(key))
        return int(line.split()[1])

    torch.set_num_threads(1)
    network = SIDES[side](rule)
    network.step(*batch_of(2))  # loads what every step needs
    x, labels = batch_of(batch)
    before = read("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    network.step(x, labels)
    print((read("VmHWM") - before) / 1024)


def batch_of(samples: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return images in strokes, with as much ink as MNIST has, and labels."""
    torch.manual_seed(seed)
    noise = torch.rand(samples, 1, 28, 28)
    smooth = torch.nn.functional.avg_pool2d(noise, 5, 1, 2, count_include_pad=False).flatten(1)
    ink = smooth > smooth.quantile(0.81, 1, keepdim=True)
    return noise.flatten(1) * ink, torch.randint(CLASSES, (samples,))


def stream(samples: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches without end, images with other labels each time they come round.

    What is learned by heart has gradients that fade away, and Adam is slow on denormal numbers.
    """
    images = [batch_of(samples, seed)[0] for seed in range(30)]
    labels = torch.randint(CLASSES, (997, samples))
    yield from zip(itertools.cycle(images), itertools.cycle(labels), strict=False)


def product_rate() -> float:
    """Return the rate of a large matrix product, floating-point operations a millisecond."""
    left, right = torch.randn(2048, 2048), torch.randn(2048, 2048)
    return 2 * 2048**3 / median_ms(lambda: left @ right, 5, 1.0)


def measure(rule: str, batch: int, threads: int) -> dict[str, object]:
    """Return a line of the table."""
    torch.set_num_threads(threads)
    batches = stream(batch)
    ours, notebook = Ours(rule), Notebook(rule)
    memory = [peak_mb(side, rule, batch) for side in SIDES]
    fast, slow = [], []
    for _ in range(3):
        fast.append(median_ms(lambda: ours.step(*next(batches)), 20, 0.5))
        if not slow or slow[0] < PATIENCE_MS:
            slow.append(median_ms(lambda: notebook.step(*next(batches)), 1, 0.3))
    quick, products = min(fast), flops(batch) / product_rate()
    return {
        "rule": rule,
        "batch": batch,
        "threads": threads,
        "notebook_ms": f"{min(slow):.2f}",
        "ours_ms": f"{quick:.3f}",
        "times_faster": f"{min(slow) / quick:.1f}",
        "products_ms": f"{products:.3f}",
        "peak_share": f"{products / quick:.2f}",
        "epoch_s": f"{quick / 1000 * 60000 / batch:.2f}",
        **{f"{side}_peak_mb": f"{mb:.1f}" for side, mb in zip(SIDES, memory, strict=True)},
    }


def flops(batch: int) -> int:
    """Return the operations of the dense products of a step: forward and back, both layers."""
    return 2 * 2 * batch * HIDDEN * INPUTS + 2 * (STEPS + 1) * batch * HIDDEN * CLASSES


def main() -> None:
    """Print a line for each case and write the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 512])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rules", nargs="+", default=list(SETTINGS))
    parser.add_argument("--memory", nargs=3, metavar=("SIDE", "RULE", "BATCH"))
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", ActivityWarning)
    if chosen.memory:
        side, rule, batch = chosen.memory
        print_peak(side, rule, int(batch))
        return
    rows = []
    for case in itertools.product(chosen.rules, chosen.batches, chosen.threads):
        rows.append({**machine(), **measure(*case)})
        print(rows[-1], flush=True)
    write("local_learning_step", rows)


if __name__ == "__main__":
    main()
