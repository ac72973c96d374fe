"""Building blocks for people who write programs instead of configs, as torch modules.

docs/nn.md tells what there is. Activity is ``[time, batch, ...]``; what knows of time takes
``batch_first=True`` for ``[batch, time, ...]``. Spike times are ``[batch, neurons]``, inf = none.
"""

from snnrun.kernels.lif.sequence_reference import State
from snnrun.learning.sbs.multiplicative_adam import MultiplicativeAdam
from snnrun.nn import graph
from snnrun.nn.encoding import (
    Repeat,
    delta,
    latency,
    latency_steps,
    poisson,
    poisson_intervals,
    rank_order,
    repeat,
)
from snnrun.nn.first_spike import FirstSpike
from snnrun.nn.lif import LIF
from snnrun.nn.losses import MSEKL, TET, TTFS, CrossEntropy, RateBand, RateMSE
from snnrun.nn.neurons import detached
from snnrun.nn.over_time import TimeDistributed
from snnrun.nn.sbs import SbS
from snnrun.nn.schedules import (
    Schedule,
    cosine_warm_up,
    exponential_warm_up,
    growth,
    linear_warm_up,
    step_warm_up,
)

__all__ = [
    "LIF", "MSEKL", "TET", "TTFS", "CrossEntropy", "FirstSpike", "MultiplicativeAdam", "RateBand",
    "RateMSE", "Repeat", "SbS", "Schedule", "State", "TimeDistributed", "cosine_warm_up", "delta",
    "detached", "exponential_warm_up", "graph", "growth", "latency", "latency_steps",
    "linear_warm_up", "poisson", "poisson_intervals", "rank_order", "repeat", "step_warm_up",
]  # fmt: skip
