"""Changed images: by hand, all changes equally likely, each image on its own or all alike."""

import random

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from snnrun.data.augmentations import AUGMENTATIONS, Shift, ShiftSettings
from tests.batches import ELSEWHERE, check_samples_stand_alone, random_of
from tests.data.pictures import built


def test_every_image_moves_as_a_whole_and_zeros_move_in():
    image = torch.arange(1.0, 31.0).reshape(1, 2, 3, 5)
    shifted = Shift(ShiftSettings(pixels=2))(image.repeat(200, 1, 1, 1), random_of(200))
    padded = torch.nn.functional.pad(image[0], (2, 2, 2, 2))
    possible = {
        tuple(padded[:, y : y + 3, x : x + 5].flatten().tolist())
        for y in range(5) for x in range(5)
    }  # fmt: skip
    found = {tuple(each.flatten().tolist()) for each in shifted}
    assert found <= possible
    assert len(found) > 20


def test_all_shifts_are_equally_likely():
    """At 5 standard errors."""
    dot = torch.zeros(18_000, 1, 5, 5)
    dot[:, 0, 2, 2] = 1
    share = Shift(ShiftSettings(pixels=1))(dot, random_of(18_000)).mean(0)[0]
    error = (1 / 9 * 8 / 9 / 18_000) ** 0.5
    assert (share[1:4, 1:4] - 1 / 9).abs().max() < 5 * error
    assert abs(share[1:4, 1:4].sum().item() - 1) < 1e-5


COLOURS = torch.rand(8, 3, 24, 26, generator=torch.Generator().manual_seed(0))
IMAGES = torch.arange(1.0, 2 * 6 * 7 + 1).reshape(1, 2, 6, 7) / 100


def found_in(name, per, batch=400, **settings):
    """What becomes of one image, repeated: the different results, and the batch of them."""
    changed = built(name, per=per, **settings)(IMAGES.repeat(batch, 1, 1, 1), random_of(batch))
    return {tuple(each.flatten().tolist()) for each in changed}, changed


def test_crops_are_windows_and_every_window_comes():
    windows = {
        tuple(IMAGES[0, :, y : y + 4, x : x + 5].flatten().tolist())
        for y in range(3) for x in range(3)
    }  # fmt: skip
    found, changed = found_in("crop", "image", pixels=1)
    assert found == windows
    assert changed.shape == (400, 2, 4, 5)
    assert changed.is_contiguous()


def test_crops_are_equally_likely():
    """At 5 standard errors."""
    dot = torch.zeros(9_000, 1, 5, 6)
    dot[:, 0, 2, 3] = 1
    share = built("crop", pixels=1)(dot, random_of(9_000)).mean(0)[0]
    error = (1 / 9 * 8 / 9 / 9_000) ** 0.5
    assert (share[:, 1:4] - 1 / 9).abs().max() < 5 * error


@pytest.mark.parametrize("name", ["crop", "flip", "jitter"])
def test_a_batch_changes_as_one_if_wanted_by_its_number_alone(name):
    change, images = built(name, per="batch"), COLOURS[:1, :, :9, :8].repeat(4, 1, 1, 1)

    def shown(**place):
        return [change(images, random_of(4, number=number, **place)) for number in range(20)]

    here = shown()
    for number, changed in enumerate(here):
        assert torch.equal(changed, changed[:1].expand_as(changed))
        assert torch.equal(change(images[:2], random_of([7, 3], number=number)), changed[:2])
    different = {changed[0].numpy().tobytes() for changed in here}
    assert len(different) >= {"crop": 12, "flip": 2, "jitter": 20}[name]
    for place in ELSEWHERE:
        assert not torch.equal(torch.stack(shown(**place)), torch.stack(here)), place


#: Where the default leaves most images as they are.
OFTEN = {"RandomGrayscale": {"p": 0.5}}


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_an_image_changes_alike_in_whatever_batch(name):
    """Nor do order, threads and what others draw matter; and others notice nothing."""
    change = built(name, **OFTEN.get(name, {}))
    torch.manual_seed(3)
    expected = check_samples_stand_alone(
        lambda samples, drawn: change(COLOURS[list(samples)], drawn), len(COLOURS)
    )
    after = torch.rand(3)
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002  what torchvision must not look at
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert torch.equal(change(COLOURS, random_of(len(COLOURS))), expected)
    finally:
        torch.set_num_threads(threads)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(3), after)


def test_half_of_the_images_are_flipped():
    """At 5 standard errors."""
    found, changed = found_in("flip", "image", batch=2000, probability=0.3)
    mirrored = IMAGES.flip(3)
    assert found == {tuple(each.flatten().tolist()) for each in (IMAGES, mirrored)}
    share = (changed == mirrored).all(3).all(2).all(1).float().mean().item()
    assert abs(share - 0.3) < 5 * (0.3 * 0.7 / 2000) ** 0.5


def test_where_nothing_is_learned_the_middle_is_shown():
    assert torch.equal(built("crop", pixels=2).still(IMAGES), IMAGES[:, :, 2:4, 2:5])
    for name in ("shift", "flip", "jitter"):
        assert built(name).still(IMAGES) is IMAGES


def test_brightness_is_a_factor():
    only = {"brightness": 0.4, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}
    grey = IMAGES[:, :1].repeat(300, 1, 1, 1)
    factors = (built("jitter", **only)(grey, random_of(300)) / grey).flatten(1)
    torch.testing.assert_close(factors, factors[:, :1].expand_as(factors))
    assert 0.6 <= factors.min() < 0.65
    assert 1.35 < factors.max() <= 1.4 + 1e-6
    alike = built("jitter", per="batch", **only)(grey, random_of(300))
    torch.testing.assert_close(alike, alike[:1].expand_as(alike))


def test_colours_turn_and_grey_stays_grey():
    only = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.5, "hue": 0.3}
    changed = built("jitter", **only)(COLOURS, random_of(8))
    assert (changed - COLOURS).abs().amax((1, 2, 3)).min() > 0.01
    grey = IMAGES[:, :1]
    assert torch.equal(built("jitter", **only)(grey, random_of(1)), grey)


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("crop", (1, 4, 9), "crop by 2 pixels at each side needs images of more than 4 x 4"),
        ("crop", (12,), r"changes images \[channel, height, width\], not samples of shape \[12\]"),
        ("flip", (12,), "changes images"),
        ("jitter", (2, 8, 8), "jitter needs images of 1 or 3 channels, not 2"),
        ("shift", (1, 1, 9), "shift by 1 needs larger images"),
    ],
)
def test_what_cannot_be_changed_is_refused(name, shape, message):
    with pytest.raises(ValueError, match=message):
        AUGMENTATIONS[name].settings().output_shape(shape)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_shape_is_the_one_that_is_promised(name):
    promised = AUGMENTATIONS[name].settings().output_shape((3, 24, 26))
    changed = built(name)(COLOURS, random_of(8))
    assert changed.shape == built(name).still(COLOURS).shape == (8, *promised)


def test_out_of_range():
    with pytest.raises(ValidationError, match=r"less than or equal to 0\.5"):
        AUGMENTATIONS["jitter"].settings(hue=0.7)
