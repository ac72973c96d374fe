"""What may differ from the network's constants of inference in one layer. Settings only.

null stands for the network's value everywhere.
"""

from typing import Annotated

from pydantic import Field

from snnrun.core.registry import Settings
from snnrun.models.sbs.inference import (
    Eps0,
    Floor,
    Forgetting,
    InferenceSettings,
    Initial,
    Iterations,
    Per,
    Reduction,
    Schedule,
    Spikes,
    Threshold,
)


class EpsTChanges(Settings):
    """What differs in the step sizes against the number of the spike."""

    schedule: Annotated[Schedule | None, Field(description="constant or root")] = None
    cooldown_after: Annotated[int | None, Field(ge=0, description="spikes before the cooldown")] = (
        None
    )
    reduction: Annotated[Reduction | None, Field(description="divides step sizes then")] = None


class EpsXYChanges(Settings):
    """What differs in the step sizes against the place of the spike."""

    per: Annotated[Per | None, Field(description="none, position or offset")] = None
    initial: Annotated[Initial | None, Field(description="value before training")] = None
    trainable: Annotated[bool | None, Field(description="whether it learns")] = None
    mean: Annotated[bool | None, Field(description="replace it by its mean")] = None
    threshold: Annotated[Threshold | None, Field(description="smallest value")] = None
    lr: Annotated[float | None, Field(gt=0, description="learning rate")] = None


class InferenceChanges(Settings):
    """What differs from the network's constants in one layer; null: the network's value."""

    spikes: Annotated[Spikes | None, Field(description="spikes that each group draws")] = None
    eps_0: Annotated[Eps0 | None, Field(description="factor of every step size")] = None
    eps_t: Annotated[
        EpsTChanges | None, Field(description="step size against the number of the spike")
    ] = None
    eps_xy: Annotated[
        EpsXYChanges | None, Field(description="step size against the place of the spike")
    ] = None
    forgetting: Annotated[Forgetting | None, Field(description="pull towards equal activities")] = (
        None
    )
    joint_spikes: Annotated[
        bool | None, Field(description="draw once from the whole input of the layer")
    ] = None
    alpha_iterations: Annotated[
        Iterations | None, Field(description="iterations of the position weights")
    ] = None
    alpha_floor: Annotated[
        Floor | None, Field(description="keeps the position weights above 0")
    ] = None

    def inference(self, network: InferenceSettings) -> InferenceSettings:
        """Return the constants of the layer."""
        own = self.model_dump(include=set(InferenceChanges.model_fields), exclude_none=True)
        inherited = network.model_dump(include=set(InferenceSettings.model_fields))
        for name in ("eps_t", "eps_xy"):
            own[name] = inherited[name] | own.get(name, {})
        return InferenceSettings(**(inherited | own))
