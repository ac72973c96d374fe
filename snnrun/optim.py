"""Optimisers and schedules of the learning rate: what a config may say of them, and torch's own.

Settings carry the names that a config uses; ``arguments`` gives those of torch.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from snnrun.registry import Entry, Settings, entry_of

if TYPE_CHECKING:  # a config is read without torch
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler

Rate = Annotated[float, Field(gt=0, description="learning rate")]
Decay = Annotated[float, Field(ge=0, description="strength of the pull of the weights to 0")]
Factor = Annotated[float, Field(gt=0, le=1, description="the learning rate is multiplied by this")]
Share = Annotated[float, Field(ge=0, lt=1)]


class OptimSettings(Settings):
    """Settings that torch takes as they are."""

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

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the torch class, whose fused form goes over the weights once."""
        return {**self.model_dump(), "fused": True}


class SGDSettings(OptimSettings):
    """Gradient descent, with momentum if wanted."""

    lr: Rate = 1e-2
    momentum: Annotated[Share, Field(description="share of the last step that is kept")] = 0.0
    nesterov: Annotated[bool, Field(description="look ahead; needs momentum")] = False
    weight_decay: Decay = 0.0


class StepSettings(OptimSettings):
    """Multiply the learning rate every so many epochs."""

    every: Annotated[int, Field(ge=1, description="epochs")]
    gamma: Factor = 0.1

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the torch class."""
        return {"step_size": self.every, "gamma": self.gamma}


class MultiStepSettings(OptimSettings):
    """Multiply the learning rate after chosen epochs."""

    at: Annotated[tuple[int, ...], Field(min_length=1, description="epochs, ascending")]
    gamma: Factor = 0.1

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the torch class."""
        return {"milestones": list(self.at), "gamma": self.gamma}


class ExponentialSettings(OptimSettings):
    """Multiply the learning rate after every epoch."""

    gamma: Factor


class CosineSettings(OptimSettings):
    """Lower the learning rate along half a cosine."""

    epochs: Annotated[int, Field(ge=1, description="epochs until the lowest learning rate")]
    minimum: Annotated[float, Field(ge=0, description="the lowest learning rate")] = 0.0

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the torch class."""
        return {"T_max": self.epochs, "eta_min": self.minimum}


_SCHEDULERS = "torch.optim.lr_scheduler:"
OPTIMIZERS: dict[str, Entry] = {
    "adam": Entry(AdamSettings, "torch.optim:Adam", "Kingma, Ba 2015", "adaptive steps"),
    "sgd": Entry(SGDSettings, "torch.optim:SGD", "", "gradient descent, with momentum if wanted"),
}
SCHEDULERS: dict[str, Entry] = {
    "step": Entry(StepSettings, _SCHEDULERS + "StepLR", "", "lower every so many epochs"),
    "multistep": Entry(
        MultiStepSettings, _SCHEDULERS + "MultiStepLR", "", "lower after chosen epochs"
    ),
    "exponential": Entry(
        ExponentialSettings, _SCHEDULERS + "ExponentialLR", "", "lower after every epoch"
    ),
    "cosine": Entry(
        CosineSettings,
        _SCHEDULERS + "CosineAnnealingLR",
        "Loshchilov, Hutter 2017",
        "lower along half a cosine",
    ),
}


def build_optimizer(settings: OptimSettings, groups: "list[dict[str, Any]]") -> "Optimizer":
    """Return torch's optimiser of parameter groups; a group may bring its own ``lr``."""
    optimizer: Optimizer = entry_of(OPTIMIZERS, settings).load()(groups, **settings.arguments())
    return optimizer


def build_scheduler(settings: OptimSettings | None, optimizer: "Optimizer") -> "LRScheduler | None":
    """Return torch's schedule, which steps once an epoch; None for a constant learning rate."""
    if settings is None:
        return None
    scheduler: LRScheduler = entry_of(SCHEDULERS, settings).load()(
        optimizer, **settings.arguments()
    )
    return scheduler
