"""LIF neurons over time."""

import torch
from torch import Tensor

from snnrun.kernels.lif import sequence_reference as sequence_twin
from snnrun.kernels.lif.counts import counts, counts_of_each
from snnrun.kernels.lif.reference import Neuron, walk
from snnrun.kernels.lif.scan import scan
from snnrun.kernels.lif.sequence import sequence
from snnrun.kernels.lif.sequence_reference import SequenceNeuron
from snnrun.studies.bench.work import Results, Work

STEPS, BATCH = 20, 64
STEP = "step of a neuron"
SEQUENCE = SequenceNeuron(0.5, surrogate="arctan", sharpness=torch.pi)
SCAN = Neuron(0.82, 0.95, threshold=2.0, sharpness=0.3)
#: Forward, x is read and spikes are written; backward, x and the gradient on the spikes are read,
#: and that on x is written.
SEQUENCE_BYTES = 5 * 4
#: Forward b V, + x, [H >= c], reset: 4. Backward these once more; z = sharpness (H - c): 2;
#: psi = 1 / (1 + z^2): 3; D = g psi + C (1 - S - H psi): 6; C = b D: 1.
SEQUENCE_OPERATIONS = 4 + (4 + 2 + 3 + 6 + 1)
#: a I, + J: 2; b U, + I: 2; [U >= c]: 1; U - c S: 2; x = sharpness (U - c): 2;
#: psi = 1 / (1 + |x|)^2: 4; + w psi: 2; the spike, counted as one, and as a late one: 2.
SCAN_OPERATIONS = 2 + 2 + 1 + 2 + 2 + 4 + 2 + 2


def drawn(*shape: int, seed: int = 0) -> Tensor:
    """Return normal numbers, the same each time."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def sequence_work(large: bool) -> Work:
    """A layer forward and backward: hard reset, arctan surrogate."""
    neurons = 4096 if large else 512
    x = (0.8 * drawn(STEPS, BATCH, neurons)).requires_grad_()
    upstream = drawn(STEPS, BATCH, neurons, seed=1)

    def both(spikes: Tensor) -> Results:
        return {"spikes": spikes, "gradient": torch.autograd.grad(spikes, x, upstream)[0]}

    return Work(
        _size(neurons), x.numel(), STEP, SEQUENCE_BYTES, SEQUENCE_OPERATIONS,
        ours=lambda: both(sequence(x, SEQUENCE).spikes),
        twin=lambda: both(sequence_twin.sequence(x, SEQUENCE).spikes),
        tolerances={"gradient": 1e-5},
    )  # fmt: skip


def scan_work(large: bool) -> Work:
    """The pass of local rules: rates of the spikes, and the surrogate derivatives summed up."""
    neurons, late = 4096 if large else 512, STEPS // 2
    current, weights = drawn(STEPS, BATCH, neurons), torch.linspace(0.5, 1.5, STEPS)

    def ours() -> Results:
        found = scan(
            current, SCAN, step_weights=weights, late=late, rates=True, derivative_sum=True
        )
        return {
            "rates": found.rates, "late rates": found.late_rates,
            "derivatives": found.derivative_sum,
        }  # fmt: skip

    def twin() -> Results:
        steps = list(walk(current, SCAN))
        spikes = torch.stack([step.spikes for step in steps])
        weighted = [step.derivative * weights[step.time] for step in steps]
        return {
            "rates": spikes.sum(0) / STEPS, "late rates": spikes[late:].sum(0) / (STEPS - late),
            "derivatives": torch.stack(weighted).sum(0),
        }  # fmt: skip

    arrays_a_step = 1 + 3 / STEPS  # the current at each; then three that are written
    return Work(
        _size(neurons), current.numel(), STEP, 4 * arrays_a_step, SCAN_OPERATIONS,
        ours=ours, twin=twin,
        tolerances={name: 1e-5 for name in ("rates", "late rates", "derivatives")},
    )  # fmt: skip


def counts_work(large: bool) -> Work:
    """Counts of spikes that are there."""
    neurons = 4096 if large else 1024
    spikes = (drawn(STEPS, BATCH, neurons) > 1).float()
    return Work(
        _size(neurons), spikes.numel(), STEP, bytes=4, operations=1,
        ours=lambda: counts(spikes)._asdict(),
        twin=lambda: counts_of_each(spikes.sum(0), STEPS)._asdict(),
    )  # fmt: skip


def _size(neurons: int) -> str:
    return f"{STEPS} steps, {BATCH} x {neurons:,}"
