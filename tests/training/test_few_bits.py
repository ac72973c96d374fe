"""Weights of few bits: what is saved is what learns, and what acts has few values."""

import pytest
import torch

import snnrun
from snnrun.models.quantised import quantised
from snnrun.runs.weights import read_weights

CONFIG = """
seed: 3
data: {name: bars, samples_per_class: 12}
encoder: {name: rate, steps: 5}
model: MODEL
learning: {name: surrogate}
train:
  epochs: 2
  batch_size: 12
  optimizer: {name: adam, lr: 0.01}
  live_plot: false
  tensorboard: false
"""
LIF = "{name: lif, bits: 3, threshold: 0.5, layers: [{size: 40}], readout: {name: leaky}}"
LISTED = "{name: feedforward, bits: 3, layers: [{name: linear, size: 40}, {name: lif}]}"


@pytest.mark.parametrize("model", [LIF, LISTED], ids=["lif", "feedforward"])
def test_a_run_keeps_weights_that_learn_and_is_judged_by_those_that_act(tmp_path, model):
    (tmp_path / "few.yaml").write_text(CONFIG.replace("MODEL", model))
    run = snnrun.train(tmp_path / "few.yaml", results=tmp_path)
    saved = read_weights(run.checkpoints / "epoch_0002")
    tensors = [torch.from_numpy(each) for each in saved.values() if each.ndim == 2]
    assert [len(each.unique()) == each.numel() for each in tensors] == [True, True]
    x = torch.rand(7, 1, 3, 3)
    loaded, plain = snnrun.load(run, 2), snnrun.load(run, 2)
    for layer in plain.model.modules():
        if hasattr(layer, "bits"):
            layer.bits = None
    with torch.no_grad():
        scores = loaded.model.scores(loaded(x))
        assert not torch.equal(plain.model.scores(plain(x)), scores)
        for parameter in plain.model.parameters():
            parameter.copy_(quantised(parameter, 3) if parameter.dim() > 1 else parameter)
        assert torch.equal(plain.model.scores(plain(x)), scores)
