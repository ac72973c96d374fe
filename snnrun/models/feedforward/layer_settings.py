"""What every layer of a feed-forward network can tell without being built. Free of torch.

A shape leaves time and batch out: (channels, height, width) of images, (values,) of vectors.
"""

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from snnrun.core.registry import Settings
from snnrun.models.feedforward.neuron import NeuronSettings

if TYPE_CHECKING:
    from snnrun.models.window import Shape as Image

Shape = tuple[int, ...]
Layers = tuple["LayerSettings", ...]


class Memory(NamedTuple):
    """What a layer keeps of its input from step to step, as two filters in a row.

    membrane, current: what a step leaves of each.
    """

    membrane: float
    current: float = 0.0


class LayerSettings(Settings):
    """Settings of a layer.

    reads_out: whether this, as the last layer of a network, gives an output for each class, so that
        no readout comes behind it.
    whole_batches: whether in training it has to see all samples of a batch, so that one process
        must train. What sums over processes whatever it takes of a batch need not.
    """

    reads_out: ClassVar[bool] = False
    whole_batches: ClassVar[bool] = False

    @abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the output for input of this shape.

        Raises:
            ValueError: the input does not fit; the text begins with the key to blame.
        """

    def parameters(self, shape: Shape, network: NeuronSettings) -> int:
        """Return how many numbers learn, without those of layers inside.

        Args:
            shape: of the input.
            network: the neuron of the network.

        Raises:
            ValueError: as :meth:`output_shape`.
        """
        return 0

    def fan_out(self, shape: Shape) -> list[list[int]] | int | None:
        """Return how many outputs each input reaches through weights; None: there are none.

        Args:
            shape: of the input.

        Returns:
            One number for all, or a number for each row and column of images.
        """
        return None

    def spike_size(self, size: float | None, shape: Shape) -> float | None:
        """Return what one spike is in the output; None: it is not made of spikes.

        Args:
            size: what one spike is in the input; None: that is not made of spikes.
            shape: of the input.
        """
        return None

    def check_steps(self, steps: int) -> None:
        """Refuse input of so many steps, if the layer is for another number.

        Raises:
            ValueError: it is; the text begins with the key to blame.
        """

    def memory(self, network: NeuronSettings) -> Memory | None:
        """Return what the layer keeps of its input, for rules that learn step by step.

        None: nothing.

        Args:
            network: the neuron of the network.

        Raises:
            ValueError: no such rule is for the layer; the text goes on from "which".
        """
        raise ValueError("does not say what it keeps from step to step")

    def inside(self) -> Iterator[tuple[str, Layers]]:
        """Yield name and layers of each list of layers in this one; all get the same input."""
        yield from ()


def text(shape: Shape) -> str:
    """Return a shape as errors and tables write it."""
    return str(list(shape))


def image(shape: Shape, what: str) -> "Image":
    """Return the shape of an image.

    Raises:
        ValueError: it is none; ``what`` is the layer that takes only these.
    """
    if len(shape) != 3:
        raise ValueError(
            f"name: {what} takes images [channels, height, width], but its input is {text(shape)}"
        )
    channels, height, width = shape
    return channels, height, width
