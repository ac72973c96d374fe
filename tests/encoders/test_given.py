"""Samples as they are: time first without a copy, flat or not as the model wants, spike times."""

import math

import numpy as np
import pytest
import torch

from snnrun.core.capabilities import InputKind, Values
from snnrun.core.random import Random
from snnrun.encoders import GivenSettings, build_encoder
from snnrun.errors import ConfigError
from snnrun.experiment import load_config

TIMED = torch.arange(4 * 5 * 2 * 3 * 6.0).view(4, 5, 2, 3, 6)  # samples, time, image
RANDOM = Random(1, "test", 0, 0, np.arange(4))


def given(shape, kind, **settings):
    return build_encoder(GivenSettings(**settings), shape, kind)


def test_steps_come_first_and_flat():
    encoder = given((2, 3, 6), InputKind.STEPS)
    shown = encoder(encoder.prepare(TIMED), RANDOM)
    assert shown.shape == (5, 4, 36)
    for step in range(5):
        for sample in range(4):
            assert torch.equal(shown[step, sample], TIMED[sample, step].flatten())
    assert not encoder.constant


def test_image_steps_keep_their_shape():
    encoder = given((2, 3, 6), InputKind.IMAGE_STEPS)
    shown = encoder(encoder.prepare(TIMED), RANDOM)
    assert shown.shape == (5, 4, 2, 3, 6)
    assert torch.equal(shown[3, 1], TIMED[1, 3])


@pytest.mark.parametrize("kind", [InputKind.STEPS, InputKind.IMAGE_STEPS])
def test_nothing_is_copied(kind):
    encoder = given((2, 3, 6), kind)
    assert encoder(encoder.prepare(TIMED), RANDOM).data_ptr() == TIMED.data_ptr()


def test_spike_times_come_in_tau_syn():
    encoder = given((2, 2), InputKind.SPIKE_TIMES, tau_syn=5.0)
    times = torch.tensor([[[0.0, 2.5], [10.0, math.inf]]])
    assert encoder(encoder.prepare(times), RANDOM).tolist() == [[0.0, 0.5, 2.0, math.inf]]


def test_images_stay_images():
    encoder = given((2, 3, 6), InputKind.IMAGES)
    assert encoder(encoder.prepare(TIMED[:, 0]), RANDOM).shape == (4, 2, 3, 6)


@pytest.mark.parametrize(
    ("values", "shape", "timed", "kinds"),
    [
        (Values.ANY, (7,), True, {InputKind.STEPS}),
        (Values.UNIT, (2, 3, 6), True, {InputKind.STEPS, InputKind.IMAGE_STEPS}),
        (Values.SPIKE_TIMES, (2, 3, 6), False, {InputKind.SPIKE_TIMES}),
        (Values.UNIT, (2, 3, 6), False, {InputKind.IMAGES}),
        (Values.COUNTS, (2, 3, 6), False, {InputKind.IMAGES}),
        (Values.ANY, (2, 3, 6), False, set()),  # models of images take nothing negative
        (Values.UNIT, (7,), False, set()),
    ],
)
def test_what_it_can_give_depends_on_the_samples(values, shape, timed, kinds):
    assert GivenSettings().kinds(values, shape, timed) == kinds


DATA = (
    "data={name: arrays, train: {values: x.npy, targets: y.npy}, test: 0.2, targets_are: classes, "
    "names: [a, b], %s}"
)
LIF = """
data: {name: yin_yang}
encoder: {name: given}
model: {name: lif, layers: [{size: 4}]}
learning: {name: random_feedback}
train: {epochs: 1, batch_size: 4}
"""
FIRST_SPIKE = [
    "model={name: first_spike, layers: [{size: 2, weights: {mean: 1, std: 1}}]}",
    "learning={name: first_spike}",
]


def config(folder, data, *overrides):
    path = folder / "given.yaml"
    path.write_text(LIF)
    return load_config(path, [DATA % data, *overrides])


def test_it_fits_what_takes_it(tmp_path):
    timed = config(tmp_path, "shape: [9, 2, 3, 6], time_axis: 1, values_are: counts")
    assert timed.model_input == 36
    times = config(tmp_path, "shape: [7], values_are: spike_times", *FIRST_SPIKE)
    assert times.model_input == 7


@pytest.mark.parametrize(
    ("data", "overrides", "message"),
    [
        ("shape: [9, 7], time_axis: 1", FIRST_SPIKE,
         "encoder: gives steps, but the model takes spike times; no encoder gives that of such"),
        ("shape: [7], values_are: spike_times", [],
         "encoder: gives spike times, but the model takes steps; no encoder gives that of such"),
        ("shape: [7]", [],
         "encoder: gives nothing for such samples, but the model takes steps; those that fit: rate,"
         " poisson, latency_steps"),
        ("shape: [9, 7], time_axis: 1", ["encoder={name: rate}"],
         "encoder: does not encode samples with 9 steps; those that do: given"),
        ("shape: [9, 7], time_axis: 1, values_are: counts", ["encoder={name: rate}"],
         r"encoder: encodes values in \[0, 1\], but the data have values of 0 and more; those that "
         "do: given"),
        ("shape: [7], values_are: any", ["encoder={name: poisson}"], "those that do: given"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(tmp_path, data, overrides, message):
    with pytest.raises(ConfigError, match=message):
        config(tmp_path, data, *overrides)
