"""What every encoder does: turn the values of samples into what a model sees, in two stages.

What is the same each time a sample is shown is done once (``prepare``); what is drawn anew each
time (noise, random spikes) is done when it is shown (``forward``). An encoder is a torch module: in
training mode it adds what belongs to training, and what it has learned of the data is a buffer.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from torch import Tensor, nn

from snnrun.core.capabilities import InputKind
from snnrun.core.events import Events
from snnrun.core.random import Random


class Encoder(nn.Module, ABC):
    """From values to spikes.

    Args:
        settings: of the encoder.
        shape: of a sample, as the encoder gets it, without time.

    kind: what the model takes, of an encoder that can give this or that.
    lists: whether it gives spikes as lists itself, where a model takes such.
    """

    kind: InputKind | None = None
    lists: ClassVar[bool] = False

    def __init__(self, settings: Any, shape: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.settings = settings

    @abstractmethod
    def prepare(self, values: Tensor) -> Tensor:
        """Return what is the same whenever samples ``values [samples, *shape]`` are shown."""

    @property
    def constant(self) -> bool:
        """Whether a sample is the same at every step, in the mode that the encoder is in."""
        return False

    def forward(self, prepared: Tensor, random: Random) -> Tensor | Events:
        """Return what a model sees of one prepared batch.

        Args:
            prepared: what :meth:`prepare` returned.
            random: the random numbers of the samples.

        Models of first spikes see times ``[batch, neurons]``; models that advance in steps see
        ``[time, batch, neurons]`` or ``[time, batch, channel, height, width]``, with stride 0 over
        time where the input is constant; models of images see ``[batch, channel, height, width]``;
        graphs see lists.
        """
        return prepared

    def laid_out(self, values: Tensor) -> Tensor:
        """Return ``values [samples, *shape]`` of samples without time as the model takes them.

        That is ``[samples, neurons]``, or ``[samples, channel, height, width]``, where the values
        of a vector are channels.
        """
        if self.kind is not InputKind.IMAGE_STEPS:
            return values.flatten(1)
        return values if values.dim() == 4 else values[:, :, None, None]

    def fit(self, values: Iterable[Tensor]) -> None:
        """Adapt to the training samples, ``[samples, *shape]`` a batch; most have no need to."""
        return
