"""How active the layers of a record are; :mod:`snnrun.learning.activity` says what for."""

from collections.abc import Sequence

import torch
from torch import Tensor

from snnrun.core.record import Record
from snnrun.core.share import Share
from snnrun.kernels.lif.counts import Counts, counts, counts_of_each, felt
from snnrun.learning import activity
from snnrun.models.model import Spiking


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
            found |= _shares(name, counts(spikes), len(spikes), spikes.numel())
            derivative = spiking[index].derivative if spiking else None
            if derivative is not None and index < len(record.membranes):
                membranes = record.membranes[index]
                found[f"hit/{name}"] = Share(felt(membranes, derivative), membranes.numel())
        return found

    def of_counts(self, spiked: Sequence[Tensor], steps: int) -> dict[str, float]:
        """Return the same but ``hit``, given how often each neuron spiked, ``[batch, ...]``."""
        found: dict[str, float] = {}
        for name, each in zip(self.names, spiked, strict=True):
            found |= _shares(name, counts_of_each(each, steps), steps, steps * each.numel())
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


def _shares(name: str, of: Counts, steps: int, size: int) -> dict[str, float]:
    """Return the shares of a layer of ``size`` neurons times steps."""
    return {
        f"density/{name}": Share(of.spikes, size),
        f"silent/{name}": Share(of.silent, size // steps),
        f"saturated/{name}": Share(of.saturated, size // steps),
    }
