r"""LIF neurons over a whole sequence, with the gradient of every choice; the readable twin.

With current I, membrane V and input x_t, all at each step,

.. math::
   I_t &= a\,I_{t-1} + x_t, \qquad H_t = r + b\,(V_{t-1} - r) + k\,I_t, \qquad S_t = [H_t \ge c]\\
   V_t &= H_t - c\,S_t \quad\text{(subtract)}, \qquad
          (1 - S_t)\,H_t + S_t\,v \quad\text{(set)}, \qquad H_t \quad\text{(none)}

Backward, :math:`\partial S_t/\partial H_t` is the surrogate derivative
(:mod:`snnrun.kernels.lif.surrogates`). The reset passes it too, unless it is detached.

A ``delayed`` reset acts at the next step, and passes no gradient: subtract takes c off
:math:`H_{t+1}`, after the leak; set lets :math:`H_{t+1}` leak from v, and hold makes it v, input
or not. There, :math:`V_t = H_t`.
With ``raised``, a membrane that stays above c after its reset needs 2 c for the next spike.
With ``multiple``, S is how often c fits into H, and a spike that sets is detached.
An adaptive threshold is :math:`c + \beta A_{t-1}` in place of c, with
:math:`A_t = \rho A_{t-1} + S_t`; its gradient passes the spikes.

This covers the leaky neurons of snetx, SpikingJelly, snnTorch, Norse and sinabs; docs/neurons.md
says how theirs are written here. Wu et al., Frontiers in Neuroscience 12 (2018).
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnrun.kernels.lif.surrogates import SURROGATES

Number = Tensor | float
Shape = Callable[[Tensor], Tensor]


class SequenceReset(IntEnum):
    """What a spike does to the membrane."""

    NONE = 0
    SUBTRACT = 1
    SET = 2
    HOLD = 3  # delayed only


class SequenceNeuron(NamedTuple):
    """Constants of a layer; a tensor is one for each neuron, or learns.

    membrane_decay, current_decay, input_scale: b, a and k of the equations.
    threshold, v_reset, rest: c, v and r.
    initial: the membrane before the first step.
    reset, delayed: what a spike does to the membrane, and whether at the next step only.
    detach: whether the reset passes no gradient through the spike.
    strict: whether a membrane must be above the threshold, not at it.
    raised: whether the threshold is twice as high where the membrane stayed above it.
    multiple: whether a neuron spikes as often in a step as its threshold fits into the membrane.
    adaptation, adaptation_decay: beta and rho, of an adaptive threshold.
    surrogate, sharpness, height: the surrogate derivative; the name of one, or a shape of x.
    """

    membrane_decay: Number
    current_decay: Number = 0.0
    input_scale: Number = 1.0
    threshold: Number = 1.0
    v_reset: Number = 0.0
    rest: Number = 0.0
    initial: Number = 0.0
    reset: SequenceReset = SequenceReset.SET
    delayed: bool = False
    detach: bool = False
    strict: bool = False
    raised: bool = False
    multiple: bool = False
    adaptation: Number = 0.0
    adaptation_decay: Number = 0.0
    surrogate: str | Shape = "arctan"
    sharpness: float = torch.pi
    height: float = 1.0


class State(NamedTuple):
    """What neurons carry from one sequence to the next, each ``[batch, ...]``.

    membrane: V, after the reset.
    current: I.
    adaptation: A; 0 without an adaptive threshold.
    fired: S, which a delayed reset has still to act on.
    """

    membrane: Tensor
    current: Tensor
    adaptation: Tensor
    fired: Tensor


class Sequence(NamedTuple):
    """What happened, each ``[time, batch, ...]``, and what remains.

    spikes: 0 or 1.
    membranes: H, before the reset.
    after: V, after it.
    currents: I.
    state: after the last step.
    """

    spikes: Tensor
    membranes: Tensor
    after: Tensor
    currents: Tensor
    state: State


class _Spike(torch.autograd.Function):
    """Spikes of membranes at a distance from the threshold; their derivative is given."""

    @staticmethod
    def forward(ctx: Any, distance: Tensor, derivative: Tensor, spikes: Tensor) -> Tensor:
        ctx.save_for_backward(derivative)
        return spikes

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        (derivative,) = ctx.saved_tensors
        return upstream * derivative, None, None


def sequence(x: Tensor, neuron: SequenceNeuron, state: State | None = None) -> Sequence:
    """Run neurons over ``x [time, batch, ...]``; torch differentiates the result.

    Args:
        x: the input.
        neuron: the constants.
        state: where the neurons stand; None: at rest, the membrane at its initial value.

    Example:
        >>> x = torch.tensor([0.75, 0.75, 0.75])[:, None]
        >>> done = sequence(x, SequenceNeuron(0.5))
        >>> done.membranes.flatten().tolist(), done.spikes.flatten().tolist()
        ([0.75, 1.125, 0.75], [0.0, 1.0, 0.0])
    """
    state = at_first(x[0], neuron) if state is None else state
    steps = []
    for each in x.unbind(0):
        before, state = _step(each, neuron, state)
        steps.append((state.fired, before, state.membrane, state.current))
    spikes, before, after, current = (torch.stack(each) for each in zip(*steps, strict=True))
    return Sequence(spikes, before, after, current, state._replace(fired=state.fired.detach()))


def at_first(x: Tensor, neuron: SequenceNeuron) -> State:
    """Return the state before the first step, for input ``x [batch, ...]`` of a step."""
    nothing = torch.zeros_like(x)
    return State(nothing + neuron.initial, nothing, nothing, nothing)


def _step(x: Tensor, neuron: SequenceNeuron, state: State) -> tuple[Tensor, State]:
    """Return H, and the state with the spikes of this step."""
    fired, after = state.fired.detach(), state.membrane
    current = neuron.current_decay * state.current + x
    start = after
    if neuron.delayed and neuron.reset == SequenceReset.SET:
        start = _set(after, fired, neuron.v_reset)
    before = neuron.rest + neuron.membrane_decay * (start - neuron.rest)
    before = before + neuron.input_scale * current
    if neuron.delayed and neuron.reset == SequenceReset.SUBTRACT:
        before = before - fired * neuron.threshold
    if neuron.reset == SequenceReset.HOLD:
        before = _set(before, fired, neuron.v_reset)
    level = neuron.threshold + neuron.adaptation * state.adaptation
    if neuron.raised:
        level = level * (1 + (after.detach() > level).to(after.dtype))
    spikes = _fire(before, level, neuron)
    after = before if neuron.delayed else _reset(before, spikes, neuron)
    adaptation = state.adaptation
    if isinstance(neuron.adaptation, Tensor) or neuron.adaptation != 0:
        adaptation = neuron.adaptation_decay * adaptation + spikes
    return before, State(after, current, adaptation, spikes)


def _fire(before: Tensor, level: Number, neuron: SequenceNeuron) -> Tensor:
    distance = before - level
    found = distance.detach()
    derivative = neuron.height * shape_of(neuron)(neuron.sharpness * found)
    fires = (found > 0 if neuron.strict else found >= 0).to(found.dtype)
    if neuron.multiple:
        fires = torch.where(fires > 0, (before / level).detach().floor().clamp(min=1), fires)
    spikes: Tensor = _Spike.apply(distance, derivative, fires)  # type: ignore[no-untyped-call]
    return spikes


def shape_of(neuron: SequenceNeuron) -> Shape:
    """Return the shape of the surrogate derivative."""
    named = neuron.surrogate
    return SURROGATES.pick(named).load() if isinstance(named, str) else named


def _reset(before: Tensor, spikes: Tensor, neuron: SequenceNeuron) -> Tensor:
    through = spikes.detach() if neuron.detach else spikes
    if neuron.reset == SequenceReset.SUBTRACT:
        return before - through * neuron.threshold
    if neuron.reset == SequenceReset.SET:
        return _set(before, through.clamp(max=1), neuron.v_reset)
    return before


def _set(membrane: Tensor, spikes: Tensor, value: Number) -> Tensor:
    return (1 - spikes) * membrane + spikes * value
