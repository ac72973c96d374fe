"""The scale by which each layer divides the errors that come down to it."""

import pytest
import torch

from tests.learning.sbs_rules import PLAIN, gradients, rule_of, shown, step
from tests.models.sbs_cases import LAYERS, model_of


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
    model, batch = model_of(), shown()
    plain = gradients(rule_of(model, **PLAIN), batch)
    rule = rule_of(model, gradient_scale="batch", gradient_mean=False)
    scaled = gradients(rule, batch)
    sizes = rule.scale.values
    assert sizes[1] == 0
    product = 1.0
    for index, one, other in zip((3, 2, 0), plain[::-1], scaled[::-1], strict=True):
        product *= sizes[index].item()
        torch.testing.assert_close(other * product, one, rtol=1e-9, atol=1e-14)
    seen = listen(rule)
    step(rule, batch)
    assert [layer for layer, *_ in seen] == [3, 2, 0]
    assert [after for *_, after in seen] == pytest.approx([1.0] * 3)


def test_scales_grow_until_the_first_batch_after_the_first_update():
    rule = rule_of(model_of())
    seen = listen(rule)
    history = []
    for number in range(5):
        step(rule, shown(10, slice(2 * number, 2 * number + 2)))
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
    step(rule, shown())
    assert [size > 0 for size in rule.scale.values.tolist()] == [True, False, True]


def test_errors_of_pooling_with_spikes_are_scaled():
    """There, pooling with spikes is a layer as any other; here its error went on as it was."""
    model = model_of([LAYERS[0], {**LAYERS[1], "name": "sbs_pooling"}, *LAYERS[2:]])
    rule = rule_of(model)
    seen = listen(rule)
    step(rule, shown())
    assert [layer for layer, *_ in seen] == [3, 2, 1, 0]
    assert [after for *_, after in seen] == pytest.approx([1.0] * 4)


def test_without_keeping_each_batch_has_its_own_scale():
    rule, history = rule_of(model_of(), gradient_scale="batch"), []
    for number in range(3):
        step(rule, shown(6, slice(2 * number, 2 * number + 2)))
        rule.constrain()
        history.append(rule.scale.values[3].item())
    assert len(set(history)) == 3
    assert all(scale > 0 for scale in history)


def test_an_error_of_zero_stays_zero():
    rule = rule_of(model_of())
    assert rule.scale._scaled(0, torch.zeros(2, 3)).tolist() == [[0.0] * 3] * 2


def test_scales_are_kept_in_checkpoints():
    model, batch = model_of(), shown()
    rule = rule_of(model)
    step(rule, batch)
    rule.constrain()
    step(rule, batch)
    other = rule_of(model)
    other.load_state_dict(rule.state_dict())
    assert torch.equal(other.scale.values, rule.scale.values)
    before = rule.scale.values.clone()
    other.scale._scaled(3, torch.full((2,), 1e6))
    assert torch.equal(other.scale.values, before)
    names = {f"gradient_scale/layers.{index}" for index in (0, 2, 3)}
    assert rule.epoch_statistics().keys() == names
