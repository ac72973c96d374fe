"""How the numbers of a LIF sequence lie in memory.

Where they lie close together in another order than that of the axes, such as channels last, the
kernels follow it: all that matters to them is that time comes first.
"""

import torch
from torch import Size, Tensor

KINDS = (torch.float32, torch.float64, torch.bfloat16)

Maybe = Tensor | None


class Layout:
    """The order of the axes of ``x``, and of all that has its shape.

    step: the shape of a step.
    kind: the type that neurons compute in.
    """

    def __init__(self, x: Tensor, constant: bool) -> None:
        self.first = 0 if constant else 1  # axis of x that is not time
        self.step: Size = x.shape[self.first :]
        self.kind = torch.float64 if x.dtype == torch.float64 else torch.float32
        self.order = None if x.is_contiguous() else self._order(x)

    def _order(self, x: Tensor) -> list[int] | None:
        """Return the axes of a step from the outermost to the innermost, if they lie close."""
        axes = sorted(range(self.first, x.dim()), key=x.stride, reverse=True)
        close = x.permute(*range(self.first), *axes).is_contiguous()
        return [axis - self.first for axis in axes] if close else None

    def _axes(self, timed: bool) -> list[int] | None:
        if self.order is None or not timed:
            return self.order
        return [0, *(axis + 1 for axis in self.order)]

    def ordered(self, x: Tensor, kind: torch.dtype, timed: bool) -> Tensor:
        """Return a tensor, of a step or of all, as the kernels take it: contiguous."""
        axes = self._axes(timed)
        x = x.detach() if axes is None else x.detach().permute(axes)
        return x.to(kind).contiguous()

    def back(self, x: Tensor, timed: bool) -> Tensor:
        """Return what the kernels made with the axes in their places."""
        axes = self._axes(timed)
        return x if axes is None else x.permute([axes.index(axis) for axis in range(len(axes))])

    def each(self, x: Tensor) -> Tensor:
        """Return one number for each neuron of a step, as the kernels take it.

        Raises:
            ValueError: x does not broadcast to a step.
        """
        try:
            wide = x.detach().broadcast_to(self.step)
        except RuntimeError as error:
            raise ValueError(
                f"constants or state {list(x.shape)} do not fit a step {list(self.step)}"
            ) from error
        return self.ordered(wide, self.kind, timed=False)

    def summed(self, each: Tensor, of: Tensor) -> Tensor:
        """Return the gradient on a tensor that was broadcast, from that on each neuron."""
        return self.back(each, timed=False).sum_to_size(of.shape).to(of.dtype)
