"""Experiments of every kind that figures are made for, each trained in a moment."""

from collections.abc import Callable
from functools import partial
from typing import Any

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
#: Whose figures are those of others.
_SIMILAR = {"first_spike", "first_spike, noisy"}
_QUIET = {"live_plot": False, "tensorboard": False}


def _of(make: Callable[..., networks.Live], *settings: Any, **more: Any) -> Experiment:
    return make(*settings, **more).experiment


_MAKE: dict[str, Callable[[], Experiment]] = {
    **{name: partial(_of, make) for name, make in LIVE.items() if name not in _SIMILAR},
    "first_spike, one layer": partial(Experiment.model_validate, _ONE),
    "first_spike, silent": partial(_of, networks.first_spike, threshold=1e3),
    "lif, images": partial(Experiment.model_validate, _DIGITS),
    "lif, online": partial(_of, networks.lif, {"name": "leaky"}, "ottt"),
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
