"""How active the layers of a record are; :mod:`snnrun.learning.activity` says what for."""

from collections.abc import Sequence

import torch
from torch import Tensor

from snnrun.core.record import Record
from snnrun.learning import activity
from snnrun.models.model import Spiking

HIT = 0.1  # share of its height above which a surrogate derivative is felt


def hidden(record: Record, spiking: Sequence[Spiking]) -> list[Tensor]:
    """Return the spikes of the layers that spike, without those that are outputs."""
    known = record.spikes[: len(spiking)] if spiking else record.spikes
    return [spikes for spikes in known if spikes is not record.outputs]


class RecordActivity(activity.ActivityLog):
    """Statistics of the layers of a model that spike."""

    def __init__(self, spiking: Sequence[Spiking]) -> None:
        tuned = [layer.tuned or layer.key for layer in spiking]
        super().__init__([layer.key for layer in spiking], tuned)
        self._spiking, self._membranes = spiking, list[Tensor]()

    @torch.no_grad()
    def statistics(self, record: Record, spiking: Sequence[Spiking]) -> dict[str, float]:
        """Return numbers of each layer for the log.

        density: spikes per neuron and step.
        silent, saturated: shares of pairs of sample and neuron with no spike, or one at every step.
        hit: share of the membranes at which the surrogate derivative is above a tenth of its
            height, if the record holds membranes.

        Args:
            record: of a batch.
            spiking: the layers as they are now.
        """
        names = self.names or [f"layer_{index}" for index in range(len(record.spikes))]
        found: dict[str, float] = {}
        for index, (name, spikes) in enumerate(zip(names, record.spikes, strict=False)):
            found |= _of_counts(name, spikes.sum(0), len(spikes))
            derivative = spiking[index].derivative if spiking else None
            if derivative is not None and index < len(record.membranes):
                found[f"hit/{name}"] = _share(derivative(record.membranes[index]) > HIT)
        return found

    def of_counts(self, counts: Sequence[Tensor], steps: int) -> dict[str, float]:
        """Return the same but ``hit``, given how often each neuron spiked, ``[batch, ...]``."""
        found: dict[str, float] = {}
        for name, count in zip(self.names, counts, strict=True):
            found |= _of_counts(name, count, steps)
        return found

    def keep(self, record: Record, spiking: Sequence[Spiking]) -> None:
        """Keep what a warning would say."""
        self._spiking = spiking
        self._membranes = [m.detach() for m in record.membranes] if self.about_to_warn else []

    def text(self, index: int, *, silent: bool) -> str | None:
        """Return what to say of a layer; without numbers where no membranes are known."""
        key, threshold = self.keys[index], self._spiking[index].threshold
        if index < len(self._membranes):
            membranes = self._membranes[index]
            if silent:
                return activity.silent(key, threshold, membranes)
            return activity.saturated(key, threshold, membranes[0])
        if silent:
            return f"silent: no membrane reaches the threshold; a lower {key}.threshold may wake it"
        return (
            "saturated: its neurons spike at every step or never; a higher "
            f"{key}.threshold may leave them a choice"
        )


def _of_counts(name: str, counts: Tensor, steps: int) -> dict[str, float]:
    return {
        f"density/{name}": counts.sum(dtype=torch.float64).item() / (counts.numel() * steps),
        f"silent/{name}": _share(counts == 0),
        f"saturated/{name}": _share(counts == steps),
    }


def _share(these: Tensor) -> float:
    return these.sum().item() / these.numel()
