"""What the settings of every network can tell without building it."""

import math
from abc import abstractmethod
from typing import Any, ClassVar

from snnrun.core.registry import Settings
from snnrun.encoders.settings import Shown


class ModelSettings(Settings):
    """Settings of a network; ``sees`` is what an encoder has to show it, on any of ``devices``."""

    sees: ClassVar[Shown] = "spike times"
    devices: ClassVar[tuple[str, ...]] = ("cpu",)

    def takes(self, shape: tuple[int, ...]) -> Any:
        """Return what :meth:`describe` and the builder take for samples of this shape: their size.

        Raises:
            ValueError: the network has no eyes for such samples.
        """
        return math.prod(shape)

    @abstractmethod
    def describe(self, input_size: int, classes: int) -> list[tuple[str, str, int]]:
        """Return name, shape and number of parameters of each layer.

        Raises:
            ValueError: the network does not fit; the text may begin with the key to blame, as
                :func:`snnrun.core.paths.dotted` writes it.
        """
