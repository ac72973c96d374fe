"""Any torch module at every step: time and batch as one axis, and back.

Input that is the same at every step (stride 0 over time, as :func:`snnrun.nn.encoding.repeat` gives
it) passes once where that is no different: through weights, pools and pointwise functions.
"""

from torch import Tensor, nn

from snnrun.kernels.lif.steady import is_constant
from snnrun.models.feedforward.layer import at_every_step

#: What treats every sample alike and alone, draws nothing and counts nothing.
_PLAIN = (
    nn.Identity, nn.Linear, nn.Flatten, nn.Unflatten,
    nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d,
    nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d, nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d,
    nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d,
    nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Softplus,
    nn.LayerNorm, nn.GroupNorm, nn.Upsample, nn.ZeroPad2d,
)  # fmt: skip


class TimeDistributed(nn.Module):
    """Applies a module to every step of ``x [time, batch, ...]``; snetx calls it ``Tosnn``.

    The module sees ``[time * batch, ...]``. So batch norm takes its statistics over time and batch,
    and dropout draws for each step.

    Args:
        module: maps ``[samples, ...]`` to ``[samples, ...]``.
        batch_first: input and output are ``[batch, time, ...]``.

    Example:
        >>> import torch
        >>> TimeDistributed(nn.Conv2d(2, 3, 3))(torch.zeros(5, 4, 2, 8, 8)).shape
        torch.Size([5, 4, 3, 6, 6])
    """

    def __init__(self, module: nn.Module, *, batch_first: bool = False) -> None:
        super().__init__()
        self.module, self.batch_first = module, batch_first

    def forward(self, x: Tensor) -> Tensor:
        """Return what the module makes of every step.

        Raises:
            ValueError: x has fewer than two axes.
        """
        if x.dim() < 2:
            raise ValueError(f"x: expected time, batch and more, got {list(x.shape)}")
        timed = x.transpose(0, 1) if self.batch_first else x
        if is_constant(timed) and _is_plain(self.module):
            found = at_every_step(self.module, timed)
            return found.transpose(0, 1) if self.batch_first else found
        merged: Tensor = self.module(x.flatten(0, 1))
        return merged.reshape(*x.shape[:2], *merged.shape[1:])


def _is_plain(module: nn.Module) -> bool:
    """Whether nothing in it depends on other samples or on chance; hooks want every step."""
    parts = [each for each in module.modules() if type(each) is not nn.Sequential]
    return all(type(each) in _PLAIN and not each._forward_hooks for each in parts)
