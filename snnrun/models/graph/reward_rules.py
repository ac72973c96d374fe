"""What a config may say about rules of reward."""

from typing import Annotated, ClassVar

from pydantic import Field

from snnrun.models.graph.rule_settings import PlasticitySettings, Rate, Tau


class RewardSettings(PlasticitySettings):
    """How much a reward changes, and which."""

    nu: Rate = 1e-2
    reward: Annotated[str, Field(description="name of the signal")] = "reward"
    baseline: Annotated[
        float | None,
        Field(
            ge=1,
            description="rewards over which a moving average reaches that is taken from the next; "
            "null: none is",
        ),
    ] = None

    @property
    def reads(self) -> tuple[str, ...]:
        """The reward."""
        return (self.reward,)


class MSTDPSettings(RewardSettings):
    """How much pairs of spikes would change."""

    rule: ClassVar[str] = "snnrun.models.graph.reward:MSTDP"
    traces: ClassVar[tuple[str, ...]] = ()

    a_plus: Annotated[float, Field(description="what a spike adds to the trace of pre")] = 1.0
    a_minus: Annotated[float, Field(description="what a spike adds to the trace of post")] = -1.0
    tau_plus: Annotated[Tau, Field(description="time constant of the trace of pre, ms")] = 20.0
    tau_minus: Annotated[Tau, Field(description="time constant of the trace of post, ms")] = 20.0
    lag: Annotated[
        bool, Field(description="whether a reward is for spikes up to the step before only")
    ] = True


class MSTDPETSettings(MSTDPSettings):
    """How much pairs of spikes would change, and for how long."""

    rule: ClassVar[str] = "snnrun.models.graph.reward:MSTDPET"

    tau: Annotated[Tau, Field(description="time constant of the eligibility trace, ms")] = 25.0


class TracedRewardSettings(RewardSettings):
    """How much spikes and traces would change, and for how long."""

    rule: ClassVar[str] = "snnrun.models.graph.reward:TracedReward"

    a_pre: Annotated[float, Field(description="factor of the trace of pre at spikes of post")] = 1.0
    a_post: Annotated[float, Field(description="factor of the trace of post at spikes of pre")] = (
        1.0
    )
    decay: Annotated[
        float, Field(ge=0, le=1, description="what a step leaves of the eligibility trace")
    ] = 0.9
