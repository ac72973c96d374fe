"""Feed-forward networks of any shape. Torch differentiates what they do, surrogates for spikes.

Wu et al., Spatio-temporal backpropagation for training high-performance spiking neural networks,
Frontiers in Neuroscience 12 (2018).
"""

from collections.abc import Callable, Iterator

from torch import Generator, Tensor

from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.core.world import World
from snnrun.models.feedforward.fan_out import all_connections
from snnrun.models.feedforward.layer import Joint, Place, Shown
from snnrun.models.feedforward.layer_settings import Shape
from snnrun.models.feedforward.layers import through
from snnrun.models.feedforward.memories import memories
from snnrun.models.feedforward.online import Carried
from snnrun.models.feedforward.settings import NetworkSettings
from snnrun.models.feedforward.spiking import Lif
from snnrun.models.feedforward.stack import build_stack
from snnrun.models.model import Model, Spiking
from snnrun.models.operations import Operations


class FeedforwardNet(Model):
    """A list of layers, and a readout."""

    settings: NetworkSettings

    def __init__(
        self, settings: NetworkSettings, shape: Shape, classes: int, generator: Generator
    ) -> None:
        super().__init__()
        self.settings = settings
        place = Place("layers", shape, settings.neuron, generator, settings.bits)
        self.layers = build_stack(settings.stack(), place)
        final = through(settings.stack(), shape, "layers")
        self.readout = build_stack(
            settings.readout(classes), place._replace(name="readout", shape=final)
        )
        self._lif = [each for each in self.modules() if isinstance(each, Lif)]
        self._own = [(each, each.sharpness) for each in self._lif]
        self._connections = all_connections(settings.stack(), settings.readout(classes), shape)

    def forward(self, x: Tensor, random: Random | None = None) -> Record:
        """Return the activity for ``x [time, batch, channel, height, width]``.

        Args:
            x: the input; computed once up to the first neurons if its stride over time is 0.
            random: the random numbers of the samples; None: numbers that follow torch's own
                generator.

        Returns:
            Spikes ``[time, batch, ...]`` and rates ``[batch, neurons]`` of the LIF layers, outputs
            ``[time, batch, classes]``; where nothing is learned, membranes of the LIF layers too,
            and the outputs last.
        """
        shown = Shown(x.shape[1], random, membranes=not self.training)
        outputs = self.readout(self.layers(x, shown), shown)
        shown.record.outputs = outputs
        if shown.membranes:
            shown.record.membranes.append(outputs)
        return shown.record

    def by_steps(self, x: Tensor, random: Random | None = None) -> Iterator[Record]:
        """Yield the record of each step of ``x [time, batch, channel, height, width]``, in order.

        Its tensors are as those of :meth:`forward` in training, of one step. Torch differentiates
        them within the step; of weights, by traces (:mod:`snnrun.models.feedforward.online`).

        Raises:
            ValueError: a layer does not learn step by step.
        """
        own = self.settings
        carried = Carried(memories(own.stack(), own.readout(1), own.neuron))
        random = random or Random.fresh(x.shape[1])
        for step in range(len(x)):
            shown = Shown(x.shape[1], random, carried=carried)
            shown.record.outputs = self.readout(self.layers(x[step : step + 1], shown), shown)
            yield shown.record

    def scores(self, record: Record) -> Tensor:
        """Return scores ``[batch, classes]``, the mean of the outputs over time; the largest wins.

        Raises:
            ValueError: the record is of another model and has no outputs.
        """
        if record.outputs is None:
            raise ValueError("the record has no outputs; expected that of a feed-forward network")
        return record.outputs.mean(0)

    def spiking_layers(self) -> list[Spiking]:
        """Return the LIF layers, in the order of the record."""
        tuned = "" if self.settings.lists_layers else "neuron"
        return [layer.described()._replace(tuned=tuned) for layer in self._lif]

    def operations(self, x: Tensor, record: Record) -> list[Operations]:
        """Return what convolutions and all-to-all weights take.

        Spikes that a pool averages count one by one.
        """
        received = record.received
        return [
            each.operations(received[each.key])
            for each in self._connections
            if each.key in received
        ]

    def targets(self) -> dict[str, tuple[float, Callable[[float], None]]]:
        """Return the sharpness of the surrogate, at which layers of their own keep their share."""
        return {"surrogate.sharpness": (self.settings.neuron.surrogate.sharpness, self._sharpen)}

    def join(self, world: World) -> bool:
        """Let norms take mean and variance over processes; tell whether there are norms."""
        joint = [each for each in self.modules() if isinstance(each, Joint)]
        for layer in joint:
            layer.world = world
        return bool(joint)

    def _sharpen(self, sharpness: float) -> None:
        for layer, own in self._own:
            layer.sharpness = own * sharpness / self.settings.neuron.surrogate.sharpness


def build(
    settings: NetworkSettings, shape: Shape, classes: int, generator: Generator
) -> FeedforwardNet:
    """Return a network with weights drawn from ``generator``.

    Raises:
        ValueError: a layer does not fit its input, or the last not the ``classes``.
    """
    settings.describe(shape, classes)
    return FeedforwardNet(settings, shape, classes, generator)
