"""Delays of spikes as they act, before training and now. Göltz et al., DelGrad, Nature
Communications 16 (2025).
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from snnrun.core.position import Position
from snnrun.evaluation.measure import Arrays, Measure
from snnrun.models.first_spike.arrivals import Delay
from snnrun.models.first_spike.net import FirstSpikeNet
from snnrun.runs.weights import read_weights

_BINS = 25


class Delays(Measure):
    """Keeps, for each stage that delays spikes, named as in checkpoints (layers.0.before.0),

    <stage>/edges: ``[26]`` of bins over all delays, tau_syn.
    <stage>/now, <stage>/initial: int64 ``[25]``, delays in each bin; ``[0]`` where those before
        training were not saved. Those that several synapses share count once.
    """

    def arrays(self) -> Arrays:
        """Return them."""
        run, model = self.subject.run, self.subject.learner.model
        assert isinstance(model, FirstSpikeNet)
        path = run.checkpoints / Position(0).name
        before = read_weights(path) if path.is_dir() else {}
        found: Arrays = {}
        for name, stage in model.delays():
            now = _acting(stage, stage.raw.numpy(force=True))
            initial = _acting(stage, before.get(f"{name}.raw", now[:0]))
            edges = np.histogram_bin_edges(np.append(now, initial), bins=_BINS)
            found[f"{name}/edges"] = edges
            found[f"{name}/now"] = np.histogram(now, edges)[0]
            found[f"{name}/initial"] = np.histogram(initial, edges)[0][: _BINS * len(initial)]
        return found


def _acting(stage: Delay, raw: NDArray[Any]) -> NDArray[Any]:
    """Return the delays that raw parameters stand for, ``[delays]``."""
    delays: NDArray[Any] = stage.positivity.effective(torch.from_numpy(raw)).numpy().ravel()
    return delays
