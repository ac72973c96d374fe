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
SATURATED = 0.95  # share of (sample, neuron) pairs at every step's spike that calls for a warning


class Activity:
    """Statistics of the spiking layers of one network."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.warned: set[str] = set()

    def statistics(self, passes: Sequence[Pass], steps: int) -> dict[str, float]:
        """Return, of each layer, density and shares of silent and of saturated pairs.

        density: spikes per neuron and step. silent, saturated: share of the (sample, neuron) pairs
        without a spike, and with one at every step.
        """
        values = {}
        for name, done in zip(self.names, passes, strict=False):
            counts = done.counts
            assert counts is not None
            pairs = counts.numel()
            values[f"density/{name}"] = counts.sum().item() / (pairs * steps)
            values[f"silent/{name}"] = 1 - int(counts.count_nonzero()) / pairs
            values[f"saturated/{name}"] = int((counts == steps).count_nonzero()) / pairs
        return values

    def warn(
        self, layers: Sequence[LifLayer], inputs: Sequence[Tensor], seen: dict[str, float]
    ) -> None:
        """Warn of each silent or saturated layer, once."""
        for name, layer, x in zip(self.names, layers, inputs, strict=False):
            if name in self.warned:
                continue
            if seen[f"density/{name}"] == 0:
                self._say(name, silent(layer, x))
            elif seen[f"saturated/{name}"] > SATURATED:
                self._say(name, saturated(layer, seen[f"saturated/{name}"]))

    def _say(self, name: str, text: str) -> None:
        self.warned.add(name)
        warnings.warn(f"{name} {text}", ActivityWarning, stacklevel=2)


def silent(layer: LifLayer, x: Tensor) -> str:
    """Return what to say of a layer that does not spike for the input ``x``."""
    membranes = scan(layer.current(x), filter_of(layer.neuron), membranes=True).membranes
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
