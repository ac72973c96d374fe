r"""Traces: what a neuron's latest spikes leave behind.

.. math:: x \leftarrow a\,x, \quad x \leftarrow A \text{ (set) or } x + A \text{ (add) at a spike}

or, by forward Euler, :math:`x \leftarrow x + \frac{dt}{\tau} (-x + A\,S)`. Morrison, Diesmann,
Gerstner, Phenomenological models of synaptic plasticity based on spike timing, Biological
Cybernetics 98 (2008).
"""

import math
from typing import Annotated, Literal

from pydantic import Field

from snnrun.core.registry import Settings

Tau = Annotated[float, Field(gt=0, description="time constant, ms")]
Kept = Annotated[float, Field(ge=0, le=1, description="what a step leaves; goes before tau")]


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

    def kept(self, dt: float) -> float:
        """Return what a step of ``dt`` ms leaves of a trace.

        Example:
            >>> round(TraceSettings(tau=20.0).kept(1.0), 6), TraceSettings(decay=0.5).kept(1.0)
            (0.951229, 0.5)
        """
        if self.decay is not None:
            return self.decay
        return 1 - dt / self.tau if self.euler else math.exp(-dt / self.tau)
