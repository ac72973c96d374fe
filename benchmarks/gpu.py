"""What a CUDA device makes of the kernels: the results of the CPU first, then times.

    make gpu        which compiles the kernels; or, with SNNRUN_CUDA at a library that is there,
    python benchmarks/gpu.py

Under eight minutes on an H100. In float64, spikes are equal and gradients close on both devices
before anything is timed, in float32, by the lower quartile of wall time after a warm-up, the device
waited for. ``spikingjelly_ms`` is its CuPy backend, where that is installed. Exit codes: 0, done;
1, results differ; 2, there is no device, or no kernels for it: nothing was measured.
``--device cpu --small`` tries the script out where there is none.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch
from table import machine, show, write
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.random import Random
from snnrun.kernels import cuda
from snnrun.kernels.first_spike.times import first_spike_times
from snnrun.kernels.lif.sequence import sequence
from snnrun.kernels.lif.sequence_reference import SequenceNeuron
from snnrun.learning import RULES
from snnrun.models import MODELS

SECONDS = 4.0  # for each time, once warm
NONE = "gpu: torch finds no CUDA device here; nothing was measured"
BARE = "gpu: the CUDA kernels are not built; `make gpu` builds them; nothing was measured"
Run = Callable[[], list[Tensor]]


class Case(NamedTuple):
    """Something to compare and time.

    build: given device, type of number and size, makes what runs once and returns results.
    small, large: sizes to compare, and to time, at.
    """

    name: str
    build: Callable[[torch.device, torch.dtype, int], Run]
    small: int
    large: int


def drawn(*shape: int, seed: int = 0) -> Tensor:
    """Return normal numbers that are the same for every device and type."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def lif_kernel(device: torch.device, kind: torch.dtype, neurons: int) -> Run:
    """LIF neurons, forward and backward, 16 steps of 64 samples."""
    x = drawn(16, 64, neurons).to(device, kind).requires_grad_()
    upstream = drawn(16, 64, neurons, seed=1).to(device, kind)

    def run() -> list[Tensor]:
        spikes = sequence(x, SequenceNeuron(0.5)).spikes
        (on_x,) = torch.autograd.grad(spikes, x, upstream)
        return [spikes.detach(), on_x]

    return run


def step_of(
    model: str, rule: str, settings: dict[str, Any], inputs: Any, shape: tuple[int, ...]
) -> Callable[[torch.device, torch.dtype, int], Run]:
    """Return what builds a training step: the gradients of a batch of constant input.

    Args:
        model, rule: their names.
        settings: of the model.
        inputs: what the model is told of a sample.
        shape: of a sample.
    """

    def build(device: torch.device, kind: torch.dtype, batch: int) -> Run:
        torch.manual_seed(0)
        own = MODELS[model].settings(**settings)
        made = MODELS.entry_of(own).load()(own, inputs, 10, torch.Generator().manual_seed(3))
        made = made.to(kind)
        chosen = RULES[rule].settings()
        learner = RULES.entry_of(chosen).load()(chosen, made).to(device)
        made.to(device)
        steps = 20 if model == "lif" else 4
        x = drawn(batch, *shape).abs().to(device, kind).expand(steps, batch, *shape)
        labels = torch.arange(batch, device=device) % 10

        def run() -> list[Tensor]:
            made.zero_grad()
            random = Random(0, "train", 0, 0, torch.arange(batch).numpy())
            learner.step(Batch(x, labels, random, constant=True))
            return [each.grad for each in made.parameters() if each.grad is not None]

        return run

    return build


def first_spikes(device: torch.device, kind: torch.dtype, batch: int) -> Run:
    """First spikes of 350 neurons with 784 inputs, forward and backward."""
    arrivals = drawn(batch, 784).abs().to(device, kind)
    weights = (0.02 + 0.05 * drawn(784, 350, seed=1)).to(device, kind).requires_grad_()

    def run() -> list[Tensor]:
        times = first_spike_times(arrivals, weights, tau_syn=1.0, ratio=2, threshold=1.0)
        (on_weights,) = torch.autograd.grad(times[times.isfinite()].sum(), weights)
        return [times.detach().nan_to_num(posinf=-1.0), on_weights]

    return run


LIF_LAYERS = {"layers": [{"size": 800, "threshold": 5.0}], "readout": {"name": "spikes"}}
EPROP = LIF_LAYERS | {"readout": {"name": "leaky"}}
VGG = {"depth": 11, "positions": 1, "dropout": 0.0}
CASES = [
    Case("lif_kernel", lif_kernel, 257, 65536),
    Case("vgg11_step", step_of("vgg", "surrogate", VGG, (3, 32, 32), (3, 32, 32)), 3, 128),
    Case("feedback_step", step_of("lif", "random_feedback", LIF_LAYERS, 784, (784,)), 5, 512),
    Case("eprop_step", step_of("lif", "eprop", EPROP, 784, (784,)), 5, 512),
    Case("first_spikes", first_spikes, 5, 512),
]  # fmt: skip


def differs(case: Case, device: torch.device) -> str:
    """Return by how much results of a device differ from those of the CPU, '' if they agree."""
    pairs = zip(*(case.build(d, torch.float64, case.small)() for d in ("cpu", device)), strict=True)
    for index, (here, there) in enumerate(pairs):
        scale = here.abs().max().clamp(min=1e-30)
        far = float(((here - there.cpu()).abs().max() / scale).item())
        if not far < 1e-6:
            return f"{case.name}: result {index} differs by {far:.2g} of its largest"
    return ""


def milliseconds(run: Run, device: torch.device) -> float:
    """Return the lower quartile of the time of a run."""
    times, end = list[float](), time.perf_counter() + SECONDS
    for _ in range(2):
        run()
    while len(times) < 3 or time.perf_counter() < end:
        _wait(device)
        start = time.perf_counter()
        run()
        _wait(device)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.quantiles(times, n=4)[0]


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def spikingjelly_ms(case: Case, device: torch.device, size: int) -> float | None:
    """Return the time of the same LIF neurons by SpikingJelly's CuPy backend, if it is there."""
    if case.name != "lif_kernel" or not all(map(find_spec, ("cupy", "spikingjelly"))):
        return None
    from spikingjelly.activation_based import neuron, surrogate

    layer = neuron.LIFNode(
        2.0, decay_input=False, surrogate_function=surrogate.ATan(), step_mode="m", backend="cupy"
    ).to(device)
    x = drawn(16, 64, size).to(device, torch.float32).requires_grad_()
    upstream = torch.ones_like(x)

    def run() -> list[Tensor]:
        layer.reset()
        return list(torch.autograd.grad(layer(x), x, upstream))

    return milliseconds(run, device)


def measure(case: Case, device: torch.device, small: bool) -> dict[str, Any]:
    """Return a line of the table."""
    size = case.small if small else case.large
    cpu, there = (
        milliseconds(case.build(place, torch.float32, size), place)
        for place in (torch.device("cpu"), device)
    )
    peer = spikingjelly_ms(case, device, size)
    return {
        "case": case.name,
        "size": size,
        "cpu_ms": cpu,
        "device_ms": there,
        "times_faster": cpu / there,
        "spikingjelly_ms": peer,
    }


def main() -> int:
    """Compare, time, print one table and write it; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--check", action="store_true", help="tell only whether there is a device")
    chosen = parser.parse_args()
    device = torch.device(chosen.device)
    if device.type == "cuda":
        missing = "" if torch.cuda.is_available() else NONE
        if not missing and not chosen.check and cuda.installed() is None:
            missing = BARE
        if missing:
            print(missing, file=sys.stderr)
            return 2
    if chosen.check:
        return 0
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    wrong = [text for case in CASES if (text := differs(case, device))]
    if wrong:
        print("\n".join(f"gpu: {text}" for text in wrong), file=sys.stderr)
        return 1
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    rows = []
    for case in CASES:
        rows.append({**machine(), "device": name, **measure(case, device, chosen.small)})
        show(rows[-1])
    if not chosen.small:
        write("gpu", rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
