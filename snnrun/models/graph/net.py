"""A graph as a config has it: the network, run by the compiled engine where it knows all parts.

State: weights and flags of the synapses, ``network.synapses.X->E.weight`` ``[post, pre]``, and what
groups have learned, ``network.groups.E.theta``.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.errors import DataError
from snnrun.kernels.random import counted
from snnrun.models.graph.connections import Connection, Dense, Single
from snnrun.models.graph.engine import Engine, compiled
from snnrun.models.graph.episodes import Episode, TwinEpisode
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.settings import EdgeSettings, GraphSettings
from snnrun.models.graph.signals import Lesson
from snnrun.models.model import Model, Spiking
from snnrun.models.operations import Operations, of_input


class GraphNet(Model):
    """Groups and synapses.

    Args:
        settings: what they are.
        inputs: number of inputs, or their shape.
        classes: number of classes.
        generator: for initial weights.
    """

    settings: GraphSettings

    def __init__(
        self,
        settings: GraphSettings,
        inputs: int | tuple[int, ...],
        classes: int,
        generator: Generator,
    ) -> None:
        super().__init__()
        self.settings, self.classes = settings, classes
        shapes = settings.shapes(inputs)
        groups = {
            name: group.build(shapes[name], settings.dt, generator)
            for name, group in settings.neurons.items()
        }
        edges = [_edge(edge, shapes, generator) for edge in settings.edges()]
        self.network = Network(groups, edges)
        self._engine: Engine | None = None
        self.register_load_state_dict_post_hook(_look)  # type: ignore[no-untyped-call]

    @property
    def spiking(self) -> list[str]:
        """The groups that spike by themselves, in the order of the config."""
        return [name for name, group in self.settings.neurons.items() if not group.given]

    def forward(self, x: Events | Tensor, random: Random | None = None) -> Record:
        """Return rates and spikes of all groups; nothing learns.

        Args:
            x: spikes of the inputs, as lists or ``[time, batch, inputs]``, where other numbers than
                0 and 1 are currents.
            random: the random numbers of the samples; None: numbers that follow torch's own
                generator.
        """
        given = x if isinstance(x, Events) else Events.of_values(x)
        spikes = self.run(given, random or Random.fresh(len(given)))
        rates = [spikes[name].counts() / given.steps for name in self.spiking]
        return Record(rates=rates, events=spikes)

    def run(
        self,
        x: Events,
        random: Random,
        *,
        learning: bool = False,
        watched: str | None = None,
        fewest: int = 0,
        lessons: Sequence[Lesson] = (),
    ) -> dict[str, Events]:
        """Show samples; return the spikes of all groups. See :meth:`.engine.Engine.run`.

        Args:
            lessons: what is signalled and clamped in each sample; none: nothing is.
        """
        words = counted.words(random.key("winners"), random.samples, x.steps)
        if x.currents is None and self._compiled():
            assert self._engine is not None
            if self._engine.can_teach(lessons, learning):
                return self._engine.run(
                    x, words, self.spiking, learning=learning, watched=watched, fewest=fewest,
                    lessons=lessons,
                )  # fmt: skip
        return self._by_twin(x, words, learning, watched, fewest, lessons)

    def begin(self, *, learning: bool, spikes: bool) -> Episode:
        """Begin a sample whose steps come in portions.

        Args:
            learning: whether it teaches.
            spikes: whether what will be shown is spikes alone, never currents.
        """
        if spikes and self._compiled():
            assert self._engine is not None
            return self._engine.begin(learning, self.spiking)
        return TwinEpisode(self.network, self.settings.input_name, learning)

    def _compiled(self) -> bool:
        """Make the engine, if it can run the network as it is now."""
        if self._engine is not None and self._engine.fits():
            return True
        self._engine = Engine(self.network) if compiled(self.network) else None
        return self._engine is not None

    def __getstate__(self) -> dict[str, object]:
        """Return the state for a copy, which makes its own engine."""
        return {**self.__dict__, "_engine": None}

    def _by_twin(
        self,
        x: Events,
        words: NDArray[np.uint32],
        learning: bool,
        watched: str | None,
        fewest: int,
        lessons: Sequence[Lesson],
    ) -> dict[str, Events]:
        like = next(self.parameters())
        every: list[dict[str, Tensor]] = []
        size = 1 if learning or lessons else max(1, len(x))
        for begin in range(0, len(x), size):
            part = x.part(begin, begin + size).dense(like)
            numbers = torch.from_numpy(words[begin : begin + size].astype(np.int64)).t()
            name = self.settings.input_name
            inputs = {name: part.view(*part.shape[:2], *self.network.group(name).shape)}
            lesson = lessons[begin] if lessons else Lesson()
            every.append(
                self.network.run(inputs, learn=learning, words=numbers, **lesson._asdict())
            )
            if learning and watched is not None and every[-1][watched].sum() < fewest:
                break
        return {name: _joined([one[name] for one in every]) for name in self.spiking}

    def scores(self, record: Record) -> Tensor:
        """Refuse: neurons of a graph stand for classes only by what a rule assigned to them."""
        raise NotImplementedError("a graph has no scores; ask the rule")

    def operations(self, x: Events | Tensor, record: Record) -> list[Operations]:
        """Return what spikes take at each edge: an addition at each synapse that they reach.

        Spikes that would arrive behind the last step reach none. A current takes a multiplication.
        """
        if not record.events:  # of episodes nothing is recorded
            return []
        given = x if isinstance(x, Events) else Events.of_values(x)
        events = {self.settings.input_name: given, **record.events}
        return [_operations(edge, events[edge.pre]) for edge in self.network.edges]

    def taken_over(self) -> None:
        """Look at weights that another run had normalised in its own way."""
        for edge in self.network.edges:
            if isinstance(edge.synapses, Dense):
                edge.synapses.look()

    def learning_numbers(self) -> int:
        """Return how many weights learn: those of synapses with rules."""
        return sum(each.synapses.weight.numel() for each in self.network.edges if each.rules)

    def spiking_layers(self) -> list[Spiking]:
        """Return the groups that spike."""
        neurons = self.settings.neurons
        return [
            Spiking(f"neurons.{name}", _mean(getattr(neurons[name], "threshold", 0.0)))
            for name in self.spiking
        ]


def _look(model: GraphNet, _: object) -> None:
    """Look at delays that were loaded.

    Raises:
        DataError: they are none that the settings draw.
    """
    for asked, edge in zip(model.settings.edges(), model.network.edges, strict=True):
        drawn, found = asked.synapses.delay, edge.synapses.delays
        if found is None or isinstance(drawn, int):
            continue
        wrong = found[(found < drawn.low) | (found > drawn.high)].flatten()
        if len(wrong):
            raise DataError(
                f"model.network.synapses.{edge.pre}->{edge.post}.delays holds {int(wrong[0]):,}; "
                f"expected {drawn.low} to {drawn.high} steps, as in model.synapses"
            )
    model.network.sort()


def _mean(number: float | Sequence[float]) -> float:
    return float(np.mean(number))


def _operations(edge: Edge, given: Events) -> Operations:
    """Return what takes what pre gives, as far as it arrives within its samples."""
    key, fan_out = f"synapses.{edge.pre} -> {edge.post}", _fan_out(edge.synapses)
    last = max(0, given.steps - edge.synapses.delay)
    if given.currents is not None and last > 0:
        one = of_input(key, given.currents[:last], 1)
        return Operations(key, one.accumulations * fan_out, one.multiplications * fan_out)
    arriving = int((given.starts[:, last] - given.starts[:, 0]).sum())
    return Operations(key, float(arriving * fan_out))


def _fan_out(synapses: Connection) -> float:
    """Return how many synapses a neuron of pre has, in the mean."""
    like = synapses.weight.new_ones(1, *synapses.pre)
    if isinstance(synapses, Single):
        return 1 if synapses.kind == "one_to_one" else like.numel() - 1
    return float(synapses.summed(like).sum()) / like.numel()


def _joined(spikes: Sequence[Tensor]) -> Events:
    return Events.of(torch.cat(list(spikes), 1).flatten(2))


def _edge(edge: EdgeSettings, shapes: Mapping[str, tuple[int, ...]], generator: Generator) -> Edge:
    """Return synapses between groups of shapes, and their rules."""
    chosen = edge.synapses
    made = chosen.build(shapes[edge.pre], shapes[edge.post], generator)
    if isinstance(made, Dense):
        made.look()
    rules = () if edge.frozen else tuple(rule.build() for rule in edge.rules)
    return Edge(edge.pre, edge.post, made, rules)


def build(
    settings: GraphSettings, inputs: int | tuple[int, ...], classes: int, generator: Generator
) -> GraphNet:
    """Return a network with weights drawn from ``generator``.

    Raises:
        ValueError: groups that synapses are between do not fit.
    """
    settings.describe(inputs, classes)
    return GraphNet(settings, inputs, classes, generator)
