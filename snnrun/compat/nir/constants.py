r"""Constants of LIF neurons: ours, of steps, and NIR's, of seconds.

NIR has :math:`\tau \dot v = v_{leak} - v + R I`, a spike where v exceeds its threshold, and then
:math:`v = v_{reset}`; a neuron without a leak has :math:`\dot v = R I`. A step of dt by Euler's
rule makes of it

.. math:: H = v_{leak} + b\,(v - v_{leak}) + k\,I, \qquad b = 1 - dt / \tau, \quad k = (1 - b)\,R

or :math:`k = R\,dt` without a leak. Not every library writes what it computes in this way; how to
read their files, :data:`WRITERS` tells.
"""

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from snnrun.models.feedforward.neuron import NeuronSettings

#: Length of a step in seconds, which our files are written with; a file does not hold it.
DT = 1e-4
_CLOSE = 1e-6  # files may hold float32
_NUMBERS = 6  # of a cell; its words come behind


class Cell(NamedTuple):
    """A neuron of steps, which spikes where H exceeds its threshold, or with ``reaches`` is at it.

    decay, scale, current: b, k, and what a step leaves of the synaptic current.
    threshold, v_reset, rest: of the membrane.
    reset, delayed: what a spike does, and whether at the next step only.
    """

    decay: float
    scale: float = 1.0
    current: float = 0.0
    threshold: float = 1.0
    v_reset: float = 0.0
    rest: float = 0.0
    reset: Literal["set", "subtract", "none"] = "set"
    delayed: bool = False
    reaches: bool = False

    def is_close(self, other: "Cell") -> bool:
        """Tell whether another is the same within the rounding of a file."""
        same = self[_NUMBERS:] == other[_NUMBERS:]
        own, others = (np.array(each[:_NUMBERS], np.float64) for each in (self, other))
        return same and np.allclose(own, others, rtol=_CLOSE, atol=_CLOSE)


def cell_of(neuron: NeuronSettings, kind: type[np.floating[Any]]) -> Cell:
    """Return a neuron of ours as NIR has them.

    Where ours spikes at its threshold, NIR's spikes above the next smaller number.

    Args:
        neuron: without what NIR cannot say.
        kind: of the numbers that the network computes with.

    Example:
        >>> cell_of(NeuronSettings(tau=4.0, strict=True), np.float32).decay
        0.75
        >>> cell_of(NeuronSettings(), np.float32).threshold
        0.9999999403953552
    """
    decay = neuron.membrane_decay
    threshold = kind(neuron.threshold)
    below = threshold if neuron.strict else np.nextafter(threshold, kind(-math.inf))
    return Cell(
        decay,
        1 - decay if neuron.decay_input else 1.0,
        neuron.current_decay,
        float(below),
        neuron.v_reset if neuron.reset == "set" else 0.0,
        neuron.rest if decay < 1 else 0.0,
        neuron.reset,
        neuron.delayed and neuron.reset != "none",
    )


def settings_of(cell: Cell) -> dict[str, Any]:
    """Return our neuron, as a config writes it.

    A scale that ours has not goes into what the membrane is compared with: H / k spikes as H does.

    Example:
        >>> settings_of(Cell(0.5, 2.0, threshold=4.0))["threshold"]
        2.0
    """
    scales = {False: 1.0, True: 1 - cell.decay}
    known = [
        taken for taken, k in scales.items() if k and math.isclose(cell.scale, k, rel_tol=_CLOSE)
    ]
    by = 1.0 if known else cell.scale
    return {
        "decay": cell.decay,
        "decay_input": bool(known) and known[0],
        "current_decay": cell.current,
        "threshold": cell.threshold / by,
        "reset": cell.reset,
        "v_reset": cell.v_reset / by,
        "rest": cell.rest / by,
        "delayed": cell.delayed,
        "strict": not cell.reaches,
    }


class Writer(NamedTuple):
    """How a library means what its files say.

    dt: seconds of a step, of LIF neurons.
    dt_if: of neurons without a leak.
    exact: the membrane keeps exp(-dt / tau), not 1 - dt / tau.
    squared: tau is dt over its inverse, so that a step counts twice.
    jumps: input moves the synaptic current by w_in, and not by a share of it.
    whole: so it does an LI, by R.
    reset, delayed, reaches: what files do not say of a LIF neuron, by the library's own defaults.
    """

    dt: float = DT
    dt_if: float | None = None
    exact: bool = False
    squared: bool = False
    jumps: bool = False
    whole: bool = False
    reset: Literal["set", "subtract"] = "set"
    delayed: bool = False
    reaches: bool = False

    def decay(self, tau: float) -> float:
        """Return b; below 0 for a time constant shorter than a step."""
        if self.exact:
            return math.exp(-self.dt / tau)
        return 1 - (self.dt * self.dt if self.squared else self.dt) / tau


WRITERS = {
    "nir": Writer(),
    "norse": Writer(1e-3, 1.0, squared=True, jumps=True),
    "sinabs": Writer(1.0, 1.0, exact=True, whole=True, reset="subtract", reaches=True),
    "snntorch": Writer(reset="subtract", delayed=True),
    "spikingjelly": Writer(reaches=True),
}
