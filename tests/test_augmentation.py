"""Shifted images: by hand, and all shifts equally likely."""

import torch

from snnrun.augmentation import Shift, ShiftSettings


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
