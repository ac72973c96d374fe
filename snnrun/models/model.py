"""What every model is: a torch module that turns encoded samples into a record of its activity."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from snnrun.core.record import Record


class Model(nn.Module, ABC):
    """A network of spiking neurons; ``settings`` is what it was built from.

    What it keeps beside its parameters is a buffer, so that it is saved, shared and restored. Where
    learning and evaluation differ, ``self.training`` says which it is.
    """

    settings: Any

    @abstractmethod
    def forward(self, x: Tensor) -> Record:
        """Return what all layers do for the input ``x``, of the kind that the settings name."""

    @abstractmethod
    def scores(self, record: Record) -> Tensor:
        """Return scores ``[batch, classes]``; the largest wins."""

    def parameter_groups(self) -> Iterator[dict[str, Any]]:
        """Yield what there is to train, as optimisers take it; a group may bring its own ``lr``."""
        learning = [parameter for parameter in self.parameters() if parameter.requires_grad]
        if learning:
            yield {"params": learning}
