"""Learning in Spike-By-Spike networks: against the equations, over batches, locally."""

import math

import pytest
import torch

from snnrun.core import random as seeds
from snnrun.errors import DivergedError
from snnrun.kernels.sbs.local import local_gradient
from snnrun.learning.sbs.losses import MseKl, indicator
from snnrun.learning.sbs.rule import SbsRule
from snnrun.learning.sbs.settings import MseKlSettings, SbsRuleSettings
from snnrun.models.sbs.weights import normalised
from tests.models.sbs_cases import BATCH, CLASSES, LAYERS, batch_of, model_of

PLAIN = {"gradient_scale": "none", "gradient_mean": False}


def rule_of(model, **settings):
    return SbsRule(SbsRuleSettings(dialect=model.settings.dialect, **settings), model)


def step(rule, x, labels, sample=0):
    seeds.begin(2, "here", sample=sample)
    return rule.step(x, labels)


def forward(model, x):
    seeds.begin(2, "here", sample=0)
    return model(x)


def gradients(rule, *batches):
    """The gradients that batches leave, which follow one another as samples of one stream."""
    first = 0
    for x, labels in batches:
        step(rule, x, labels, first)
        first += len(x)
    return [layer.weights.grad.clone() for _, layer in rule.model.weighted]


def test_the_gradient_is_that_of_the_loss():
    model, (x, labels) = model_of(), batch_of()
    found = gradients(rule_of(model, loss={"mse": 0.3, "kl": 0.9}, **PLAIN), (x, labels))
    model.zero_grad()
    scores, target = model.scores(forward(model, x)), indicator(labels, torch.empty(1, CLASSES))
    divergence = -scores.log()[target.bool()].sum()
    (((scores - target) ** 2).sum() * 0.3 / 1.2 + divergence * 0.9 / 1.2).backward()
    for ours, (_, layer) in zip(found, model.weighted, strict=True):
        torch.testing.assert_close(ours, layer.weights.grad, rtol=1e-9, atol=1e-12)


def test_what_is_reported():
    model, (x, labels) = model_of(), batch_of()
    summed = step(rule_of(model), x, labels)
    mean = step(rule_of(model, loss={"reduction": "mean"}), x, labels)
    assert summed.loss.item() == pytest.approx(CLASSES * mean.loss.item())
    evaluated, record = rule_of(model).evaluate(x, labels)
    assert evaluated.loss.shape == ()
    assert len(record.activities) == len(LAYERS)
    assert torch.equal(summed.scores, model.scores(forward(model, x)).detach())
    assert not summed.scores.requires_grad


def test_a_neuron_that_has_died_costs_much_but_not_everything():
    activities = torch.tensor([[0.0, 1.0]], requires_grad=True)
    judged = MseKl(MseKlSettings(mse=0.0))(activities, torch.tensor([0]))
    judged.objective.backward()
    assert judged.report.item() == pytest.approx(20 * math.log(10), rel=1e-6)
    assert activities.grad.isfinite().all()


def test_softmax():
    model, (x, labels) = model_of(), batch_of()
    outcome = step(rule_of(model, loss={"name": "softmax_cross_entropy"}), x, labels)
    scores = outcome.scores
    expected = (scores.exp().sum(1).log() - scores.gather(1, labels[:, None])[:, 0]).mean()
    assert outcome.loss.item() == pytest.approx(expected.item())


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("mean", [False, True])
def test_batches_gather(mean, local):
    """The gradient of parts is that of the whole, for the spikes of a sample are its own."""
    layers = [LAYERS[0] | {"local": local}, *LAYERS[1:]]
    model, (x, labels) = model_of(layers), batch_of(7)
    rule = rule_of(model, gradient_scale="none", gradient_mean=mean)
    whole = gradients(rule, (x, labels))
    model.zero_grad()
    parts = gradients(rule, (x[:2], labels[:2]), (x[2:6], labels[2:6]), (x[6:], labels[6:]))
    for one, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-14)


def test_the_mean_is_over_samples_and_positions():
    model, batch = model_of(), batch_of()
    total = gradients(rule_of(model, **PLAIN), batch)
    model.zero_grad()
    mean = gradients(rule_of(model, gradient_scale="none"), batch)
    for groups, one, other in zip((15, 2, 1), total, mean, strict=True):
        torch.testing.assert_close(other * BATCH * groups, one, rtol=1e-9, atol=1e-14)


def test_the_mean_of_losses_is_added_up_over_batches():
    model, (x, labels) = model_of(dialect=2022), batch_of(6)
    rule = rule_of(model)
    both = gradients(rule, (x[:2], labels[:2]), (x[2:], labels[2:]))
    apart = []
    for part, first in ((slice(0, 2), 0), (slice(2, 6), 2)):
        model.zero_grad()
        step(rule, x[part], labels[part], first)
        apart.append([layer.weights.grad.clone() for _, layer in model.weighted])
    for sum_of_both, one, other in zip(both, *apart, strict=True):
        torch.testing.assert_close(sum_of_both, one + other, rtol=1e-9, atol=1e-14)


# ---- the scale of errors ----


def listen(rule):
    """Note the largest error of a layer before and after it is scaled, whenever one comes."""
    found, scaled = [], rule.scale._scaled

    def note(layer, error):
        after = scaled(layer, error)
        found.append((layer, error.abs().max().item(), after.abs().max().item()))
        return after

    rule.scale._scaled = note
    return found


def test_errors_are_divided_by_their_largest_layer_by_layer():
    model, batch = model_of(), batch_of()
    plain = gradients(rule_of(model, **PLAIN), batch)
    model.zero_grad()
    rule = rule_of(model, gradient_scale="batch", gradient_mean=False)
    scaled = gradients(rule, batch)
    sizes = rule.scale.values
    assert sizes[1] == 0
    product = 1.0
    for index, one, other in zip((3, 2, 0), plain[::-1], scaled[::-1], strict=True):
        product *= sizes[index].item()
        torch.testing.assert_close(other * product, one, rtol=1e-9, atol=1e-14)
    seen = listen(rule)
    step(rule, *batch)
    assert [layer for layer, *_ in seen] == [3, 2, 0]
    assert [after for *_, after in seen] == pytest.approx([1.0] * 3)


def test_scales_grow_until_the_first_batch_after_the_first_update():
    model, (x, labels) = model_of(), batch_of(10)
    rule = rule_of(model)
    seen = listen(rule)
    history = []
    for number in range(5):
        part = slice(2 * number, 2 * number + 2)
        step(rule, x[part], labels[part], 2 * number)
        history.append(rule.scale.values[3].item())
        if number == 1:
            rule.constrain()
    largest = [before for layer, before, _ in seen if layer == 3]
    assert history[0] == largest[0]
    assert history[1] == max(largest[:2])
    assert history[2:] == [max(largest[:3])] * 3
    assert len(set(largest)) == 5


def test_errors_of_layers_without_spikes_are_scaled_if_they_are_as_of_spikes():
    layers = [{"name": name, "neurons": 4, "kernel": 2} for name in ("bp_nnmf", "nnmf")]
    model = model_of([*layers, LAYERS[3]])
    rule = rule_of(model)
    step(rule, *batch_of())
    assert [size > 0 for size in rule.scale.values.tolist()] == [True, False, True]


def test_errors_of_pooling_with_spikes_are_scaled():
    """There, pooling with spikes is a layer as any other; here its error went on as it was."""
    model = model_of([LAYERS[0], {**LAYERS[1], "name": "sbs_pooling"}, *LAYERS[2:]])
    rule = rule_of(model)
    seen = listen(rule)
    step(rule, *batch_of())
    assert [layer for layer, *_ in seen] == [3, 2, 1, 0]
    assert [after for *_, after in seen] == pytest.approx([1.0] * 4)


def test_without_keeping_each_batch_has_its_own_scale():
    model, (x, labels) = model_of(), batch_of(6)
    rule, history = rule_of(model, gradient_scale="batch"), []
    for number in range(3):
        part = slice(2 * number, 2 * number + 2)
        step(rule, x[part], labels[part], 2 * number)
        rule.constrain()
        history.append(rule.scale.values[3].item())
    assert len(set(history)) == 3
    assert all(scale > 0 for scale in history)


def test_an_error_of_zero_stays_zero():
    rule = rule_of(model_of())
    assert rule.scale._scaled(0, torch.zeros(2, 3)).tolist() == [[0.0] * 3] * 2


def test_scales_are_kept_in_checkpoints():
    model, batch = model_of(), batch_of()
    rule = rule_of(model)
    step(rule, *batch)
    rule.constrain()
    step(rule, *batch)
    other = rule_of(model)
    other.load_state_dict(rule.state_dict())
    assert torch.equal(other.scale.values, rule.scale.values)
    before = rule.scale.values.clone()
    other.scale._scaled(3, torch.full((2,), 1e6))
    assert torch.equal(other.scale.values, before)
    names = {f"gradient_scale/layers.{index}" for index in (0, 2, 3)}
    assert rule.epoch_statistics().keys() == names


# ---- other ways to learn ----


def test_local_layers_learn_from_what_they_miss():
    layers = [LAYERS[0] | {"local": True}, LAYERS[1], LAYERS[2], LAYERS[3] | {"local": True}]
    model, (x, labels) = model_of(layers), batch_of()
    found = gradients(rule_of(model, gradient_scale="none"), (x, labels))
    usual = gradients(rule_of(model_of(), gradient_scale="none"), (x, labels))
    h = [each.detach() for each in forward(model, x).activities]
    first, _, _, last = model.layers
    target = indicator(labels, h[3])[:, :, None, None]
    expected = [
        local_gradient(x, first.weights, h[0], first.geometry) / (BATCH * 15),
        usual[1],
        local_gradient(h[2], last.weights, h[3], last.geometry, target) / BATCH,
    ]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other.detach(), rtol=1e-9, atol=1e-14)


def test_a_network_of_local_layers_learns():
    layers = [LAYERS[0] | {"local": True}, LAYERS[3] | {"local": True}]
    model, batch = model_of(layers), batch_of()
    assert all(each.abs().sum() > 0 for each in gradients(rule_of(model), batch))


RECONSTRUCTING = [{"name": "sbs", "neurons": 4, "kernel": [3, 2]}, {"name": "reconstruction"}]


def test_a_reconstruction_is_judged_by_the_patch():
    model, (x, labels) = model_of(RECONSTRUCTING), batch_of()
    rule = rule_of(model, loss={"mse": 0.3, "kl": 0.9})
    outcome = step(rule, x, labels)
    made = forward(model, x).activities[-1].detach()
    patches = torch.nn.functional.unfold(x, (3, 2)).view(BATCH, 12, 5, 5)
    patches = patches / patches.sum(1, keepdim=True)
    squares = ((made - patches) ** 2).sum()
    divergence = (patches * (patches / made).log()).sum()
    expected = (0.3 * squares + 0.9 * divergence) / 1.2 / BATCH
    assert outcome.loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert outcome.scores.tolist() == [[-torch.inf]] * BATCH
    assert model.layers[0].weights.grad.abs().sum() > 0


def test_a_black_image_can_be_reconstructed():
    model = model_of(RECONSTRUCTING)
    x = torch.zeros_like(batch_of()[0])
    outcome = step(rule_of(model), x, batch_of()[1])
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
    with pytest.raises(DivergedError, match=r"layers\.2\.weights: column 3 sums to -1; .*smaller"):
        rule_of(model).constrain()
