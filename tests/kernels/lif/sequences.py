"""The door to LIF sequences beside its readable twin."""

import torch

from snnrun.kernels.lif import sequence_reference as twin
from snnrun.kernels.lif.sequence import sequence
from snnrun.kernels.lif.sequence_call import CONSTANTS

TOLERANCE = {torch.float32: 2e-5, torch.float64: 1e-11}


def fresh(x):
    """A copy that learns, if the tensor did."""
    return x.detach().clone().requires_grad_(x.requires_grad) if torch.is_tensor(x) else x


def copied(values):
    return type(values)(*map(fresh, values))


def learning(*values):
    return [x for x in values if torch.is_tensor(x) and x.requires_grad]


def assert_same(x, neuron, state=None, steps=None, seed=0):
    """Spikes, membranes and the state after are equal bit by bit, and gradients within rounding.

    Once with a gradient on all of them, once with one on the spikes alone.
    """
    for everything in (True, False):
        found = both(x, neuron, state, steps, seed, everything)
        for mine, theirs in zip(*(outputs for outputs, _ in found), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=0, atol=0)
        tolerance = TOLERANCE[x.dtype] * max(1, float(neuron.sharpness))
        for mine, theirs in zip(*(gradients for _, gradients in found), strict=True):
            size = theirs.abs().max().clamp(min=1)  # of sums that may cancel
            torch.testing.assert_close(mine / size, theirs / size, rtol=tolerance, atol=tolerance)


def both(x, neuron, state, steps, seed, everything):
    found = []
    for run in (_door, _twin):
        mine, constants = fresh(x).requires_grad_(), copied(neuron)
        before = None if state is None else copied(state)
        outputs = run(mine, constants, before, steps, everything)
        random = torch.Generator().manual_seed(seed)
        loss = sum(
            (each * torch.randn(each.shape, dtype=each.dtype, generator=random)).sum()
            for each in outputs[:5]
        )
        given = (getattr(constants, name) for name in (*CONSTANTS, "initial"))
        wanted = [mine, *learning(*given), *learning(*(before or ())[:3])]
        gradients = torch.autograd.grad(loss, wanted, allow_unused=True, materialize_grads=True)
        found.append(([each.detach() for each in outputs], gradients))
    return found


def _door(x, neuron, state, steps, everything):
    done = sequence(x, neuron, state, steps=steps, membranes=everything, final=everything)
    return [done.spikes, done.membranes, *done.state] if everything else [done.spikes]


def _twin(x, neuron, state, steps, everything):
    x = x if steps is None else x.expand(steps, *x.shape)
    done = twin.sequence(x, neuron, state)
    return [done.spikes, done.membranes, *done.state] if everything else [done.spikes]
