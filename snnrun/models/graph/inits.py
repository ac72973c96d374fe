"""What a config may say about where weights begin: ``initial.py`` draws them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from snnrun.core.registry import Entry, Settings, Table

Low = Annotated[float, Field(description="the lowest")]
High = Annotated[float, Field(description="the highest")]


class InitSettings(Settings):
    """Where weights begin."""


class UniformSettings(InitSettings):
    """Evenly from one number to another."""

    low: Low = 0.0
    high: High = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"expected low <= high, got {self.low:g} and {self.high:g}")
        return self


class FanInSettings(UniformSettings):
    """Evenly from one number to another, over the root of the synapses of a neuron."""

    low: Low = -1.0


class NormalSettings(InitSettings):
    """Normal numbers."""

    mean: Annotated[float, Field(description="mean")] = 0.0
    std: Annotated[float, Field(ge=0, description="standard deviation")] = 0.1


class ConstantSettings(InitSettings):
    """All the same."""

    value: Annotated[float, Field(description="of every weight")] = 1.0


_INITIAL = "snnrun.models.graph.initial:"

INITS: Table[Entry] = Table(
    "beginning of weights",
    "snnrun.inits",
    {
        "uniform": Entry(
            UniformSettings, _INITIAL + "uniform", "", "evenly from one number to another"
        ),
        "fan_in": Entry(
            FanInSettings,
            _INITIAL + "fan_in",
            "",
            "evenly from one number to another, over the root of the synapses of a neuron",
        ),
        "normal": Entry(NormalSettings, _INITIAL + "normal", "", "normal numbers"),
        "constant": Entry(ConstantSettings, _INITIAL + "constant", "", "all the same"),
    },
    InitSettings,
    elsewhere={"neuron_scaled_uniform": "fan_in"},
)
