"""Optimisers: what a config may say of them, and torch's own.

Settings carry the names that a config uses; ``arguments`` gives those of torch.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from snnrun.core.registry import Entry, Settings, Table
from snnrun.errors import ConfigError

if TYPE_CHECKING:  # a config is read without torch
    from torch.optim import Optimizer

Rate = Annotated[float, Field(gt=0, description="learning rate")]
Decay = Annotated[float, Field(ge=0, description="strength of the pull of the weights to 0")]
Share = Annotated[float, Field(ge=0, lt=1)]


class OptimSettings(Settings):
    """Settings that torch takes as they are."""

    @property
    def kept(self) -> int:
        """How many numbers it keeps of each parameter, at the least."""
        return 0

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the torch class."""
        return self.model_dump()


class AdamSettings(OptimSettings):
    """Adam: steps of a size that hardly depends on that of the gradient."""

    lr: Rate = 1e-3
    betas: Annotated[
        tuple[Share, Share], Field(description="memory of the gradient and of its square")
    ] = (0.9, 0.999)
    eps: Annotated[float, Field(gt=0, description="added to the root of the squares")] = 1e-8
    weight_decay: Decay = 0.0

    @property
    def kept(self) -> int:
        """Mean of the gradient and of its square."""
        return 2

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the torch class, whose fused form goes over the weights once."""
        return {**self.model_dump(), "fused": True}


class AdamWSettings(AdamSettings):
    """Adam whose pull of the weights to 0 does not pass through the adaptive steps."""

    weight_decay: Decay = 1e-2


class SGDSettings(OptimSettings):
    """Gradient descent, with momentum if wanted."""

    lr: Rate = 1e-2
    momentum: Annotated[Share, Field(description="share of the last step that is kept")] = 0.0
    nesterov: Annotated[bool, Field(description="look ahead; needs momentum")] = False
    weight_decay: Decay = 0.0

    @property
    def kept(self) -> int:
        """The last step, if a share of it is kept."""
        return int(self.momentum > 0)


class MultiplicativeAdamSettings(OptimSettings):
    """Adam whose steps multiply: what is positive stays positive."""

    lr: Rate = 1e-2
    betas: Annotated[
        tuple[Share, Share], Field(description="memory of the gradient and of its square")
    ] = (0.9, 0.999)
    eps: Annotated[float, Field(gt=0, description="added to the root of the squares")] = 1e-8


OPTIMIZERS: Table[Entry] = Table(
    "optimizer",
    "snnrun.optimizers",
    {
        "adam": Entry(AdamSettings, "torch.optim:Adam", "Kingma, Ba 2015", "adaptive steps"),
        "adamw": Entry(
            AdamWSettings,
            "torch.optim:AdamW",
            "Loshchilov, Hutter 2019",
            "Adam with weight decay apart from the steps",
        ),
        "sgd": Entry(
            SGDSettings, "torch.optim:SGD", "", "gradient descent, with momentum if wanted"
        ),
        "multiplicative_adam": Entry(
            MultiplicativeAdamSettings,
            "snnrun.learning.sbs.multiplicative_adam:MultiplicativeAdam",
            "",
            "adaptive steps that multiply, for weights above 0",
        ),
    },
    OptimSettings,
)


def build_optimizer(settings: OptimSettings, groups: "list[dict[str, Any]]") -> "Optimizer":
    """Return torch's optimiser of parameter groups; a group may bring its own ``lr``.

    Raises:
        ConfigError: there is nothing to train.
    """
    if not groups:
        raise ConfigError("model: nothing in it learns; expected a trainable layer to train")
    from snnrun.learning.uncompiled import uncompiled

    kind = uncompiled(OPTIMIZERS.entry_of(settings).load())
    return kind(groups, **settings.arguments())
