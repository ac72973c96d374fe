"""How active the layers are: densities for the log, and warnings for layers that cannot learn.

A layer without spikes passes nothing on, and one whose neurons spike at every step carries no
signal; both are named once, a silent one with the threshold that would wake it.
"""

import math
import warnings
from collections.abc import Sequence

from torch import Tensor

from snnrun.errors import ActivityWarning
from snnrun.kernels.lif import Pass, scan
from snnrun.models.lif.net import LifLayer, filter_of

WOKEN = 0.1  # share of (sample, neuron) pairs that the suggested threshold would wake
SATURATED = 0.95  # share of pairs with a spike at every step that calls for a warning


class ActivityLog:
    """Statistics of the spiking layers of one network."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.warned: set[str] = set()

    def statistics(self, passes: Sequence[Pass]) -> dict[str, float]:
        """Return density and shares of silent and saturated neurons of each layer, for the log."""
        return {
            f"{what}/{name}": value
            for name, done in zip(self.names, passes, strict=False)
            for what, value in done.activity._asdict().items()
        }

    def warn(
        self, layers: Sequence[LifLayer], currents: Sequence[Tensor], seen: dict[str, float]
    ) -> None:
        """Warn of each silent or saturated layer, once."""
        for name, layer, current in zip(self.names, layers, currents, strict=False):
            if name in self.warned:
                continue
            if seen[f"density/{name}"] == 0:
                self._say(name, silent(layer, current))
            elif seen[f"saturated/{name}"] > SATURATED:
                self._say(name, saturated(layer, seen[f"saturated/{name}"]))

    def _say(self, name: str, text: str) -> None:
        self.warned.add(name)
        warnings.warn(f"{name} {text}", ActivityWarning, stacklevel=2)


def silent(layer: LifLayer, current: Tensor) -> str:
    """Return what to say of a layer that does not spike for ``current [time, batch, neurons]``."""
    membranes = scan(current, filter_of(layer.neuron), membranes=True).membranes
    assert membranes is not None
    peaks = membranes.amax(0).flatten()
    threshold, highest = layer.neuron.threshold, peaks.max().item()
    if highest <= 0:
        return (
            f"is silent: no membrane rises above {highest:.3g}, so no threshold would wake it; "
            "see that its inputs are active and some weights positive"
        )
    rank = max(1, math.floor((1 - WOKEN) * len(peaks)))
    wake = peaks.kthvalue(rank).values.item()
    wake = wake if wake > 0 else highest
    return (
        f"is silent: no membrane reaches its threshold {threshold:g}, the highest is "
        f"{highest:.3g}; a threshold of {wake:.2g} would wake it"
    )


def saturated(layer: LifLayer, share: float) -> str:
    """Return what to say of a layer whose neurons spike at every step."""
    return (
        f"is saturated: {100 * share:.0f} % of its neurons spike at every step; a threshold above "
        f"{layer.neuron.threshold:g} or smaller weights would leave them a choice"
    )
