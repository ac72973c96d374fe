"""How far a spike of an SbS layer moves h: e = eps_0 eps_t[t] eps_xy(s, x, y).

eps_t is a schedule over the spikes of a population, t = 0, 1, ...:

    constant   1
    root       (t + 1)^(-1/2)

each divided by ``reduction`` from spike ``cooldown_after`` on. eps_xy is one number for each
position, or for each position and place in the kernel (the same for all channels), or for each
input and position.
"""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from snnrun.kernels.sbs.geometry import Geometry, Pair


class StepSizes(NamedTuple):
    """The factors that do not depend on the place, and the forgetting.

    eps_0: factor of all steps.
    eps_t: factor of each spike, ``[steps]``; its length is the number of spikes T.
    forgetting: f, the share of a step that goes to all neurons alike; 0 and below is off.
    """

    eps_0: float
    eps_t: Tensor
    forgetting: float = 0.0


def epsilon_t(
    steps: int,
    schedule: Literal["constant", "root"] = "root",
    cooldown_after: int | None = None,
    reduction: float = 25.0,
) -> Tensor:
    """Return the schedule ``[steps]``; ``cooldown_after`` None is no cooldown.

    >>> epsilon_t(4, "constant", cooldown_after=3)
    tensor([1.0000, 1.0000, 1.0000, 0.0400])
    >>> epsilon_t(4)
    tensor([1.0000, 0.7071, 0.5774, 0.5000])
    """
    t = torch.arange(1, steps + 1, dtype=torch.float32)
    eps = torch.ones_like(t) if schedule == "constant" else t**-0.5
    if cooldown_after is not None:
        eps[cooldown_after:] /= reduction
    return eps


def eps_table(eps_xy: Tensor | None, geometry: Geometry, channels: int, size: Pair) -> Tensor:
    """Return eps_xy by position and input, ``[X * Y, S]``, or ``[X * Y, 1]`` where s is all one.

    Args:
        eps_xy: ``[X, Y]``, ``[X, Y, Kx, Ky]`` or ``[S, X, Y]``; None is 1 everywhere.
        geometry: of the patches.
        channels: of the input.
        size: X and Y.

    Raises:
        ValueError: another shape.
    """
    inputs, places = geometry.inputs(channels), size[0] * size[1]
    if eps_xy is None:
        return torch.ones(places, 1)
    if eps_xy.shape == size:
        return eps_xy.reshape(places, 1)
    if eps_xy.shape == (*size, *geometry.kernel):
        return eps_xy.reshape(places, 1, -1).expand(-1, channels, -1).reshape(places, inputs)
    if eps_xy.shape == (inputs, *size):
        return eps_xy.reshape(inputs, places).T
    raise ValueError(
        f"sbs: expected eps_xy [X, Y] = {list(size)}, [X, Y, Kx, Ky] = "
        f"{[*size, *geometry.kernel]} or [S, X, Y] = {[inputs, *size]}, not {list(eps_xy.shape)}"
    )
