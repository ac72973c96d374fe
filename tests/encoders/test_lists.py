"""Codes of graphs: spikes as lists, and currents."""

import numpy as np
import pytest
import torch

from snnrun.core.capabilities import InputKind, Values
from snnrun.core.events import Events
from snnrun.encoders import build_encoder, gives
from snnrun.encoders.rank_order import RankOrder
from snnrun.encoders.settings import DeltaSettings, GivenSettings, RateSettings
from snnrun.encoders.single import Single
from snnrun.encoders.train_settings import (
    BernoulliSettings,
    PoissonSettings,
    PopulationSettings,
    RankOrderSettings,
    SingleSettings,
)
from tests.batches import random_of

VALUES = torch.tensor([[0.0, 0.8, 0.2, 0.8, 0.4], [0.0, 0.0, 0.5, 0.0, 0.0], [0.0] * 5])


def lists(settings, values=VALUES, random=None):
    encoder = build_encoder(settings, values.shape[1:], InputKind.EVENTS)
    return encoder(encoder.prepare(values), random or random_of(len(values)))


def test_the_order_of_the_values_by_hand():
    """ceil(10 * 0.2 / 0.8) = 3 and ceil(10 * 0.2 / 0.4) = 5 spikes in, counted from 1."""
    found = RankOrder(RankOrderSettings(steps=10)).prepare(VALUES)
    assert found.tolist() == [[-1, 2, 9, 2, 4], [-1, -1, 9, -1, -1], [-1] * 5]
    even = RankOrder(RankOrderSettings(steps=9, spacing="even")).prepare(VALUES)
    assert even.tolist() == [[-1, 0, 8, 0, 4], [-1, -1, 0, -1, -1], [-1] * 5]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_quotients_that_are_whole_steps_count_as_these(dtype):
    """49 / 7 is a little more than 7 where 0.7 and 0.1 are rounded to binary numbers."""
    values = torch.arange(1, 11, dtype=dtype)[None] / 10
    found = RankOrder(RankOrderSettings(steps=49)).prepare(values)[0]
    assert found.tolist() == [-(-49 // k) - 1 for k in range(1, 11)]


def test_a_share_of_the_inputs_spikes_once_at_once():
    values = torch.rand(4, 60, generator=torch.Generator().manual_seed(0))
    for share in (0.1, 0.5, 0.85):
        found = Single(SingleSettings(share=share)).prepare(values)
        expected = values.numpy() > np.quantile(values.numpy(), 1 - share, axis=1)[:, None]
        assert torch.equal(found == 0, torch.from_numpy(expected))
        assert ((found == 0) | (found == -1)).all()
        assert abs((found == 0).float().mean() - share) < 0.02


def test_lists_of_one_spike_each():
    found = lists(RankOrderSettings(steps=10))
    assert found.counts().tolist() == [[0, 1, 1, 1, 1], [0, 0, 1, 0, 0], [0] * 5]
    assert found.dense(VALUES)[2, 0].tolist() == [0, 1, 0, 1, 0]
    assert (len(found), found.steps, found.size, found.again) == (3, 10, 5, None)


@pytest.mark.parametrize("kind", [InputKind.EVENTS, InputKind.STEPS])
@pytest.mark.parametrize(
    ("settings", "chance"),
    [
        (BernoulliSettings(steps=4000, chance=0.5), 0.5 * 0.3),
        (PoissonSettings(steps=4000, chance=0.5), 0.5 * 0.3),
        (PoissonSettings(steps=4000, max_rate=400.0, dt=2.0), 1 - np.exp(-0.8 * 0.3)),
    ],
)
def test_random_spikes_come_as_often_as_is_said(settings, chance, kind):
    """At 5 standard errors; and a step without a spike says nothing of the next."""
    values = torch.full((1, 50), 0.3)
    encoder = build_encoder(settings, (50,), kind)
    shown = encoder(encoder.prepare(values), random_of(1))
    spikes = (shown.dense(values) if isinstance(shown, Events) else shown)[:, 0]
    error = (chance * (1 - chance) / spikes.numel()) ** 0.5
    assert abs(spikes.mean().item() - chance) < 5 * error
    pairs = (spikes[1:] * spikes[:-1]).mean().item()
    assert abs(pairs - chance**2) < 5 * (chance**2 / spikes.numel()) ** 0.5


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"max_rate": 1001.0}, "max_rate is 1001 Hz; expected at most one spike a step of 1 ms"),
        ({"max_rate": 600.0, "dt": 2.0}, "at most one spike a step of 2 ms, 500 Hz"),
        ({"max_rate": 50.0, "chance": 0.5}, "chance: must not be said where max_rate is"),
    ],
)
def test_rates_that_cannot_be_are_refused(said, message):
    with pytest.raises(ValueError, match=message):
        PoissonSettings(**said)
    assert PoissonSettings(max_rate=1000.0).step_ms == 1.0
    assert PoissonSettings().step_ms is None


@pytest.mark.parametrize("kind", [InputKind.EVENTS, InputKind.STEPS])
def test_neurons_of_a_population_spike_the_more_the_nearer_a_value_is(kind):
    """Three neurons for each of two values; at 5 standard errors."""
    settings = PopulationSettings(steps=20000, chance=0.5, neurons=3, width=0.8)
    encoder, values = build_encoder(settings, (2,), kind), torch.tensor([[0.1, 0.5]])
    shown = encoder(encoder.prepare(values), random_of(1))
    spikes = (shown.dense(values) if isinstance(shown, Events) else shown)[:, 0]
    away = np.array([0.1, 0.4, 0.9, 0.5, 0.0, 0.5])
    chance = 0.5 * np.exp(-(away**2) / (2 * 0.4**2))
    error = (chance * (1 - chance) / 20000) ** 0.5
    assert (abs(spikes.mean(0).numpy() - chance) < 5 * error).all()


def test_a_population_of_an_image_has_channels_of_its_own():
    settings = PopulationSettings(steps=1, neurons=4)
    assert settings.output_shape((2, 3, 5)) == (8, 3, 5)
    assert settings.output_shape((3,)) == (12, 1, 1)
    image = torch.rand(1, 2, 3, 5, generator=torch.Generator().manual_seed(0))
    encoder = build_encoder(settings, (2, 3, 5), InputKind.IMAGE_STEPS)
    found = encoder.prepare(image)
    assert found.shape == (1, 8, 3, 5)
    assert torch.equal(found[:, 4:, 1, 2], encoder.prepare(image[:, 1:, 1:2, 2:])[:, :4, 0, 0])


# ---- currents ----


def test_values_at_every_step_are_currents_without_a_copy():
    found = lists(RateSettings(steps=4))
    assert found.counts().sum() == 0
    assert torch.equal(found.dense(VALUES), VALUES.expand(4, 3, 5))
    assert found.currents.stride(0) == 0
    assert torch.equal(found.part(1, 3).dense(VALUES), VALUES[1:].expand(4, 2, 5))
    brighter = found.again(1, 2, 1.5)
    assert torch.equal(brighter.dense(VALUES), 1.5 * VALUES[1:2].expand(4, 1, 5))


def test_zeros_and_ones_are_spikes():
    assert lists(RateSettings(steps=4), torch.tensor([[0.0, 1.0]])).counts().tolist() == [[0, 4]]
    samples = torch.tensor([[[0.0], [0.5], [0.9], [0.2]]])  # [samples, time, n]
    rises, both = (
        lists(DeltaSettings(threshold=0.3, off=off), samples) for off in ("none", "negative")
    )
    assert rises.counts().tolist() == [[2]]
    assert both.currents[:, 0, 0].tolist() == [0, 1, 1, -1]


def test_counts_are_currents_or_spikes():
    samples = torch.tensor([[[0.0, 2.0], [1.0, 0.0]]])
    plain, binary = (lists(GivenSettings(binary=each), samples) for each in (False, True))
    assert plain.currents[:, 0].tolist() == [[0, 2], [1, 0]]
    assert binary.currents is None
    assert binary.dense(samples)[:, 0].tolist() == [[0, 1], [1, 0]]


def test_only_samples_with_time_become_spikes():
    values = torch.tensor([[[[0.5, 3.0]]]])
    for kind in (InputKind.SPIKE_TIMES, InputKind.IMAGES):
        encoder = build_encoder(GivenSettings(binary=True), (1, 1, 2), kind)
        assert torch.equal(encoder.prepare(values).flatten(), values.flatten())
    assert InputKind.EVENTS not in gives(GivenSettings(), Values.SPIKE_TIMES, (2,), False)
