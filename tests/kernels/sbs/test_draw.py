"""Spikes of SbS layers: the generator, the draw by hand, its statistics, joint spikes."""

import pytest
import torch

from snnrun.kernels.random.philox import philox
from snnrun.kernels.sbs.draw import pick, random_words
from snnrun.kernels.sbs.layer import Draw, Geometry, draw_spikes, route_spikes
from tests.kernels.sbs.cases import draw_case

ONE = Geometry((1, 1))

#: counter, key, words; published with the generator (Random123, kat_vectors).
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000",
     "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
     "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
     "d16cfe09 94fdcceb 5001e420 24126ea1"),
]  # fmt: skip


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_the_generator_gives_the_published_words(counter, key, words):
    low, high = (int(word, 16) for word in key.split())
    found = philox(tuple(int(word, 16) for word in counter.split()), low | high << 32)
    assert " ".join(f"{int(word):08x}" for word in found) == words


def test_which_words_a_spike_gets():
    """Spike 77 of population 5 of image 9: 64 + 13, so word 0 of block 16 + 13."""
    found = random_words(Draw(99), 9, positions=6, steps=90)
    assert found[5, 77] == int(philox((16 + 13, 5, 9, 0), 99)[0]) >> 8
    joint = random_words(Draw(99, joint=True), 9, positions=1, steps=90)
    assert joint[0, 47] == int(philox((15, 0, 9, 1), 99)[2]) >> 8
    far = random_words(Draw(99, joint=True), 3 * 2**32 + 9, positions=1, steps=90)
    assert far[0, 47] == int(philox((15, 0, 9, 7), 99)[2]) >> 8


@pytest.mark.parametrize("joint", [False, True])
def test_images_are_counted_from_0_unless_they_have_numbers(joint):
    """And numbers that are 2^32 apart are those of different images."""
    x = draw_case(4, (3, 2, 5, 6)).x
    numbers = torch.tensor([0, 1, 2])
    first = draw_spikes(x, ONE, 100, Draw(7, joint=joint))
    assert torch.equal(draw_spikes(x, ONE, 100, Draw(7, numbers, joint)), first)
    assert torch.equal(draw_spikes(x, ONE, 100, Draw(7, numbers.numpy(), joint)), first)
    far = draw_spikes(x, ONE, 100, Draw(7, numbers + 2**32, joint))
    assert not torch.equal(far, first)
    turned = draw_spikes(x.flip(0), ONE, 100, Draw(7, numbers.flip(0), joint))
    assert torch.equal(turned.flip(0), first)


def test_the_draw_by_hand():
    """Running sums 0, 1/4, 3/4, 3/4, 1; r = (k + 1) / 2^24, so k = 2^22 - 1 is r = 1/4."""
    patch = torch.tensor([[0.0, 0.5, 1.0, 0.0, 0.5]])
    k = torch.tensor([[0, 2**22 - 1, 2**22, 3 * 2**22 - 1, 3 * 2**22, 2**24 - 1]])
    assert pick(patch, k).tolist() == [[1, 1, 2, 2, 4, 4]]


@pytest.mark.parametrize("inputs", [1, 4, 25, 800])
def test_the_draw_is_the_search_in_running_sums(inputs):
    case = draw_case(inputs, (2, inputs, 3, 2), geometry=ONE, dark=0.4)
    found = draw_spikes(case.x, ONE, 150, case.draw)
    numbers = case.draw.numbers(2)
    words = torch.stack([torch.from_numpy(random_words(case.draw, s, 6, 150)) for s in numbers])
    words = words.view(2, 3, 2, 150)
    running = case.x.float().cumsum(1)
    running = running / running[:, -1:]
    for b, t, u, v in [(0, 0, 0, 0), (1, 149, 2, 1), (0, 77, 1, 1), (1, 3, 0, 1)]:
        r = (words[b, u, v, t].float() + 1) / 2**24
        first = next((s for s in range(inputs) if running[b, s, u, v] >= r), -1)
        assert found[b, t, u, v] == first


def chances(steps: int, joint: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Spikes of 40 images of 30 equal pixels each with the chances p, and p."""
    p = torch.rand(9, generator=torch.Generator().manual_seed(1))
    p[4] = 0
    x = p.view(1, 9, 1, 1).expand(40, 9, 5, 6)
    spikes = draw_spikes(x, ONE, steps, Draw(2, joint=joint))
    return spikes, p / p.sum()


def assert_near(count: torch.Tensor, p: torch.Tensor, trials: int) -> None:
    """Counts lie within five standard errors, and some are apart by half of one."""
    error = (trials * p * (1 - p)).sqrt().clamp(min=1e-9)
    away = (count - trials * p).abs() / error
    assert away.max() < 5
    assert away.max() > 0.5


def test_inputs_spike_as_often_as_they_are_likely():
    spikes, p = chances(1000, joint=False)
    assert_near(spikes.flatten().bincount(minlength=9), p, spikes.numel())


def test_spikes_are_independent_of_those_before_beside_and_in_other_images():
    spikes, p = chances(640, joint=False)
    both = torch.outer(p, p).flatten()
    later = {"next": spikes.roll(-1, 1), "64 later": spikes.roll(-64, 1)}
    others = {"beside": spikes.roll(1, 3), "other image": spikes.roll(1, 0)}
    for other in (later | others).values():
        count = (9 * spikes + other).flatten().bincount(minlength=81)
        assert_near(count, both, spikes.numel())


def test_joint_spikes_reach_pixels_as_often_as_they_are_likely():
    """Each of 30 positions sees one pixel of 9 channels; most joint spikes go elsewhere."""
    spikes, p = chances(3000, joint=True)
    seen = spikes[spikes >= 0]
    assert len(seen) == 40 * 3000
    assert_near(seen.bincount(minlength=9), p, len(seen))
    assert_near((spikes >= 0).sum((0, 1)).flatten(), torch.full((30,), 1 / 30), len(seen))


def test_other_keys_and_kinds_give_other_spikes():
    case = draw_case(3, geometry=ONE)
    draws = [Draw(1), Draw(2), Draw(1 << 40), Draw(1, torch.arange(1, 4)), Draw(1, joint=True)]
    found = [draw_spikes(case.x, ONE, 200, draw) for draw in draws]
    alike = [[(a == b).float().mean().item() for a in found] for b in found]
    assert all(alike[i][i] == 1 and max(alike[i][:i]) < 0.8 for i in range(1, len(draws)))


def test_joint_spikes_by_hand():
    """An image of 3 x 2 pixels and 2 channels, a kernel of 2 x 1, padding of 1 above and below.

    Pixel (u, v) of channel c is input (c 2 + kx) of the positions x = u + 1 - kx, in column v. The
    original takes padding for the first pixel.
    """
    pixel = torch.arange(12).view(2, 3, 2)
    joint = torch.stack([pixel[1, 0, 1], pixel[0, 2, 0], pixel[0, 0, 1], torch.tensor(-1)])
    routed = route_spikes(joint[None], 3, 2, Geometry((2, 1), padding=(1, 0)))
    assert routed.shape == (1, 4, 4, 2)
    wanted = torch.full((4, 2, 4), -1)
    wanted[0, 1, :2] = torch.tensor([3, 1])
    wanted[1, 1, :2] = torch.tensor([2, 0])
    wanted[2, 0, 0] = 1
    wanted[3, 0, 0] = 0
    assert torch.equal(routed[0].permute(1, 2, 0), wanted)


def test_routing_is_what_each_patch_sees():
    """The image holds the number of each spike's time at its pixel; patches hold it in order."""
    geometry = Geometry((3, 2), (2, 1), (1, 2), (2, 1))
    joint = torch.randperm(2 * 5 * 6, generator=torch.Generator().manual_seed(6))[:33]
    times = torch.zeros(2 * 5 * 6)
    times[joint] = torch.arange(1.0, 34.0)
    routed = route_spikes(joint[None], 5, 6, geometry)[0]
    kernel, stride, dilation, padding = geometry
    patches = torch.nn.functional.unfold(
        times.view(1, 2, 5, 6), kernel, dilation, padding, stride
    ).view(12, *routed.shape[1:])
    for x in range(routed.shape[1]):
        for y in range(routed.shape[2]):
            seen = patches[:, x, y]
            order = seen.argsort()[(seen == 0).sum() :]
            assert routed[: len(order), x, y].tolist() == order.tolist()
            assert (routed[len(order) :, x, y] == -1).all()
