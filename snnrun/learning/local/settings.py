"""What a config may say about the local learning rules. Times are in steps."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from snnrun.core.capabilities import Capability
from snnrun.core.named import named
from snnrun.core.registry import Entry, Settings, Table
from snnrun.encoders.settings import EncoderSettings, SteppedSettings
from snnrun.learning.settings import RuleSettings
from snnrun.models.lif.readouts import READOUTS
from snnrun.models.settings import ModelSettings

_LOSSES = "snnrun.learning.local.losses:"


class CrossEntropySettings(Settings):
    """Cross-entropy of the softmax of the scores."""

    label_smoothing: Annotated[
        float, Field(ge=0, lt=1, description="share of the target that all classes have in equal")
    ] = 0.0


class SquaredErrorSettings(Settings):
    """Half the squared distance of the scores to one for the true class and zero elsewhere."""


class NotebookLossSettings(Settings):
    """The error is that of the squared error; cross-entropy of the scores is what is reported."""


LOSSES: Table[Entry] = Table(
    "loss",
    "snnrun.local.losses",
    {
        "cross_entropy": Entry(
            CrossEntropySettings, _LOSSES + "CrossEntropy", "", "cross-entropy of the softmax"
        ),
        "squared_error": Entry(
            SquaredErrorSettings, _LOSSES + "SquaredError", "", "squared distance to the target"
        ),
        "notebook": Entry(
            NotebookLossSettings,
            _LOSSES + "NotebookLoss",
            "",
            "learns from the squared error, reports the cross-entropy",
        ),
    },
)


class FeedbackSettings(Settings):
    """How the error at the output reaches the hidden layers."""

    kind: Annotated[
        Literal["direct", "layerwise", "symmetric", "sign_concordant"],
        Field(
            description="direct: from the output to every layer, by fixed random weights; "
            "layerwise: from layer to layer, by fixed random weights; symmetric: from layer to "
            "layer, by the forward weights; sign_concordant: by random weights with their signs"
        ),
    ] = "direct"
    std: Annotated[float, Field(gt=0, description="standard deviation of random weights")] = 1.0


_BEYOND = {"recurrent": "recurrent weights", "adaptation": "an adaptive threshold"}


class LocalRuleSettings(RuleSettings):
    """What the local rules have in common."""

    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.LIF_LAYERS})
    offers: ClassVar[frozenset[Capability]] = frozenset({Capability.TRUE_GRADIENT})
    parallel: ClassVar[bool] = True
    readouts: ClassVar[tuple[str, ...]] = ("spikes", "linear")

    loss: Annotated[
        Settings,
        named(LOSSES, "cross_entropy"),
        Field(description="what the scores are for"),
    ] = CrossEntropySettings()
    feedback: Annotated[FeedbackSettings, Field(description="of the error to hidden layers")] = (
        FeedbackSettings()
    )
    alignment_every: Annotated[
        int | None,
        Field(ge=1, description="batches between two measurements of the angle between the "
        "update and the true gradient, which take a hundred times as long as a batch; null: never"),
    ] = None  # fmt: skip

    @property
    def score_words(self) -> str:
        """What scores are."""
        return "mean output over the steps; of a readout that spikes, the share of steps with one"

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse layers that no local rule trains, and readouts that the rule has no error for."""
        for key, reason in getattr(model, "beyond", list)():
            raise ValueError(
                f"does not train layers with {_BEYOND[reason]}, which model.{key} has; "
                "learning.name=surrogate does"
            )
        readout: Any = getattr(model, "readout", None)
        name = next((n for n, e in READOUTS.items() if type(readout) is e.settings), "none")
        if name not in self.readouts:
            raise ValueError(
                f"needs a network whose readout is {' or '.join(self.readouts)}, not {name}"
            )


class RandomFeedbackSettings(LocalRuleSettings):
    """Products of time means: the error, fed back, times surrogate derivative times input."""

    faithful: Annotated[
        bool,
        Field(
            description="as the notebook: unweighted surrogate derivatives; those of hidden layers "
            "over the last 2 L - T steps"
        ),
    ] = False
    window: Annotated[
        int | None, Field(ge=1, description="L, last steps that count for learning; null: all")
    ] = None

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse a window that does not fit the steps of the encoder."""
        super().check(model, encoder)
        steps, window = _steps(encoder), self.window
        if window and window > steps:
            raise ValueError(f"window: {window} steps are longer than the {steps} of the encoder")
        if self.faithful and window and 2 * window <= steps:
            raise ValueError(
                f"window: {window} of {steps} steps leave faithful learning no step for hidden "
                f"layers, whose window is the last 2 x {window} - {steps}; expected more than "
                f"{steps // 2}"
            )
        _faithful(self, model)


class EligibilitySettings(LocalRuleSettings):
    """One error at the end, times a low-pass trace of what each synapse did."""

    faithful: Annotated[
        bool,
        Field(
            description="as the notebook: surrogate derivative of the membrane after its "
            "reset, no input filter"
        ),
    ] = False
    tau_trace: Annotated[float, Field(gt=0, description="time constant of the trace, steps")] = 20.0

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse what the notebook does not have where ``faithful`` asks for it."""
        super().check(model, encoder)
        _faithful(self, model)


class EpropSettings(LocalRuleSettings):
    """An error at every step, times a trace of what each synapse did; needs a leaky readout."""

    readouts: ClassVar[tuple[str, ...]] = ("leaky",)

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse a readout that judges no step."""
        super().check(model, encoder)
        skip, steps = getattr(getattr(model, "readout", None), "skip", 0), _steps(encoder)
        if skip >= steps:
            raise ValueError(f"the readout skips {skip} steps and the encoder shows {steps}")


class OnlineSettings(EpropSettings):
    """An error at every step, which looks no step ahead; from layer to layer by default."""

    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.TRACES})

    feedback: Annotated[FeedbackSettings, Field(description="of the error to hidden layers")] = (
        FeedbackSettings(kind="symmetric")
    )

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse networks without traces, and what is for the model ``lif`` alone."""
        if Capability.LIF_LAYERS in model.offers:
            super().check(model, encoder)
            return
        if self.feedback.kind != "symmetric":
            raise ValueError(
                f"feedback.kind: must be symmetric, got {self.feedback.kind}, which is for the "
                "model lif alone"
            )
        if self.alignment_every is not None:
            raise ValueError("alignment_every: must be null; it is for the model lif alone")
        model.check_traces()


def _steps(encoder: EncoderSettings) -> int:
    return encoder.steps if isinstance(encoder, SteppedSettings) else 1


def _faithful(rule: RandomFeedbackSettings | EligibilitySettings, model: Any) -> None:
    """Refuse what the notebook does not have where ``faithful`` asks for it."""
    if not rule.faithful:
        return
    if not isinstance(rule.loss, NotebookLossSettings):
        raise ValueError("loss: the loss must be {name: notebook} where faithful is true")
    if type(model.readout) is not READOUTS["spikes"].settings:
        raise ValueError("faithful: needs a network whose readout is spikes")
    reset = "subtract_twice" if isinstance(rule, EligibilitySettings) else "subtract"
    if model.reset != reset:
        raise ValueError(f"faithful: needs a network whose reset is {reset}, not {model.reset}")
