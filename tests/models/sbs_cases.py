"""Small Spike-By-Spike networks for the tests, in float64, at generic points."""

import torch

from snnrun.models.sbs.net import build
from snnrun.models.sbs.settings import SbsSettings

SHAPE, CLASSES, BATCH = (2, 7, 6), 5, 4
LAYERS = [
    {"name": "sbs", "neurons": 6, "kernel": [3, 2], "stride": [2, 1]},
    {"name": "average_pooling", "kernel": [1, 2], "stride": [1, 2]},
    {"name": "sbs", "neurons": 7, "kernel": 2, "spikes": 13},
    {"name": "sbs", "neurons": CLASSES},
]


def settings_of(layers=LAYERS, **changes):
    return SbsSettings(**({"layers": layers, "spikes": 17, "eps_0": 0.7} | changes))


def model_of(layers=LAYERS, seed=3, **changes):
    """A network whose weights are far from even."""
    settings = settings_of(layers, **({"noise": (0.1, 1.0)} | changes))
    return build(settings, SHAPE, CLASSES, torch.Generator().manual_seed(seed))


def batch_of(size=BATCH, seed=5):
    """Images, and labels."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(CLASSES, (size,), generator=random)
    return torch.rand(size, *SHAPE, generator=random, dtype=torch.float64), labels
