r"""First spikes by stepping through time, as a chip or a simulator without closed forms would.

With step h, every input counts from the step :math:`\lfloor t_i/h\rfloor` on (one that is later
than the last step, or absent, arrives in the last step), and

.. math:: V \leftarrow d_m (V - E_l) + E_l + \kappa h I, \qquad I \leftarrow d_s I + w_i,

in this order; the spike time is the first step s with V above threshold, times h. Exact decays are
:math:`d_m=e^{-h/\tau_m}` and :math:`d_s=e^{-h/\tau_s}`, and :math:`\kappa=1/(g_l\tau_m)`. The two
published codes differ from that: see :data:`DIALECTS`.
"""

import math
from typing import Literal

import torch
from torch import Tensor

Dialect = Literal["exact", "fastanddeep", "delgrad"]


def _exact(tau_syn: float, tau_mem: float, g_leak: float) -> tuple[float, float]:
    return tau_mem, 1 / (g_leak * tau_mem)


def _fastanddeep(tau_syn: float, tau_mem: float, g_leak: float) -> tuple[float, float]:
    """The membrane decays as the synapse does, whatever tau_mem; no capacitance."""
    return tau_syn, 1 / g_leak


def _delgrad(tau_syn: float, tau_mem: float, g_leak: float) -> tuple[float, float]:
    """No capacitance: right only where g_leak * tau_mem is 1."""
    return tau_mem, 1.0


#: Time constant of the membrane's decay, and kappa.
DIALECTS = {"exact": _exact, "fastanddeep": _fastanddeep, "delgrad": _delgrad}


@torch.no_grad()
def integrated_spike_times(
    arrivals: Tensor,
    weights: Tensor,
    *,
    tau_syn: float,
    tau_mem: float,
    g_leak: float,
    leak: float,
    threshold: float | Tensor,
    step: float,
    time: float,
    dialect: Dialect = "exact",
) -> Tensor:
    """Return the first step above threshold, ``[batch, post]``; inf = none.

    Args:
        arrivals: ``[batch, pre]`` or ``[batch, pre, post]``; inf = no spike.
        weights: ``[pre, post]``.
        tau_syn, tau_mem, g_leak, leak: constants of the neuron.
        threshold: of the membrane, a number or ``[batch, post]``.
        step, time: size of a step and duration, in the unit of ``arrivals``.
        dialect: whose constants to take.
    """
    steps = math.ceil(time / step)
    constant, gain = DIALECTS[dialect](tau_syn, tau_mem, g_leak)
    decay_mem, decay_syn = math.exp(-step / constant), math.exp(-step / tau_syn)
    charge = _charges(arrivals, weights, step, steps)
    current = torch.zeros_like(charge[0])
    membrane = torch.full_like(current, leak)
    found = torch.full_like(current, math.inf)
    for index in range(steps):
        membrane = decay_mem * (membrane - leak) + leak + gain * step * current
        current = decay_syn * current + charge[index]
        found = torch.where(found.isinf() & (membrane > threshold), index * step, found)
    return found


def _charges(arrivals: Tensor, weights: Tensor, step: float, steps: int) -> Tensor:
    """Return what arrives in each step, ``[steps, batch, post]``."""
    last = steps - 1
    due = (arrivals / step).floor().nan_to_num(posinf=last).clamp(max=last).long()
    if due.dim() == 2:
        due = due[:, :, None].expand(-1, -1, weights.shape[1])
    charge = weights.new_zeros(len(arrivals), steps, weights.shape[1])
    charge.scatter_add_(1, due, weights.expand_as(due))
    return charge.transpose(0, 1)
