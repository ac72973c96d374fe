"""AND, OR and XOR of two bits: so few samples that train, validation and test are the same."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from snnrun.data.dataset import SPLITS, Dataset, DataSettings
from snnrun.data.source import ArraySource

PATTERNS = ((0, 0), (0, 1), (1, 0), (1, 1))
TRUTH = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}


class LogicSettings(DataSettings):
    """Which operation, which values, how many inputs carry a bit, how often patterns are there."""

    operation: Annotated[
        Literal["and", "or", "xor"], Field(description="of the two bits a and b")
    ] = "xor"
    repeats: Annotated[
        int, Field(ge=1, description="inputs that carry the same bit: a, a, ..., b, b, ...")
    ] = 1
    copies: Annotated[
        int, Field(ge=1, description="how often each of the four patterns is there")
    ] = 1
    low: Annotated[float, Field(ge=0, le=1, description="value that stands for the bit 0")] = 0.0
    high: Annotated[float, Field(ge=0, le=1, description="value that stands for the bit 1")] = 1.0

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"high is {self.high:g}; expected more than low = {self.low:g}")
        return self

    @property
    def input_shape(self) -> tuple[int, ...]:
        """All inputs of a, then all of b."""
        return (2 * self.repeats,)

    def drawn_bytes(self) -> dict[str, int]:
        """Return what the patterns and their labels take."""
        return {"copies": self.copies * len(PATTERNS) * (8 * self.input_shape[0] + 8)}

    @property
    def classes(self) -> tuple[str, ...]:
        """What the operation gives."""
        return ("false", "true")


def load(settings: LogicSettings) -> Dataset:
    """Return the patterns 00, 01, 10, 11, in turn.

    Example:
        >>> data = load(LogicSettings(operation="and", repeats=2))
        >>> data.train.inputs.tolist()[1], data.train.labels.tolist()
        ([0.0, 0.0, 1.0, 1.0], [0, 0, 0, 1])
    """
    bits = np.tile(PATTERNS, (settings.copies, 1))
    labels = TRUTH[settings.operation](*bits.T).astype(np.int64)
    inputs = np.repeat(np.where(bits, settings.high, settings.low), settings.repeats, axis=1)
    return Dataset(settings, dict.fromkeys(SPLITS, ArraySource(inputs, labels)))
