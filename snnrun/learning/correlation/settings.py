"""What a config may say about learning by correlations; the rules stand at the synapses."""

from collections.abc import Mapping
from math import prod
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from snnrun.core.capabilities import Capability
from snnrun.core.named import named
from snnrun.core.paths import dotted
from snnrun.core.registry import Settings, near
from snnrun.encoders.settings import EncoderSettings
from snnrun.learning.correlation.signal_checks import check_signals
from snnrun.learning.correlation.signal_settings import (
    SIGNALS,
    GroupSignalSettings,
    SignalSettings,
)
from snnrun.learning.settings import Judged, RuleSettings
from snnrun.models.graph.settings import GraphSettings
from snnrun.models.graph.shapes import refuse_uneven
from snnrun.models.settings import ModelSettings

Vote = Literal["all", "proportion", "ngram", "logistic", "rate"]
#: Votes that are told from samples.
TOLD = ("all", "proportion", "ngram", "logistic")
#: Those of them that ask which class each neuron stands for.
BY_CLASS = ("all", "proportion")


class ShowAgainSettings(Settings):
    """When a training sample is shown again, and how much brighter."""

    fewest: Annotated[int, Field(ge=1, description="spikes of the readout that are enough")] = 5
    more: Annotated[
        float, Field(gt=0, description="what each showing adds to the rates, as a share of them")
    ] = 0.5
    most: Annotated[int, Field(ge=1, description="how often it is shown again at most")] = 10


_SCORES = {
    "all": "mean spikes of the neurons that stand for the class",
    "proportion": "mean spikes of the neurons that stand for the class, each by its share for it",
    "ngram": "votes of the successions of spikes",
    "logistic": "regression from counts of spikes",
    "rate": "spikes of the neurons whose places are of the class",
}


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
            "neurons spike after which; logistic: regression from counts of spikes; rate: the "
            "class whose neurons spike most, the first of N neurons being of the first of C "
            "classes, N / C of each"
        ),
    ] = "all"
    ngram: Annotated[
        int, Field(ge=2, le=5, description="spikes of an n-gram, for the vote of that name")
    ] = 2
    show_again: Annotated[
        ShowAgainSettings | None,
        Field(description="of samples that stay nearly silent; null: none is shown again"),
    ] = None

    signals: Annotated[
        dict[str, Annotated[SignalSettings, named(SIGNALS)]],
        Field(
            default_factory=dict,
            description="what rules are told of training samples, or done to their spikes, by name",
            examples=[{"reward": {"name": "reward"}}],
        ),
    ]

    @property
    def score_words(self) -> str:
        """What scores are."""
        return _SCORES[self.vote]

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse a readout that there is not, and signals that nobody tells or reads.

        Raises:
            ValueError: naming the first thing that is wrong.
        """
        assert isinstance(model, GraphSettings)
        if getattr(encoder, "evaluation", "poisson") != "poisson":
            raise ValueError("a graph takes spikes alone; expected encoder.evaluation poisson")
        groups = [name for name, group in model.neurons.items() if not group.given]
        wanted = {"readout": self.readout}
        for name, signal in self.signals.items():
            if isinstance(signal, GroupSignalSettings) and signal.group is not None:
                wanted[dotted(("signals", name, "group"))] = signal.group
        for key, group in wanted.items():
            if group not in groups:
                guess = near(group, groups)
                hint = f"did you mean {guess!r}?" if guess else f"known: {', '.join(groups)}"
                raise ValueError(f"{key}: no group {group!r} that spikes by itself; {hint}")
        check_signals(self.signals, self.readout, model)
        _check_delays(model, getattr(encoder, "steps", None))

    def check_sizes(self, model: ModelSettings, inputs: Any, classes: int) -> None:
        """Refuse groups whose neurons stand for classes by their place, and cannot.

        Raises:
            ValueError: naming the first.
        """
        assert isinstance(model, GraphSettings)
        sizes = {name: prod(shape) for name, shape in model.shapes(inputs).items()}
        if self.vote == "rate":
            _check_size("vote", self.readout, sizes, classes)
        for name, signal in self.signals.items():
            if isinstance(signal, GroupSignalSettings):
                key = dotted(("signals", name, "group"))
                _check_size(key, signal.group or self.readout, sizes, classes)


def _check_delays(model: GraphSettings, steps: int | None) -> None:
    """Refuse synapses at which nothing arrives within a sample, where its length is known."""
    for edge in model.edges():
        if steps is not None and edge.synapses.shortest >= steps:
            where = dotted(("model", "synapses", edge.key, "delay"))
            raise ValueError(
                f"{where}: {edge.synapses.shortest} steps, but a sample has {steps}, so that "
                "nothing arrives; expected fewer"
            )


def _check_size(key: str, group: str, sizes: Mapping[str, int], classes: int) -> None:
    try:
        refuse_uneven(group, sizes[group], classes)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error
