r"""A learning rate that falls with the loss itself, beside the steps down where it stays level.

The loss, divided by the largest so far, passes a low-pass filter of ``tau`` steps (corrected for
its start, as in Adam). Each time the filtered loss falls below its minimum so far, the rate is
multiplied by the ratio of the new minimum to the old. The rate also falls by ``factor`` when the
filtered loss has not improved for ``patience`` steps; then the filter starts anew. After the code
of Rotermund and Pawelzik's Spike-By-Spike networks.
"""

from typing import Any, SupportsFloat

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau


class SbSLRScheduler(ReduceLROnPlateau):
    """The schedule above."""

    def __init__(
        self, optimizer: Optimizer, *, factor: float, patience: int, tau: float, **others: Any
    ) -> None:
        super().__init__(optimizer, factor=factor, patience=patience, **others)
        self.tau = tau
        self.filtered: float | None = None
        self._start()

    def _start(self) -> None:
        self.number, self.memory = 0, 0.0
        self.largest: float | None = None
        self.lowest: float | None = None

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Take in a loss and set the learning rates."""
        loss = float(metrics)
        before = [group["lr"] for group in self.optimizer.param_groups]
        super().step(1.0 if self.filtered is None else self.filtered)
        if [group["lr"] for group in self.optimizer.param_groups] != before:
            self._start()
        self.filtered = self._filter(loss)
        ratio = 1.0 if self.lowest is None else min(1.0, self.filtered / self.lowest)
        self.lowest = min(self.filtered, self.filtered if self.lowest is None else self.lowest)
        for group in self.optimizer.param_groups:
            group["lr"] *= ratio

    def _filter(self, loss: float) -> float:
        self.largest = max(loss, self.largest or loss)
        keep = 1 - 1 / self.tau
        self.number += 1
        self.memory = keep * self.memory + (loss / self.largest if self.largest else 0.0) / self.tau
        return self.memory / (1 - keep**self.number)
