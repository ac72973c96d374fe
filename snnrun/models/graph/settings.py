"""What a config may say about a network that is a graph of neurons and synapses."""

from collections.abc import Iterator
from math import prod
from typing import Annotated, ClassVar, NamedTuple, Self

from pydantic import Field, model_validator

from snnrun.core.capabilities import Capability, InputKind
from snnrun.core.named import named
from snnrun.core.registry import near
from snnrun.models.graph.neurons import NEURONS, GroupSettings
from snnrun.models.graph.order import ordered
from snnrun.models.graph.synapses import SYNAPSES, DenseSettings, SynapsesSettings
from snnrun.models.graph.wording import graph_words
from snnrun.models.settings import ModelSettings

ARROW = " -> "


class EdgeSettings(NamedTuple):
    """Synapses between two groups.

    key: as the config has it, ``pre -> post``.
    """

    key: str
    pre: str
    post: str
    synapses: SynapsesSettings


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
        for edge in self.edges():
            self._check_edge(edge)
        try:
            ordered(list(self.neurons), [(e.pre, e.post, e.synapses.delay) for e in self.edges()])
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
        if isinstance(edge.synapses, DenseSettings) and edge.synapses.rules:
            for name in (edge.pre, edge.post):
                if self.neurons[name].trace is None:
                    raise ValueError(f"{where}.rules: need a trace of {name}; it has none")

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

    def sizes(self, inputs: int) -> dict[str, int]:
        """Return the number of neurons of each group, for so many inputs."""
        return {
            name: inputs if group.given else getattr(group, "size", 0)
            for name, group in self.neurons.items()
        }

    def input_shape(self, shape: tuple[int, ...]) -> int:
        """Return the number of inputs for samples of this shape."""
        return prod(shape)

    def describe(self, inputs: int, classes: int) -> list[tuple[str, str, int]]:
        """Return name, shape and number of weights of all synapses.

        Raises:
            ValueError: the groups that they are between do not fit.
        """
        sizes, rows = self.sizes(inputs), []
        for edge in self.edges():
            pre, post = sizes[edge.pre], sizes[edge.post]
            dense = isinstance(edge.synapses, DenseSettings)
            if not dense and pre != post:
                raise ValueError(
                    f'synapses."{edge.key}": {edge.pre} has {pre} neurons and {edge.post} {post}; '
                    "expected as many"
                )
            kind = SYNAPSES.name_of(edge.synapses)
            told = f"[{pre} -> {post}], {kind}, delay {edge.synapses.delay}"
            rows.append((edge.key, told, pre * post if dense else 1))
        return rows

    def words(self, inputs: int) -> Iterator[tuple[str, str, str]]:
        """Yield the groups, the synapses, and the order in which groups step."""
        return graph_words(self, inputs)
