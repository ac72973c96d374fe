r"""Lambert W as a differentiable torch operator.

:math:`W(z)` solves :math:`W e^W = z`: branch 0 for :math:`z \ge -1/e`, branch -1 for
:math:`-1/e \le z < 0`. Its derivative :math:`W' = W / (z (1 + W))` is computed together with it,
without the cancellation in :math:`1 + W` next to the branch point, where it goes to infinity.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.kernels import cuda
from snnrun.kernels.lambertw import reference as twin
from snnrun.kernels.native import native


def lambertw(z: Tensor, branch: int = 0) -> Tensor:
    """W of every z, real branch 0 or -1; nan where it is not real. float32 or float64.

    >>> lambertw(torch.tensor([0.0, 1.0, torch.e], dtype=torch.float64))
    tensor([0.0000, 0.5671, 1.0000], dtype=torch.float64)
    """
    values: Tensor = lambertw_op(z, branch)[0]
    return values


@torch.library.custom_op("snnrun::lambertw", mutates_args=())
def lambertw_op(z: Tensor, branch: int) -> tuple[Tensor, Tensor]:
    """W and dW/dz."""
    if (library := cuda.library_for(z)) is not None:
        return cuda.lambertw(library, z, branch)
    values = np.ascontiguousarray(z.numpy(force=True)).reshape(z.shape)
    w, slope = (torch.from_numpy(x).to(z.device) for x in _value_and_slope(values, branch))
    return w, slope


def _value_and_slope(z: NDArray[Any], branch: int) -> tuple[NDArray[Any], NDArray[Any]]:
    if (compiled := native()) is not None:
        w, slope = compiled.lambertw(z, branch, torch.get_num_threads())
        return w, slope
    if z.dtype not in (np.float32, np.float64):
        raise TypeError(f"lambertw: expected float32 or float64, not {z.dtype}")
    nearest = z.dtype.type(twin.BRANCH_POINT)  # in float32 it lies a little outside
    w, slope = twin.value_and_slope(np.where(z == nearest, twin.BRANCH_POINT, z), branch)
    return w.astype(z.dtype), slope.astype(z.dtype)


@lambertw_op.register_fake
def _(z: Tensor, branch: int) -> tuple[Tensor, Tensor]:
    return z.new_empty(z.shape), z.new_empty(z.shape)


def _setup_context(ctx: Any, inputs: tuple[Tensor, int], output: tuple[Tensor, Tensor]) -> None:
    ctx.save_for_backward(output[1])
    ctx.mark_non_differentiable(output[1])


def _backward(ctx: Any, upstream: Tensor, _: Tensor | None) -> tuple[Tensor, None]:
    (slope,) = ctx.saved_tensors
    return upstream * slope, None


lambertw_op.register_autograd(_backward, setup_context=_setup_context)
