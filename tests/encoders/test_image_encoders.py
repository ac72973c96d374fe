"""Encoders that show images: by hand, against the authors' own, order of the channels."""

import re

import numpy as np
import pytest
import torch

from snnrun.encoders import build_encoder
from snnrun.encoders.settings import OnOffSettings, PixelsSettings
from snnrun.errors import DataError
from tests.batches import random_of
from tests.golden import golden

IMAGES = torch.tensor([[[[0.0, 0.25]], [[1.0, 0.5]], [[0.75, 0.5]]]], dtype=torch.float64)


def shown_of(settings, images):
    """What an encoder shows of images or vectors; nothing of it is drawn anew."""
    encoder = build_encoder(settings, tuple(images.shape[1:]))
    return encoder(encoder.prepare(images), random_of(len(images)))


def test_pixels_get_an_offset():
    shown = shown_of(PixelsSettings(offset=0.125), IMAGES)
    assert torch.equal(shown, IMAGES + 0.125)
    assert shown_of(PixelsSettings(), IMAGES.float()).min() == torch.tensor(1e-20)


def test_off_and_on_of_each_channel_around_its_mean():
    shown = shown_of(OnOffSettings(mean=(0.125, 0.75, 0.5)), IMAGES)
    expected = [[0.25, 0], [0, 0.25], [0, 0.5], [0.5, 0], [0, 0], [0.5, 0]]
    assert shown[0, :, 0].tolist() == expected


def test_all_on_then_all_off_around_a_half():
    shown = shown_of(OnOffSettings(dialect=2023), IMAGES)
    expected = [[0, 0], [0.5, 0], [0.25, 0], [0.5, 0.25], [0, 0], [0, 0]]
    assert shown[0, :, 0].tolist() == expected


@pytest.mark.parametrize("dialect", [2022, 2023])
def test_on_and_off_equal_the_golden_ones(dialect):
    data = golden("sbs/onoff")
    mean = (data["mean"].item(),) if dialect == 2022 else None
    shown = shown_of(OnOffSettings(dialect=dialect, mean=mean), torch.from_numpy(data["x"]))
    theirs = data["seed_onoff" if dialect == 2022 else "new_onoff"]
    assert shown.shape == theirs.shape
    assert np.abs(shown.numpy() - theirs).max() <= 1e-7 * np.abs(theirs).max()


def test_the_means_are_those_of_the_training_images():
    training = torch.rand(50, 3, 4, 5, generator=torch.Generator().manual_seed(1))
    encoder = build_encoder(OnOffSettings(), (3, 4, 5))
    with pytest.raises(RuntimeError, match="needs fit"):
        encoder.prepare(training)
    encoder.fit([training[:7], training[7:]])  # of unequal size: means of means would be others
    shown = encoder.prepare(training)
    balance = (shown[:, 1::2] - shown[:, ::2]).mean((0, 2, 3))  # on minus off: 2 (v - m)
    assert balance.abs().max() < 1e-6
    assert shown[:, ::2].amin() == 0 == shown[:, 1::2].amin()
    told = OnOffSettings(mean=tuple(training.mean((0, 2, 3)).tolist()))
    torch.testing.assert_close(shown_of(told, training), shown, rtol=0, atol=1e-6)


def test_only_means_that_were_learned_are_state():
    shape = (3, 4, 5)
    learned = build_encoder(OnOffSettings(), shape).state_dict()
    assert {name: tensor.dtype for name, tensor in learned.items()} == {"mean": torch.float64}
    assert not build_encoder(OnOffSettings(mean=(0.1, 0.2, 0.3)), shape).state_dict()
    assert not build_encoder(OnOffSettings(dialect=2023), shape).state_dict()


@pytest.mark.parametrize("mean", [3e38, -0.25, 1.5])
def test_means_that_no_images_have_are_not_taken_over(mean):
    """A checkpoint with such a number ended in a ValueError of the kernels."""
    encoder = build_encoder(OnOffSettings(), (1, 4, 5))
    with pytest.raises(DataError, match=rf"encoder\.mean holds {re.escape(f'{mean:g}')}; expected"):
        encoder.load_state_dict({"mean": torch.tensor([mean], dtype=torch.float64)})
    encoder.load_state_dict({"mean": torch.tensor([1.0], dtype=torch.float64)})
    assert encoder.mean.item() == 1


@pytest.mark.parametrize("settings", [OnOffSettings(mean=(0.3,) * 4), PixelsSettings()])
def test_values_of_a_vector_are_channels(settings):
    vectors = torch.rand(5, 4)
    shown = shown_of(settings, vectors)
    assert shown.shape == (5, *settings.output_shape((4,))) == (5, settings.channels(4), 1, 1)
    assert torch.equal(shown, shown_of(settings, vectors[:, :, None, None]))


def test_refusals():
    with pytest.raises(
        ValueError, match=r"encodes images .* or vectors, not samples of shape \[2, 3"
    ):
        PixelsSettings().output_shape((2, 3))
    with pytest.raises(ValueError, match="mean: expected 3, one for each channel, got 1"):
        OnOffSettings(mean=(0.1,)).output_shape((3, 8, 8))
