"""Changed images: by hand, all changes equally likely, each image on its own or all alike."""

import pytest
import torch
from pydantic import ValidationError

from snnrun.data.augmentations import AUGMENTATIONS, Shift, ShiftSettings


def test_every_image_moves_as_a_whole_and_zeros_move_in():
    image = torch.arange(1.0, 31.0).reshape(1, 2, 3, 5)
    torch.manual_seed(1)
    shifted = Shift(ShiftSettings(pixels=2))(image.repeat(200, 1, 1, 1))
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
    torch.manual_seed(2)
    share = Shift(ShiftSettings(pixels=1))(dot).mean(0)[0]
    error = (1 / 9 * 8 / 9 / 18_000) ** 0.5
    assert (share[1:4, 1:4] - 1 / 9).abs().max() < 5 * error
    assert abs(share[1:4, 1:4].sum().item() - 1) < 1e-5


def built(name, **settings):
    chosen = AUGMENTATIONS[name].settings(**settings)
    return AUGMENTATIONS.entry_of(chosen).load()(chosen)


IMAGES = torch.arange(1.0, 2 * 6 * 7 + 1).reshape(1, 2, 6, 7) / 100


def found_in(name, per, batch=400, **settings):
    """What becomes of one image, repeated: the different results, and the batch of them."""
    torch.manual_seed(3)
    changed = built(name, per=per, **settings)(IMAGES.repeat(batch, 1, 1, 1))
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
    torch.manual_seed(2)
    share = built("crop", pixels=1)(dot).mean(0)[0]
    error = (1 / 9 * 8 / 9 / 9_000) ** 0.5
    assert (share[:, 1:4] - 1 / 9).abs().max() < 5 * error


@pytest.mark.parametrize("name", ["crop", "flip"])
def test_a_batch_changes_as_one_if_wanted(name):
    for seed in range(12):
        torch.manual_seed(seed)
        changed = built(name, per="batch")(IMAGES.repeat(9, 1, 2, 2))
        assert torch.equal(changed, changed[:1].expand_as(changed))
    together = {
        tuple(built(name, per="batch")(IMAGES.repeat(3, 1, 2, 2)).flatten().tolist())
        for _ in range(40)
    }
    assert len(together) > 1


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
    torch.manual_seed(4)
    only = {"brightness": 0.4, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}
    grey = IMAGES[:, :1].repeat(300, 1, 1, 1)
    factors = (built("jitter", **only)(grey) / grey).flatten(1)
    torch.testing.assert_close(factors, factors[:, :1].expand_as(factors))
    assert 0.6 <= factors.min() < 0.65
    assert 1.35 < factors.max() <= 1.4 + 1e-6
    alike = built("jitter", per="batch", **only)(grey)
    torch.testing.assert_close(alike, alike[:1].expand_as(alike))


def test_colours_turn_and_grey_stays_grey():
    torch.manual_seed(5)
    only = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.5, "hue": 0.3}
    colours = torch.rand(6, 3, 4, 5)
    changed = built("jitter", **only)(colours)
    assert (changed - colours).abs().amax((1, 2, 3)).min() > 0.01
    grey = IMAGES[:, :1]
    assert torch.equal(built("jitter", **only)(grey), grey)


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
    images = torch.rand(4, 3, 9, 8)
    promised = AUGMENTATIONS[name].settings().output_shape((3, 9, 8))
    assert built(name)(images).shape == built(name).still(images).shape == (4, *promised)


def test_out_of_range():
    with pytest.raises(ValidationError, match=r"less than or equal to 0\.5"):
        AUGMENTATIONS["jitter"].settings(hue=0.7)
