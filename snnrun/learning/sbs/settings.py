"""What a config may say about learning in Spike-By-Spike networks."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from snnrun.core.capabilities import Capability
from snnrun.core.named import named
from snnrun.core.registry import Entry, Settings, Table
from snnrun.encoders.settings import EncoderSettings
from snnrun.learning.settings import RuleSettings
from snnrun.models.sbs.settings import Dialect, SbsSettings, with_preset
from snnrun.models.settings import ModelSettings

_PAPER = "Rotermund, Pawelzik, Frontiers in Computational Neuroscience 13 (2019)"
_LOSSES = "snnrun.learning.sbs.losses:"


class MseKlSettings(Settings):
    """Squared distance and Kullback-Leibler divergence between activities and target."""

    mse: Annotated[float, Field(ge=0, description="weight of the squared distance")] = 0.5
    kl: Annotated[float, Field(ge=0, description="weight of the divergence")] = 1.0
    reduction: Annotated[
        Literal["sum", "mean"],
        Field(description="over samples and classes; what is logged is for each sample"),
    ] = "sum"

    @model_validator(mode="after")
    def _something_counts(self) -> "MseKlSettings":
        if not self.mse + self.kl:
            raise ValueError("mse and kl are both 0; expected at least one above 0")
        return self


class SoftmaxSettings(Settings):
    """Cross-entropy of the softmax of the activities, which stays above 1.46 for ten classes."""


LOSSES: Table[Entry] = Table(
    "loss",
    "snnrun.sbs.losses",
    {
        "mse_kl": Entry(
            MseKlSettings,
            _LOSSES + "MseKl",
            _PAPER,
            "squared distance and divergence from the target",
        ),
        "softmax_cross_entropy": Entry(
            SoftmaxSettings, _LOSSES + "SoftmaxCrossEntropy", "", "cross-entropy of the softmax"
        ),
    },
)

#: What is not said in the config is as the code of that year has it.
PRESETS: dict[int, dict[str, Any]] = {
    2022: {
        "loss": {"name": "mse_kl", "reduction": "mean"},
        "gradient_scale": "none",
        "gradient_mean": False,
        "threshold_per_channel": False,
    },
    2023: {
        "loss": {"name": "mse_kl", "reduction": "sum"},
        "gradient_scale": "first_update",
        "gradient_mean": True,
        "threshold_per_channel": True,
    },
}


class SbsRuleSettings(RuleSettings):
    """Approximate back-propagation through layers that infer from spikes."""

    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.SBS_LAYERS})
    parallel: ClassVar[bool] = True
    targets_of_schedules: ClassVar[tuple[str, ...]] = ("threshold",)

    dialect: Annotated[
        Dialect,
        Field(description="the code whose defaults hold for all that is not said; as the model's"),
    ] = 2023
    loss: Annotated[
        Settings,
        named(LOSSES, "mse_kl"),
        Field(description="what the activities of the last layer are for"),
    ] = MseKlSettings()
    threshold: Annotated[
        float, Field(ge=0, lt=1, description="smallest weight after an update")
    ] = 1e-5
    threshold_per_channel: Annotated[
        bool, Field(description="divide the threshold by the input channels of the layer")
    ] = True
    gradient_mean: Annotated[
        bool,
        Field(
            description="mean of the weight gradient over all groups of an update; false: the sum"
        ),
    ] = True
    gradient_scale: Annotated[
        Literal["none", "batch", "first_update"],
        Field(
            description="divide the error of each layer by its largest value: never; anew in each "
            "batch; by the largest up to the first update, kept from then on"
        ),
    ] = "first_update"

    @property
    def score_words(self) -> str:
        """What scores are."""
        return "latent activity of the neuron, its share of the last layer: 0 to 1"

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        return with_preset(PRESETS, given)

    @property
    def gathers(self) -> Literal["mean", "sum"]:
        """The mean over all groups of an update, or the sum of what its batches leave."""
        return "mean" if self.gradient_mean else "sum"

    def check(self, model: ModelSettings, encoder: EncoderSettings) -> None:
        """Refuse another dialect than the model's, and a loss that cannot judge reconstructions."""
        assert isinstance(model, SbsSettings)
        if self.dialect != model.dialect:
            raise ValueError(
                f"dialect: the dialect must be that of the model, {model.dialect}, "
                f"got {self.dialect}"
            )
        if not model.classifies and not isinstance(self.loss, MseKlSettings):
            raise ValueError("loss: a reconstruction needs the loss mse_kl")
        for index, layer in enumerate(model.layers):
            if getattr(layer, "local", False) and not getattr(layer, "trainable", True):
                raise ValueError(f"model.layers.{index} learns locally, but is not trainable")
