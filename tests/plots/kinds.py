"""Experiments of every kind that figures are made for, each trained in a moment."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from snnrun.experiment import Experiment
from tests.evaluation import networks
from tests.evaluation.networks import LIVE

_ONE = {
    "data": networks.YIN_YANG,
    "encoder": {"name": "latency"},
    "model": {"name": "first_spike", "layers": [{"size": 3, "bias_times": [0.9]}]},
    "learning": {"name": "first_spike"},
    "train": networks.TRAIN,
}
_DIGITS = {
    "data": {"name": "digits"},
    "encoder": {"name": "rate", "steps": 5},
    "model": {"name": "lif", "layers": [{"size": 8}], "readout": {"name": "linear"}},
    "learning": {"name": "eligibility", "alignment_every": 9},
    "train": {"epochs": 1, "batch_size": 100},
}
_ACTING = {
    "data": {
        "name": "gymnasium", "environment": "CartPole-v1", "low": [-2.4, -3.0, -0.21, -2.0],
        "high": [2.4, 3.0, 0.21, 2.0], "episodes": {"train": 2, "validation": 1, "test": 2},
    },
    "encoder": {"name": "population", "neurons": 3, "steps": 3},
    "model": {
        "name": "graph",
        "neurons": {"in": {"name": "input"}, "out": {"name": "lif", "size": 2, "rest": 0.0}},
        "synapses": {"in -> out": {"bounds": [0, 1], "rules": [{"name": "mstdpet"}]}},
    },
    "learning": {"name": "reward_control", "readout": "out"},
    "train": {"epochs": 1, "batch_size": 1, "optimizer": None},
}  # fmt: skip
#: Holds files of digits as long as this module is there.
_FILES = TemporaryDirectory()


def _some(scale: int = 1) -> dict[str, Any]:
    """The first 200 digits; four times as wide, they are large enough for five pools."""
    digits, file = load_digits(), Path(_FILES.name) / f"digits_{scale}.npz"
    images = np.kron(digits.images[:200, None], np.ones((scale, scale))).astype(np.float32)
    np.savez(file, x=images / 16, y=digits.target[:200])
    files = {"values": f"{file}/x", "targets": f"{file}/y"}
    return {"name": "arrays", "train": files, "test": 0.2}


def _feedforward(name: str, scale: int = 1, **model: Any) -> Experiment:
    return Experiment.model_validate(
        {
            "data": _some(scale),
            "encoder": {"name": "rate", "steps": 3},
            "model": {"name": name, **model},
            "learning": {"name": "surrogate"},
            "train": {"epochs": 1, "batch_size": 300, "savepoints": [1]},
        }
    )


#: Whose figures are those of others.
_SIMILAR = {"first_spike", "first_spike, noisy"}
_QUIET = {"live_plot": False, "tensorboard": False}


def _of(make: Callable[..., networks.Live], *settings: Any, **more: Any) -> Experiment:
    return make(*settings, **more).experiment


_MAKE: dict[str, Callable[[], Experiment]] = {
    **{name: partial(_of, make) for name, make in LIVE.items() if name not in _SIMILAR},
    "first_spike, one layer": partial(Experiment.model_validate, _ONE),
    "first_spike, silent": partial(_of, networks.first_spike, threshold=1e3),
    "graph, acting": partial(Experiment.model_validate, _ACTING),
    "lif, images": partial(Experiment.model_validate, _DIGITS),
    "lif, online": partial(_of, networks.lif, {"name": "leaky"}, "ottt"),
    "lif, surrogate gradient": partial(_of, networks.lif, {"name": "leaky"}, "surrogate"),
    "vgg": lambda: _feedforward("vgg", 4, width=2, positions=1),
    "sew_resnet": partial(_feedforward, "sew_resnet", width=2),
    "ms_resnet": partial(_feedforward, "ms_resnet", width=2),
    "nnmf": partial(_of, networks.sbs, [{"name": "nnmf", "neurons": 10, "iterations": 5}]),
    "reconstruction": partial(
        _of, networks.sbs, [{"name": "sbs", "neurons": 4}, {"name": "reconstruction"}]
    ),
}
KINDS = list(_MAKE)


def experiment(kind: str) -> Experiment:
    """An experiment of a kind, without pictures on the way; a costly one has one epoch."""
    made = _MAKE[kind]()
    epochs = 1 if made.model.shown_of_training else made.train.epochs
    train = made.train.model_copy(update=_QUIET | {"epochs": epochs})
    return made.model_copy(update={"train": train})
