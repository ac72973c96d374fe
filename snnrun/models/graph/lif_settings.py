"""What a config may say about integrate-and-fire neurons of a graph.

Times are in ms; constants are one number, or a list with one for each neuron.
"""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from snnrun.models.graph.group_settings import (
    Lasting,
    Number,
    Pause,
    Share,
    SizedSettings,
    Time,
)
from snnrun.models.graph.traces import refuse_long_step, refuse_two_forms

if TYPE_CHECKING:  # a config is read without torch
    from torch import Generator

    from snnrun.models.graph.group import Group

_MOST = 2**31  # steps that a neuron is closed for
OneWinner = Annotated[
    bool,
    Field(
        description="whether of all neurons that spike at a step only one is kept, by chance; "
        "all of them are reset and adapt"
    ),
]


class MembraneSettings(SizedSettings):
    """Neurons with a membrane, a threshold and a reset."""

    tau: Annotated[Lasting, Field(description="membrane time constant; .inf: no leak")] = 100.0
    gain: Annotated[Number, Field(description="factor of the input")] = 1.0
    rest: Annotated[Number, Field(description="where the membrane begins, and leaks to")] = -65.0
    threshold: Annotated[Number, Field(description="membrane at which a neuron spikes")] = -52.0
    reset: Annotated[Number | None, Field(description="membrane after a spike; null: the rest")] = (
        None
    )
    refractory: Annotated[Pause, Field(description="how long a neuron is closed after a spike")] = (
        5.0
    )
    lower: Annotated[float | None, Field(description="lowest membrane; null: none")] = None

    def constants(self, shape: tuple[int, ...], dt: float) -> dict[str, Any]:
        """Return the arguments of the group."""
        return {"shape": shape, "trace": self.trace, "dt": dt, **self.numbers()}

    def check_dt(self, dt: float) -> None:
        """Refuse a refractory period of no step, or of more than are counted.

        Raises:
            ValueError: it is one, or the trace does not fit.
        """
        super().check_dt(dt)
        every = self.refractory if isinstance(self.refractory, tuple) else (self.refractory,)
        for pause in every:
            if not pause / dt < _MOST:
                raise ValueError(
                    f"refractory: {pause:g} ms come to too many steps of {dt:g} ms; expected less "
                    f"than {_MOST:,}"
                )
            if pause > 0 and round(pause / dt) == 0:
                raise ValueError(
                    f"refractory: {pause:g} ms come to no step of {dt:g} ms; expected 0, or "
                    f"{dt:g} or more"
                )


class LifSettings(MembraneSettings):
    """Leaky integrate-and-fire neurons."""

    decay: Annotated[Share | None, Field(description="what a step leaves; goes before tau")] = None
    closed: Annotated[
        Literal["input", "membrane"],
        Field(description="what stands still in that time: input is left out, or nothing moves"),
    ] = "input"
    euler: Annotated[
        bool, Field(description="steps of forward Euler instead of the exact decay")
    ] = False

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        refuse_two_forms(self.euler, self.decay)
        return self

    def check_dt(self, dt: float) -> None:
        """Refuse steps of forward Euler by which membranes grow without bound.

        Raises:
            ValueError: they do, or something else does not fit.
        """
        super().check_dt(dt)
        for tau in (self.tau if isinstance(self.tau, tuple) else (self.tau,)) if self.euler else ():
            refuse_long_step(tau, dt)

    def constants(self, shape: tuple[int, ...], dt: float) -> dict[str, Any]:
        """Return the arguments of the group."""
        numbers = super().constants(shape, dt)
        holds = numbers.pop("closed") == "membrane"
        return {**numbers, "holds": holds}

    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group."""
        from snnrun.models.graph.lif import LIF

        return LIF(**self.constants(shape, dt))


class AdaptiveLifSettings(LifSettings):
    """LIF neurons whose threshold is raised by their spikes, from sample to sample."""

    plus: Annotated[Number, Field(description="what a spike adds to the threshold")] = 0.05
    tau_theta: Annotated[Time, Field(description="how long that lasts: its time constant")] = 1e7
    one_winner: OneWinner = False

    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group."""
        from snnrun.models.graph.lif import AdaptiveLIF

        return AdaptiveLIF(**self.constants(shape, dt))


class AlifSettings(LifSettings):
    """LIF neurons whose threshold is raised by their spikes, and begins anew with each sample."""

    plus: Annotated[Number, Field(description="what a spike adds to the threshold")] = 1.0
    tau_theta: Annotated[Time, Field(description="time constant back to its base")] = 100.0

    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group."""
        from snnrun.models.graph.adaptive import ALIF

        return ALIF(**self.constants(shape, dt))


class PysnnAlifSettings(LifSettings):
    """LIF neurons whose whole threshold falls to 0, and is raised by their spikes."""

    plus: Annotated[Number, Field(description="what a spike adds to the threshold")] = 1.0
    tau_threshold: Annotated[
        Time, Field(description="time constant of the threshold, in steps of forward Euler")
    ] = 100.0
    threshold_decay: Annotated[
        Share | None, Field(description="what a step leaves of it; goes before tau_threshold")
    ] = None

    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group."""
        from snnrun.models.graph.adaptive import FadingThresholdLIF

        return FadingThresholdLIF(**self.constants(shape, dt))


class CurrentLifSettings(LifSettings):
    """LIF neurons with currents, which fade."""

    tau_current: Annotated[Time, Field(description="time constant of the current")] = 2.0

    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group."""
        from snnrun.models.graph.current import CurrentLIF

        return CurrentLIF(**self.constants(shape, dt))


class FedeSettings(MembraneSettings):
    """LIF neurons, in steps of forward Euler, that receive W s less the traces of pre."""

    reads_traces: ClassVar[bool] = True

    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group."""
        from snnrun.models.graph.fede import Fede

        return Fede(**self.constants(shape, dt))


class ConductanceLifSettings(LifSettings):
    """Conductance-based LIF neurons; what a connection brings below 0 is inhibition."""

    tau: Annotated[Time, Field(description="membrane time constant")] = 100.0
    tau_excitation: Annotated[Time, Field(description="time constant of excitation")] = 1.0
    tau_inhibition: Annotated[Time, Field(description="time constant of inhibition")] = 2.0
    excites_to: Annotated[Number, Field(description="where excitation pulls the membrane")] = 0.0
    inhibits_to: Annotated[Number, Field(description="where inhibition pulls it")] = -100.0
    closed: Annotated[
        Literal["input", "membrane"],
        Field(description="what stands still in that time: input is left out, or nothing moves"),
    ] = "membrane"
    plus: Annotated[
        Number, Field(description="what a spike adds to the threshold, from sample to sample")
    ] = 0.0
    tau_theta: Annotated[Time, Field(description="how long that lasts: its time constant")] = 1e7
    theta: Annotated[float, Field(description="what has been added to it in the beginning")] = 0.0
    one_winner: OneWinner = False

    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group."""
        from snnrun.models.graph.conductance import ConductanceLIF

        return ConductanceLIF(**self.constants(shape, dt))
