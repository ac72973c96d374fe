r"""Adam for weights that must stay positive: a step multiplies them instead of adding to them.

.. math:: W \leftarrow W \Bigl(1 + \tfrac12\tanh\frac{-\eta\,\hat m}{\sqrt{\hat v} + \epsilon}\Bigr)

with the moments and bias corrections of Adam, so no step more than halves a weight or adds half of
it. After the code of Rotermund and Pawelzik's Spike-By-Spike networks.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class MultiplicativeAdam(Optimizer):
    """The optimiser above, with the arguments of Adam."""

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1e-2,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": tuple(betas), "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Multiply every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step(parameter, parameter.grad, group)

    def _step(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state, (first, second) = self.state[parameter], group["betas"]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        state["step"] += 1
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.lerp_(gradient, 1 - first)
        square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        steps = state["step"].item()
        size = (square / (1 - second**steps)).sqrt_().add_(group["eps"])
        change = mean.div(size).mul_(-group["lr"] / (1 - first**steps)).tanh_()
        parameter.mul_(change.div_(2).add_(1))
