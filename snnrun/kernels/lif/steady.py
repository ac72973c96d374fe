"""Input that is the same at every step: ``[time, ...]`` with stride 0 over time.

What is computed of it once stands for all steps. ``once`` and ``repeated`` are a step of it and the
way back, which torch could do too; but its gradients would be written and read at every step.
"""

from typing import Any, cast

import torch
from torch import Tensor

_BEFORE = "_before_it_was_repeated"  # an attribute of tensors, so that `once` undoes `repeated`


def is_constant(x: Tensor) -> bool:
    """Whether ``x [time, ...]`` is one value for all steps, known from its strides."""
    return x.stride(0) == 0 or x.shape[0] == 1


def once(x: Tensor) -> Tensor:
    """Return the one step of ``x [time, ...]``, which is constant.

    Its gradient is that of all steps together. It reaches x in equal parts; a part alone means
    nothing.

    Example:
        >>> x = torch.ones(2).requires_grad_()
        >>> (once(repeated(x, 5)) * torch.tensor([1.0, 2.0])).sum().backward()
        >>> x.grad
        tensor([1., 2.])
    """
    if (before := getattr(x, _BEFORE, None)) is not None:
        return cast(Tensor, before)
    return cast(Tensor, _Once.apply(x)) if x.requires_grad else x[0]  # type: ignore[no-untyped-call]


def repeated(x: Tensor, steps: int) -> Tensor:
    """Return ``[time, ...]``, the same ``x`` at every step, without a copy.

    Example:
        >>> repeated(torch.ones(3), 5).stride()
        (0, 1)
    """
    if not x.requires_grad:
        return x.expand(steps, *x.shape)
    found = cast(Tensor, _Repeated.apply(x, steps))  # type: ignore[no-untyped-call]
    if not torch.compiler.is_compiling():
        setattr(found, _BEFORE, x)
    return found


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.steps = len(x)
        return x[0]

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> Tensor:
        steps: int = ctx.steps
        return (upstream / steps).expand(steps, *upstream.shape)


class _Repeated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, steps: int) -> Tensor:
        return x.expand(steps, *x.shape)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        steps = len(upstream)
        return upstream[0] * steps if is_constant(upstream) else upstream.sum(0), None
