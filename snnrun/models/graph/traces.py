r"""Traces: what a neuron's latest spikes leave behind.

.. math:: x \leftarrow a\,x, \quad x \leftarrow A \text{ (set) or } x + A \text{ (add) at a spike}

or, by forward Euler, :math:`x \leftarrow x + \frac{dt}{\tau} (-x + A\,S)`. Morrison, Diesmann,
Gerstner, Phenomenological models of synaptic plasticity based on spike timing, Biological
Cybernetics 98 (2008).
"""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.registry import Settings

Tau = Annotated[float, Field(gt=0, description="time constant, ms")]
Kept = Annotated[float, Field(ge=0, le=1, description="what a step leaves; goes before tau")]


def refuse_two_forms(euler: bool, decay: object) -> None:
    """Refuse a share that a step leaves beside forward Euler.

    Raises:
        ValueError: there are both.
    """
    if euler and decay is not None:
        raise ValueError("decay: steps of forward Euler follow from tau; leave it out")


def refuse_long_step(tau: float, dt: float) -> None:
    """Refuse a step of forward Euler by which what should fade grows.

    Raises:
        ValueError: it is longer than two time constants.
    """
    if dt > 2 * tau:
        raise ValueError(
            f"tau: what fades within {tau:g} ms grows in forward Euler's steps of {dt:g} ms; "
            f"expected {dt / 2:g} or more"
        )


class TraceSettings(Settings):
    """What a spike does to a trace, and how it fades."""

    tau: Tau = 20.0
    decay: Annotated[Kept | None, Field(description="what a step leaves; null: by tau")] = None
    amount: Annotated[float, Field(description="what a spike sets the trace to, or adds")] = 1.0
    mode: Annotated[
        Literal["set", "add"], Field(description="whether a spike sets the trace, or adds to it")
    ] = "set"
    euler: Annotated[
        bool, Field(description="forward Euler instead of the exact decay; spikes then add")
    ] = False

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        refuse_two_forms(self.euler, self.decay)
        return self

    def check_dt(self, dt: float) -> None:
        """Refuse steps of forward Euler by which traces grow without bound.

        Raises:
            ValueError: a step is longer than two time constants.
        """
        if self.euler:
            refuse_long_step(self.tau, dt)

    def kept(self, dt: float) -> float:
        """Return what a step of ``dt`` ms leaves of a trace.

        Example:
            >>> round(TraceSettings(tau=20.0).kept(1.0), 6), TraceSettings(decay=0.5).kept(1.0)
            (0.951229, 0.5)
        """
        if self.decay is not None:
            return self.decay
        return 1 - dt / self.tau if self.euler else math.exp(-dt / self.tau)
