"""What a config may say about backpropagation through time with surrogate derivatives."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.capabilities import Capability
from snnrun.core.named import named
from snnrun.core.registry import Entry, Settings, Table
from snnrun.learning.settings import RuleSettings

_MEAN = "mean output over the steps"
_HERE = "snnrun.learning.surrogate."
_LOSSES, _REGULARISERS = _HERE + "losses:", _HERE + "regularisers:"


class LossSettings(Settings):
    """A loss of outputs over time, whose samples may count more or less by their class."""

    class_weights: Annotated[
        tuple[Annotated[float, Field(ge=0)], ...] | None,
        Field(description="how much a sample of each class counts; null: all count 1"),
    ] = None


class SoftmaxSettings(LossSettings):
    """A loss whose outputs pass a softmax."""

    label_smoothing: Annotated[
        float, Field(ge=0, lt=1, description="share of the target that all classes have in equal")
    ] = 0.0


class CrossEntropySettings(SoftmaxSettings):
    """Cross-entropy of the softmax of one vector made of the outputs of all steps."""

    of: Annotated[
        Literal["mean", "last", "max"],
        Field(description="the mean of the outputs over the steps, the last, or the largest"),
    ] = "mean"

    @property
    def score_words(self) -> str:
        """What scores are."""
        kinds = {"mean": _MEAN, "last": "output at the last step", "max": "largest output"}
        return kinds[self.of]


class TETSettings(SoftmaxSettings):
    """Temporal efficient training: cross-entropy at every step, and a second term."""

    form: Annotated[
        Literal["paper", "snetx"],
        Field(
            description="the second term: squared distance of all outputs to `means` (paper), or "
            "the cross-entropy of the mean output (snetx)"
        ),
    ] = "paper"
    lamb: Annotated[float, Field(ge=0, le=1, description="share of the second term")] = 1e-3
    means: Annotated[float, Field(description="where `paper` pulls the outputs to")] = 1.0

    @model_validator(mode="after")
    def _means_are_of_the_paper(self) -> Self:
        if self.form == "snetx" and "means" in self.model_fields_set and self.means != 1.0:
            raise ValueError(f"means is {self.means:g}; expected none where form is snetx")
        return self


class RateMSESettings(LossSettings):
    """Squared distance of the mean outputs to two rates."""

    correct_rate: Annotated[float, Field(description="wanted of the true class")] = 1.0
    incorrect_rate: Annotated[float, Field(description="wanted of the others")] = 0.0


LOSSES: Table[Entry] = Table(
    "loss over time",
    "snnrun.surrogate.losses",
    {
        "cross_entropy": Entry(
            CrossEntropySettings,
            _LOSSES + "CrossEntropy",
            "",
            "cross-entropy of the mean, last or largest output",
        ),
        "tet": Entry(
            TETSettings,
            _LOSSES + "TET",
            "Deng et al., Temporal efficient training of spiking neural network via gradient "
            "re-weighting, ICLR (2022)",
            "cross-entropy at every step",
        ),
        "rate_mse": Entry(
            RateMSESettings, _LOSSES + "RateMSE", "", "squared distance of mean outputs to rates"
        ),
    },
)


class RegulariserSettings(Settings):
    """A further term of the loss, of the spikes."""

    strength: Annotated[float, Field(ge=0, description="factor of the term")]


class RateBandSettings(RegulariserSettings):
    """Pulls the rates of hidden layers, shares of the steps with a spike, into a band."""

    lower: Annotated[float, Field(ge=0, le=1, description="rates below are pulled up")] = 0.0
    upper: Annotated[float, Field(ge=0, le=1, description="rates above are pulled down")] = 1.0
    over: Annotated[
        Literal["neuron", "layer"],
        Field(description="whose rate: of each neuron, or the mean of a layer; in each sample"),
    ] = "neuron"
    norm: Annotated[
        Literal["l1", "l2"], Field(description="distance to the band, or its square")
    ] = "l2"

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lower > self.upper:
            raise ValueError(f"upper is {self.upper:g}; expected at least lower = {self.lower:g}")
        return self


class SpikeCountSettings(RegulariserSettings):
    """Makes spikes of hidden layers cost something."""


REGULARISERS: Table[Entry] = Table(
    "regulariser over time",
    "snnrun.surrogate.regularisers",
    {
        "rate_band": Entry(
            RateBandSettings, _REGULARISERS + "RateBand", "", "pulls firing rates into a band"
        ),
        "spike_count": Entry(
            SpikeCountSettings, _REGULARISERS + "SpikeCount", "", "spikes of a sample cost"
        ),
    },
)


class SurrogateRuleSettings(RuleSettings):
    """Backpropagation through time; the derivative of a spike is the surrogate of the model."""

    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.GRADIENTS, Capability.OUTPUTS})
    parallel: ClassVar[bool] = True

    loss: Annotated[
        Settings,
        named(LOSSES, "cross_entropy"),
        Field(description="what the outputs are for"),
    ] = CrossEntropySettings()
    regularisers: Annotated[
        tuple[Annotated[Settings, named(REGULARISERS)], ...],
        Field(description="further terms of the loss"),
    ] = ()
    precision: Annotated[
        Literal["float32", "bfloat16"],
        Field(
            description="bfloat16: products in it where torch deems that safe, while learning; "
            "float32: as train.precision says"
        ),
    ] = "float32"
    compile: Annotated[
        bool, Field(description="let torch compile the model for learning; needs a C++ compiler")
    ] = False

    @property
    def score_words(self) -> str:
        """What scores are: as the loss says, else means."""
        return str(getattr(self.loss, "score_words", _MEAN))

    def check_classes(self, classes: int) -> None:
        """Refuse weights that are not one for each class."""
        weights = getattr(self.loss, "class_weights", None)
        if weights is not None and len(weights) != classes:
            raise ValueError(
                f"loss.class_weights: expected {classes}, one for each class, got {len(weights)}"
            )
