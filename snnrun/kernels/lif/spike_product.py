"""x W for what spikes, differentiable: as much work as there are spikes.

Where x is mostly zeros, it is brought to a sparse form once, for this product and for the gradient
x^T D on the weights; x itself is then not kept. Products of few columns are taken the other way
round, (W^T x^T)^T, several times faster in the libraries under torch. Results are those of
``x @ weights`` but for rounding; those of the sparse form are the same for any number of threads.
"""

from typing import Any, cast

import torch
from torch import Tensor

from snnrun.kernels.native import native

#: Largest share of elements that are not zero for which the sparse form is faster, with the making.
SPARSE = 0.2
#: Columns from which on the sparse form, and below which the other way round, is faster.
FEW = 16
#: Elements below which calls cost more than products.
SMALL = 1 << 16
_PROBED = 64  # rows whose share is taken for that of all


def product(x: Tensor, weights: Tensor) -> Tensor:
    """Return x W, ``[rows, outputs]``, for ``x [rows, inputs]`` and ``weights [inputs, outputs]``.

    Example:
        >>> product(torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0], [2.0]])).tolist()
        [[2.0]]
    """
    usual = x.numel() < SMALL or torch.compiler.is_compiling() or not _is_plain(x, weights)
    if usual or (weights.shape[1] >= FEW and not _is_sparse(x)):
        return x @ weights
    return cast(Tensor, _Product.apply(x, weights))  # type: ignore[no-untyped-call]


def _is_plain(x: Tensor, weights: Tensor) -> bool:
    """Whether both lie in memory, as numbers of one type that the kernels know."""
    same = x.dtype == weights.dtype and x.dtype in (torch.float32, torch.float64)
    return same and x.is_cpu and weights.is_cpu


def _is_sparse(x: Tensor) -> bool:
    """Whether some of the rows are mostly zeros."""
    some = x.detach()[:: max(1, len(x) // _PROBED)]
    return native() is not None and int(some.count_nonzero()) <= SPARSE * some.numel()


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: Tensor) -> Tensor:
        ctx.inputs = x.shape[1]
        ctx.sparse = None
        if weights.shape[1] >= FEW:
            module: Any = native()
            ctx.sparse = module.sparse(x.detach().contiguous().numpy(), SPARSE)
        ctx.save_for_backward(weights, x if ctx.sparse is None else None)
        if ctx.sparse is None:
            return (weights.t() @ x.t()).t().contiguous()
        out = x.new_empty(len(x), weights.shape[1])
        right = weights.detach().contiguous().numpy()
        ctx.sparse.product(right, out.numpy(), torch.get_num_threads())
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None]:
        weights, x = ctx.saved_tensors
        on_x = upstream @ weights.t() if ctx.needs_input_grad[0] else None
        if not ctx.needs_input_grad[1]:
            return on_x, None
        if ctx.sparse is None:
            return on_x, (upstream.t() @ x).t()
        on_weights = upstream.new_empty(ctx.inputs, upstream.shape[1])
        right = upstream.contiguous().numpy()
        ctx.sparse.transposed_product(right, on_weights.numpy(), torch.get_num_threads())
        return on_x, on_weights
