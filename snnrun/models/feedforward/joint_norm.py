r"""Batch normalisation of a batch that lies in several processes, each with its share.

With :math:`n_p` values of a channel in process p, their mean :math:`m_p` and variance :math:`v_p`,

.. math::
   N = \sum_p n_p, \quad \mu = \frac1N \sum_p n_p m_p, \quad
   \sigma^2 = \frac1N \sum_p n_p \bigl(v_p + (m_p - \mu)^2\bigr), \quad
   \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}, \quad y = \gamma\,\hat x + \beta

and with g the gradient on y,

.. math::
   \frac{dL}{dx} = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}
       \Bigl(g - \frac1N \sum g - \hat x\,\frac1N \sum g\,\hat x\Bigr)

where the sums go over all processes. The gradients on gamma and beta are those of the own share:
whoever sums gradients over processes sums them too. One exchange forward, one backward, as of
torch's SyncBatchNorm, which is for GPUs alone.
"""

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn.functional import batch_norm

from snnrun.core.world import World


class Normalised(NamedTuple):
    """What became of a share of a batch.

    y: of the shape of the input.
    mean, variance: of each channel over all processes, ``[channels]``; not differentiable.
    counted: how many values these are of, those of every step among them.
    """

    y: Tensor
    mean: Tensor
    variance: Tensor
    counted: int


def joint_norm(
    x: Tensor, weight: Tensor, bias: Tensor, eps: float, world: World, steps: int = 1
) -> Normalised:
    """Normalise a share ``x [samples, channels, ...]`` by mean and variance of the whole batch.

    Args:
        x: the share, which may have no sample; every process has to call this.
        weight, bias: gamma and beta, ``[channels]``.
        eps: added to the variance.
        world: the processes.
        steps: how many steps x stands for. A process without a sample does not know; its own
            counts for nothing.

    Raises:
        ProcessLost: another process is gone; backward, too.
    """
    mean, variance, values, counted = _moments(x.detach(), world, steps)
    mean, variance = mean.to(weight), variance.to(weight)
    y = _Normalise.apply(x, weight, bias, mean, variance, values, eps, world)  # type: ignore[no-untyped-call]
    return Normalised(cast("Tensor", y), mean, variance, counted)


def _moments(x: Tensor, world: World, steps: int) -> tuple[Tensor, Tensor, int, int]:
    """Return mean and variance of each channel, float64, over processes, and of how many values.

    The last number counts each as often as there are steps.
    """
    channels, own = x.shape[1], x.numel() // x.shape[1]
    table = torch.zeros(world.size, 2 + 2 * channels, dtype=torch.float64)
    if own:
        wide = x.float() if x.dtype.itemsize < 4 else x
        variance, mean = torch.var_mean(wide, _others(x), correction=0)
        numbers = torch.tensor([own, own * steps])
        table[world.rank] = torch.cat([numbers, mean.cpu(), variance.cpu()])
    table = _summed(table, world)
    number, counted = table[:, :1], table[:, 1].sum()
    means, variances = table[:, 2 : 2 + channels], table[:, 2 + channels :]
    shares = number / number.sum()
    mean = (shares * means).sum(0)
    variance = (shares * (variances + (means - mean).square())).sum(0)
    return mean, variance, int(number.sum()), int(counted)


def _summed(numbers: Tensor, world: World) -> Tensor:
    there = numbers.to(world.device, copy=True)
    world.sum(there)
    return there.to(numbers.device)


def _others(x: Tensor) -> list[int]:
    """Return all axes but that of the channels."""
    return [0, *range(2, x.dim())]


class _Normalise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        variance: Tensor,
        values: int,
        eps: float,
        world: World,
    ) -> Tensor:
        ctx.save_for_backward(x, weight, mean, (variance + eps).rsqrt())
        ctx.values, ctx.world = values, world
        return batch_norm(x, mean, variance, weight, bias, eps=eps)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, scale = ctx.saved_tensors
        shape, others = (-1, *[1] * (x.dim() - 2)), _others(x)
        g = upstream.to(weight.dtype)
        normal = (x - mean.view(shape)) * scale.view(shape)
        own = torch.stack([g.sum(others), (g * normal).sum(others)])
        sums = _summed(own.double(), ctx.world) / ctx.values
        first, second = sums.to(weight).view(2, *shape)
        on_x = (g - first - normal * second) * (weight * scale).view(shape)
        return on_x.to(x.dtype), own[1], own[0], None, None, None, None, None
