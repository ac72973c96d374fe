"""Small feed-forward networks, in float64, at generic points: no two axes are of one size."""

import torch

from snnrun.core.random import Random
from snnrun.models import MODELS

STEPS, BATCH, CLASSES = 5, 3, 4
SHAPE = (2, 7, 6)
NEURON = {"tau": 1.7, "threshold": 0.4, "surrogate": {"name": "arctan", "sharpness": 2.0}}
LAYERS = [
    {"name": "conv", "channels": 6, "kernel": [3, 2], "padding": [1, 0], "groups": 2},
    {"name": "batch_norm"},
    {"name": "avg_pool", "kernel": [2, 1]},
    {"name": "lif", "learn_tau": True, "learn_threshold": True},
    {"name": "residual", "combine": "add",
     "body": [{"name": "conv", "channels": 6, "padding": 1}, {"name": "batch_norm"},
              {"name": "lif"}]},
    {"name": "max_pool", "kernel": [1, 2]},
    {"name": "dropout", "chance": 0.3},
    {"name": "linear", "size": 8},
    {"name": "lif", "reset": "subtract"},
]  # fmt: skip


def settings_of(layers=LAYERS, name="feedforward", **changes):
    given = {"neuron": NEURON} | changes | ({"layers": layers} if name == "feedforward" else {})
    return MODELS[name].settings(**given)


def model_of(layers=LAYERS, shape=SHAPE, classes=CLASSES, seed=3, **changes):
    """A network; norms begin with other weights than 1 and 0, so that these cannot be left out."""
    settings = settings_of(layers, **changes)
    generator = torch.Generator().manual_seed(seed)
    model = MODELS.entry_of(settings).load()(settings, shape, classes, generator)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            drawn = torch.rand(len(parameter), generator=generator, dtype=parameter.dtype)
            parameter.data += 0.5 * (drawn - 0.3)
        assert parameter.dtype == torch.float64, name
    return model


def steady(shape=SHAPE, batch=BATCH, steps=STEPS, seed=5):
    """Input that is the same at every step: its stride over time is 0."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.rand(batch, *shape, generator=generator, dtype=torch.float64)
    return (2 * values).expand(steps, *values.shape)


def changing(shape=SHAPE, batch=BATCH, steps=STEPS, seed=6):
    """Input that differs from step to step."""
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.rand(steps, batch, *shape, generator=generator, dtype=torch.float64)


def numbers(batch=BATCH, first=0):
    """The random numbers of a batch of samples that are numbered from ``first`` on."""
    import numpy as np

    return Random(7, "train", 2, 0, np.arange(first, first + batch))
