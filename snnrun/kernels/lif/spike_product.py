"""x W for what spikes, differentiable: by kernels made for it, where those of torch are slow.

Products of few columns, as those of a readout, meet all columns in one pass over x. Where there are
more and x is mostly zeros, it is brought to a sparse form once, for this product and for the
gradient x^T D on the weights; x itself is then not kept. Results are those of ``x @ weights`` but
for rounding; what these kernels compute is the same for any number of threads.
"""

from typing import Any, cast

import torch
from torch import Tensor, from_numpy, get_num_threads

from snnrun.kernels.native import native

#: Largest share of elements that are not zero for which the sparse form is faster, with the making.
SPARSE = 0.2
#: Columns from which on products are not narrow.
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
    if x.numel() >= SMALL and not torch.compiler.is_compiling() and _by_kernels(x, weights):
        if weights.shape[1] < FEW:
            return cast(Tensor, _Narrow.apply(x, weights))  # type: ignore[no-untyped-call]
        if _is_sparse(x):
            return cast(Tensor, _Sparse.apply(x, weights))  # type: ignore[no-untyped-call]
    return x @ weights


def _by_kernels(x: Tensor, weights: Tensor) -> bool:
    """Whether both lie in memory, as numbers of one type that the kernels know."""
    same = x.dtype == weights.dtype and x.dtype in (torch.float32, torch.float64)
    return same and x.is_cpu and weights.is_cpu and native() is not None


def _is_sparse(x: Tensor) -> bool:
    """Whether some of the rows are mostly zeros."""
    some = x.detach()[:: max(1, len(x) // _PROBED)]
    return int(some.count_nonzero()) <= SPARSE * some.numel()


def _array(x: Tensor) -> Any:
    """Return a tensor as the kernels take it."""
    return x.detach().contiguous().numpy()


class _Narrow(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: Tensor) -> Tensor:
        ctx.save_for_backward(x, weights)
        module: Any = native()
        return from_numpy(module.narrow_product(_array(x), _array(weights.t()), get_num_threads()))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, weights = ctx.saved_tensors
        given = _array(x), _array(weights.t()), _array(upstream)
        module: Any = native()
        found = module.narrow_gradient(*given, *ctx.needs_input_grad, get_num_threads())
        on_x, turned = (None if each is None else from_numpy(each) for each in found)
        return on_x, None if turned is None else turned.t()


class _Sparse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: Tensor) -> Tensor:
        module: Any = native()
        ctx.sparse, ctx.inputs = module.sparse(_array(x), SPARSE), x.shape[1]
        ctx.save_for_backward(weights, x if ctx.sparse is None else None)
        if ctx.sparse is None:
            return x @ weights
        out = x.new_empty(len(x), weights.shape[1])
        ctx.sparse.product(_array(weights), out.numpy(), get_num_threads())
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
        ctx.sparse.transposed_product(_array(upstream), on_weights.numpy(), get_num_threads())
        return on_x, on_weights
