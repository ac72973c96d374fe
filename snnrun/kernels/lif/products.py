"""Products of what a layer receives: x W, and x^T D for its gradient.

Input that is the same at every step is multiplied once. Input that is mostly zeros (images, rare
spikes) is brought to a sparse form, once for both products, in which only what is not zero is
multiplied (``native/include/snnrun/products.hpp``); on a CUDA device dense products are the
faster. Nothing here is differentiable.
"""

from typing import Any

import torch
from torch import Tensor

from snnrun.kernels.lif.scan import unpacked
from snnrun.kernels.lif.steady import is_constant
from snnrun.kernels.native import native

#: Largest share of elements that are not zero for which the sparse form is faster.
SPARSE = 0.35


class LayerInput:
    """``x [time, batch, inputs]``, ready to be multiplied.

    rows: x as a matrix, ``[batch, inputs]`` if it is the same at every step, else
        ``[time * batch, inputs]``.

    Args:
        x: the input.
        density: the share of it that is not zero, if it is known.
        constant: whether it is the same at every step, where its strides do not tell.
    """

    def __init__(self, x: Tensor, density: float = 0.0, constant: bool = False) -> None:
        self.x, self.constant = x, constant or is_constant(x)
        self.rows = x[0] if self.constant else x.flatten(0, 1)
        self._sparse: Any = None
        if density < SPARSE and x.is_cpu and (module := native()) is not None:
            self.rows = self.rows.contiguous()
            self._sparse = module.sparse(self.rows.numpy(), SPARSE)

    def times(self, weights: Tensor) -> Tensor:
        """Return x W, ``[time, batch, neurons]``, for ``weights [inputs, neurons]``."""
        out = self._times(weights.detach())
        if self.constant:
            return out.expand(len(self.x), *out.shape)
        return out.view(*self.x.shape[:2], -1)

    def _times(self, weights: Tensor) -> Tensor:
        if self._sparse is None:
            return self.rows @ weights
        out = weights.new_empty(len(self.rows), weights.shape[1])
        right = weights.contiguous().numpy()
        self._sparse.product(right, out.numpy(), torch.get_num_threads())
        return out

    def transposed_times(self, signal: Tensor, out: Tensor) -> None:
        """Put x^T D into ``out [inputs, neurons]``.

        Args:
            signal: D, ``[batch, neurons]`` if the input is the same at every step, else
                ``[time, batch, neurons]``.
            out: where the product goes.
        """
        right = signal.reshape(len(self.rows), -1)
        if self._sparse is None:
            torch.mm(self.rows.T, right, out=out)
        else:
            self._sparse.transposed_product(
                right.contiguous().numpy(), out.numpy(), torch.get_num_threads()
            )


class PackedSpikes:
    """Spikes as bits, ``[time, batch, words]``, of which only x^T D is wanted, for few columns."""

    constant = False

    def __init__(self, bits: Tensor) -> None:
        self.bits = bits.flatten(0, 1)

    def transposed_times(self, signal: Tensor, out: Tensor) -> None:
        """Put x^T D into ``out [neurons, units]`` for D = ``signal [time, batch, units]``."""
        right = signal.reshape(len(self.bits), -1).contiguous()
        if not right.is_cpu or (module := native()) is None:
            torch.mm(unpacked(self.bits, len(out)).to(right.dtype).T, right, out=out)
            return
        bits = self.bits.numpy().view("uint32")
        module.readout_gradient(bits, right.numpy(), out.numpy(), torch.get_num_threads())
