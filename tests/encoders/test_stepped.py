"""Codes for networks that advance in steps."""

import pytest
import torch

from snnrun.core.capabilities import InputKind, Values
from snnrun.encoders import ENCODERS, build_encoder
from snnrun.encoders.settings import DeltaSettings, RateSettings
from snnrun.encoders.train_settings import LatencyStepsSettings, PoissonSettings
from tests.batches import random_of
from tests.golden import golden

VALUES = torch.tensor([[0.0, 0.25], [0.75, 1.0]])


def build(settings, training=True):
    """An encoder; it flattens whatever shape samples have."""
    return build_encoder(settings, ()).train(training)


@pytest.mark.parametrize("name", ["rate", "poisson", "latency_steps"])
@pytest.mark.parametrize("training", [True, False])
def test_they_show_steps(name, training):
    settings = ENCODERS[name].settings(steps=7)
    encoder = build(settings, training)
    shown = encoder(encoder.prepare(torch.rand(5, 1, 2, 3)), random_of(5))
    assert settings.output_shape((1, 2, 3)) == (1, 2, 3)
    assert shown.shape == (7, 5, 6)
    assert shown.dtype == torch.float32


def test_rate_repeats_without_copying():
    encoder = build(RateSettings(steps=3))
    shown = encoder(encoder.prepare(VALUES), random_of(2))
    assert all(torch.equal(step, VALUES) for step in shown)
    assert shown.stride(0) == 0


def test_poisson_is_random_in_training_and_may_be_steady_in_evaluation():
    random, steady = (build(PoissonSettings(steps=50, evaluation=e)) for e in ("poisson", "rate"))
    for encoder in (random, steady):
        shown = encoder(encoder.prepare(VALUES), random_of(2))
        assert set(shown.unique().tolist()) == {0.0, 1.0}
        assert 0 < shown[:, 0, 1].mean() < shown[:, 1, 0].mean() < 1
    random.eval()
    steady.eval()
    assert set(random(VALUES, random_of(2)).unique().tolist()) == {0.0, 1.0}
    assert torch.equal(steady(VALUES, random_of(2)), VALUES.expand(50, 2, 2))


@pytest.mark.parametrize(
    ("first", "background", "steps"),
    [("high", "silent", [[None, 3], [1, 0]]), ("high", "spike", [[4, 3], [1, 0]]),
     ("low", "silent", [[None, 1], [3, 4]])],
)  # fmt: skip
def test_latency_by_hand(first, background, steps):
    settings = LatencyStepsSettings(steps=5, first=first, background=background)
    encoder = build(settings)
    shown = encoder(encoder.prepare(VALUES), random_of(2))
    for sample, row in enumerate(steps):
        for neuron, step in enumerate(row):
            expected = [float(t == step) for t in range(5)]
            assert shown[:, sample, neuron].tolist() == expected


# ---- against other libraries ----


def test_latency_is_that_of_spikingjelly():
    """Its linear code: the largest values first, and the value 0 last instead of never."""
    data = golden("stbp/encoders")
    encoder = build(LatencyStepsSettings(steps=8, background="spike"))
    shown = encoder(encoder.prepare(torch.from_numpy(data["x"])), random_of(2))
    assert torch.equal(shown, torch.from_numpy(data["sj_latency_linear_T8"]))


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "snn_delta_thr.25"),
        ({"off": "negative"}, "snn_delta_thr.25_off"),
        ({"off": "negative", "first": "same"}, "snn_delta_thr.25_padding"),
    ],
)
def test_delta_is_that_of_snntorch(settings, key):
    data = golden("stbp/encoders")
    samples = torch.from_numpy(data["delta_x"]).transpose(0, 1)
    encoder = build(DeltaSettings(threshold=0.25, **settings))
    assert torch.equal(encoder(encoder.prepare(samples), random_of(2)), torch.from_numpy(data[key]))


def test_rises_and_falls_have_channels_of_their_own():
    samples = torch.rand(4, 9, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    both, signed = (
        build_encoder(DeltaSettings(threshold=0.25, off=off), (2, 3, 3), InputKind.IMAGE_STEPS)
        for off in ("channels", "negative")
    )
    assert DeltaSettings(off="channels").output_shape((2, 3, 3)) == (4, 3, 3)
    spikes, difference = both.prepare(samples), signed.prepare(samples)
    assert set(spikes.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(spikes[:, :, :2] - spikes[:, :, 2:], difference)
    assert {-1.0, 1.0} <= set(difference.unique().tolist())
    flat = build(DeltaSettings(threshold=0.25, off="channels")).prepare(samples)
    assert torch.equal(flat, spikes.flatten(2))


def test_which_samples_they_are_for():
    assert RateSettings().accepts == DeltaSettings().accepts == set(Values) - {Values.SPIKE_TIMES}
    assert PoissonSettings().accepts == LatencyStepsSettings().accepts == {Values.UNIT}
    for shape in ((9, 7), (2, 3, 4, 5)):  # no images, and no vectors
        assert RateSettings().kinds(Values.UNIT, shape, False) == {InputKind.STEPS}
