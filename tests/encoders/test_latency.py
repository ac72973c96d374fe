"""Latency code: by hand, the three codes of the first-spike paper, and the training noise."""

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from snnrun.data import load_dataset
from snnrun.data.sets.mnist import MnistSettings
from snnrun.data.sets.yin_yang import YinYangSettings
from snnrun.encoders import build_encoder
from snnrun.encoders.settings import LatencySettings
from tests.batches import random_of
from tests.golden import golden

VALUES = torch.tensor([[[0.0, 0.25], [0.75, 1.0]]], dtype=torch.float64)


def latency(**settings):
    """An encoder; it flattens whatever shape samples have."""
    return build_encoder(LatencySettings(**settings), ())


@pytest.mark.parametrize(
    ("first", "background", "expected"),
    [
        ("low", "spike", [0.5, 1.25, 2.75, 3.5]),
        ("high", "spike", [3.5, 2.75, 1.25, 0.5]),
        ("low", "silent", [0.5, 1.25, 2.75, math.inf]),
        ("high", "silent", [math.inf, 2.75, 1.25, 0.5]),
    ],
)
def test_times_by_hand(first, background, expected):
    encoder = latency(early=0.5, late=3.5, first=first, background=background)
    assert encoder.prepare(VALUES).tolist() == [expected]


def test_yin_yang_equals_the_golden_times():
    expected = golden("first_spike/data_yin_yang")["test_x"]
    values = torch.from_numpy(load_dataset(YinYangSettings()).test.inputs)
    np.testing.assert_array_equal(latency().prepare(values), expected)


@pytest.mark.usefixtures("real_mnist")
def test_mnist_equals_the_golden_times():
    expected = golden("first_spike/data_mnist_full")["test_t"]
    values = torch.from_numpy(load_dataset(MnistSettings(scale=256)).test.inputs[:20]).double()
    times = latency(first="high").prepare(values)
    np.testing.assert_allclose(times, expected, rtol=1e-15)


def test_small_mnist_equals_the_golden_times():
    """Pixels / 255 are not exact in float32: hence 1e-7."""
    data = golden("first_spike/data_mnist16")
    inputs, expected = data["val_raw"], data["val_t"]
    encoder = latency(first="high", background="silent")
    for values in (torch.from_numpy(inputs), torch.from_numpy(inputs).double()):
        times = encoder.prepare(values).numpy()
        np.testing.assert_array_equal(np.isinf(times), np.isinf(expected))
        tolerance = 1e-7 if times.dtype == np.float64 else 5e-7
        np.testing.assert_allclose(times, expected, rtol=tolerance)


def test_without_noise_times_stay():
    times = torch.tensor([[0.2, math.inf]])
    assert torch.equal(latency().train()(times, random_of(1)), times)


def test_noise_has_its_mean_and_spread():
    """Statistical, at 5 standard errors."""
    encoder = latency(noise={"mean": 0.3, "std": 0.05}).train()
    times = torch.full((200, 100), 1.0, dtype=torch.float64)
    shift = encoder(times, random_of(200)) - times
    assert abs(shift.mean().item() - 0.3) < 5 * 0.05 / math.sqrt(20_000)
    assert abs(shift.std().item() - 0.05) < 5 * 0.05 / math.sqrt(40_000)
    for pairs in (
        (shift[:-1] - 0.3) * (shift[1:] - 0.3),
        (shift[:, :-1] - 0.3) * (shift[:, 1:] - 0.3),
    ):
        assert abs(pairs.mean().item()) < 5 * 0.05**2 / math.sqrt(pairs.numel())


def test_noise_is_drawn_for_each_sample_and_changes_no_prepared_times():
    encoder = latency(noise={"std": 0.1}).train()
    times = torch.linspace(0.5, 1, 12).reshape(3, 4)
    one, again, other = (encoder(times, random_of(3, seed=seed)) for seed in (7, 7, 8))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(times, torch.linspace(0.5, 1, 12).reshape(3, 4))


def test_noise_mirrors_negative_times_and_leaves_silence():
    encoder = latency(noise={"mean": -1.0, "std": 0.0}).train()
    times = torch.tensor([[0.25, 1.75, math.inf]])
    assert encoder(times, random_of(1)).tolist() == [[0.75, 0.75, math.inf]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"early": 2.0, "late": 0.15}, "late is 0.15; expected more than early = 2"),
        ({"late": math.inf}, "finite number"),
        ({"early": -0.1}, "greater than or equal to 0"),
        ({"first": "middle"}, "'low' or 'high'"),
        ({"background": "inf"}, "'spike' or 'silent'"),
        ({"noise": {"std": -1}}, "greater than or equal to 0"),
        ({"noise": {"std_dev": 1}}, "std_dev"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        LatencySettings(**settings)


def test_noise_is_for_training_only():
    encoder = latency(noise={"std": 0.3})
    times = torch.tensor([[0.5, math.inf, 1.5]])
    assert torch.equal(encoder.eval()(times, random_of(1)), times)
    assert not torch.equal(encoder.train()(times, random_of(1)), times)
