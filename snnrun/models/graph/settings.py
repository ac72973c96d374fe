"""What a config may say about a network that is a graph of neurons and synapses."""

import math
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar, NamedTuple, Self, TypeVar

from pydantic import Field, model_validator

from snnrun.core.capabilities import Capability, InputKind
from snnrun.core.named import named
from snnrun.core.registry import near
from snnrun.models.graph.neurons import NEURONS, GroupSettings
from snnrun.models.graph.order import is_name, ordered
from snnrun.models.graph.rule_settings import PlasticitySettings
from snnrun.models.graph.synapse_settings import SynapsesSettings, WeightedSettings
from snnrun.models.graph.synapses import SYNAPSES, DenseSettings
from snnrun.models.graph.wording import (
    delay_words,
    graph_words,
    group_words,
    shape_words,
    synapse_words,
)
from snnrun.models.settings import ModelSettings

T = TypeVar("T")


class EdgeSettings(NamedTuple):
    """Synapses between two groups.

    key: as the config has it, ``pre -> post``.
    """

    key: str
    pre: str
    post: str
    synapses: SynapsesSettings

    @property
    def rules(self) -> tuple[PlasticitySettings, ...]:
        """How they learn."""
        return self.synapses.rules if isinstance(self.synapses, WeightedSettings) else ()

    @property
    def frozen(self) -> bool:
        """Whether they stay as they are, whatever their rules."""
        return isinstance(self.synapses, WeightedSettings) and self.synapses.frozen

    @property
    def dense(self) -> bool:
        """Whether each neuron of post has a weight for each of pre."""
        return isinstance(self.synapses, DenseSettings)

    def words(self) -> list[str]:
        """Return what they are, for people, a line each."""
        return synapse_words(self.synapses)


class GraphSettings(ModelSettings):
    """Groups of neurons, and synapses between them."""

    input_kind: ClassVar[InputKind] = InputKind.EVENTS
    offers: ClassVar[frozenset[Capability]] = frozenset({Capability.GRAPH, Capability.RATES})

    dt: Annotated[float, Field(gt=0, description="length of a step, ms")] = 1.0
    neurons: Annotated[
        dict[str, Annotated[GroupSettings, named(NEURONS)]],
        Field(
            min_length=2,
            description="the groups, by name; one of them is the input",
            examples=[{"X": {"name": "input"}, "E": {"name": "lif", "size": 100}}],
        ),
    ]
    synapses: Annotated[
        dict[str, Annotated[SynapsesSettings, named(SYNAPSES, "dense")]],
        Field(
            min_length=1,
            description="the synapses between groups, `pre -> post`; what they bring is summed in "
            "this order",
            examples=[{"X -> E": {"name": "dense", "delay": 1}}],
        ),
    ]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        inputs = [name for name, group in self.neurons.items() if group.given]
        if len(inputs) != 1:
            raise ValueError(f"neurons: expected one group named input, got {len(inputs)}")
        for name in self.neurons:
            if not is_name(name):
                raise ValueError(
                    f"neurons: {name!r} is no name of a group; expected letters, digits, _, + and -"
                )
            try:
                self.neurons[name].check_dt(self.dt)
            except ValueError as error:
                raise ValueError(f"neurons.{name}.{error}") from error
        known: dict[tuple[str, str], str] = {}
        for edge in self.edges():
            self._check_edge(edge)
            if (edge.pre, edge.post) in known:
                raise ValueError(
                    f'synapses."{edge.key}": the same groups as "{known[edge.pre, edge.post]}"; '
                    "expected one edge between them, which may have several rules"
                )
            known[edge.pre, edge.post] = edge.key
        try:
            edges = [(edge.pre, edge.post, edge.synapses.shortest) for edge in self.edges()]
            ordered(list(self.neurons), edges)
        except ValueError as error:
            raise ValueError(f"synapses: {error}") from error
        return self

    def _check_edge(self, edge: EdgeSettings) -> None:
        where = f'synapses."{edge.key}"'
        for name in (edge.pre, edge.post):
            if name not in self.neurons:
                guess = near(name, self.neurons)
                hint = f"did you mean {guess!r}?" if guess else f"known: {', '.join(self.neurons)}"
                raise ValueError(f"{where}: no group {name!r}; {hint}")
        if self.neurons[edge.post].given:
            raise ValueError(f"{where}: {edge.post} is the input; nothing can reach it")
        if self.neurons[edge.post].reads_traces and self.neurons[edge.pre].trace is None:
            kind = NEURONS.name_of(self.neurons[edge.post])
            raise ValueError(f"{where}: {kind} neurons need a trace of {edge.pre}; it has none")
        for index, rule in enumerate(edge.rules):
            for side in rule.traces:
                name = edge.pre if side == "pre" else edge.post
                if self.neurons[name].trace is None:
                    raise ValueError(f"{where}.rules.{index}: needs a trace of {name}; it has none")

    @property
    def input_name(self) -> str:
        """The group that is the input."""
        return next(name for name, group in self.neurons.items() if group.given)

    def edges(self) -> Iterator[EdgeSettings]:
        """Yield all synapses with the groups that they are between.

        Raises:
            ValueError: a key is not ``pre -> post``.
        """
        for key, synapses in self.synapses.items():
            pre, arrow, post = (part.strip() for part in key.partition("->"))
            if not (arrow and pre and post):
                raise ValueError(f'synapses."{key}": expected a key such as "X -> E"')
            yield EdgeSettings(key, pre, post, synapses)

    def shapes(self, inputs: int | tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Return the shape of each group, for inputs of a number or a shape.

        Raises:
            ValueError: neither a group nor its synapses tell its size.
        """
        given = (inputs,) if isinstance(inputs, int) else tuple(inputs)
        found = {
            name: given if group.given else getattr(group, "shape", None)
            for name, group in self.neurons.items()
        }
        for _ in self.neurons:
            for edge in self.edges():
                pre = found[edge.pre]
                if found[edge.post] is None and pre is not None:
                    found[edge.post] = self._told(edge, edge.synapses.reaches, pre)
        for name, shape in found.items():
            if shape is None:
                raise ValueError(f"neurons.{name}.size: is missing, and no synapses tell it")
        return {name: shape for name, shape in found.items() if shape is not None}

    def _told(self, edge: EdgeSettings, ask: Callable[..., T], *shapes: tuple[int, ...]) -> T:
        """Return what synapses tell of shapes; what they refuse is told with their key."""
        try:
            return ask(*shapes)
        except ValueError as error:
            raise ValueError(f'synapses."{edge.key}": {error}') from error

    def input_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape itself."""
        return shape

    def check_step_length(self, ms: float) -> None:
        """Refuse an encoder whose steps are longer or shorter than those of the neurons.

        Raises:
            ValueError: they are.
        """
        if ms != self.dt:
            raise ValueError(
                f"dt: steps of {self.dt:g} ms, but encoder.dt is {ms:g} ms; expected one length"
            )

    def describe(self, inputs: int | tuple[int, ...], classes: int) -> list[tuple[str, str, int]]:
        """Return name, shape and number of weights of all synapses.

        Raises:
            ValueError: the groups that they are between do not fit.
        """
        shapes, rows = self.shapes(inputs), []
        for edge in self.edges():
            pre, post = shapes[edge.pre], shapes[edge.post]
            self._told(edge, edge.synapses.check, pre, post)
            count = self._told(edge, edge.synapses.count, pre, post)
            rows.append((edge.key, _row(edge, pre, post), count))
        return rows

    def layer_outputs(
        self, inputs: int | tuple[int, ...], classes: int
    ) -> Iterator[tuple[str, int]]:
        """Yield key and number of neurons of each group."""
        for name, shape in self.shapes(inputs).items():
            yield f"neurons.{name}", math.prod(shape)

    def group_words(self, inputs: int | tuple[int, ...]) -> dict[str, list[str]]:
        """Return what each group is, for people, a line each."""
        shapes = self.shapes(inputs)
        return {name: group_words(group, shapes[name]) for name, group in self.neurons.items()}

    def words(self, inputs: int | tuple[int, ...]) -> Iterator[tuple[str, str, str]]:
        """Yield the groups, the synapses, and the order in which groups step."""
        return graph_words(self, inputs)


def _row(edge: EdgeSettings, pre: tuple[int, ...], post: tuple[int, ...]) -> str:
    sizes = f"{shape_words(pre)} -> {shape_words(post)}"
    told = f"[{sizes}], {SYNAPSES.name_of(edge.synapses)}, delay {delay_words(edge.synapses)}"
    return told + (", frozen" if edge.frozen else "")
