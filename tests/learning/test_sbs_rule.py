"""Learning in Spike-By-Spike networks: against the equations, over batches, locally."""

import math

import pytest
import torch

from snnrun.errors import DivergedError
from snnrun.kernels.sbs.local import local_gradient
from snnrun.learning.outcome import Totals
from snnrun.learning.sbs.losses import MseKl, indicator
from snnrun.learning.sbs.settings import MseKlSettings
from snnrun.models.sbs.weights import normalised
from tests.batches import updated
from tests.learning.sbs_rules import PLAIN, forward, gradients, rule_of, shown, step
from tests.models.sbs_cases import BATCH, CLASSES, LAYERS, model_of


def test_the_gradient_is_that_of_the_loss():
    model, batch = model_of(), shown()
    found = gradients(rule_of(model, loss={"mse": 0.3, "kl": 0.9}, **PLAIN), batch)
    model.zero_grad()
    scores = model.scores(forward(model, batch))
    target = indicator(batch.targets, torch.empty(1, CLASSES))
    divergence = -scores.log()[target.bool()].sum()
    (((scores - target) ** 2).sum() * 0.3 / 1.2 + divergence * 0.9 / 1.2).backward()
    for ours, (_, layer) in zip(found, model.weighted, strict=True):
        torch.testing.assert_close(ours, layer.weights.grad, rtol=1e-9, atol=1e-12)


def test_what_is_reported():
    model, batch = model_of(), shown()
    summed = step(rule_of(model), batch)
    mean = step(rule_of(model, loss={"reduction": "mean"}), batch)
    assert summed.loss.item() == pytest.approx(CLASSES * mean.loss.item())
    evaluated, record = rule_of(model).evaluate(batch)
    assert evaluated.loss.mean() == summed.loss
    assert len(record.activities) == len(LAYERS)
    assert torch.equal(summed.scores, model.scores(forward(model, batch)).detach())
    assert not summed.scores.requires_grad


def test_a_neuron_that_has_died_costs_much_but_not_everything():
    activities = torch.tensor([[0.0, 1.0]], requires_grad=True)
    judged = MseKl(MseKlSettings(mse=0.0))(activities, torch.tensor([0]), 1)
    judged.objective.backward()
    assert judged.samples.item() == pytest.approx(20 * math.log(10), rel=1e-6)
    assert activities.grad.isfinite().all()


def test_softmax():
    model, batch = model_of(), shown()
    outcome = step(rule_of(model, loss={"name": "softmax_cross_entropy"}), batch)
    scores, labels = outcome.scores, batch.targets
    expected = (scores.exp().sum(1).log() - scores.gather(1, labels[:, None])[:, 0]).mean()
    assert outcome.loss.item() == pytest.approx(expected.item())


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("mean", [False, True])
def test_batches_gather(mean, local):
    """The gradient of parts is that of the whole, for the spikes of a sample are its own."""
    layers = [LAYERS[0] | {"local": local}, *LAYERS[1:]]
    model = model_of(layers, eps_xy={"per": "position"})
    rule = rule_of(model, gradient_scale="none", gradient_mean=mean)
    found = []
    for batches in ([shown(7)], [shown(7, own) for own in PARTS]):
        updated(rule, *batches)
        found.append([parameter.grad.clone() for parameter in model.parameters()])
    assert len(found[0]) == 6
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-14)


PARTS = slice(0, 2), slice(2, 6), slice(6, 7)


SHARED = [
    *({"gradient_scale": scale} for scale in ("none", "batch", "first_update")),
    {"gradient_mean": False},
    {"loss": {"reduction": "mean"}},
    {"loss": {"name": "softmax_cross_entropy"}},
]


@pytest.mark.parametrize("settings", SHARED, ids=str)
@pytest.mark.parametrize("local", [False, True])
def test_shares_of_a_batch_sum_to_it(local, settings):
    """As where processes share it: each knows only its own errors until all are exchanged."""
    layers = [LAYERS[0] | {"local": local}, *LAYERS[1:]]
    rules = [
        rule_of(model_of(layers, eps_xy={"per": "position"}), **settings)
        for _ in range(1 + len(PARTS))
    ]
    alone, *together = rules
    whole = step(alone, shown(7))
    found = [step(rule, shown(7, own, 7)) for rule, own in zip(together, PARTS, strict=True)]
    losses = [size * each.loss.item() for size, each in zip((2, 4, 1), found, strict=True)]
    assert sum(losses) / 7 == pytest.approx(whole.loss.item())
    if whole.largest:
        errors = torch.stack([outcome.largest["error"]() for outcome in found])
        assert alone.largest() == {"error": errors.shape[1]}
        torch.testing.assert_close(errors.amax(0), whole.largest["error"](), rtol=1e-12, atol=0)
        for rule in together:
            rule.rescale(Totals(7, {}, {"error": lambda: errors.amax(0)}))
            torch.testing.assert_close(rule.scale.values, alone.scale.values)
    parts = [[parameter.grad for parameter in rule.model.parameters()] for rule in together]
    assert len(parts[0]) == 6
    for parameter, *shares in zip(alone.model.parameters(), *parts, strict=True):
        gradient = torch.stack(shares).sum(0)
        torch.testing.assert_close(gradient, parameter.grad, rtol=1e-9, atol=1e-14)


def test_the_mean_is_over_samples_and_positions():
    model = model_of()
    total = gradients(rule_of(model, **PLAIN), shown())
    mean = gradients(rule_of(model, gradient_scale="none"), shown())
    for groups, one, other in zip((15, 2, 1), total, mean, strict=True):
        torch.testing.assert_close(other * BATCH * groups, one, rtol=1e-9, atol=1e-14)


def test_the_mean_of_losses_is_added_up_over_batches():
    model = model_of(dialect=2022)
    rule, parts = rule_of(model), [shown(6, slice(0, 2)), shown(6, slice(2, 6))]
    both = gradients(rule, *parts)
    for sum_of_both, one, other in zip(
        both, *(gradients(rule, part) for part in parts), strict=True
    ):
        torch.testing.assert_close(sum_of_both, one + other, rtol=1e-9, atol=1e-14)


# ---- other ways to learn ----


def test_local_layers_learn_from_what_they_miss():
    layers = [LAYERS[0] | {"local": True}, LAYERS[1], LAYERS[2], LAYERS[3] | {"local": True}]
    model, batch = model_of(layers), shown()
    found = gradients(rule_of(model, gradient_scale="none"), batch)
    usual = gradients(rule_of(model_of(), gradient_scale="none"), batch)
    h = [each.detach() for each in forward(model, batch).activities]
    first, _, _, last = model.layers
    x, target = batch.inputs, indicator(batch.targets, h[3])[:, :, None, None]
    expected = [
        local_gradient(x, first.weights, h[0], first.geometry) / (BATCH * 15),
        usual[1],
        local_gradient(h[2], last.weights, h[3], last.geometry, target) / BATCH,
    ]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other.detach(), rtol=1e-9, atol=1e-14)


def test_a_network_of_local_layers_learns():
    layers = [LAYERS[0] | {"local": True}, LAYERS[3] | {"local": True}]
    rule = rule_of(model_of(layers))
    assert all(each.abs().sum() > 0 for each in gradients(rule, shown()))


RECONSTRUCTING = [{"name": "sbs", "neurons": 4, "kernel": [3, 2]}, {"name": "reconstruction"}]


def test_a_reconstruction_is_judged_by_the_patch():
    model, batch = model_of(RECONSTRUCTING), shown()
    rule = rule_of(model, loss={"mse": 0.3, "kl": 0.9})
    outcome = step(rule, batch)
    made = forward(model, batch).activities[-1].detach()
    patches = torch.nn.functional.unfold(batch.inputs, (3, 2)).view(BATCH, 12, 5, 5)
    patches = patches / patches.sum(1, keepdim=True)
    squares = ((made - patches) ** 2).sum()
    divergence = (patches * (patches / made).log()).sum()
    expected = (0.3 * squares + 0.9 * divergence) / 1.2 / BATCH
    assert outcome.loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert outcome.scores.tolist() == [[-torch.inf]] * BATCH
    assert model.layers[0].weights.grad.abs().sum() > 0


def test_a_black_image_can_be_reconstructed():
    model, batch = model_of(RECONSTRUCTING), shown()
    batch.inputs.zero_()
    outcome = step(rule_of(model), batch)
    assert outcome.loss.isfinite()
    assert model.layers[0].weights.grad.isfinite().all()


# ---- what must hold ----


@pytest.mark.parametrize("shared", [True, False])
def test_thresholds_are_shared_by_the_channels_or_not(shared):
    model = model_of()
    rule = rule_of(model, threshold=0.06, threshold_per_channel=shared)
    expected = []
    for index, channels in ((0, 2), (2, 6), (3, 7)):
        weights = model.layers[index].weights.data
        weights[0, 0] = 0.0
        raised = normalised(weights).clamp(min=0.06 / channels if shared else 0.06)
        expected.append(normalised(raised))
    rule.constrain()
    for (_, layer), weights in zip(model.weighted, expected, strict=True):
        torch.testing.assert_close(layer.weights.detach(), weights)


def test_step_sizes_stay_above_their_threshold():
    model = model_of(dialect=2022)
    model.layers[0].epsilon_xy.data.fill_(-1.0)
    rule_of(model).constrain()
    assert model.layers[0].epsilon_xy.unique().tolist() == [1e-5]


def test_weights_that_cannot_be_saved():
    model = model_of()
    model.layers[2].weights.data[:, 3] *= -1
    with pytest.raises(DivergedError, match=r"^model\.layers\.2\.weights: column 3 sums to -1"):
        rule_of(model).constrain()
