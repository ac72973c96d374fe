"""Constants of neurons: one number for a whole group, or a tensor with one for each neuron."""

import math

import torch
from torch import Tensor, nn

Constant = float | Tensor


def keep(group: nn.Module, shape: tuple[int, ...], **values: Constant) -> None:
    """Make constants attributes of a group; tensors become buffers, which move with it.

    They are no part of its ``state_dict``: whoever makes the group gives them anew.

    Raises:
        ValueError: a tensor does not broadcast to the shape of the group.
    """
    for name, value in values.items():
        if isinstance(value, Tensor):
            group.register_buffer(name, fitting(name, value, shape), persistent=False)
        else:
            setattr(group, name, value)


def fitting(name: str, value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return a tensor that broadcasts to the shape of a group.

    Raises:
        ValueError: it does not.

    Example:
        >>> fitting("tau", torch.ones(2), (3,))
        Traceback (most recent call last):
        ...
        ValueError: tau: expected one number, or one for each neuron of a group [3]; got [2]
    """
    try:
        value.expand(shape)
    except RuntimeError as error:
        raise ValueError(
            f"{name}: expected one number, or one for each neuron of a group {list(shape)}; got "
            f"{list(value.shape)}"
        ) from error
    return value


def kept(dt: float, tau: Constant) -> Constant:
    """Return what a step of ``dt`` ms leaves of what fades with the time constant ``tau``.

    Example:
        >>> round(kept(1.0, 20.0), 6), kept(1.0, math.inf)
        (0.951229, 1.0)
    """
    return torch.exp(-dt / tau) if isinstance(tau, Tensor) else math.exp(-dt / tau)


def steps(duration: Constant, dt: float) -> Constant:
    """Return a time in ms in whole steps of ``dt`` ms."""
    if isinstance(duration, Tensor):
        return torch.round(duration / dt).to(torch.int64)
    return round(duration / dt)
