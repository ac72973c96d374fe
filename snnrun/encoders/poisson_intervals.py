r"""Spikes at intervals that are Poisson numbers, as BindsNET and PySNN draw them.

An input of rate r spikes after intervals of a Poisson number of steps with mean 1000 / (r dt), 0
counting as 1. They are far more regular than those of a Poisson process: at 64 Hz and steps of 1 ms
the variance of the number of spikes is a fifteenth of its mean.
"""

from torch import Tensor

from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.encoders.encoder import Encoder
from snnrun.encoders.train_settings import PoissonIntervalsSettings
from snnrun.encoders.trains import Trains, levels
from snnrun.kernels.random.intervals import poisson


class PoissonIntervals(Encoder):
    """Random spikes, of each sample by its number."""

    settings: PoissonIntervalsSettings
    lists = True

    def __init__(self, settings: PoissonIntervalsSettings, shape: tuple[int, ...] = ()) -> None:
        super().__init__(settings, shape)
        longest = 1000 / (settings.max_rate * settings.dt)
        self._trains = Trains(lambda rate: poisson(longest / rate, settings.steps))

    def prepare(self, values: Tensor) -> Tensor:
        """Return the levels of :mod:`snnrun.encoders.trains`."""
        return levels(values)

    def forward(self, prepared: Tensor, random: Random) -> Events:
        """Return the spikes as lists."""
        return self._trains(prepared, random)
