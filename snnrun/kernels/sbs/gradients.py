"""What SbS layers pass back: the gradient of one averaged step at the final h.

The equations stand in :mod:`snnrun.kernels.sbs.gradients_reference`. The compiled kernel
(``native/include/snnrun/sbs_gradient.hpp``) takes a few populations at a time and keeps nothing of
the size populations x inputs.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from snnrun.kernels.native import native
from snnrun.kernels.sbs import gradients_reference as twin
from snnrun.kernels.sbs.draw import as_rows
from snnrun.kernels.sbs.geometry import Geometry, fold_rows, patch_rows
from snnrun.kernels.sbs.steps import eps_table

Wanted = tuple[bool, bool, bool]  # dL/dx, dL/dweights, I Q
Found = tuple[Tensor | None, Tensor | None, Tensor | None]


class Answer(NamedTuple):
    """What a layer gave out, and what its gradient needs beside tensors that get one.

    h: the output, ``[batch, N, X, Y]``.
    geometry: of the patches.
    eps_0: factor of all steps.
    step_factor: phi is e / (1 + e) instead of 1.
    """

    h: Tensor
    geometry: Geometry
    eps_0: float
    step_factor: bool

    def phi(self, eps_xy: Tensor | None, channels: int) -> Tensor | None:
        """Return phi by position and input, ``[X * Y, S]``; None: 1."""
        if not self.step_factor:
            return None
        size = self.h.shape[2], self.h.shape[3]
        e = self.eps_0 * eps_table(eps_xy, self.geometry, channels, size).to(self.h.dtype)
        return (e / (1 + e)).expand(-1, self.geometry.inputs(channels))


class _Gradient(torch.autograd.Function):
    """Gives out h, however it was computed, and passes gradients."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weights: Tensor | None, eps_xy: Tensor | None, answer: Answer
    ) -> Tensor:
        ctx.save_for_backward(x, weights, eps_xy, answer.h)
        ctx.answer = answer._replace(h=torch.empty(0))
        return answer.h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        x, weights, eps_xy, h = ctx.saved_tensors
        answer, wanted = ctx.answer._replace(h=h), ctx.needs_input_grad
        phi = answer.phi(eps_xy, x.shape[1])
        on_x, on_weights, surplus = _run(x, weights, answer, upstream, phi, wanted[:3])
        if surplus is None:
            return on_x, on_weights, None, None
        pull = (h * upstream).sum(1).sum(0).flatten()
        surplus = surplus.view(len(x), len(pull), -1).sum(0)
        return on_x, on_weights, twin.eps_gradient(surplus, pull, eps_xy, answer.eps_0), None


#: ``with_gradient(x, weights, eps_xy, answer)`` is ``answer.h`` with this gradient. Weights None
#: are those of pooling.
with_gradient: Callable[..., Tensor] = _Gradient.apply


def _run(
    x: Tensor,
    weights: Tensor | None,
    answer: Answer,
    upstream: Tensor,
    phi: Tensor | None,
    wanted: Wanted,
) -> Found:
    """Return dL/dx, dL/dweights and I Q ``[populations, S]``, each None unless ``wanted``."""
    if weights is not None and x.dtype == torch.float32 and native() is not None:
        return _compiled(x, weights, answer, upstream, phi, wanted)
    return _twin(x, weights, answer, upstream, phi, wanted)


def _compiled(
    x: Tensor,
    weights: Tensor,
    answer: Answer,
    upstream: Tensor,
    phi: Tensor | None,
    wanted: Wanted,
) -> Found:
    module: Any = native()
    on_x, on_weights, surplus = (
        None if found is None else torch.from_numpy(found)
        for found in module.sbs_gradient(
            x.numpy(),
            weights.contiguous().numpy(),
            answer.geometry,
            as_rows(answer.h).contiguous().numpy(),
            as_rows(upstream).contiguous().numpy(),
            None if phi is None else phi.contiguous().numpy(),
            wanted,
            torch.get_num_threads(),
        )
    )
    return None if on_x is None else on_x.permute(0, 3, 1, 2), on_weights, surplus


def _twin(
    x: Tensor,
    weights: Tensor | None,
    answer: Answer,
    upstream: Tensor,
    phi: Tensor | None,
    wanted: Wanted,
) -> Found:
    shares = twin.shares_of(patch_rows(x, answer.geometry))
    h = as_rows(answer.h)
    signal = h * as_rows(upstream)
    if weights is None:
        explained = twin.pooled(h, signal, shares.shape[1] // h.shape[1])
    else:
        explained = twin.mixed(h, signal, weights)
    quotient = twin.quotient(explained)
    on_x = on_weights = surplus = None
    if wanted[0]:
        rows = quotient if phi is None else quotient * phi.repeat(len(x), 1)
        on_x = fold_rows(rows, x.shape, answer.geometry)
    if wanted[1]:
        on_weights = twin.weight_gradient(shares, h, signal, explained)
    if wanted[2]:
        surplus = shares * quotient
    return on_x, on_weights, surplus
