"""What a config may say about encoders of spikes that give them as lists too, step by step."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.capabilities import InputKind, Values
from snnrun.encoders.settings import SteppedSettings


class TrainSettings(SteppedSettings):
    """Settings of an encoder of spikes, which gives them as lists too."""

    @classmethod
    def kinds(cls, values: Values, shape: tuple[int, ...], timed: bool) -> frozenset[InputKind]:
        """Return spikes as lists, and what other encoders of steps give."""
        return super().kinds(values, shape, timed) | {InputKind.EVENTS}


class LatencyStepsSettings(TrainSettings):
    """Which values spike early, and whether the background spikes."""

    first: Annotated[Literal["low", "high"], Field(description="which values spike early")] = "high"
    background: Annotated[
        Literal["spike", "silent"], Field(description="what the value 0 does")
    ] = "silent"


class RankOrderSettings(TrainSettings):
    """For how long, and how far apart the spikes of values are that follow each other."""

    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT, Values.COUNTS})

    spacing: Annotated[
        Literal["reciprocal", "even"],
        Field(
            description="reciprocal: times go with 1 / value, the smallest value above 0 spikes at "
            "the last step; even: times go with the rank alone"
        ),
    ] = "reciprocal"


class SingleSettings(TrainSettings):
    """For how long, and which inputs spike."""

    accepts: ClassVar[frozenset[Values]] = frozenset({Values.UNIT, Values.COUNTS, Values.ANY})

    share: Annotated[
        float, Field(gt=0, lt=1, description="of the inputs of a sample, the largest, that spike")
    ] = 0.5


class BernoulliSettings(TrainSettings):
    """How long the values are shown, and how where nothing is learned."""

    chance: Annotated[
        float, Field(gt=0, le=1, description="probability of a spike at a step, for the value 1")
    ] = 1.0

    evaluation: Annotated[
        Literal["poisson", "rate"],
        Field(description="code for evaluation: random spikes too, or the values themselves"),
    ] = "poisson"


class PopulationSettings(BernoulliSettings):
    """How many neurons a value has, how broadly they are tuned, how often they spike."""

    neurons: Annotated[int, Field(ge=2, description="of each value, or of each channel")] = 5
    width: Annotated[
        float, Field(ge=1e-6, description="of their tuning, in distances from one to the next")
    ] = 1.0

    def output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of a sample with so many values, or channels, for each."""
        first, *others = input_shape
        return super().output_shape((first * self.neurons, *others))


def _at_most_one_a_step(max_rate: float, dt: float) -> None:
    if max_rate * dt > 1000:
        raise ValueError(
            f"max_rate is {max_rate:g} Hz; expected at most one spike a step of {dt:g} ms, "
            f"{1000 / dt:g} Hz"
        )


class PoissonSettings(BernoulliSettings):
    """How long the values are shown, how often they spike, and how where nothing is learned."""

    max_rate: Annotated[
        float | None,
        Field(gt=0, description="rate of the value 1, Hz; null: as often as `chance` says"),
    ] = None
    dt: Annotated[float, Field(gt=0, description="length of a step, ms; for max_rate")] = 1.0

    @property
    def step_ms(self) -> float | None:
        """The length of a step, where there is a rate."""
        return None if self.max_rate is None else self.dt

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        if self.max_rate is not None:
            _at_most_one_a_step(self.max_rate, self.dt)
            if self.chance != 1:
                raise ValueError("chance: must not be said where max_rate is")
        return self


class PoissonIntervalsSettings(TrainSettings):
    """How long the values are shown, and how often they spike."""

    output_kind: ClassVar[InputKind | None] = InputKind.EVENTS

    max_rate: Annotated[float, Field(gt=0, description="rate of the value 1, Hz")] = 128.0
    dt: Annotated[float, Field(gt=0, description="length of a step, ms")] = 1.0

    @property
    def step_ms(self) -> float | None:
        """The length of a step."""
        return self.dt

    @classmethod
    def kinds(cls, values: Values, shape: tuple[int, ...], timed: bool) -> frozenset[InputKind]:
        """Return spikes as lists."""
        return frozenset({InputKind.EVENTS})

    @model_validator(mode="after")
    def _below_one_a_step(self) -> Self:
        _at_most_one_a_step(self.max_rate, self.dt)
        return self
