"""A small evaluated network, untrained: what the figures are drawn from in these tests.

Its figures are drawn once and looked at by many tests, which must not change them.
"""

import shutil
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from snnrun.experiment import Experiment
from snnrun.plots import PLOTS
from snnrun.runs.folder import RunDir
from tests.evaluation.runs import EPOCH, built, measured, saved

EPOCHS, SEED = EPOCH, 58


def metric_rows(random):
    """A training that gets better, with bumped batches at first."""
    for epoch in range(EPOCHS + 1):
        for split in ("train", "validation")[epoch == 0 :]:
            accuracy = 1 - 0.6 * np.exp(-epoch / 4) - 0.02 * random.random()
            accuracy -= 0.1 * (epoch == EPOCHS)  # the last epoch is not the best
            values = {"loss": 1.2 * np.exp(-epoch / 4) + 0.1, "accuracy": accuracy}
            if split == "train":
                values["bumped"] = float(np.exp(-epoch / 3))
            for name, value in values.items():
                row = {"step": 34 * epoch, "epoch": epoch, "split": split, "name": name}
                yield row | {"value": value, "time": 0.1 * epoch}
        for name, value in delay_statistics(epoch).items():
            row = {"step": 34 * epoch, "epoch": epoch, "split": "train", "name": name}
            yield row | {"value": value, "time": 0.1 * epoch}


def delay_statistics(epoch):
    """Two stages of delays that drift apart."""
    found = {}
    for layer, drift in enumerate((0.03, -0.01)):
        mean = 0.6 + drift * epoch
        values = {"mean": mean, "min": mean - 0.1, "max": mean + 0.2 + 0.01 * epoch}
        found |= {f"delays/layers.{layer}.before.0/{of}": value for of, value in values.items()}
    return found


def history_arrays(random):
    """Arrays of every epoch that drift; label neuron 2 is silent for class 0 in epoch 3."""
    weights, mean = random.normal(size=(8, 3)), 1 + random.random((3, 3))
    for epoch in range(EPOCHS + 1):
        weights = weights + 0.2 * random.normal(size=(8, 3))
        mean = mean + 0.05 * random.normal(size=(3, 3))
        mean[0, 2] += np.nan if epoch == 3 else 0.0
        std = np.where(np.isnan(mean), np.nan, 0.1 + 0.01 * epoch + 0.1 * mean)
        yield {
            "layers.1.weights": weights,
            "label_times/mean": mean,
            "label_times/std": std,
        }
        mean = np.nan_to_num(mean, nan=1.7)


def experiment(before=(), first=(), **model):
    """60 samples of the test split, seven hidden neurons."""
    layers = [
        {"size": 7, "bias_times": [0.9, 1.1], "before": first},
        {"size": 3, "bias_times": [0.7], "before": before},
    ]
    return Experiment.model_validate(
        {
            "data": {"name": "yin_yang", "sizes": {"train": 40, "validation": 50, "test": 60}},
            "encoder": {"name": "latency"},
            "model": {"name": "first_spike", "layers": layers, **model},
            "learning": {"name": "first_spike"},
            "train": {
                "epochs": EPOCHS,
                "batch_size": 150,
                "savepoints": [5, 10],
                "precision": "float64",
            },
        }
    )


def network_of(settings, seed=SEED):
    """Untrained weights with which some samples are right, many wrong, some without a spike."""
    live, random = built(settings), np.random.default_rng(seed)
    for layer, mean in zip(live.model.layers, (1.0, 0.2), strict=True):
        layer.weights.data = torch.from_numpy(random.normal(mean, 2.0, layer.weights.shape))
    return live


def example(run, seed=SEED, initial=True, **settings):
    """The evaluation of such a network, saved in a run folder; its weights were 1 higher before."""
    live = network_of(experiment(**settings), seed)
    state = live.learner.state_dict()
    before = {name: value + 1.0 for name, value in state.items() if name.startswith("model.")}
    return measured(saved(run.path, live, before if initial else None))


def logged(folder):
    """A run folder that holds what was logged and kept of every epoch only."""
    run = RunDir(folder / "run")
    run.path.mkdir()
    run.append_metrics(list(metric_rows(np.random.default_rng(5))))
    for epoch, arrays in enumerate(history_arrays(np.random.default_rng(6))):
        run.append_history(epoch, arrays)
    return run


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """An evaluated network with tau_mem = tau_syn."""
    return example(logged(tmp_path_factory.mktemp("network")))


@pytest.fixture(scope="session")
def delayed(tmp_path_factory):
    """An evaluated network with delays before both layers, those of the first shared."""
    first = {"name": "delay", "kind": "axonal", "positivity": {"name": "sigmoid", "scale": 1.7}}
    second = {"name": "delay", "kind": "synaptic", "mean": 0.6, "positivity": {"name": "clip"}}
    run = logged(tmp_path_factory.mktemp("delayed"))
    return example(run, first=[first | {"share_inputs": 2}], before=[second])


@pytest.fixture
def run(network, tmp_path):
    """The run folder of the first, which a test may change."""
    return RunDir(shutil.copytree(network.run.path, tmp_path / "run"))


@pytest.fixture
def evaluation(network, run):
    """The same network with a run folder that a test may change."""
    return replace(network, run=run)


@pytest.fixture(scope="session")
def drawn(network, delayed):
    """The figures by name, each drawn once; those of delays show a network that has them."""
    return cache(lambda name: PLOTS[name].draw(delayed if "delays" in name else network))


DELAY = {"name": "delay", "kind": "synaptic", "std": 1.0}
MODELS = {
    "tau_mem = tau_syn": {},
    "tau_mem = 2 tau_syn": {"tau_mem": 2.0},
    "scaled": {"tau_syn": 0.8, "tau_mem": 0.8, "g_leak": 1.3, "leak": -0.2, "threshold": 0.7},
    "synaptic delays": {"tau_mem": 2.0, "before": [DELAY]},
    "rounded weights": {"weight_precision": 0.5},
}


@pytest.fixture(scope="session", params=MODELS)
def any_network(request, tmp_path_factory):
    """Evaluated networks of every kind of neuron."""
    return example(RunDir(tmp_path_factory.mktemp("run")), **MODELS[request.param])
