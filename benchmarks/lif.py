"""What a layer of LIF neurons costs, forward and backward, beside other ways to write it.

    python benchmarks/lif.py [--threads 1 2] [--steps 4 20 100] [--neurons 1000 100000]

Batch 64, float32, hard reset, arctan surrogate. In one process, in turn, after a warm-up, the lower
quartile of wall time counts; spikes are equal and gradients within rounding before anything is
timed. ``unbind`` is the shortest loop over ``x.unbind(0)`` that torch differentiates, ``compiled``
the same loop through ``torch.compile``, whose compile time is told apart; ``twin`` our readable
definition. ``triad`` is a[i] = b[i] + s c[i] of arrays as long as the input, by torch, in memory
that is there already: our share of it counts the three arrays that a backward pass must move (read
x and the gradient, write the gradient on x) and the two of a forward pass.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from peers.unbind import unbind
from table import in_turns, machine, show, write
from torch import Tensor

from snnrun.kernels.lif import sequence_reference as twin
from snnrun.kernels.lif.sequence import sequence
from snnrun.kernels.lif.sequence_reference import SequenceNeuron

BATCH = 64
NEURON = SequenceNeuron(0.5, surrogate="arctan", sharpness=torch.pi)
PATIENCE_S = 1.5  # for each way, once warm
Layer = Callable[[Tensor], Tensor]


def ours(x: Tensor) -> Tensor:
    return sequence(x, NEURON).spikes


def readable(x: Tensor) -> Tensor:
    return twin.sequence(x, NEURON).spikes


def step(layer: Layer, x: Tensor, upstream: Tensor) -> tuple[Tensor, Tensor]:
    """Spikes, and the gradient on x."""
    spikes = layer(x)
    (gradient,) = torch.autograd.grad(spikes, x, upstream)
    return spikes, gradient


def check(layers: dict[str, Layer], x: Tensor, upstream: Tensor) -> dict[str, float]:
    """Compare all ways with ours; return the seconds of the first call of each."""
    spikes, gradient = step(ours, x, upstream)
    first = {}
    for name, layer in layers.items():
        begun = time.perf_counter()
        others = step(layer, x, upstream)
        first[name] = time.perf_counter() - begun
        assert torch.equal(others[0], spikes), f"{name}: other spikes"
        torch.testing.assert_close(others[1], gradient, rtol=1e-4, atol=1e-5, msg=name)
    return first


def measured(threads: int, steps: int, neurons: int, ways: dict[str, Layer]) -> dict[str, Any]:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x = (0.8 * torch.randn(steps, BATCH, neurons)).requires_grad_()
    upstream = torch.randn(steps, BATCH, neurons)
    layers = {"ours": ours, **ways}
    first = check(layers, x, upstream)
    a, b, c = (torch.rand(x.shape) for _ in range(3))
    calls: dict[str, Callable[[], object]] = {
        name: (lambda layer=layer: step(layer, x, upstream)) for name, layer in layers.items()
    }
    calls["triad"] = lambda: torch.add(b, c, alpha=0.5, out=a)
    found = in_turns(calls, PATIENCE_S)
    ratios = {f"{name}/ours": found[name] / found["ours"] for name in ways}
    row = {"threads": threads, "steps": steps, "neurons": neurons, "ours_ms": found["ours"]}
    row |= ratios | {"of_triad": 5 / 3 * found["triad"] / found["ours"]}
    return row | {"compile_s": first.get("compiled")}


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    given.add_argument("--steps", type=int, nargs="+", default=[4, 20, 100])
    given.add_argument("--neurons", type=int, nargs="+", default=[1000, 100_000])
    given.add_argument("--ways", nargs="+", default=["twin", "unbind", "compiled"])
    chosen = given.parse_args()
    ways = {"twin": readable, "unbind": unbind, "compiled": torch.compile(unbind, dynamic=False)}
    rows = []
    for threads, neurons, steps in itertools.product(chosen.threads, chosen.neurons, chosen.steps):
        large = steps * neurons > 2_000_000  # a way that keeps every step would need 12 GB
        own = {name: ways[name] for name in chosen.ways if not large}
        row = machine() | measured(threads, steps, neurons, own)
        show(row)
        rows.append({**dict.fromkeys(f"{name}/ours" for name in chosen.ways), **row})
    rows = [{key: row.get(key) for key in rows[0] | rows[-1]} for row in rows]
    write("lif", rows)


if __name__ == "__main__":
    sys.exit(main())
