"""What a config may say about learning by correlations; the rules stand at the synapses."""

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from snnrun.core.capabilities import Capability
from snnrun.core.registry import Settings, near
from snnrun.encoders.settings import EncoderSettings
from snnrun.learning.settings import Judged, RuleSettings
from snnrun.models.graph.settings import GraphSettings
from snnrun.models.settings import ModelSettings

Vote = Literal["all", "proportion", "ngram", "logistic"]
VOTES: tuple[str, ...] = get_args(Vote)


class ShowAgainSettings(Settings):
    """When a training sample is shown again, and how much brighter."""

    fewest: Annotated[int, Field(ge=1, description="spikes of the readout that are enough")] = 5
    more: Annotated[
        float, Field(gt=0, description="what each showing adds to the rates, as a share of them")
    ] = 0.5
    most: Annotated[int, Field(ge=1, description="how often it is shown again at most")] = 10


class CorrelationSettings(RuleSettings):
    """Which neurons answer, and how they are told what for."""

    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.GRAPH})
    offers: ClassVar[frozenset[Capability]] = frozenset({Capability.ASSIGNMENTS})
    changes: ClassVar[Literal["gradients", "weights"]] = "weights"
    judged_by: ClassVar[Judged] = Judged(tie=None)

    readout: Annotated[
        str, Field(description="the group whose spikes are the answer", examples=["E"])
    ]
    label_samples: Annotated[
        int | None,
        Field(
            ge=1,
            description="training samples from which, after each epoch and without learning, "
            "neurons get their classes; null: all",
        ),
    ] = 10000
    vote: Annotated[
        Vote,
        Field(
            description="all: the class whose neurons spike most on average; proportion: as all, "
            "each neuron by the share of its spikes that were for its class; ngram: by which "
            "neurons spike after which; logistic: regression from counts of spikes"
        ),
    ] = "all"
    ngram: Annotated[
        int, Field(ge=2, le=5, description="spikes of an n-gram, for the vote of that name")
    ] = 2
    show_again: Annotated[
        ShowAgainSettings | None,
        Field(description="of samples that stay nearly silent; null: none is shown again"),
    ] = None

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse a readout that there is not, and rules that wait for what nobody tells.

        Raises:
            ValueError: there is no such group, or it is the input; or a rule reads a signal.
        """
        assert isinstance(model, GraphSettings)
        if getattr(encoder, "evaluation", "poisson") != "poisson":
            raise ValueError("a graph takes spikes alone; expected encoder.evaluation poisson")
        groups = [name for name, group in model.neurons.items() if not group.given]
        if self.readout not in groups:
            guess = near(self.readout, groups)
            hint = f"did you mean {guess!r}?" if guess else f"expected one of {', '.join(groups)}"
            raise ValueError(f"readout: no group {self.readout!r} that spikes by itself; {hint}")
        for edge in model.edges():
            for rule in edge.rules:
                if rule.reads:
                    raise ValueError(
                        f"a rule at {edge.key} reads the signal {rule.reads[0]!r}, which learning "
                        "by correlations does not tell"
                    )
