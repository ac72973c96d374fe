"""Building blocks for people who write programs instead of configs, as torch modules.

docs/nn.md tells what there is. Activity is ``[time, batch, ...]``; what knows of time takes
``batch_first=True`` for ``[batch, time, ...]``.
"""

from snnrun.kernels.lif.sequence_reference import State
from snnrun.nn.lif import LIF
from snnrun.nn.neurons import detached

__all__ = ["LIF", "State", "detached"]
