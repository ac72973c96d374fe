"""The pass of leaky integrate-and-fire neurons over time: spikes, and surrogate derivatives.

The equations stand in :mod:`snnrun.kernels.lif.reference`. One compiled pass
(``native/include/snnrun/lif.hpp``), of the CPU or of a CUDA device, writes only what is asked for;
nothing here is differentiable.

Input that is the same at every step is ``[time, ...]`` with stride 0 over time (``Tensor.expand``);
it is read once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnrun.core.share import Share
from snnrun.kernels.cuda import Library, library_for
from snnrun.kernels.lif import scan_cuda
from snnrun.kernels.lif.reference import Neuron, walk
from snnrun.kernels.lif.steady import is_constant
from snnrun.kernels.lif.surrogates import SHAPES, SURROGATES
from snnrun.kernels.native import native

NARROW = 16  #: most units of a readout that the compiled pass takes along


class Activity(NamedTuple):
    """How active neurons were, in shares: of all steps of all neurons, and of all neurons.

    density: steps with a spike.
    silent, saturated: neurons (of one sample) without a spike, and with one at every step.
    """

    density: Share
    silent: Share
    saturated: Share


@dataclass(frozen=True)
class Pass:
    """What was asked for; the rest is None. Shapes: ``[time, ...]`` and ``[...]``.

    activity: how active the neurons were; always there.
    spikes: 0 or 1 at every step.
    membranes: U at every step, before the reset.
    derivatives: w_t psi_t at every step; psi is the surrogate derivative, w_t the weight of a step.
    derivative_sum: sum over t of w_t psi_t.
    rates: share of the steps with a spike; late_rates: of the steps from ``late`` on.
    projected: spikes times the weights of a readout, ``[time, ..., units]``.
    bits: spikes, one bit each, ``[time, ..., words]``; see :func:`packed`.
    """

    activity: Activity
    spikes: Tensor | None = None
    membranes: Tensor | None = None
    derivatives: Tensor | None = None
    derivative_sum: Tensor | None = None
    rates: Tensor | None = None
    late_rates: Tensor | None = None
    projected: Tensor | None = None
    bits: Tensor | None = None


def scan(
    current: Tensor,
    neuron: Neuron,
    *,
    spikes: bool = False,
    membranes: bool = False,
    derivatives: bool = False,
    derivative_sum: bool = False,
    rates: bool = False,
    bits: bool = False,
    step_weights: Tensor | None = None,
    readout: Tensor | None = None,
    late: int = 0,
    backwards: bool = False,
) -> Pass:
    """Run the neurons over ``current [time, ...]``, float32 or float64.

    Args:
        current: the input J of the equations.
        neuron: the constants.
        spikes, membranes, derivatives, derivative_sum, rates, bits: what to return, as in
            :class:`Pass`.
        step_weights: ``[time]``, the weight of psi at each step; needed for derivatives and
            derivative_sum. psi is of height 1 here: that of the neuron is part of these weights.
        readout: ``[neurons, units]``, weights to multiply the spikes with; at most NARROW units.
        late: the step from which on spikes count as late.
        backwards: go from the last step to the first, which is the adjoint of the two filters.

    Raises:
        TypeError: another type of number.
        ValueError: shapes do not fit.

    Example:
        >>> steady = torch.tensor([0.6]).expand(3, 1)
        >>> scan(steady, Neuron(0.0, 1.0, threshold=1.0), spikes=True).spikes.flatten()
        tensor([0., 1., 0.])
    """
    wanted = (spikes, membranes, derivatives, derivative_sum, rates, bits)
    plugged = len(SHAPES) <= neuron.surrogate < len(SURROGATES.names())
    if plugged and step_weights is None:  # no derivative is asked for
        neuron, plugged = neuron._replace(surrogate=0), False
    given = (current.detach(), neuron, step_weights, readout, late, backwards, wanted)
    if not plugged and (library := library_for(current)) is not None:
        return _on_device(library, *given)
    return (_twin if plugged or native() is None else _compiled)(*given)


def _compiled(
    current: Tensor,
    neuron: Neuron,
    step_weights: Tensor | None,
    readout: Tensor | None,
    late: int,
    backwards: bool,
    wanted: tuple[bool, ...],
) -> Pass:
    module: Any = native()
    constant = is_constant(current)
    found = module.lif_scan(
        (current[0] if constant else current).contiguous().numpy(force=True),
        len(current),
        neuron[:7],
        None if step_weights is None else step_weights.numpy(force=True),
        None if readout is None else readout.detach().contiguous().numpy(force=True),
        late,
        constant,
        backwards,
        wanted,
        torch.get_num_threads(),
    )
    *arrays, spikes, silent, saturated = found
    neurons = current[0].numel()
    activity = _activity((spikes, silent, saturated), neurons, len(current))
    arrays[-1] = None if arrays[-1] is None else arrays[-1].view("int32")
    made = (None if a is None else torch.from_numpy(a).to(current.device) for a in arrays)
    return Pass(activity, *made)


def _on_device(
    library: Library,
    current: Tensor,
    neuron: Neuron,
    step_weights: Tensor | None,
    readout: Tensor | None,
    late: int,
    backwards: bool,
    wanted: tuple[bool, ...],
) -> Pass:
    spikes, membranes, derivatives, derivative_sum, rates, bits = wanted
    fired = spikes or bits or readout is not None
    asked = (fired, membranes, derivatives, derivative_sum, rates)
    given = (current, neuron, step_weights, late, backwards, asked)
    train, shown, each, summed, rate, late_rate, counts = scan_cuda.scan(library, *given)
    assert counts is not None
    return Pass(
        _activity_of_each(counts, len(current), neuron),
        train if spikes else None,
        shown,
        each,
        summed,
        rate,
        late_rate,
        None if readout is None or train is None else train @ readout.detach(),
        packed(train) if bits and train is not None else None,
    )


def _activity(counted: Sequence[float], neurons: int, steps: int) -> Activity:
    """Return the shares of spikes, silent and saturated neurons that were counted."""
    spikes, silent, saturated = counted
    return Activity(
        Share(spikes, neurons * steps), Share(silent, neurons), Share(saturated, neurons)
    )


def _activity_of_each(counts: Tensor, steps: int, neuron: Neuron) -> Activity:
    """Return the shares, from the spikes of each neuron; one wait for the device, if any."""
    neurons = counts.numel()
    if neuron.threshold == math.inf:
        return _activity((0, neurons, 0), neurons, steps)
    found = torch.stack((counts.sum(), (counts == 0).sum(), (counts == steps).sum()))
    return _activity(found.double().tolist(), neurons, steps)


def _twin(
    current: Tensor,
    neuron: Neuron,
    step_weights: Tensor | None,
    readout: Tensor | None,
    late: int,
    backwards: bool,
    wanted: tuple[bool, ...],
) -> Pass:
    spikes, membranes, derivatives, derivative_sum, rates, bits = wanted
    if step_weights is None and (derivative_sum or derivatives):
        raise ValueError("lif: surrogate derivatives are wanted without step_weights")
    steps = sorted(walk(current, neuron, backwards), key=lambda step: step.time)
    fired = torch.stack([step.spikes for step in steps])
    some, every = fired.bool().any(0), fired.bool().all(0)
    weighted = torch.zeros_like(fired)
    if step_weights is not None:
        weighted = torch.stack([step.derivative * step_weights[step.time] for step in steps])
    counted = [int(each.count_nonzero()) for each in (fired, ~some, every)]
    return Pass(
        _activity(counted, some.numel(), len(fired)),
        fired if spikes else None,
        torch.stack([step.membrane for step in steps]) if membranes else None,
        weighted if derivatives else None,
        weighted.sum(0) if derivative_sum else None,
        fired.sum(0) / len(fired) if rates else None,
        fired[late:].sum(0) / len(fired[late:]) if rates else None,
        None if readout is None else fired @ readout,
        packed(fired) if bits else None,
    )


def packed(spikes: Tensor) -> Tensor:
    """Return 32 neurons in a number: neuron n is bit n % 32 of number n / 32 of the last axis.

    >>> packed(torch.tensor([[1.0, 0.0, 1.0, 1.0]]))
    tensor([[13]], dtype=torch.int32)
    """
    padded = torch.nn.functional.pad(spikes.long(), (0, -spikes.shape[-1] % 32))
    places = torch.arange(32, device=spikes.device)
    words = (padded.reshape(*spikes.shape[:-1], -1, 32) << places).sum(-1)
    return words.to(torch.int32)


def unpacked(bits: Tensor, neurons: int) -> Tensor:
    """Return the spikes, 0 or 1, that :func:`packed` made ``bits`` of."""
    places = torch.arange(32, dtype=torch.int32, device=bits.device)
    every: Tensor = (bits[..., None] >> places) & 1
    return every.flatten(-2)[..., :neurons]
