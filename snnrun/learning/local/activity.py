"""How active the layers of one LIF network are; :mod:`snnrun.learning.activity` says what for."""

from collections.abc import Sequence

from torch import Tensor

from snnrun.kernels.lif.scan import Pass, scan
from snnrun.learning import activity
from snnrun.learning.outcome import Outcome
from snnrun.models.lif.net import LifLayer, filter_of


class LocalActivity(activity.ActivityLog):
    """Statistics of the spiking layers, and the currents of the last batch where they matter."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(keys)
        self._last: list[tuple[LifLayer, Tensor]] = []

    def statistics(self, passes: Sequence[Pass]) -> dict[str, float]:
        """Return density and shares of silent and saturated neurons of each layer, for the log."""
        return {
            f"{what}/{name}": value
            for name, done in zip(self.names, passes, strict=True)
            for what, value in done.activity._asdict().items()
        }

    def keep(
        self, layers: Sequence[LifLayer], currents: Sequence[Tensor], outcome: Outcome
    ) -> None:
        """Add to an outcome what a warning needs to know, and keep what it would say."""
        self._last = list(zip(layers, currents, strict=True)) if self.about_to_warn else []
        self.note(outcome, currents[0].shape[1])

    def text(self, index: int, *, silent: bool) -> str | None:
        """Return what to say of a layer."""
        if not self._last:
            return None
        layer, current = self._last[index]
        key, threshold = self.keys[index], layer.neuron.threshold
        if not silent:
            return activity.saturated(key, threshold, current[0])
        membranes = scan(current, filter_of(layer.neuron), membranes=True).membranes
        assert membranes is not None
        return activity.silent(key, threshold, membranes)
