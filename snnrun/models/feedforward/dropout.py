"""Dropout over a sequence: one mask for all steps of a sample, or one for each.

The mask of a sample is a function of its number, not of its batch.
Srivastava et al., JMLR 15 (2014).
"""

from torch import Tensor

from snnrun.kernels.lif.steady import is_constant, once, repeated
from snnrun.models.feedforward.layer import Layer, Place, Shown
from snnrun.models.feedforward.shaping import DropoutSettings


class Dropout(Layer):
    """Leaves values out in training."""

    def __init__(self, settings: DropoutSettings, place: Place) -> None:
        super().__init__()
        self.settings, self.name = settings, place.name

    def forward(self, x: Tensor, shown: Shown) -> Tensor:
        """Return ``x [time, batch, ...]`` without some of its values, the others scaled."""
        chance = self.settings.chance
        if not self.training or not chance:
            return x
        shape, steps = x.shape[2:], len(x)
        numbers = shown.numbers(self.name)
        if self.settings.each_step:
            drawn = numbers.uniform("dropout", (steps, *shape), x).transpose(0, 1)
            return x * (drawn >= chance) / (1 - chance)
        kept = (numbers.uniform("dropout", shape, x) >= chance).to(x) / (1 - chance)
        if is_constant(x):
            return repeated(once(x) * kept, steps)
        return x * kept
