"""Codes for networks that advance in steps."""

import pytest
import torch

from snnrun.encoders import ENCODERS, build_encoder
from snnrun.encoders.settings import LatencyStepsSettings, PoissonSettings, RateSettings
from tests.batches import random_of

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
    assert shown.shape == (7, 5, *settings.output_shape((1, 2, 3))) == (7, 5, 6)
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
