"""What a config may say about Izhikevich's neurons."""

from math import prod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from snnrun.models.graph.group_settings import Number, SizedSettings

if TYPE_CHECKING:  # a config is read without torch
    from torch import Generator

    from snnrun.models.graph.group import Group

_PLAIN = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0}


class IzhikevichSettings(SizedSettings):
    """Izhikevich's neurons: all of one kind, each as given, or his mix of kinds, drawn."""

    excitatory: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            description="share of neurons of the excitatory kinds, the first ones; a, b, c, d are "
            "drawn for all of them as in his paper; null: nothing is drawn",
        ),
    ] = None
    connected: Annotated[
        bool,
        Field(
            description="whether neurons of the group are connected by weights as in his paper: "
            "0 to 0.5 from excitatory ones, -1 to 0 from inhibitory ones"
        ),
    ] = False
    a: Annotated[
        Number | None, Field(description="how fast the recovery is, 1/ms; null: 0.02, or drawn")
    ] = None
    b: Annotated[
        Number | None, Field(description="how it follows the membrane; null: 0.2, or drawn")
    ] = None
    c: Annotated[
        Number | None, Field(description="membrane after a spike, mV; null: -65, or drawn")
    ] = None
    d: Annotated[
        Number | None, Field(description="what a spike adds to recovery; null: 8, or drawn")
    ] = None
    threshold: Annotated[Number, Field(description="membrane at which a neuron spikes, mV")] = 30.0
    rest: Annotated[float, Field(description="where the membrane begins, mV")] = -65.0

    def build(self, shape: tuple[int, ...], dt: float, generator: "Generator") -> "Group":
        """Return the group."""
        import torch

        from snnrun.models.graph.izhikevich import Izhikevich, drawn

        numbers: dict[str, object] = dict(_PLAIN)
        weights = None
        if self.excitatory is not None or self.connected:
            share = 1.0 if self.excitatory is None else self.excitatory
            mix = drawn(prod(shape), share, generator)
            weights = mix.weights if self.connected else None
            if self.excitatory is not None:
                numbers = mix._asdict()
        numbers |= {name: value for name, value in self.numbers().items() if value is not None}
        constants = {
            name: torch.as_tensor(numbers[name], dtype=torch.float64)
            for name in ("a", "b", "c", "d", "threshold")
        }
        return Izhikevich(
            shape, **constants, rest=self.rest, weights=weights, trace=self.trace, dt=dt
        )
