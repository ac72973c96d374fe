"""What a config may say about learning with first-spike times."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from snnrun.core.capabilities import Capability
from snnrun.core.named import named
from snnrun.core.registry import Entry, Settings, Table
from snnrun.encoders.settings import EncoderSettings
from snnrun.learning.settings import RuleSettings
from snnrun.models.first_spike.settings import FirstSpikeSettings
from snnrun.models.first_spike.stages import DelaySettings
from snnrun.models.settings import ModelSettings

_EARLIEST = "minus the time of the label spike, tau_syn"
_PAPER = "Göltz et al., Nature Machine Intelligence 3 (2021)"


class TTFSSettings(Settings):
    """Cross entropy over spike times: the neuron of the true class is to spike first."""

    xi: Annotated[float, Field(gt=0, description="softness of the competition, tau_syn")] = 0.2
    alpha: Annotated[float, Field(ge=0, description="strength of the pull to early spikes")] = 0.005
    beta: Annotated[float, Field(gt=0, description="time scale of that pull, tau_syn")] = 1.0

    @property
    def score_words(self) -> str:
        """What scores are."""
        return _EARLIEST


class MSESettings(Settings):
    """Squared distance of the label spikes to two target times."""

    t_correct: Annotated[float, Field(description="target of the true neuron, tau_syn")] = 1.7
    t_wrong: Annotated[float, Field(description="target of the other neurons, tau_syn")] = 1.0
    dialect: Annotated[
        Literal["fastanddeep", "delgrad"],
        Field(
            description="fastanddeep: mean over the label neurons, silent ones apart; delgrad: "
            "sum over them, samples with a silent one apart"
        ),
    ] = "fastanddeep"

    @property
    def score_words(self) -> str:
        """What scores are."""
        return f"minus the distance of the label spike from {self.t_correct:g}, tau_syn"


class TimeInvariantMSESettings(Settings):
    """The other neurons are to spike a fixed time after the true one, whenever that is."""

    delta_t: Annotated[
        float, Field(description="wanted lag of the other neurons behind the true one, tau_syn")
    ] = 0.2

    @property
    def score_words(self) -> str:
        """What scores are."""
        return _EARLIEST if self.delta_t > 0 else "the time of the label spike, tau_syn"


LOSSES: Table[Entry] = Table(
    "loss",
    "snnrun.first_spike.losses",
    {
        "ttfs": Entry(
            TTFSSettings,
            "snnrun.learning.first_spike.losses:TTFS",
            _PAPER,
            "cross entropy over first-spike times with a pull to early spikes",
        ),
        "mse": Entry(
            MSESettings,
            "snnrun.learning.first_spike.losses:MSE",
            _PAPER,
            "squared distance to fixed target times",
        ),
        "time_invariant_mse": Entry(
            TimeInvariantMSESettings,
            "snnrun.learning.first_spike.losses:TimeInvariantMSE",
            "Göltz et al., DelGrad, Nature Communications 16 (2025)",
            "squared distance of the spike-time differences to a fixed lag",
        ),
    },
)


class EarlyOutputSettings(Settings):
    """Pulls the spike of the true neuron to early times."""

    alpha: Annotated[float, Field(ge=0, description="strength")] = 0.005
    beta: Annotated[float, Field(gt=0, description="time scale, tau_syn")] = 1.0


class SmallDelaysSettings(Settings):
    """Keeps the mean of the squared delays small."""

    alpha: Annotated[float, Field(ge=0, description="strength")]
    effective: Annotated[
        bool, Field(description="delays as they act; false: the raw parameters")
    ] = True


REGULARISERS: Table[Entry] = Table(
    "regulariser",
    "snnrun.first_spike.regularisers",
    {
        "early_output": Entry(
            EarlyOutputSettings,
            "snnrun.learning.first_spike.regularisers:EarlyOutput",
            _PAPER,
            "pulls the spike of the true neuron to early times",
        ),
        "small_delays": Entry(
            SmallDelaysSettings,
            "snnrun.learning.first_spike.regularisers:SmallDelays",
            "Göltz et al., DelGrad, Nature Communications 16 (2025)",
            "keeps the mean of the squared delays small",
        ),
    },
)


class BumpSettings(Settings):
    """Weight bumping: when too many neurons of a layer stay silent, its weights grow instead."""

    value: Annotated[float, Field(ge=0, description="added to each weight of a bumped layer")] = (
        5e-4
    )
    exponential: Annotated[
        bool, Field(description="double the value while the same layer is bumped again and again")
    ] = True
    targeted: Annotated[
        bool, Field(description="bump only neurons that missed a spike in the batch")
    ] = True


class FirstSpikeRuleSettings(RuleSettings):
    """Gradient descent on exact spike times."""

    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.FIRST_SPIKE_LAYERS})
    parallel: ClassVar[bool] = True

    loss: Annotated[
        Settings,
        named(LOSSES, "time_invariant_mse"),
        Field(description="what the label spikes are to do"),
    ] = TimeInvariantMSESettings()
    regularisers: Annotated[
        tuple[
            Annotated[EarlyOutputSettings | SmallDelaysSettings, named(REGULARISERS)],
            ...,
        ],
        Field(description="further terms of the loss"),
    ] = ()
    bump: Annotated[
        BumpSettings | None, Field(description="wakes silent layers; null turns it off")
    ] = BumpSettings()
    max_dw_norm: Annotated[
        float | None,
        Field(
            gt=0,
            description="a sample whose weight gradient of a neuron exceeds this anywhere leaves "
            "the weights of that neuron alone; null: no limit",
        ),
    ] = 0.2
    max_weight: Annotated[
        float | None, Field(gt=0, description="weights are clipped to plus or minus this")
    ] = None

    @property
    def score_words(self) -> str:
        """What scores are, which is the loss's to say."""
        return str(getattr(self.loss, "score_words", super().score_words))

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse to keep delays small where there are none."""
        layers = model.layers if isinstance(model, FirstSpikeSettings) else ()
        delayed = any(isinstance(each, DelaySettings) for layer in layers for each in layer.before)
        for index, term in enumerate(self.regularisers):
            if isinstance(term, SmallDelaysSettings) and not delayed:
                raise ValueError(f"regularisers.{index}: small_delays, but the model has no delays")
