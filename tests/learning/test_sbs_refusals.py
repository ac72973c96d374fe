"""What Spike-By-Spike experiments refuse, and what they say of it."""

import pytest
import torch

from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.training.learner import build_learner
from tests.batches import batch_of

CONFIG = """
data: {name: digits}
encoder: {name: pixels, offset: 0.0}
model:
  name: sbs
  spikes: 7
  layers:
    - {name: sbs, neurons: 6, kernel: 3}
    - {name: average_pooling, kernel: 2, stride: 2}
    - {name: sbs, neurons: 10}
learning: {name: sbs}
train: {epochs: 1, batch_size: 50}
"""
RECONSTRUCT = "model.layers=[{name: sbs, neurons: 6, kernel: 3}, {name: reconstruction}]"


def load(folder, *overrides):
    path = folder / "config.yaml"
    path.write_text(CONFIG)
    return load_config(path, overrides)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model.layers.0.kernel=9"], r"model\.layers\.0\.kernel: reaches over 9 rows, but the in"),
        (["model.layers.2.kernel=[3,4]"], "kernel: reaches over 4 columns, but the input has 3"),
        (
            ["model.layers.0.kernel=[3,3,3]"],
            "kernel: must be a list of 2 or fewer, got a list of 3",
        ),
        (
            ["model.layers.0.kernel=[3]"],
            r"model\.layers\.0\.kernel\.1: missing; the list is too",
        ),
        (["model.layers.0.stride=0"], r"model\.layers\.0\.stride: must be 1 or more, got 0"),
        (["model.layers.0.padding=[0,-1]"], r"padding\.1: must be 0 or more, got -1"),
        (
            ["model.layers.2.neurons=11"],
            r"model\.layers: the last layer gives \[11, 1, 1\], but 10",
        ),
        (
            ["model.layers.1.name=sbs_poling"],
            "unknown layer 'sbs_poling'; did you mean 'sbs_pooling'",
        ),
        (["model.spikes=2.5"], r"model\.spikes: must be a whole number, got 2\.5"),
        (["model.eps_0=inf"], r"model\.eps_0: must be a finite number, got 'inf'"),
        (["model.forgetting=1e30"], r"model\.forgetting: must be 1e\+09 or less, got 1e\+30"),
        (["model.eps_t.reduction=1e-30"], r"model\.eps_t\.reduction: must be 1e-09 or more, got"),
        (["model.dialect=2024"], r"model\.dialect: must be 2022 or 2023, got 2024"),
        (["model.noise=[2,1]"], r"model\.noise: must ascend and hold no negative number"),
        (["model.dialect=2022"], "the dialect must be that of the model, 2022, got 2023"),
        ([RECONSTRUCT, "learning.loss.name=softmax_cross_entropy"], "needs the loss mse_kl"),
        (
            ["model.layers.0={name: sbs, neurons: 6, kernel: 3, local: true, trainable: false}"],
            r"learning: model\.layers\.0 learns locally, but is not trainable",
        ),
        (
            ["learning.loss={name: mse_kl, mse: 0, kl: 0}"],
            "mse and kl are both 0; expected at least",
        ),
        (["train.accumulate=0"], r"train\.accumulate: must be 1 or more, got 0"),
        (["train.accumulate=1.5"], r"train\.accumulate: must be a whole number, got 1\.5"),
        (
            ["train.augment=[{name: crop, pixels: 4}]"],
            r"train\.augment\.0: crop by 4 pixels at each",
        ),
        (
            ["encoder={name: rate}"],
            "encoder: gives image steps or steps, but the model takes images; those that fit:",
        ),
        (["encoder={name: on_off, mean: [0.1, 0.2]}"], r"encoder\.mean: expected 1, one for each"),
        (["learning={name: eprop}"], "learning: 'eprop' does not train this model; those"),
        (["train.device=cuda"], r"train\.device: this model runs on cpu only"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, overrides, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load(tmp_path, *overrides)
    assert len(caught.value.problems) == 1


def test_the_config_of_these_tests_is_right(tmp_path):
    assert load(tmp_path).layers()[0][1] == "[1, 8, 8] -> [6, 6, 6], weights [9, 6]"
    assert load(tmp_path, RECONSTRUCT).layers()[1][1] == "[6, 6, 6] -> [9, 6, 6]"


def test_a_crop_makes_the_network_smaller(tmp_path):
    cropped = load(tmp_path, "train.augment=[{name: crop, pixels: 1}]")
    assert cropped.layers()[0][1] == "[1, 6, 6] -> [6, 4, 4], weights [9, 6]"
    assert cropped.input_size == 36


def test_a_vector_is_seen_as_channels(tmp_path):
    layers = "model.layers=[{name: sbs, neurons: 8}, {name: sbs, neurons: 3}]"
    vectors = load(tmp_path, "data={name: yin_yang}", layers)
    assert vectors.layers()[0][1] == "[4, 1, 1] -> [8, 1, 1], weights [4, 8]"


def test_a_black_image_trains_to_numbers(tmp_path):
    """Without an offset its patches are all zero: no spikes, h stays even, nothing is NaN."""
    network = build_learner(load(tmp_path))
    images = torch.rand(4, 1, 8, 8)
    images[1] = 0
    images[2, :, :4] = 0
    outcome = network.rule.step(batch_of(images, torch.tensor([3, 1, 0, 9])))
    assert outcome.loss.isfinite()
    assert outcome.scores.isfinite().all()
    for _, layer in network.model.weighted:
        assert layer.weights.grad.isfinite().all()
        assert layer.weights.grad.abs().sum() > 0
    network.rule.constrain()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.5])
def test_an_image_that_holds_no_chances_is_named(tmp_path, value):
    network = build_learner(load(tmp_path))
    images = torch.rand(4, 1, 8, 8)
    images[2, 0, 3, 5] = value
    with pytest.raises(ValueError, match=r"x: expected numbers from 0 to 1e\+30, not "):
        network.rule.step(batch_of(images, torch.tensor([3, 1, 0, 9])))
