"""How active the layers are: densities for the log, and warnings for layers that cannot learn.

A layer without spikes passes nothing on, and one whose neurons spike at every step carries no
signal. Both are named once, with a threshold that would help, when they have been so for a few
batches in a row: many a layer is silent at first and wakes while the network learns.
"""

import math
import warnings
from collections.abc import Sequence

import torch
from torch import Tensor

from snnrun.errors import ActivityWarning
from snnrun.kernels.lif.scan import Pass, scan
from snnrun.learning.outcome import Outcome, Totals
from snnrun.models.lif.net import LifLayer, filter_of

PATIENCE = 5  # batches in a row before a warning
WOKEN = 0.1  # share of (sample, neuron) pairs that the suggested threshold would wake
SATURATED = 0.95  # share of the pairs with spikes that spike at every step, for a warning


class ActivityLog:
    """Statistics of the spiking layers of one network."""

    def __init__(self, hidden: int) -> None:
        self.names = [*(f"layer_{index}" for index in range(hidden)), "readout"]
        self.keys = [*(f"model.layers.{index}" for index in range(hidden)), "model.readout"]
        self.streaks = dict.fromkeys(self.names, 0)  # batches in a row that a layer could not learn
        self.warned: set[str] = set()
        self._last: list[tuple[LifLayer, Tensor]] = []

    def statistics(self, passes: Sequence[Pass]) -> dict[str, float]:
        """Return density and shares of silent and saturated neurons of each layer, for the log."""
        return {
            f"{what}/{name}": value
            for name, done in zip(self.names, passes, strict=False)
            for what, value in done.activity._asdict().items()
        }

    def sums(self, layers: int) -> dict[str, int]:
        """Return what :meth:`note` adds: numbers of silent samples of each layer, of saturated."""
        return {"inactive": 2 * layers}

    def note(
        self, layers: Sequence[LifLayer], currents: Sequence[Tensor], outcome: Outcome
    ) -> None:
        """Add to an outcome what :meth:`warn` needs to know, and keep what it would say."""
        seen, samples = outcome.statistics, currents[0].shape[1]
        self._last = list(zip(layers, currents, strict=True)) if self._about_to_warn else []
        counts = [
            samples * seen[f"{what}/{name}"]
            for what in ("silent", "saturated")
            for name in self.names[: len(layers)]
        ]
        outcome.sums["inactive"] = lambda: torch.tensor(counts, dtype=torch.float64)

    @property
    def _about_to_warn(self) -> bool:
        return any(
            streak + 1 >= PATIENCE and name not in self.warned
            for name, streak in self.streaks.items()
        )

    def warn(self, totals: Totals) -> None:
        """Warn of each silent or saturated layer, once, when it has been so for long enough."""
        shares = [count / totals.samples for count in totals.sum("inactive").tolist()]
        layers = len(shares) // 2
        for index in range(layers):
            name, key = self.names[index], self.keys[index]
            spiking = 1 - shares[index]
            # In a readout that has learned, one unit spikes at every step and the rest never.
            limit = SATURATED * (1 if name == "readout" else spiking)
            learns = 0 < spiking and shares[layers + index] <= limit
            self.streaks[name] = 0 if learns else self.streaks[name] + 1
            if self.streaks[name] < PATIENCE or name in self.warned or not self._last:
                continue
            self.warned.add(name)
            layer, current = self._last[index]
            text = saturated(key, layer, current) if spiking else silent(key, layer, current)
            warnings.warn(f"{name} is {text}", ActivityWarning, stacklevel=2)


def silent(key: str, layer: LifLayer, current: Tensor) -> str:
    """Return what to say of a layer that does not spike for ``current [time, batch, neurons]``."""
    membranes = scan(current, filter_of(layer.neuron), membranes=True).membranes
    assert membranes is not None
    peaks = membranes.amax(0).flatten()
    highest = peaks.max().item()
    if highest <= 0:
        return (
            "silent: no membrane ever rises above 0, so no threshold would wake it; its inputs "
            "or its weights must change"
        )
    rank = max(1, math.floor((1 - WOKEN) * len(peaks)))
    wake = peaks.kthvalue(rank).values.item()
    waking = rounded_down(wake if wake > 0 else highest)
    return (
        f"silent: no membrane reaches the threshold {layer.neuron.threshold:g}, the highest is "
        f"{highest:.3g}; {key}.threshold={waking} would wake it"
    )


def saturated(key: str, layer: LifLayer, current: Tensor) -> str:
    """Return what to say of a layer whose neurons spike at every step; ``current`` as above.

    A neuron whose first membrane, which is its first current, stays below the threshold does not.
    """
    first = current[0]
    half = rounded_up(first[first >= layer.neuron.threshold].median().item())
    return (
        f"saturated: its neurons spike at every step or never, the threshold being "
        f"{layer.neuron.threshold:g}; {key}.threshold={half} would leave half of those that "
        "spike a choice"
    )


def rounded_down(value: float) -> str:
    """Return a positive number with two digits, none of them rounded up.

    Example:
        >>> rounded_down(0.1396), rounded_down(27.9), rounded_down(1396)
        ('0.13', '27', '1300')
    """
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{math.floor(value / unit) * unit:g}"


def rounded_up(value: float) -> str:
    """Return a positive number with two digits, none of them rounded down.

    Example:
        >>> rounded_up(0.1396), rounded_up(27.1), rounded_up(1396)
        ('0.14', '28', '1400')
    """
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{math.ceil(value / unit) * unit:g}"
