"""Changed images: by hand, all changes equally likely, each image on its own or all alike."""

import random

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from snnrun.core.capabilities import Values
from snnrun.data.augmentations import AUGMENTATIONS, Shift, ShiftSettings
from snnrun.data.augmentations import changed as shown_of
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
SAID = {"normalize": {"of": "cifar10"}}  # by everybody who names them
FIXED = {"normalize", "intensity"}  # draw nothing
SHOWN = {"boolean_noise": COLOURS.round()}  # which changes bits alone


@pytest.mark.parametrize("name", sorted(set(AUGMENTATIONS) - FIXED))
def test_an_image_changes_alike_in_whatever_batch(name):
    """Nor do order, threads and what others draw matter; and others notice nothing."""
    change, images = built(name, **OFTEN.get(name, {})), SHOWN.get(name, COLOURS)
    torch.manual_seed(3)
    expected = check_samples_stand_alone(
        lambda samples, drawn: change(images[list(samples)], drawn), len(images)
    )
    after = torch.rand(3)
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002  what torchvision must not look at
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert torch.equal(change(images, random_of(len(images))), expected)
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
    for name in ("shift", "flip", "jitter", "cutout"):
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
        ("cutout", (12,), "changes images"),
    ],
)
def test_what_cannot_be_changed_is_refused(name, shape, message):
    with pytest.raises(ValueError, match=message):
        AUGMENTATIONS[name].settings().output_shape(shape)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_shape_is_the_one_that_is_promised(name):
    said = SAID.get(name, {})
    promised = AUGMENTATIONS[name].settings(**said).output_shape((3, 24, 26))
    change = built(name, **said)
    changed = change(COLOURS, random_of(8))
    assert changed.shape == change.still(COLOURS).shape == (8, *promised)
    assert change.random == (name not in FIXED)


def test_out_of_range():
    with pytest.raises(ValidationError, match=r"less than or equal to 0\.5"):
        AUGMENTATIONS["jitter"].settings(hue=0.7)


# ---- shifts that wrap ----


def test_what_moves_out_moves_in_at_the_other_side():
    found = {
        tuple(each.flatten().tolist())
        for each in built("shift", pixels=2, edge="wrap")(
            IMAGES.repeat(300, 1, 1, 1), random_of(300)
        )
    }
    possible = {
        tuple(IMAGES[0].roll((y, x), (1, 2)).flatten().tolist())
        for y in range(-2, 3) for x in range(-2, 3)
    }  # fmt: skip
    assert found == possible


# ---- cutout ----


def square(row, column, length, height=6, width=7):
    """The twin: pixels around a middle, as far as they lie on the image."""
    first = [middle - length // 2 for middle in (row, column)]
    return {
        (y, x)
        for y in range(first[0], first[0] + length) for x in range(first[1], first[1] + length)
        if 0 <= y < height and 0 <= x < width
    }  # fmt: skip


@pytest.mark.parametrize("length", [1, 2, 3, 20])
def test_a_square_is_filled_wherever_its_middle_is(length):
    changed = built("cutout", length=length, value=0.9)(IMAGES.repeat(900, 1, 1, 1), random_of(900))
    filled = changed == 0.9
    assert torch.equal(filled[:, 0], filled[:, 1])
    assert torch.equal(torch.where(filled, IMAGES, changed), IMAGES.expand_as(changed))
    found = {frozenset(map(tuple, each.nonzero().tolist())) for each in filled[:, 0]}
    assert found == {frozenset(square(*middle, length)) for middle in np.ndindex(6, 7)}


def test_all_middles_are_equally_likely():
    """At 5 standard errors."""
    ones = torch.ones(20_000, 1, 4, 5)
    share = 1 - built("cutout", length=1)(ones, random_of(20_000)).mean(0)[0]
    error = (1 / 20 * 19 / 20 / 20_000) ** 0.5
    assert (share - 1 / 20).abs().max() < 5 * error
    assert abs(share.sum().item() - 1) < 1e-4


# ---- normalised images ----


def test_normalised_by_hand():
    change = built("normalize", mean=(0.1, 0.3), std=(0.5, 0.25))
    images = torch.tensor([[[[0.6]], [[0.8]]], [[[0.1]], [[0.05]]]])
    expected = torch.tensor([[[[1.0]], [[2.0]]], [[[0.0]], [[-1.0]]]])
    torch.testing.assert_close(change(images, random_of(2)), expected)
    torch.testing.assert_close(change.still(images), expected)
    alike = built("normalize", mean=(0.1,), std=(0.5,)).still(images.double())
    torch.testing.assert_close(alike, (images.double() - 0.1) / 0.5)


def test_a_data_set_whose_constants_are_known():
    change = built("normalize", of="cifar100")
    grey = change.still(torch.full((1, 3, 1, 1), 0.507)).flatten()
    torch.testing.assert_close(grey, torch.tensor([0.0, 0.02 / 0.256, 0.066 / 0.276]))
    assert AUGMENTATIONS["normalize"].settings(of="mnist").output_shape((1, 3, 3)) == (1, 3, 3)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({}, "mean: expected mean and std, or the name of a data set"),
        ({"mean": (0.5,)}, "mean: expected mean and std"),
        ({"of": "mnist", "std": (0.5,)}, "of: must be null where std are said"),
        ({"mean": (0.5,), "std": (0.0,)}, "greater than 0"),
        ({"of": "svhn"}, "'mnist', 'fashion_mnist', 'cifar10'"),
    ],
)
def test_normalisation_is_said_once(said, message):
    with pytest.raises(ValidationError, match=message):
        AUGMENTATIONS["normalize"].settings(**said)


# ---- bits, and samples of any shape ----


def test_bits_are_blurred_evenly_and_other_values_stay():
    """At 5 standard errors."""
    values = torch.tensor([0.0, 1.0, 0.3, 1.0]).repeat(4000, 1)
    change = built("boolean_noise", low=0.2, high=0.6)
    low, high, other, again = change(values, random_of(4000)).T
    assert 0 <= low.min() < 0.01 < 0.19 < low.max() < 0.2
    assert 0.6 <= high.min() < 0.61 < 0.99 < high.max() <= 1
    for found, mean, width in ((low, 0.1, 0.2), (high, 0.8, 0.4)):
        assert abs(found.mean().item() - mean) < 5 * width / 12**0.5 / 4000**0.5
    assert (other == 0.3).all()
    assert not torch.equal(high, again)
    assert change.still(values) is values


def test_intensity_is_a_factor_and_makes_counts_of_what_it_makes_brighter():
    change, values = built("intensity", factor=3.0), torch.tensor([[0.0, 0.5, 1.0]])
    assert change(values, random_of(1)).tolist() == [[0.0, 1.5, 3.0]]
    assert change.still(values).tolist() == [[0.0, 1.5, 3.0]]
    settings = AUGMENTATIONS["intensity"].settings
    for factor, unit in ((0.5, Values.UNIT), (1.0, Values.UNIT), (1.5, Values.COUNTS)):
        assert settings(factor=factor).output_values(Values.UNIT) is unit
        assert settings(factor=factor).output_values(Values.ANY) is Values.ANY


def test_they_change_vectors():
    for name in ("boolean_noise", "intensity"):
        assert AUGMENTATIONS[name].settings().output_shape((6,)) == (6,)
    vectors = torch.tensor([[0.0, 1.0]]).repeat(5, 1)
    found = shown_of(
        [built("boolean_noise"), built("intensity", factor=0.5)], vectors, random_of(5)
    )
    assert found.shape == (5, 2)
    assert (found[:, 0] < 0.1).all()
    assert (found[:, 1] > 0.4).all()
    assert (
        shown_of([built("boolean_noise"), built("intensity")], vectors).tolist() == [[0, 0.5]] * 5
    )


# ---- samples with time ----

TIMED = sorted(
    name for name, entry in AUGMENTATIONS.items() if entry.settings.takes_time and name not in FIXED
)


def test_which_take_time():
    assert set(TIMED) == {
        "crop", "cutout", "flip", "shift", "ElasticTransform", "RandomAffine", "RandomErasing",
        "RandomPerspective", "RandomResizedCrop", "RandomRotation", "RandomVerticalFlip",
    }  # fmt: skip


@pytest.mark.parametrize("name", TIMED)
def test_all_steps_of_a_sample_change_alike_and_samples_do_not(name):
    """So a step alone becomes what it becomes among others, under the numbers of its sample."""
    change, drawn = built(name), random_of(8)
    steps = torch.stack([COLOURS, COLOURS.flip(0), COLOURS**2], 1)
    found = shown_of([change], steps, drawn)
    assert found.shape[:3] == (8, 3, 3)
    for step in range(3):
        alone = shown_of([change], steps[:, step], drawn)
        torch.testing.assert_close(found[:, step], alone)
    order = [5, 1, 2]
    assert torch.equal(shown_of([change], steps[order], random_of(order)), found[order])
    same = shown_of([change], steps[:1].repeat(8, 1, 1, 1, 1), drawn)
    assert len({each.numpy().tobytes() for each in same}) > 1


def test_where_nothing_is_learned_steps_are_cut_and_normalised_alike():
    steps = torch.stack([COLOURS, COLOURS**2], 1)
    changes = [built("crop", pixels=3), built("normalize", of="cifar10"), built("flip")]
    found = shown_of(changes, steps)
    assert found.shape == (8, 2, 3, 18, 20)
    for step in range(2):
        torch.testing.assert_close(found[:, step], shown_of(changes, steps[:, step]))
    assert torch.equal(shown_of([], steps), steps)
