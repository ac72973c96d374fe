"""What is timed of a kernel: a call of it, and the same of its readable twin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Results = Mapping[str, Any]  # name -> numpy array, tensor or number


@dataclass(frozen=True)
class Work:
    """A kernel with an input.

    size: the input, for people.
    elements, element: how many of what it works through.
    bytes: of an element: arrays that a call is given and gives back, each counted once.
    operations: of an element, in single precision, as the equations have them; None: none, or they
        are not counted.
    ours, twin: the calls.
    tolerances: by how much results may differ from those of the twin, as a share of the largest
        number; those that are absent must be the same bits.
    comparable: makes of what a call returns what is compared; it is not timed.
    """

    size: str
    elements: int
    element: str
    bytes: float
    operations: float | None
    ours: Callable[[], Any]
    twin: Callable[[], Any]
    tolerances: Mapping[str, float] = field(default_factory=dict)
    comparable: Callable[[Any], Results] = lambda found: found
