"""A convolutional network of spiking neurons trains, stops, goes on and is evaluated as others."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

import snnrun
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.learning import RULES
from snnrun.models.feedforward.norms import TebnSettings
from snnrun.training.together import refuse_several
from tests import tiny, toy_parts

STEPS = 4
CONFIG = """
seed: 3
data:
  name: arrays
  train: {values: digits.npz/x, targets: digits.npz/y}
  test: 0.2
  time_axis: 1
encoder: {name: given}
model:
  name: feedforward
  layers:
    - {name: conv, channels: 6, padding: 1}
    - {name: batch_norm}
    - {name: lif, learn_tau: true}
    - name: residual
      body: [{name: conv, channels: 6, padding: 1}, {name: tebn, steps: 4}, {name: lif}]
    - {name: max_pool}
    - {name: dropout, chance: 0.2}
    - {name: linear, size: 30}
    - {name: lif, reset: subtract}
learning: {name: toy_descent}
train:
  epochs: 4
  batch_size: 80
  optimizer: {name: adam, lr: 0.01}
  schedules: [{name: exponential, gamma: 0.9, target: model.surrogate.sharpness}]
  savepoints: [2]
  live_plot: false
  tensorboard: false
"""


@pytest.fixture(autouse=True)
def _descent(monkeypatch):
    """A rule that takes the gradient of torch."""
    monkeypatch.setattr(RULES, "_known", {**RULES.known, "toy_descent": toy_parts.DESCENT})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A config, and digits that flicker: each step shows the pixels above another level."""
    folder, digits = tmp_path_factory.mktemp("flicker"), load_digits()
    levels = np.linspace(2, 12, STEPS)[:, None, None, None]
    values = (digits.images[:900, None, None] > levels).astype(np.float32)
    np.savez(folder / "digits.npz", x=values, y=digits.target[:900])
    (folder / "flicker.yaml").write_text(CONFIG)
    return folder


def test_a_run_learns_and_goes_on_bit_for_bit(folder, monkeypatch):
    monkeypatch.chdir(folder)
    whole = snnrun.train("flicker.yaml", results=folder / "whole")
    assert snnrun.inference(whole).accuracy > 0.6
    part = snnrun.train("flicker.yaml", ["train.epochs=2"], results=folder / "part")
    snnrun.resume(part, epochs=4)
    assert tiny.weights(part) == tiny.weights(whole)
    model = snnrun.load(whole, 4).model
    assert model.layers[2].sharpness == pytest.approx(torch.pi * 0.9**4)
    assert model.layers[2].leak.item() != 0.0


def test_a_layer_that_does_not_fit_is_told_with_its_line(folder, monkeypatch):
    monkeypatch.chdir(folder)
    pool = "- {name: max_pool}"
    (folder / "wrong.yaml").write_text(CONFIG.replace(pool, f"- {{name: flatten}}\n    {pool}"))
    with pytest.raises(ConfigError) as caught:
        load_config(folder / "wrong.yaml")
    assert "wrong.yaml:18:8:" in str(caught.value)
    assert "model.layers.5.name: a pool takes images" in str(caught.value)


def test_layers_that_have_to_see_whole_batches_are_not_split_over_processes(folder, monkeypatch):
    """Such as norms of other packages, which would have taken each process's own share."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(toy_parts.DescentSettings, "parallel", True, raising=False)
    config = load_config("flicker.yaml")
    refuse_several(config)
    monkeypatch.setattr(TebnSettings, "whole_batches", True)
    text = r"layers\.3\.body\.1 \(tebn\) has to see whole batches, so one process must train"
    with pytest.raises(ConfigError, match=text):
        refuse_several(config)


def test_factors_for_another_number_of_steps_are_told_before_anything_runs(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "wrong.yaml").write_text(CONFIG.replace("steps: 4", "steps: 5"))
    with pytest.raises(
        ConfigError, match=r"yaml:16:66: model\.layers\.3\.body\.1\.steps: must be 4"
    ):
        load_config(folder / "wrong.yaml")
