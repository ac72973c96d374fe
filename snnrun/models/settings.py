"""What the settings of every network can tell without building it."""

from abc import abstractmethod
from typing import ClassVar

from snnrun.encoders.settings import Shown
from snnrun.registry import Settings


class ModelSettings(Settings):
    """Settings of a network; ``sees`` is what an encoder has to show it, on any of ``devices``."""

    sees: ClassVar[Shown] = "spike times"
    devices: ClassVar[tuple[str, ...]] = ("cpu",)

    @abstractmethod
    def describe(self, input_size: int, classes: int) -> list[tuple[str, str, int]]:
        """Return name, shape and number of parameters of each layer.

        Raises:
            ValueError: the network does not fit; the text may begin with the key to blame.
        """
