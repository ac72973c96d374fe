"""What the settings of every encoder can tell without building it."""

from abc import abstractmethod

from snnrun.registry import Settings


class EncoderSettings(Settings):
    """Settings of an encoder."""

    @abstractmethod
    def output_size(self, input_shape: tuple[int, ...]) -> int:
        """Return the number of neurons that code a sample of this shape.

        Raises:
            ValueError: no sample of this shape can be coded.
        """
