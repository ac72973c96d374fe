"""Untrained networks of every kind, small enough to measure in a moment."""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
import yaml
from sklearn.datasets import load_digits

from snnrun.experiment import Experiment
from tests.evaluation.runs import Live, built
from tests.graphs import SMALL
from tests.plots.conftest import DELAY, experiment, network_of

YIN_YANG = {"name": "yin_yang", "sizes": {"train": 40, "validation": 50, "test": 60}}
TRAIN = {"epochs": 2, "batch_size": 10}
#: Holds files as long as this module is there.
_FILES = TemporaryDirectory()


def first_spike(**settings) -> Live:
    """Seven hidden neurons."""
    return network_of(experiment(**settings))


def lif(readout: dict, rule: str, **model) -> Live:
    """Two hidden layers, of more neurons than lines of a figure, on points of the plane."""
    layers = [{"size": 110, "gain": 4.0}, {"size": 9, "gain": 3.0, "threshold": 1.5}]
    return built(
        Experiment.model_validate(
            {
                "data": YIN_YANG,
                "encoder": {"name": "poisson", "steps": 11},
                "model": {"name": "lif", "layers": layers, "readout": readout, **model},
                "learning": {"name": rule},
                "train": TRAIN,
            }
        )
    )


def sbs(layers: list | None = None, encoder: dict | None = None, **model) -> Live:
    """Layers of all sorts on the 8 x 8 digits."""
    given = layers or [
        {"name": "sbs", "neurons": 6, "kernel": [3, 2]},
        {"name": "average_pooling", "kernel": 2, "stride": [2, 1]},
        {"name": "sbs", "neurons": 12, "kernel": [2, 3], "spikes": 25},
        {"name": "sbs", "neurons": 10},
    ]
    settings = {"spikes": 37, "layers": given, "noise": [0.1, 3.0], **model}
    return built(
        Experiment.model_validate(
            {
                "data": {"name": "digits"},
                "encoder": encoder or {"name": "pixels"},
                "model": {"name": "sbs", **settings},
                "learning": {"name": "sbs"} | ({"dialect": model["dialect"]} if model else {}),
                "train": TRAIN,
            }
        )
    )


def feedforward() -> Live:
    """A convolution, a mean of spikes, and a threshold that learns, on the 8 x 8 digits."""
    layers = [
        {"name": "conv", "channels": 4, "stride": 2},
        {"name": "lif"},
        {"name": "avg_pool", "kernel": [3, 1]},
        {"name": "linear", "size": 6},
        {"name": "lif", "learn_threshold": True, "threshold": 0.3},
    ]
    return built(
        Experiment.model_validate(
            {
                "data": {"name": "digits"},
                "encoder": {"name": "rate", "steps": 3},
                "model": {"name": "feedforward", "layers": layers},
                "learning": {"name": "surrogate"},
                "train": TRAIN,
            }
        )
    )


def graph() -> Live:
    """Two groups that spike, on the 8 x 8 digits; neurons have been told what they stand for."""
    live = built(Experiment.model_validate(yaml.safe_load(SMALL)))
    group = live.model.network.group("E")
    group.theta.copy_(torch.arange(20.0) / 4)
    with live.learner.evaluating():
        live.learner.rule.calibrate(lambda: iter([live.batch(range(200), "train")]))
    return live


def moving_images() -> dict:
    """Digits that turn to the right: what becomes darker, and what becomes lighter."""
    digits, file = load_digits(), Path(_FILES.name) / "moving.npz"
    places = np.stack([np.roll(digits.images[:120], shift, 2) for shift in range(5)], 1)
    change = np.diff(places > 7, axis=1, prepend=0).astype(int)
    counts = np.stack([change < 0, change > 0], 2).astype(np.float32)
    np.savez(file, x=counts, y=digits.target[:120])
    files = {"values": f"{file}/x", "targets": f"{file}/y"}
    arrays = {"name": "arrays", "train": files, "test": 0.3, "validation": 0.2}
    return {**arrays, "time_axis": 1, "values_are": "counts"}


def graph_of_images() -> Live:
    """An input and a convolution, both images."""
    lif = {"name": "lif", "rest": 0.0, "reset": 0.0, "threshold": 0.5, "refractory": 0.0}
    model = {
        "name": "graph",
        "neurons": {"X": {"name": "input"}, "C": lif},
        "synapses": {"X -> C": {"name": "conv2d", "filters": 3, "kernel": 3}},
    }
    live = built(
        Experiment.model_validate(
            {
                "data": moving_images(),
                "encoder": {"name": "given"},
                "model": model,
                "learning": {"name": "correlation", "readout": "C"},
                "train": {"epochs": 1, "batch_size": 80},
            }
        )
    )
    with live.learner.evaluating():
        live.learner.rule.calibrate(lambda: iter([live.batch(range(40), "train")]))
    return live


LIVE = {
    "first_spike": first_spike,
    "first_spike, synaptic delays": partial(first_spike, tau_mem=2.0, before=[DELAY]),
    "first_spike, noisy": partial(first_spike, before=[DELAY | {"jitter": 0.05}]),
    "lif, leaky readout": partial(lif, {"name": "leaky", "tau": 3.0}, "eprop"),
    "lif, spiking readout": partial(
        lif, {"name": "spikes"}, "random_feedback", reset="subtract_twice"
    ),
    "feedforward": feedforward,
    "graph": graph,
    "graph, images over time": graph_of_images,
    "sbs": sbs,
    "sbs of 2022": partial(
        sbs,
        [
            {"name": "sbs", "neurons": 5, "kernel": 3, "eps_xy": {"per": "offset"}},
            {"name": "sbs_pooling", "kernel": 2, "stride": 2},
            {"name": "sbs", "neurons": 10},
        ],
        {"name": "on_off", "dialect": 2022},
        dialect=2022,
    ),
}
