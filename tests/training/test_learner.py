"""Where a network computes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

import snnrun
from snnrun.data import Split
from snnrun.data.augmentations import Shift, ShiftSettings
from snnrun.errors import ConfigError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.experiment import load_config
from snnrun.kernels import cuda
from snnrun.kernels.first_spike import tensors as first_spike_tensors
from snnrun.learning.outcome import predictions
from snnrun.training.learner import build_learner, choose_device
from tests import tiny

CONFIGS = Path(__file__).parent.parent.parent / "configs"
EVERYTHING = """
extends: tiny.yaml
model:
  layers:
    - size: 14
      before: [{name: multiplex, factor: 2}, {name: biases, times: [0.9]},
               {name: delay, kind: synaptic, jitter: 0.1}]
      weights: {mean: 1.0, std: 0.8}
      jitter: 0.1
      threshold_noise: {per_spike: 0.1, per_batch: 0.1}
    - {size: 3, bias_times: [0.9], weights: {mean: 0.3, std: 0.5}}
"""


@pytest.fixture
def machine(monkeypatch):
    """A function that says what this machine has."""

    def has(device, kernels):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: device)
        monkeypatch.setattr(cuda, "installed", lambda: object() if kernels else None)

    return has


def test_cuda_without_a_device_is_refused(tmp_path, machine):
    machine(device=False, kernels=True)
    with pytest.raises(ConfigError, match="device: cuda, but torch finds no CUDA device") as error:
        choose_device(tiny.experiment(tmp_path), "cuda")
    assert len(error.value.problems) == 1


@pytest.mark.parametrize(
    ("device", "kernels", "chosen"),
    [(True, True, "cuda"), (True, False, "cpu"), (False, True, "cpu")],
)
def test_auto_takes_a_device_that_has_kernels(tmp_path, machine, device, kernels, chosen):
    machine(device, kernels)
    assert choose_device(tiny.experiment(tmp_path), "auto").type == chosen
    assert choose_device(tiny.experiment(tmp_path), "cpu").type == "cpu"


def test_a_model_for_the_cpu_refuses_other_devices(machine):
    config = CONFIGS / "eligibility_digits.yaml"
    with pytest.raises(ConfigError, match=r"train\.device.* runs on cpu only; on cuda runs: first"):
        load_config(config, ["train.device=cuda"])
    machine(device=True, kernels=True)
    assert choose_device(load_config(config), "auto").type == "cpu"


def test_a_run_of_a_device_is_evaluated_without_one(tmp_path, machine):
    config = tiny.experiment(tmp_path, "train.epochs=1", "train.savepoints=[]")
    run = snnrun.train(config, results=tmp_path)
    before = evaluate_run(run)
    run.config.write_text(run.config.read_text().replace("device: auto", "device: cuda"))
    assert "device: cuda" in run.config.read_text()
    machine(device=False, kernels=False)
    assert evaluate_run(run).loss == before.loss
    assert evaluate_run(run).model.layers[0].weights.device.type == "cpu"


@pytest.mark.parametrize("loss", ["ttfs", "mse", "time_invariant_mse"])
@pytest.mark.parametrize("rounded", ["null", "0.1"])
def test_every_tensor_of_a_step_is_on_the_device(tmp_path, monkeypatch, loss, rounded):
    """On torch's meta device, whose tensors hold no numbers and do not mix with others."""
    monkeypatch.setattr(first_spike_tensors, "forward", spikes_of_meta)
    monkeypatch.setattr(first_spike_tensors, "plan_of_times", lambda *_: None)
    monkeypatch.setattr(first_spike_tensors, "backward", gradients_of_meta)
    network = everything(tmp_path, f"learning.loss={{name: {loss}}}", f"{PRECISION}={rounded}")
    network = network.on(torch.device("meta"))
    lessons, labels = network.lessons(Split(np.ones((5, INPUTS)), np.zeros(5, dtype=np.int64)))
    record = network.model(network.teach(lessons), max_dw_norm=0.2)
    network.rule.loss(record.times[-1], labels).backward()
    network.rule.constrain()
    assert predictions(network.rule.scores(record)).eq(labels).is_meta
    assert all(p.grad.is_meta for p in network.model.parameters())


PRECISION, INPUTS = "model.weight_precision", 4


def everything(folder, *changes):
    tiny.write_config(folder)
    (folder / "everything.yaml").write_text(EVERYTHING)
    experiment = load_config(folder / "everything.yaml", changes)
    assert experiment.input_size == INPUTS
    return build_learner(experiment)


def spikes_of_meta(arrivals, weights, constants):
    level = torch.as_tensor(constants.level if constants.noise is None else constants.noise)
    per_neuron = arrivals.sum(1) if arrivals.dim() == 3 else arrivals.sum(1, keepdim=True)
    return per_neuron + weights.sum(0) + level, None


def gradients_of_meta(values, *_):
    return tuple(torch.empty_like(x) for x in values[:2])


def test_images_are_shifted_where_they_are():
    with FakeTensorMode():  # which, unlike meta, refuses to gather across devices
        moved = Shift(ShiftSettings(pixels=1))(torch.empty(5, 1, 6, 7, device="cuda"))
        assert moved.is_cuda
