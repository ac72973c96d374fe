"""What a config may say about any group of neurons of a graph. Times are in ms."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import Field, model_validator

from snnrun.core.registry import Settings
from snnrun.models.graph.traces import TraceSettings

if TYPE_CHECKING:  # a config is read without torch
    from torch import Generator

    from snnrun.models.graph.group import Group

Count = Annotated[int, Field(ge=1)]
Size = Annotated[
    Count | tuple[Count, ...] | None,
    Field(description="number of neurons, or [channel, height, width]; null: by its synapses"),
]
Trace = Annotated[TraceSettings | None, Field(description="what spikes leave behind, for rules")]

_Time = Annotated[float, Field(gt=0)]
_Lasting = Annotated[float, Field(gt=0, allow_inf_nan=True)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Pause = Annotated[float, Field(ge=0)]
#: Constants: one number for the group, or a list with one for each neuron.
Number = float | tuple[float, ...]
Time = _Time | tuple[_Time, ...]
Lasting = _Lasting | tuple[_Lasting, ...]
Share = _Share | tuple[_Share, ...]
Pause = _Pause | tuple[_Pause, ...]


class GroupSettings(Settings):
    """A group of neurons.

    given: whether its spikes are the input of the network.
    reads_traces: whether it needs traces of the groups that it receives from.
    """

    given: ClassVar[bool] = False
    reads_traces: ClassVar[bool] = False

    trace: Trace = None

    @abstractmethod
    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group, for steps of ``dt`` ms; what is random of it comes from a generator."""

    def check_dt(self, dt: float) -> None:
        """Refuse times that steps of ``dt`` ms do not fit.

        Raises:
            ValueError: naming the first.
        """
        if self.trace is not None:
            try:
                self.trace.check_dt(dt)
            except ValueError as error:
                raise ValueError(f"trace.{error}") from error


class InputSettings(GroupSettings):
    """The input: one neuron for each value of a sample."""

    given: ClassVar[bool] = True

    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group."""
        from snnrun.models.graph.group import Input

        return Input(shape, self.trace, dt)


class SizedSettings(GroupSettings):
    """A group that receives something. Where a constant is a list, it has ``size`` numbers."""

    size: Size = None

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape of the group; None: by its synapses."""
        return (self.size,) if isinstance(self.size, int) else self.size

    @model_validator(mode="after")
    def _one_for_each_neuron(self) -> Self:
        for name, value in self:
            if name == "size" or not isinstance(value, tuple):
                continue
            if self.size is None or isinstance(self.size, tuple):
                raise ValueError(f"{name}: a list is for a group whose size is one number")
            if len(value) != self.size:
                raise ValueError(
                    f"{name}: expected one number, or a list of {self.size}, one for each neuron; "
                    f"got {len(value)}"
                )
        return self

    def numbers(self) -> dict[str, object]:
        """Return what the group is made with, by name; lists as float64 tensors."""
        import torch

        fields = {name: value for name, value in self if name not in ("size", "trace")}
        return {
            name: torch.tensor(value, dtype=torch.float64) if isinstance(value, tuple) else value
            for name, value in fields.items()
        }


class RelaySettings(SizedSettings):
    """Neurons that spike where anything positive arrives."""

    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group."""
        from snnrun.models.graph.relay import Relay

        return Relay(shape, self.trace, dt)
