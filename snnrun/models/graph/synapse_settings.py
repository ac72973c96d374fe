"""What a config may say about all synapses of a graph: delay, weights, and how they learn."""

from abc import abstractmethod
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.named import named
from snnrun.core.registry import Settings
from snnrun.models.graph.delays import Delay, DrawnDelays
from snnrun.models.graph.inits import INITS, InitSettings, UniformSettings
from snnrun.models.graph.rule_settings import PlasticitySettings
from snnrun.models.graph.rules import PLASTICITY

if TYPE_CHECKING:  # a config is read without torch
    from torch import Generator

    from snnrun.models.graph.connections import Connection, Weighted

Shape = tuple[int, ...]


class NormaliseSettings(Settings):
    """What the synapses of each neuron are brought to, where it learns."""

    to: Annotated[float, Field(gt=0, description="sum over the synapses of a neuron")]
    of: Annotated[
        Literal["magnitudes", "squares"],
        Field(description="sum of |w| (L1), or the root of the sum of w^2 (L2)"),
    ] = "magnitudes"
    every: Annotated[
        Literal["step", "sample", "epoch"], Field(description="behind what that is done")
    ] = "sample"


class SynapsesSettings(Settings):
    """Synapses from one group to another.

    own_delays: whether each synapse may have a delay of its own.
    """

    own_delays: ClassVar[bool] = False

    delay: Annotated[
        Delay | DrawnDelays,
        Field(
            description="steps from a spike to its arrival; 0: in the same step; drawn for each "
            "synapse: {low: 1, high: 10}"
        ),
    ] = 0

    @model_validator(mode="after")
    def _delays(self) -> Self:
        if not self.own_delays and not isinstance(self.delay, int):
            raise ValueError("delay: expected a number of steps; these synapses share one")
        return self

    @property
    def shortest(self) -> int:
        """The shortest delay that there may be."""
        return self.delay if isinstance(self.delay, int) else self.delay.low

    def reaches(self, pre: Shape) -> Shape | None:
        """Return the shape of the group that is reached from one of shape ``pre``; None: any.

        Raises:
            ValueError: nothing can be reached from such a group.
        """
        return None

    def check(self, pre: Shape, post: Shape) -> None:
        """Refuse groups of shapes that do not fit.

        Raises:
            ValueError: they do not; the text tells both.
        """
        expected = self.reaches(pre)
        if expected is not None and expected != post:
            raise ValueError(
                f"{list(pre)} gives {list(expected)}, but the group has {list(post)}; leave out "
                "its size, and it is that"
            )

    def count(self, pre: Shape, post: Shape) -> int:
        """Return the number of weights."""
        return 1

    def build(self, pre: Shape, post: Shape, generator: "Generator") -> "Connection":
        """Return the synapses."""
        raise NotImplementedError


class WeightedSettings(SynapsesSettings):
    """Synapses with weights that may learn."""

    own_delays: ClassVar[bool] = True

    init: Annotated[
        InitSettings, named(INITS, "uniform"), Field(description="where weights begin")
    ] = UniformSettings()
    bounds: Annotated[
        tuple[float | None, float | None],
        Field(description="lowest and highest weight, kept after every change; null: none"),
    ] = (None, None)
    sign: Annotated[
        Literal["excitatory", "inhibitory"] | None,
        Field(
            description="of all weights, kept after every change (Dale's law); what init draws is "
            "given that sign; null: any"
        ),
    ] = None
    normalise: Annotated[
        NormaliseSettings | None, Field(description="of the weights; null: they are not")
    ] = None
    decay: Annotated[
        float,
        Field(ge=0, lt=1, description="share of itself that a weight loses at each learning step"),
    ] = 0.0
    rules: Annotated[
        tuple[Annotated[PlasticitySettings, named(PLASTICITY)], ...],
        Field(description="how they learn; what several rules change adds up; none: they do not"),
    ] = ()
    frozen: Annotated[
        bool, Field(description="whether they stay as they are, whatever their rules")
    ] = False

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        low, high = self.bounds
        if low is not None and high is not None and not low < high:
            raise ValueError(f"bounds: expected the lower one first, got [{low:g}, {high:g}]")
        low, high = self.limits
        if low is not None and high is not None and not low < high:
            raise ValueError(f"sign: bounds leave no room for {self.sign} weights")
        for index, rule in enumerate(self.rules):
            for bound, name in zip(self.limits, ("lower", "upper"), strict=True):
                if bound is None and name in rule.bounded:
                    raise ValueError(f"rules.{index}: needs the {name} bound of the weights")
        return self

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The bounds, with what the sign adds to them."""
        low, high = self.bounds
        if self.sign == "excitatory":
            low = 0.0 if low is None else max(low, 0.0)
        if self.sign == "inhibitory":
            high = 0.0 if high is None else min(high, 0.0)
        return low, high

    def options(self, shape: Shape, generator: "Generator") -> dict[str, Any]:
        """Return what all such connections are told; delays are drawn for weights of a shape."""
        found: dict[str, Any] = {"bounds": self.limits, "delay": self.delay}
        if isinstance(self.delay, DrawnDelays):
            found["delay"] = self.delay.draw(shape, generator)
        if self.frozen:
            return found
        if self.normalise is not None:
            found |= {"norm": self.normalise.to, "every": self.normalise.every}
            found["squares"] = self.normalise.of == "squares"
        return {**found, "decay": self.decay}

    def shape(self, pre: Shape, post: Shape) -> Shape:
        """Return the shape of the weights."""
        return prod(post), prod(pre)

    def count(self, pre: Shape, post: Shape) -> int:
        """Return the number of weights."""
        return prod(self.shape(pre, post))

    def build(self, pre: Shape, post: Shape, generator: "Generator") -> "Connection":
        """Return the synapses, with weights that are drawn."""
        shape = self.shape(pre, post)
        weight = INITS.entry_of(self.init).load()(self.init, shape, generator)
        if self.sign is not None:
            weight = weight.abs() if self.sign == "excitatory" else -weight.abs()
        made = self.make(pre, post, self.options(shape, generator), generator)
        made.weight.data = made.placed(weight)
        return made

    @abstractmethod
    def make(
        self, pre: Shape, post: Shape, options: dict[str, Any], generator: "Generator"
    ) -> "Weighted":
        """Return the synapses, with any weights.

        Args:
            pre, post: shapes of the groups.
            options: delay, bounds and what else :class:`.connections.Connection` is told.
            generator: for what else is drawn.
        """
