"""Leaky integrate-and-fire neurons in steps, the readable twin; torch can differentiate it.

With current I, membrane U, threshold c and input J_t, all 0 before the first step,

    I <- a I + J_t,   U <- b U + I,   S_t = [U >= c],   U <- U - c S_t

where a = exp(-1 / tau_syn) and b = exp(-1 / tau_mem), time constants in steps; a = 0 is a synapse
without memory. ``Reset`` names the other things that may happen to U at a spike. Backward, a spike
passes the surrogate derivative psi(U - c) (:mod:`snnrun.kernels.lif.surrogates`), and the reset
passes nothing.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnrun.kernels.lif.surrogates import shape_at


class Reset(IntEnum):
    """What happens to the membrane at a spike; numbered as in the compiled kernel."""

    NONE = 0
    SUBTRACT = 1
    SUBTRACT_TWICE = 2
    ZERO = 3


class Neuron(NamedTuple):
    """Constants of a layer of neurons.

    current_decay, membrane_decay: a and b of the equations.
    threshold: c; inf makes a neuron that never spikes, two filters in a row.
    surrogate: the shape of psi, by its place in the table of surrogates.
    sharpness, height: of psi.
    after_reset: psi of the membrane after the first reset, as the notebook of the eligibility rule
        has it, instead of before it.
    """

    current_decay: float
    membrane_decay: float
    threshold: float
    reset: Reset = Reset.SUBTRACT
    surrogate: int = 0
    sharpness: float = 1.0
    after_reset: bool = False
    height: float = 1.0


class Step(NamedTuple):
    """One step of all neurons.

    membrane: before the reset.
    derivative: the surrogate derivative, of height 1.
    """

    time: int
    membrane: Tensor
    spikes: Tensor
    derivative: Tensor


class Spike(torch.autograd.Function):
    """[U >= c], whose derivative is given."""

    @staticmethod
    def forward(ctx: Any, membrane: Tensor, threshold: float, derivative: Tensor) -> Tensor:
        """Return 1 where the membrane reaches the threshold, else 0."""
        ctx.save_for_backward(derivative)
        return (membrane >= threshold).to(membrane.dtype)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        """Pass the surrogate derivative."""
        (derivative,) = ctx.saved_tensors
        return upstream * derivative, None, None


def walk(current: Tensor, neuron: Neuron, backwards: bool = False) -> Iterator[Step]:
    """Yield one step after another for inputs ``[time, batch, neurons]``."""
    c, reset = neuron.threshold, neuron.reset
    flow, membrane = torch.zeros_like(current[0]), torch.zeros_like(current[0])
    times = range(len(current))
    for time in reversed(times) if backwards else times:
        flow = flow * neuron.current_decay + current[time]
        membrane = membrane * neuron.membrane_decay + flow
        fires = membrane.detach() >= c
        lowered = {Reset.NONE: membrane, Reset.ZERO: torch.zeros_like(membrane)}
        after = torch.where(fires, lowered.get(reset, membrane - c), membrane)
        derivative = _derivative((after if neuron.after_reset else membrane).detach(), neuron)
        spikes: Tensor = Spike.apply(membrane, c, neuron.height * derivative)  # type: ignore[no-untyped-call]
        yield Step(time, membrane, spikes, derivative)
        again = reset == Reset.SUBTRACT_TWICE
        membrane = torch.where(fires, after - c, after) if again else after


def _derivative(membrane: Tensor, neuron: Neuron) -> Tensor:
    if neuron.threshold == float("inf"):
        return torch.zeros_like(membrane)
    return shape_at(neuron.surrogate)((membrane - neuron.threshold) * neuron.sharpness)
