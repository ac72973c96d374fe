"""Resizing is Pillow's, bit for bit."""

import numpy as np
import pytest
from PIL import Image

from snnrun.data import resize as module
from snnrun.data.resize import resize


@pytest.mark.parametrize(
    ("before", "after"),
    [((24, 24), (16, 16)), ((13, 24), (7, 11)), ((9, 5), (14, 12)), ((6, 8), (6, 3))],
)
@pytest.mark.parametrize("kind", ["noise", "black and white"])
def test_every_image_is_what_pillow_makes_of_it(before, after, kind, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 7)
    images = np.random.default_rng(0).integers(256, size=(20, *before), dtype=np.uint8)
    if kind == "black and white":  # sums at the ends of the range
        images = np.where(images > 127, 255, 0).astype(np.uint8)
    height, width = after
    expected = [
        np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
        for image in images
    ]
    np.testing.assert_array_equal(resize(images, height, width), expected)


def test_halving_by_hand():
    """Four columns to two: the filter is 4 wide, weights 3, 3, 1 of the first three columns."""
    image = np.array([[[70, 70, 0, 0]]], np.uint8)
    assert resize(image, 1, 2).tolist() == [[[60, 10]]]
