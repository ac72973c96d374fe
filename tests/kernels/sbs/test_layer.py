"""Spike-By-Spike layers: by hand, at the edges, independent of threads and batches, refusals."""

import pytest
import torch

from snnrun.kernels.native import native
from snnrun.kernels.sbs import passes
from snnrun.kernels.sbs.layer import (
    Draw,
    Geometry,
    StepSizes,
    draw_spikes,
    epsilon_t,
    sbs,
    sbs_of_spikes,
    sbs_pooling,
)  # fmt: skip
from snnrun.kernels.sbs.passes import Layer, forward, pooled
from snnrun.kernels.sbs.reference import pooling_weights
from snnrun.kernels.sbs.steps import eps_table
from tests.kernels.sbs.cases import draw_case

ONE = Geometry((1, 1))
KINDS = [torch.float32, torch.float64]  # compiled, and the twin


def images(*values: float, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """One image of a pixel for each channel."""
    return torch.tensor(values, dtype=dtype).view(1, -1, 1, 1)


@pytest.mark.parametrize("dtype", KINDS)
def test_two_spikes_by_hand(dtype):
    """h = 1/2, 1/2; e = 1/2, then 1/4; the spikes are the inputs 1 and 0."""
    weights = torch.tensor([[0.25, 0.5], [0.75, 0.5]], dtype=dtype)
    steps = StepSizes(0.5, torch.tensor([1.0, 0.5]))
    spikes = torch.tensor([1, 0]).view(1, 2, 1, 1)
    x = images(1.0, 1.0, dtype=dtype)
    h = sbs_of_spikes(spikes, x, weights, geometry=ONE, steps=steps).flatten()
    first = (0.5 + 0.5 * 0.375 / 0.625) / 1.5
    a = first * 0.25, (1 - first) * 0.5
    last = (first + 0.25 * a[0] / (a[0] + a[1])) / 1.25
    torch.testing.assert_close(h, torch.tensor([last, 1 - last], dtype=dtype))


@pytest.mark.parametrize("dtype", KINDS)
def test_forgetting_by_hand(dtype):
    """One spike, e = 1/2, f = 1/4: half of a quarter goes to each of two neurons."""
    weights = torch.tensor([[0.25, 0.75]], dtype=dtype)
    steps = StepSizes(0.5, torch.ones(1), forgetting=0.25)
    spikes = torch.zeros(1, 1, 1, 1, dtype=torch.int64)
    x = images(1.0, dtype=dtype)
    h = sbs_of_spikes(spikes, x, weights, geometry=ONE, steps=steps).flatten()
    wanted = [(0.5 + 0.5 * share + 0.5 * 0.25 / 2) / (1 + 0.5 * 1.25) for share in (0.25, 0.75)]
    torch.testing.assert_close(h, torch.tensor(wanted, dtype=dtype))


@pytest.mark.parametrize("dtype", KINDS)
def test_nothing_moves_after_the_first_missing_spike(dtype):
    case = draw_case(1, geometry=ONE)
    given = case.arguments(dtype)
    given.pop("draw")
    spikes = draw_spikes(case.x, ONE, 40, case.draw)
    spikes[:, 11] = -1
    short = StepSizes(0.8, case.steps.eps_t[:11])
    h = sbs_of_spikes(spikes, **given)
    torch.testing.assert_close(h, sbs_of_spikes(spikes[:, :11], **given | {"steps": short}))


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("joint", [False, True])
def test_a_patch_of_zeros_has_no_spikes_and_moves_nothing(dtype, joint):
    """The original takes input 0 for every spike of such a patch."""
    x = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(1)).to(dtype)
    x[0, :, :2, :2] = 0
    x[1] = 0
    geometry, draw = Geometry((2, 2), (2, 2)), Draw(5, joint=joint)
    weights = torch.rand(12, 5, dtype=dtype)
    spikes = draw_spikes(x, geometry, 30, draw)
    assert (spikes[0, :, 0, 0] == -1).all()
    assert (spikes[1] == -1).all()
    assert (spikes[0, 0, 1, 1] >= 0).all()
    x.requires_grad_()
    h = sbs(x, weights, geometry=geometry, steps=StepSizes(1.0, epsilon_t(30)), draw=draw)
    torch.testing.assert_close(h[1], torch.full_like(h[1], 0.2))
    torch.testing.assert_close(h[0, :, 0, 0], torch.full_like(h[0, :, 0, 0], 0.2))
    assert (h[0, :, 1, 1] - 0.2).abs().max() > 0.01
    (slope,) = torch.autograd.grad(h.square().sum(), x)
    assert slope.isfinite().all()


@pytest.mark.parametrize("dtype", KINDS)
def test_a_spike_that_no_neuron_explains_changes_nothing(dtype):
    """Twice input 0, whose weights are 0: h stays, and its sum stays 1."""
    weights = torch.tensor([[0.0, 0.0], [0.3, 0.7]], dtype=dtype)
    steps, x = StepSizes(1.0, torch.ones(3)), images(1.0, 1.0, dtype=dtype)
    spikes = torch.tensor([0, 1, 0]).view(1, 3, 1, 1)
    h = sbs_of_spikes(spikes, x, weights, geometry=ONE, steps=steps).flatten()
    torch.testing.assert_close(h, torch.tensor([(0.5 + 0.3) / 2, (0.5 + 0.7) / 2], dtype=dtype))


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("pooling", [False, True])
@pytest.mark.parametrize(("before", "counts"), [(29, True), (33, True), (34, False)])
def test_a_neuron_that_had_no_spike_for_long_can_still_win(dtype, pooling, before, counts):
    """Each spike halves the h of the other channel; the next one of that channel takes half.

    The h of a group is kept with a scale that grows by 1 + e at each spike, and goes back to 1
    above 1e10: after 34 spikes here. What explains a spike is compared with 1e-10 times 1 / scale,
    as in the original. A test without the scale ignored such spikes from the 33rd on.
    """
    spikes = torch.tensor([0] * before + [1]).view(1, -1)
    x = images(1.0, 1.0, dtype=dtype)
    layer = Layer(x, ONE, spikes, StepSizes(1.0, torch.ones(before + 1)), None)
    h = pooled(layer) if pooling else forward(layer, torch.eye(2, dtype=dtype))
    other = 2.0 ** -(before + 1)
    wanted = (other + 1) / 2 if counts else other
    torch.testing.assert_close(h.flatten(), torch.tensor([1 - wanted, wanted], dtype=dtype))


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize(("inputs", "neurons"), [(1, 1), (1, 4), (5, 1)])
def test_one_input_and_one_neuron(dtype, inputs, neurons):
    """The original fails here; one neuron keeps h = 1, one input is no evidence."""
    x, weights = torch.ones(2, inputs, 1, 1, dtype=dtype), torch.ones(inputs, neurons, dtype=dtype)
    steps = StepSizes(1.0, epsilon_t(20))
    h = sbs(x, weights / inputs, geometry=ONE, steps=steps, draw=Draw(3))
    torch.testing.assert_close(h, torch.full_like(h, 1 / neurons))


@pytest.mark.parametrize("dtype", KINDS)
def test_h_stays_a_distribution_over_very_many_spikes(dtype):
    """Equal steps double the scale at each spike: it has to be taken back often."""
    case = draw_case(2, neurons=33, steps=900, eps=None)
    given = case.arguments(dtype) | {"steps": StepSizes(1.0, torch.ones(900))}
    h = sbs(**given)
    given.pop("weights")
    for found in (h, sbs_pooling(**given)):
        torch.testing.assert_close(found.sum(1), torch.ones_like(h[:, 0]), rtol=1e-5, atol=0)
        assert (found >= 0).all()


def test_more_spikes_come_closer_to_the_cause():
    """The input is one neuron's column of weights; its h grows with the number of spikes."""
    weights = torch.rand(40, 6, generator=torch.Generator().manual_seed(4))
    weights = weights / weights.sum(0)
    x = weights[:, 2].view(1, 40, 1, 1).repeat(200, 1, 1, 1)
    found = [
        sbs(x, weights, geometry=ONE, steps=StepSizes(1.0, epsilon_t(t)), draw=Draw(1)).mean(0)[2]
        for t in (1, 10, 100, 1000)
    ]
    assert found == sorted(found)
    assert found[-1] > 0.4


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("eps", ["place", "offset"])
@pytest.mark.parametrize("forgetting", [0.0, 0.3])
def test_pooling_is_a_layer_with_pooling_weights(dtype, joint, eps, forgetting):
    geometry = Geometry((2, 2), (2, 1))
    case = draw_case(7, (3, 4, 6, 5), geometry=geometry, eps=eps, steps=90, forgetting=forgetting)
    given = case.with_gradients().arguments(dtype)
    given["draw"] = given["draw"]._replace(joint=joint)
    given["weights"] = pooling_weights(4, 4, given["x"])
    h = sbs(**given)
    leaves = given["x"], given["eps_xy"]
    upstream = torch.rand_like(h)
    wanted = torch.autograd.grad(h, leaves, upstream)
    given.pop("weights")
    pooled = sbs_pooling(**given)
    torch.testing.assert_close(pooled, h, rtol=1e-5, atol=1e-6)
    found = torch.autograd.grad(pooled, leaves, upstream)
    for mine, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("joint", [False, True])
def test_the_same_bits_for_any_number_of_threads(joint):
    case = draw_case(5, (9, 2, 7, 6), neurons=37, steps=70).with_gradients()
    given = case.arguments(torch.float32) | {"draw": Draw(8, joint=joint)}
    pooling = {key: value for key, value in given.items() if key != "weights"}
    before, found = torch.get_num_threads(), []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        h = sbs(**given)
        spikes = draw_spikes(given["x"], case.geometry, 70, given["draw"])
        slopes = torch.autograd.grad(h.square().sum(), (case.x, case.weights, case.eps_xy))
        found.append((h, sbs_pooling(**pooling), spikes, *slopes))
    torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("forgetting", [0.0, 0.2])
def test_an_image_does_not_depend_on_its_batch(dtype, joint, forgetting):
    case = draw_case(6, (7, 2, 5, 6), neurons=21, steps=200, forgetting=forgetting)
    given = case.arguments(dtype)
    numbers = torch.tensor([7, 0, 2**32, 2**32 + 7, 3, 2**63 - 1, 12])
    whole = sbs(**given | {"draw": Draw(4, numbers, joint)})
    parts = [
        sbs(**given | {"x": given["x"][part], "draw": Draw(4, numbers[part], joint)})
        for part in (torch.tensor([5]), torch.tensor([3, 0, 6]), torch.tensor([1, 4, 2]))
    ]
    assert torch.equal(torch.cat(parts), whole[[5, 3, 0, 6, 1, 4, 2]])
    assert not torch.equal(sbs(**given | {"draw": Draw(5, numbers, joint)}), whole)


def test_any_order_of_memory():
    case = draw_case(9, (2, 3, 5, 6))
    given = case.arguments(torch.float32)
    other = given | {"x": given["x"].contiguous(memory_format=torch.channels_last)}
    assert torch.equal(sbs(**given), sbs(**other))


def test_steps_of_the_schedules():
    cooled = epsilon_t(5, "constant", cooldown_after=2, reduction=4.0)
    assert cooled.tolist() == [1.0, 1.0, 0.25, 0.25, 0.25]
    root = epsilon_t(4, cooldown_after=3, reduction=2.0)
    torch.testing.assert_close(root, torch.tensor([1.0, 2**-0.5, 3**-0.5, 0.25]))


def test_eps_by_place_offset_and_input():
    """Input s = (c Kx + kx) Ky + ky of position x Y + y, for 2 channels and a 2 x 3 kernel."""
    geometry, size = Geometry((2, 3)), (4, 5)
    place, offset, each = torch.rand(size), torch.rand(4, 5, 2, 3), torch.rand(12, 4, 5)
    by_offset, by_input = (eps_table(eps, geometry, 2, size) for eps in (offset, each))
    for x, y, c, kx, ky in [(0, 0, 0, 0, 0), (3, 1, 1, 0, 2), (2, 4, 0, 1, 1)]:
        s = (c * 2 + kx) * 3 + ky
        assert by_offset[x * 5 + y, s] == offset[x, y, kx, ky]
        assert by_input[x * 5 + y, s] == each[s, x, y]
        assert eps_table(place, geometry, 2, size)[x * 5 + y, 0] == place[x, y]
    assert (eps_table(None, geometry, 2, size) == 1).all()


NAN = float("nan")
REFUSED = [
    ({"x": torch.rand(2, 5, 6)}, ValueError, r"x \[batch, channel, height, width\], not \[2, 5"),
    ({"x": torch.ones(3, 2, 5, 6).long()}, TypeError, "x of float32 or float64, not torch.int64"),
    ({"x": torch.full((3, 2, 5, 6), -0.5)}, ValueError, r"x: .* from 0 to 1e\+30, not -0.5"),
    ({"x": torch.full((3, 2, 5, 6), NAN)}, ValueError, r"x: .* from 0 to 1e\+30, not nan"),
    ({"x": torch.full((3, 2, 5, 6), 3e38)}, ValueError, r"x: .* from 0 to 1e\+30, not 3e\+38"),
    ({"weights": torch.rand(12, 7).double()}, TypeError, "weights of torch.float32, as x, not"),
    ({"weights": torch.rand(9, 7)}, ValueError, r"\[S, N\] with S = 12, not \[9, 7\]"),
    ({"weights": torch.full((12, 7), NAN)}, ValueError, r"weights: .* 0 to 1e\+20, not nan"),
    ({"weights": torch.full((12, 7), 2e20)}, ValueError, r"weights: .* 0 to 1e\+20, not 2e\+20"),
    ({"eps_xy": torch.rand(2, 2)}, ValueError, r"eps_xy \[X, Y\] = \[3, 4\].*, not \[2, 2\]"),
    ({"eps_xy": -torch.ones(3, 4)}, ValueError, r"eps_xy: .* from 0 to 1e\+20, not -1"),
    ({"steps": StepSizes(NAN, torch.ones(4))}, ValueError, r"eps_t: .* 0 to 1e\+20, not nan"),
    ({"steps": StepSizes(1e10, torch.full((4,), 1e11))}, ValueError, r"eps_t: .*, not 1e\+21"),
    ({"draw": Draw(1, torch.arange(2))}, ValueError, r"samples: expected \[3\], not \[2\]"),
    ({"draw": Draw(1, torch.arange(3)[:, None])}, ValueError, r"samples: .*, not \[3, 1\]"),
    ({"draw": Draw(1, torch.arange(3) - 1)}, ValueError, "samples: .* from 0 on, not -1"),
    ({"draw": Draw(1, torch.arange(3).int())}, TypeError, "samples: expected .*int64"),
    ({"geometry": Geometry((8, 2))}, ValueError, "is larger than its input of .5, 6. with padding"),
    ({"geometry": Geometry((3, 2), (0, 1))}, ValueError, r"stride must be at least 1, not \[0, 1"),
]


@pytest.fixture(params=["compiled", "twin"])
def _side(request, monkeypatch):
    """Run a test on both sides."""
    if request.param == "twin":
        monkeypatch.setattr(passes, "native", lambda: None)
    elif native() is None:
        pytest.skip("the kernels are not compiled")


@pytest.mark.usefixtures("_side")
@pytest.mark.parametrize(("changes", "error", "message"), REFUSED)
def test_bad_arguments_are_refused(changes, error, message):
    given = draw_case(1).arguments(torch.float32) | changes
    with pytest.raises(error, match=message):
        sbs(**given)


@pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        (torch.arange(2), ValueError, r"samples: expected \[3\], not \[2\]"),
        (torch.arange(6)[::2], TypeError, "samples: expected a C-contiguous array of int64"),
        (torch.arange(3) - 2, ValueError, "samples: expected numbers from 0 on, not -2"),
    ],
)
def test_the_compiled_module_refuses_bad_samples(samples, error, message):
    x, pairs = torch.rand(3, 1, 2, 2).numpy(), ((1, 1), (1, 1), (1, 1), (0, 0))
    with pytest.raises(error, match=message):
        native().sbs_spikes(x, pairs, (1, samples.numpy(), False), 5, 1)
    wide = (1, 1), (1, 1), (1, 1), (20_000, 20_000)
    with pytest.raises(ValueError, match=r"positions: expected at most 536870912 in all"):
        native().sbs_spikes(x, wide, (1, None, False), 0, 1)


@pytest.mark.parametrize(
    ("spikes", "message"),
    [
        (torch.zeros(3, 40, 4, 3, dtype=torch.int64), r"expected spikes \[3, 40, 3, 4\]"),
        (torch.full((3, 40, 3, 4), 12), "spikes from -1 to 11, not 12 to 12"),
        (torch.full((3, 40, 3, 4), -2), "spikes from -1 to 11, not -2 to -2"),
    ],
)
def test_bad_spikes_are_refused(spikes, message):
    given = draw_case(1).arguments(torch.float32)
    given.pop("draw")
    with pytest.raises(ValueError, match=message):
        sbs_of_spikes(spikes, **given)
