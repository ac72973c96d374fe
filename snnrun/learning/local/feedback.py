r"""Feedback: which signal reaches a hidden layer when the output errs.

With :math:`\delta_{l+1}` the signal of the layer above (at the output :math:`\delta = e`, times
:math:`\psi` if it spikes) and :math:`\psi` the pseudo-derivative,

    direct           L_l = e G_l              G_l fixed, random
    layerwise        L_l = delta_{l+1} B_l    B_l fixed, random
    symmetric        L_l = delta_{l+1} W^T    W the forward weights: backpropagation in space
    sign_concordant  L_l = delta_{l+1} B_l    B_l = |R_l| sign(W^T), R_l fixed, random

and :math:`\delta_l = L_l \psi_l`. Feedback alignment: Lillicrap et al., Nature Communications 7
(2016); direct: Nøkland, NeurIPS (2016); signs: Liao, Leibo, Poggio, AAAI (2016).
"""

from typing import Any

import torch
from torch import Tensor

from snnrun.errors import DataError
from snnrun.learning.local.settings import FeedbackSettings
from snnrun.models.lif.net import LifNet


class Feedback:
    """The way back to the hidden layers of one network.

    matrices: of each hidden layer, ``[classes, neurons]`` if direct, else ``[neurons of the layer
        above, neurons]``; empty if symmetric. Drawn from torch's own generator.
    """

    def __init__(self, settings: FeedbackSettings, model: LifNet) -> None:
        self.kind, self.stack = settings.kind, model.stack
        self.matrices: list[Tensor] = []
        if self.kind == "symmetric":
            return
        for above in self.stack[1:]:
            neurons, units = above.weights.shape
            rows = self.stack[-1].weights.shape[1] if self.kind == "direct" else units
            drawn = torch.randn(rows, neurons, dtype=torch.float64)
            matrix = settings.std * (drawn.abs() if self.kind == "sign_concordant" else drawn)
            self.matrices.append(matrix.to(above.weights.dtype))

    def __call__(self, layer: int, error: Tensor, above: Tensor) -> Tensor:
        """Return the signal that reaches a hidden layer, ``[..., neurons]``.

        Args:
            layer: index of the hidden layer.
            error: at the output, ``[..., classes]``.
            above: the signal delta of the layer above, ``[..., units]``.
        """
        if self.kind == "direct":
            return error @ self.matrices[layer]
        if self.kind == "layerwise":
            return above @ self.matrices[layer]
        forward = self.stack[layer + 1].weights.detach().T
        if self.kind == "symmetric":
            return above @ forward
        return above @ (self.matrices[layer] * forward.sign())

    def state_dict(self) -> dict[str, Any]:
        """Return the matrices."""
        return {"matrices": self.matrices}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up saved matrices.

        Raises:
            DataError: they are of other shapes or another number.
        """
        saved, own = ([list(m.shape) for m in each] for each in (state["matrices"], self.matrices))
        if saved != own:
            raise DataError(f"feedback matrices of shapes {saved} were saved; expected {own}")
        self.matrices = [
            m.to(o.dtype) for m, o in zip(state["matrices"], self.matrices, strict=True)
        ]
