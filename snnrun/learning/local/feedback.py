r"""Feedback: which signal reaches a hidden layer when the output errs.

With :math:`\delta_{l+1}` the signal of the layer above (at the output :math:`\delta = e`, times
:math:`\psi` if it spikes) and :math:`\psi` the surrogate derivative,

    direct           L_l = e G_l              G_l fixed, random
    layerwise        L_l = delta_{l+1} B_l    B_l fixed, random
    symmetric        L_l = delta_{l+1} W^T    W the forward weights: backpropagation in space
    sign_concordant  L_l = delta_{l+1} B_l    B_l = |R_l| sign(W^T), R_l fixed, random

and :math:`\delta_l = L_l \psi_l`. Feedback alignment: Lillicrap et al., Nature Communications 7
(2016); direct: Nøkland, NeurIPS (2016); signs: Liao, Leibo, Poggio, AAAI (2016).
"""

import torch
from torch import Tensor, nn

from snnrun.learning.local.settings import FeedbackSettings
from snnrun.models.lif.net import LifNet


class Feedback(nn.Module):
    """The way back to the hidden layers of one network.

    matrices: of each hidden layer, ``[classes, neurons]`` if direct, else ``[neurons of the layer
        above, neurons]``; none if symmetric. Drawn from torch's own generator; the buffers
        ``matrix_0``, ``matrix_1``, ...
    """

    def __init__(self, settings: FeedbackSettings, model: LifNet) -> None:
        super().__init__()
        self.kind, self.stack = settings.kind, tuple(model.stack)
        if self.kind == "symmetric":
            return
        for layer, above in enumerate(self.stack[1:]):
            neurons, units = above.weights.shape
            rows = self.stack[-1].weights.shape[1] if self.kind == "direct" else units
            drawn = torch.randn(rows, neurons, dtype=torch.float64)
            matrix = settings.std * (drawn.abs() if self.kind == "sign_concordant" else drawn)
            self.register_buffer(f"matrix_{layer}", matrix.to(above.weights.dtype))

    @property
    def matrices(self) -> list[Tensor]:
        """The random weights, from the first hidden layer on."""
        return list(self.buffers())

    def forward(self, layer: int, error: Tensor, above: Tensor) -> Tensor:
        """Return the signal that reaches a hidden layer, ``[..., neurons]``.

        Args:
            layer: index of the hidden layer.
            error: at the output, ``[..., classes]``.
            above: the signal delta of the layer above, ``[..., units]``.
        """
        if self.kind == "direct":
            return error @ self.get_buffer(f"matrix_{layer}")
        if self.kind == "layerwise":
            return above @ self.get_buffer(f"matrix_{layer}")
        forward = self.stack[layer + 1].acting.detach().T
        if self.kind == "symmetric":
            return above @ forward
        return above @ (self.get_buffer(f"matrix_{layer}") * forward.sign())
