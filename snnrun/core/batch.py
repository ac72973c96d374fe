"""A batch: what a rule and a model are shown at once."""

from dataclasses import dataclass

from torch import Tensor

from snnrun.core.random import Random


@dataclass(slots=True)
class Batch:
    """Encoded samples, their targets and their random numbers.

    inputs: of the kind that the model takes; time first where there is time.
    targets: ``[batch]``, int64, of classes; else ``[batch, ...]``, numbers or sequences.
    random: the random numbers of these samples.
    constant: whether the input is the same at every step.
    whole: how many samples the batch has in all processes that learn from it together.
    """

    inputs: Tensor
    targets: Tensor
    random: Random
    constant: bool = False
    whole: int = 0

    def __post_init__(self) -> None:
        self.whole = self.whole or len(self.targets)

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def shared(self) -> bool:
        """Whether other processes have the rest of the batch."""
        return self.whole != len(self.targets)
