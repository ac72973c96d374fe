"""Spike-By-Spike networks: whose spikes, kinds of layers, gradients."""

import pytest
import torch

from snnrun.core.threads import threads
from snnrun.kernels.sbs.layer import Alpha, Draw, Geometry, StepSizes, sbs
from snnrun.kernels.sbs.nnmf import nnmf
from snnrun.models.sbs.layer import SbsLayer
from snnrun.models.sbs.weights import Learning, pooling_weights
from tests.batches import check_samples_stand_alone, random_of
from tests.models.sbs_cases import BATCH, CLASSES, LAYERS, SHAPE, batch_of, model_of

RANDOM = random_of(range(40, 40 + BATCH))


def only(*layers, **changes):
    """A network that ends in classes, whatever comes before."""
    return model_of([*layers, {"name": "sbs", "neurons": CLASSES}], **changes)


def run(model, x, random=RANDOM):
    with torch.no_grad():
        return model(x, random).activities


# ---- spikes ----


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_a_sample_does_not_see_its_batch_mates(layer, joint):
    model, (x, _) = model_of(joint_spikes=joint), batch_of(7)
    shown = check_samples_stand_alone(
        lambda own, random: run(model, x[list(own)], random)[layer], 7
    )
    assert len(shown) == 7


def test_samples_layers_and_seeds_draw_different_spikes():
    x = batch_of(1)[0].repeat(BATCH, 1, 1, 1)
    model = model_of([LAYERS[0], {"name": "sbs", "neurons": CLASSES}])
    first, last = run(model, x)
    assert not torch.equal(first[0], first[1])
    again = run(model, x, random_of(range(40, 40 + BATCH), seed=12))
    assert not torch.equal(again[0], first)
    assert not torch.equal(again[1], last)
    square = {"name": "sbs", "neurons": 2, "kernel": 1}
    same = only(square, square).double()
    for layer in same.layers[:2]:
        layer.weights.data.copy_(torch.eye(2))
    one, two = run(same, torch.full((1, 2, 7, 6), 0.5, dtype=torch.float64), random_of(1))[:2]
    assert not torch.equal((one > 0.5), (two > 0.5))


def test_spikes_follow_torch_where_no_numbers_are_given():
    model, (x, _) = model_of(), batch_of()
    torch.manual_seed(9)
    first, later = run(model, x, None)[-1], run(model, x, None)[-1]
    assert not torch.equal(first, later)
    torch.manual_seed(9)
    assert torch.equal(run(model, x, None)[-1], first)


def test_joint_spikes_are_others():
    x = batch_of()[0]
    apart, joint = (run(model_of(joint_spikes=joint), x)[0] for joint in (False, True))
    assert apart.shape == joint.shape
    assert not torch.equal(apart, joint)


# ---- activities ----


@pytest.mark.parametrize("name", ["sbs", "nnmf", "bp_nnmf"])
def test_activities_are_probabilities(name):
    model = only({"name": name, "neurons": 8, "kernel": 3}, forgetting=0.2)
    for h in run(model, batch_of()[0]):
        assert h.min() >= 0
        torch.testing.assert_close(h.sum(1), torch.ones_like(h[:, 0]))
        assert h.std() > 1e-3


def test_position_weights_sum_to_one():
    h = run(model_of(alpha_iterations=2), batch_of()[0])[0]
    weights = h.sum(1)
    torch.testing.assert_close(weights.sum((1, 2)), torch.ones(BATCH, dtype=torch.float64))
    assert (weights.amax((1, 2)) / weights.amin((1, 2))).min() > 1.05


def test_a_layer_is_told_its_constants():
    """By the function of the kernels, with every constant different from its default."""
    changes = {
        "eps_t": {"schedule": "constant", "cooldown_after": 9, "reduction": 4.0},
        "eps_xy": {"per": "offset"},
        "forgetting": 0.3,
        "alpha_iterations": 2,
        "alpha_floor": 0.4,
        "joint_spikes": True,
    }
    layer, x = model_of(**changes).layers[0], batch_of()[0]
    torch.nn.init.uniform_(layer.epsilon_xy, 0.3, 2.0)
    expected = sbs(
        x,
        layer.weights,
        layer.epsilon_xy,
        geometry=Geometry((3, 2), (2, 1)),
        steps=StepSizes(0.7, torch.tensor([1.0] * 9 + [0.25] * 8), 0.3),
        draw=Draw(3, joint=True),
        alpha=Alpha(2, 0.4),
    )
    assert torch.equal(layer(x, Draw(3)), expected)


@pytest.mark.parametrize("name", ["sbs", "nnmf"])
def test_initial_weights_of_a_layer(name):
    own = {"name": name, "neurons": 4, "kernel": 3, "noise": [0.01, 1.0]}
    wide, narrow = only(own, own | {"noise": None, "kernel": 1}, noise=(1.0, 1.1)).layers[:2]
    assert wide.weights.max() > 5 * wide.weights.min()
    assert narrow.weights.max() < 1.2 * narrow.weights.min()


def test_average_and_largest_of_patches():
    x = batch_of()[0]
    window = {"kernel": [2, 3], "stride": [1, 2], "padding": [1, 0]}
    average = run(only({"name": "average_pooling", **window}), x)[0]
    largest = run(only({"name": "max_pooling", **window, "dilation": [2, 1]}), x)[0]
    padded = torch.nn.functional.pad(x, (0, 0, 1, 1))
    assert average.shape[2:] == (8, 2)
    assert largest.shape[2:] == (7, 2)
    for row in range(7):
        for column in range(2):
            sides = slice(2 * column, 2 * column + 3)
            patch = padded[:, :, row : row + 2, sides]
            torch.testing.assert_close(average[:, :, row, column], patch.mean((2, 3)))
            patch = padded[:, :, row : row + 3 : 2, sides]
            torch.testing.assert_close(largest[:, :, row, column], patch.amax((2, 3)))


def test_factorisation_is_told_its_constants():
    layer = {"name": "nnmf", "neurons": 4, "kernel": [3, 2], "iterations": 5, "eps_0": 0.4}
    model, x = only(layer), batch_of()[0]
    weights = model.layers[0].weights.detach()
    expected = nnmf(x, weights, geometry=Geometry((3, 2)), iterations=5, eps_0=0.4)
    assert torch.equal(run(model, x)[0], expected)


@pytest.mark.parametrize("per", ["none", "position", "offset"])
def test_pooling_is_a_layer_with_weights_from_each_channel_to_its_neuron(per):
    constants = {"forgetting": 0.1, "alpha_iterations": 1, "errors_by_step_size": True}
    layer = {"name": "sbs_pooling", "kernel": [3, 2], "stride": [2, 2]}
    pooling = only(layer, eps_xy={"per": per}, **constants).layers[0]
    same = SbsLayer(pooling.place, 2, Learning(), pooling_weights(2, pooling.geometry))
    if per != "none":
        torch.nn.init.uniform_(pooling.epsilon_xy, 0.3, 2.0)
        same.epsilon_xy.data.copy_(pooling.epsilon_xy)
    assert pooling.place.step_factor
    results = []
    for each in (pooling, same):
        x = batch_of()[0].requires_grad_()
        h = each(x, Draw(3))
        (h * torch.linspace(-1, 1, h.numel()).view_as(h)).sum().backward()
        results += [h.detach(), x.grad]
    torch.testing.assert_close(results[0], results[2], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(results[1], results[3], rtol=1e-9, atol=1e-12)


def test_many_spikes_find_what_factorisation_finds():
    """The mean of a thousand small steps at the end; at a few times their spread."""
    cooling = {"schedule": "root", "cooldown_after": None}
    layers = [{"name": "sbs", "neurons": 3, "spikes": 6000, "eps_t": cooling, "eps_0": 0.5}]
    by_spikes = model_of([*layers, {"name": "sbs", "neurons": CLASSES}])
    without = only({"name": "nnmf", "neurons": 3, "iterations": 3000})
    without.layers[0].weights.data.copy_(by_spikes.layers[0].weights)
    x = batch_of()[0]
    with threads(1):
        limit, found = run(without, x)[0], run(by_spikes, x)[0]
    start = run(only({"name": "nnmf", "neurons": 3, "iterations": 1}), x)[0]
    assert (found - limit).abs().max() < 0.25
    assert (found - limit).abs().mean() < 0.5 * (start - limit).abs().mean()


def test_a_reconstruction_by_hand():
    layers = [{"name": "sbs", "neurons": 4, "kernel": 3}, {"name": "reconstruction"}]
    model = model_of(layers, alpha_iterations=1)  # so that the activities of a group sum to less
    h, found = run(model, batch_of()[0])
    weights = model.layers[0].weights.detach()
    assert h[2, :, 3, 1].sum() < 0.2
    expected = weights @ h[2, :, 3, 1] / h[2, :, 3, 1].sum()
    torch.testing.assert_close(found[2, :, 3, 1], expected)
    assert found.shape == (BATCH, 18, 5, 4)
    assert list(model.state_dict()) == ["layers.0.weights"]


def test_black_images_change_nothing():
    """No patch has a spike to draw: all neurons stay alike, and gradients are numbers."""
    model = model_of(dialect=2022, alpha_iterations=2)
    activities = model(torch.zeros(2, *SHAPE, dtype=torch.float64), random_of(2)).activities
    shares = activities[0] / activities[0].sum(1, keepdim=True)
    torch.testing.assert_close(shares, torch.full_like(shares, 1 / 6))
    activities[-1].square().sum().backward()
    for parameter in model.parameters():
        assert parameter.grad.isfinite().all()


# ---- gradients ----


def gradients(model):
    x, _ = batch_of()
    x.requires_grad_()
    scores = model.scores(model(x, RANDOM))
    ((scores - 0.3) ** 2).sum().backward()
    return [x.grad, *(layer.weights.grad for _, layer in model.weighted)]


def test_every_layer_gets_a_gradient():
    assert all(each.abs().sum() > 0 for each in gradients(model_of()))


@pytest.mark.parametrize("name", ["sbs", "nnmf"])
def test_a_layer_may_pass_no_errors(name):
    layer = {"name": name, "neurons": 7, "kernel": 2, "backward": False}
    found = gradients(model_of([LAYERS[0], LAYERS[1], layer, LAYERS[3]]))
    assert [each is None for each in found] == [True, True, True, False]


def test_a_reconstruction_passes_errors_to_activities_only():
    layer = {"name": "sbs", "neurons": 4, "kernel": 3}
    model = model_of([layer, {"name": "reconstruction"}])
    assert gradients(model)[1].abs().sum() > 0
    blocked = model_of([layer | {"backward": False}, {"name": "reconstruction"}])
    assert not blocked(batch_of()[0], RANDOM).activities[-1].requires_grad


def test_a_local_layer_passes_errors_but_takes_none():
    local = [LAYERS[0], LAYERS[1], LAYERS[2] | {"local": True}, LAYERS[3]]
    found, usual = gradients(model_of(local)), gradients(model_of())
    assert found[2] is None
    assert torch.equal(found[0], usual[0])
    assert torch.equal(found[1], usual[1])


def test_a_frozen_layer_passes_errors():
    frozen = [LAYERS[0], LAYERS[1], LAYERS[2] | {"trainable": False}, LAYERS[3]]
    model = model_of(frozen)
    assert [each is None for each in gradients(model)] == [False, False, True, False]
    frozen = model.layers[2].weights
    groups = list(model.parameter_groups())
    assert all(frozen is not each for group in groups for each in group["params"])


def test_errors_may_be_times_the_step_size():
    """For one layer with one eps_xy, exactly times e / (1 + e)."""
    plain, scaled = (
        gradients(model_of(LAYERS[3:], errors_by_step_size=by)) for by in (False, True)
    )
    torch.testing.assert_close(scaled[0], plain[0] * 0.7 / 1.7)
    torch.testing.assert_close(scaled[1], plain[1])


def test_gradients_of_factorisation_are_exact_or_as_of_spikes():
    layer = {"name": "nnmf", "neurons": CLASSES, "iterations": 3}
    exact, approximate = (model_of([layer | {"name": name}]) for name in ("nnmf", "bp_nnmf"))
    x = batch_of()[0]
    assert torch.equal(run(exact, x)[0], run(approximate, x)[0])

    def loss(weights):
        exact.layers[0].weights.data.copy_(weights)
        return ((exact.scores(exact(x, RANDOM)) - 0.3) ** 2).sum()

    weights = exact.layers[0].weights.detach().clone()
    found, other = gradients(exact)[1], gradients(approximate)[1]
    step = torch.zeros_like(weights)
    step[5, 2] = 1e-5
    numeric = (loss(weights + step) - loss(weights - step)).item() / 2e-5
    assert found[5, 2].item() == pytest.approx(numeric, rel=1e-6)
    assert not torch.allclose(found, other)
