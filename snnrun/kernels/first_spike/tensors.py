"""First-spike times and gradients on tensors: on a CUDA device by its own kernels where they are
built, else as arrays on the CPU (``first_spike_arrays``).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.kernels.cuda import library_for
from snnrun.kernels.first_spike import arrays
from snnrun.kernels.first_spike import cuda as device
from snnrun.kernels.first_spike.arrays import Neuron, Plan

Values = tuple[Tensor, Tensor, Tensor]  # arrivals, weights, times


class Constants(NamedTuple):
    """Constants of a layer as registered operators take them.

    noise: thresholds to reach, ``[batch, post]``; None: ``level`` for all.
    nominal: threshold of the gradient; None: the one that was reached.
    """

    noise: Tensor | None
    level: float
    nominal: float | None
    tau_syn: float
    ratio: int
    max_dw_norm: float | None

    def neuron(self, on_cpu: bool) -> Neuron:
        """Return them as kernels take them; thresholds as an array for the CPU."""
        reach: Any = self.level
        if self.noise is not None:
            reach = as_array(self.noise) if on_cpu else self.noise
        nominal = reach if self.nominal is None else self.nominal
        return Neuron(self.tau_syn, self.ratio, reach, nominal, self.max_dw_norm)


def as_array(x: Tensor) -> NDArray[Any]:
    """Return a contiguous numpy view of a tensor, a copy where it has to be."""
    return np.ascontiguousarray(x.numpy(force=True))


def forward(arrivals: Tensor, weights: Tensor, constants: Constants) -> tuple[Tensor, Plan]:
    """Return spike times ``[batch, post]`` and the plan for their gradient."""
    if (library := library_for(arrivals, weights)) is not None:
        return device.forward(library, arrivals, weights, constants.neuron(on_cpu=False))
    values = as_array(arrivals), as_array(weights)
    cause = arrays.forward(*values, constants.neuron(on_cpu=True), torch.get_num_threads())
    return torch.from_numpy(cause.times).to(arrivals.device), cause.plan


def plan_of_times(values: Values, constants: Constants) -> Plan:
    """Return the plan for the gradient at spike times from elsewhere."""
    if (library := library_for(*values)) is not None:
        return device.plan_of_times(library, *values, constants.neuron(on_cpu=False))
    arrivals, weights, times = (as_array(x) for x in values)
    neuron, threads = constants.neuron(on_cpu=True), torch.get_num_threads()
    return arrays.cause_of_times(arrivals, weights, times, neuron, threads).plan


def backward(
    values: Values, constants: Constants, plan: Plan, upstream: Tensor, wanted: Sequence[bool]
) -> tuple[Tensor | None, Tensor | None]:
    """Return dL/darrivals and dL/dweights, each None unless ``wanted``."""
    if isinstance(plan, device.Plan):
        return device.backward(plan, upstream, wanted)
    arrivals, weights, times = (as_array(x) for x in values)
    cause = arrays.Cause(arrivals, weights, times, constants.neuron(on_cpu=True), plan)
    found = arrays.backward(cause, as_array(upstream), wanted, torch.get_num_threads())
    to = upstream.device
    on_arrivals, on_weights = (None if x is None else torch.from_numpy(x).to(to) for x in found)
    return on_arrivals, on_weights
