"""What a config may say about learning to act by reward."""

from math import prod
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from snnrun.core.capabilities import Capability, Target
from snnrun.core.paths import dotted
from snnrun.core.registry import Settings, near
from snnrun.encoders.settings import EncoderSettings
from snnrun.learning.settings import Criterion, Judged, RuleSettings
from snnrun.models.graph.rules import PLASTICITY
from snnrun.models.graph.settings import GraphSettings
from snnrun.models.graph.shapes import refuse_uneven
from snnrun.models.settings import ModelSettings

Share = Annotated[float, Field(ge=0, le=1)]


class ExpectationSettings(Settings):
    """How rewards that are still to come are foretold from what is observed."""

    nu: Annotated[float, Field(gt=0, description="learning rate of what is foretold")] = 0.1
    discount: Annotated[
        float, Field(ge=0, lt=1, description="what a reward is worth an action earlier")
    ] = 0.95
    trace: Annotated[
        float, Field(ge=0, lt=1, description="what an action leaves of the trace of observations")
    ] = 0.5


class ControlSettings(RuleSettings):
    """Which neurons act, and what rules are told of it."""

    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.GRAPH})
    targets: ClassVar[frozenset[Target]] = frozenset({Target.ACTIONS})
    changes: ClassVar[Literal["gradients", "weights"]] = "weights"
    judged_by: ClassVar[Judged] = Judged(Criterion("reward"), tie=None)

    readout: Annotated[
        str,
        Field(
            description="the group whose neurons stand for actions by their place",
            examples=["out"],
        ),
    ]
    signal: Annotated[str, Field(description="what rules call what they are told")] = "reward"
    failure: Annotated[
        float | None,
        Field(description="the reward where an episode ends by itself; null: the environment's"),
    ] = None
    going_on: Annotated[
        float | None,
        Field(description="the reward of actions behind which it goes on; null: the environment's"),
    ] = None
    expectation: Annotated[
        ExpectationSettings | None,
        Field(
            description="rules are told how much better an action turned out than was foretold; "
            "null: the reward itself"
        ),
    ] = ExpectationSettings()

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse a readout that there is not, and rules that wait for something else.

        Raises:
            ValueError: naming the first thing that is wrong.
        """
        assert isinstance(model, GraphSettings)
        groups = [name for name, group in model.neurons.items() if not group.given]
        if self.readout not in groups:
            guess = near(self.readout, groups)
            hint = f"did you mean {guess!r}?" if guess else f"known: {', '.join(groups)}"
            raise ValueError(f"readout: no group {self.readout!r} that spikes by itself; {hint}")
        read = False
        for edge in model.edges():
            for index, rule in enumerate(edge.rules if not edge.frozen else ()):
                read |= self.signal in rule.reads
                for name in set(rule.reads) - {self.signal}:
                    where = dotted(("model", "synapses", edge.key, "rules", index))
                    raise ValueError(
                        f"signal: {where}: {PLASTICITY.name_of(rule)} reads the signal {name!r}; "
                        f"told is {self.signal!r}"
                    )
        if not read:
            raise ValueError(f"signal: no rule reads {self.signal!r}")

    def check_sizes(self, model: ModelSettings, inputs: Any, classes: int) -> None:
        """Refuse a readout whose neurons cannot be shared among the actions.

        Raises:
            ValueError: their number is no multiple of them.
        """
        assert isinstance(model, GraphSettings)
        neurons = prod(model.shapes(inputs)[self.readout])
        try:
            refuse_uneven(self.readout, neurons, classes, "actions")
        except ValueError as error:
            raise ValueError(f"readout: {error}") from error
