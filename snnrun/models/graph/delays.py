"""What a config may say about delays of single synapses: drawn once, and kept with the weights."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.registry import Settings

if TYPE_CHECKING:  # a config is read without torch
    from torch import Generator, Tensor

Delay = Annotated[int, Field(ge=0, le=2**20, description="steps from a spike to its arrival")]


class DrawnDelays(Settings):
    """Whole steps, evenly from the shortest to the longest, both included."""

    name: Annotated[Literal["uniform"], Field(description="how they are drawn")] = "uniform"
    low: Annotated[Delay, Field(description="the shortest, steps")]
    high: Annotated[Delay, Field(description="the longest, steps")]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"expected low <= high, got {self.low} and {self.high}")
        return self

    def draw(self, shape: tuple[int, ...], generator: "Generator") -> "Tensor":
        """Return delays of synapses, int64 of a shape."""
        import torch

        return torch.randint(self.low, self.high + 1, shape, generator=generator)
