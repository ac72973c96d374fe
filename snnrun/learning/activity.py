"""How active layers are: shares for the log, and warnings for layers that cannot learn.

A layer without spikes passes nothing on, and one whose neurons spike at every step carries no
signal. Both are named once, with a threshold that would help, when they have been so for a few
batches in a row: many a layer is silent at first and wakes while the network learns.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from snnrun.learning.outcome import Outcome, Totals

PATIENCE = 5  # batches in a row before a warning
WOKEN = 0.1  # share of (sample, neuron) pairs that the suggested threshold would wake
SATURATED = 0.95  # share of the pairs with spikes that spike at every step, for a warning


def name_of(key: str) -> str:
    """Return what the log calls a layer that configs call ``key``.

    Example:
        >>> name_of("layers.0"), name_of("readout")
        ('layer_0', 'readout')
    """
    return key.replace("layers.", "layer_")


class ActivityLog(ABC):
    """Warnings about the spiking layers of one network.

    Args:
        keys: what configs call the layers that spike, below ``model``.
        tuned: below which keys they set their thresholds; None: the same.
    """

    def __init__(self, keys: Sequence[str], tuned: Sequence[str] | None = None) -> None:
        self.keys = [f"model.{key}" for key in tuned or keys]
        self.names = [name_of(key) for key in keys]
        self.streaks = dict.fromkeys(self.names, 0)  # batches in a row that a layer could not learn
        self.warned: set[str] = set()

    @abstractmethod
    def text(self, index: int, *, silent: bool) -> str | None:
        """Return what to say of a layer that is silent, or saturated; None: nothing yet."""

    def sums(self) -> dict[str, int]:
        """Return what :meth:`note` adds: numbers of silent samples of each layer, of saturated."""
        return {"inactive": 2 * len(self.names)} if self.names else {}

    def note(self, outcome: Outcome, samples: int) -> None:
        """Add to an outcome, with statistics of every layer, what :meth:`warn` needs to know."""
        if not self.names:
            return
        seen = outcome.statistics
        counts = [
            samples * seen[f"{what}/{name}"]
            for what in ("silent", "saturated")
            for name in self.names
        ]
        # Of small arrays, numpy makes a tensor in a third of the time of torch.
        outcome.sums["inactive"] = lambda: torch.from_numpy(np.array(counts, np.float64))

    @property
    def about_to_warn(self) -> bool:
        """Whether the next batch may be one too many for some layer."""
        return any(
            streak + 1 >= PATIENCE and name not in self.warned
            for name, streak in self.streaks.items()
        )

    def warn(self, totals: Totals, say: Callable[[str], None]) -> None:
        """Warn of each silent or saturated layer, once, when it has been so for long enough.

        Args:
            totals: of an update.
            say: gives a warning, and says where training stands.
        """
        layers = len(self.names)
        shares = [n / totals.samples for n in totals.sum("inactive").tolist()] if layers else []
        for index, name in enumerate(self.names):
            spiking = 1 - shares[index]
            # In a readout that has learned, one unit spikes at every step and the rest never.
            limit = SATURATED * (1 if name == "readout" else spiking)
            learns = 0 < spiking and shares[layers + index] <= limit
            self.streaks[name] = 0 if learns else self.streaks[name] + 1
            if self.streaks[name] < PATIENCE or name in self.warned:
                continue
            text = self.text(index, silent=not spiking)
            if text is not None:
                self.warned.add(name)
                say(f"{name} is {text}")


def silent(key: str, threshold: float, membranes: Tensor) -> str:
    """Return what to say of a layer that does not spike.

    Args:
        key: what configs call it.
        threshold: of its neurons.
        membranes: ``[time, batch, ...]``, which none reaches.
    """
    peaks = membranes.amax(0).flatten()
    highest = peaks.max().item()
    if not highest > 0:
        return (
            "silent: no membrane ever rises above 0, so no threshold would wake it; its inputs "
            "or its weights must change"
        )
    rank = max(1, math.floor((1 - WOKEN) * len(peaks)))
    wake = peaks.kthvalue(rank).values.item()
    waking = rounded_down(wake if wake > 0 else highest)
    return (
        f"silent: no membrane reaches the threshold {threshold:g}, the highest is "
        f"{highest:.3g}; {key}.threshold={waking} would wake it"
    )


def saturated(key: str, threshold: float, first: Tensor) -> str:
    """Return what to say of a layer whose neurons spike at every step or never.

    A neuron whose first membrane stays below the threshold does not spike at every step.

    Args:
        key: what configs call it.
        threshold: of its neurons.
        first: their membranes at the first step, ``[batch, ...]``.
    """
    text = f"saturated: its neurons spike at every step or never, the threshold being {threshold:g}"
    half = first[first >= threshold].median().item()
    if 0 < half < math.inf:
        text += (
            f"; {key}.threshold={rounded_up(half)} would leave half of those that spike a choice"
        )
    return text


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
