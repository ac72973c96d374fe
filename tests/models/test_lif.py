"""LIF networks: by hand, settings of layers, readouts, with and without autograd."""

import math

import pytest
import torch

from snnrun.kernels.lif.sequence_reference import SequenceNeuron, SequenceReset
from snnrun.kernels.lif.sequence_reference import sequence as twin
from snnrun.models import MODELS
from snnrun.models.lif.net import constants, decay
from snnrun.models.lif.settings import LifSettings
from tests.learning.local_cases import (
    BATCH,
    CLASSES,
    LEAKY,
    LINEAR,
    ONE,
    SPIKES,
    STEPS,
    TWO,
    batch_of,
    model_of,
)

READOUTS = {"spikes": SPIKES, "linear": LINEAR, "leaky": LEAKY}


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("constant", [True, False])
def test_shapes(readout, constant):
    record = model_of(TWO, READOUTS[readout])(batch_of(constant).inputs)
    assert [m.shape for m in record.membranes] == [(STEPS, BATCH, n) for n in (6, 8, CLASSES)]
    assert [s.shape for s in record.spikes] == [m.shape for m in record.membranes]
    assert set(record.spikes[0].unique().tolist()) == {0.0, 1.0}


def test_layers_and_sizes_are_described():
    settings = LifSettings(layers=[{"size": 30}, {"size": 20}])
    assert settings.describe(64, 10) == [
        ("layers.0", "[64 inputs, 30]", 1920),
        ("layers.1", "[30 inputs, 20]", 600),
        ("readout", "[20 inputs, 10]", 200),
    ]
    model = MODELS.entry_of(settings).load()(settings, 64, 10, torch.Generator())
    assert sum(p.numel() for p in model.parameters()) == 2720


def test_weights_are_normal_with_their_gain():
    """At 5 standard errors."""
    settings = LifSettings(layers=[{"size": 300, "gain": 0.7}])
    model = MODELS.entry_of(settings).load()(settings, 200, 10, torch.Generator())
    weights = model.layers[0].weights.detach()
    expected = 0.7 / math.sqrt(200)
    assert abs(weights.mean().item()) < 5 * expected / math.sqrt(60_000)
    assert abs(weights.std().item() / expected - 1) < 5 / math.sqrt(120_000)


def test_a_layer_may_differ_from_the_network():
    changes = {"size": 5, "threshold": 0.3, "tau_syn": 0.0, "reset": "zero",
               "surrogate": {"name": "triangular", "height": 0.4}}  # fmt: skip
    settings = LifSettings(layers=[changes, {"size": 4}], tau_mem=7.0, threshold=2.0)
    own, plain = (constants(layer.neuron(settings)) for layer in settings.layers)
    assert own[:5] == (0.0, math.exp(-1 / 7), 0.3, 3, 1)
    assert own.height == 0.4
    assert plain[:5] == (math.exp(-1 / 5), math.exp(-1 / 7), 2.0, 1, 0)


def test_decays():
    assert decay(0.0) == 0.0
    assert decay(math.inf) == 1.0
    assert decay(4.0) == pytest.approx(math.exp(-0.25))


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("constant", [True, False])
def test_with_autograd_it_does_the_same(readout, constant):
    model, x = model_of(TWO, READOUTS[readout]), batch_of(constant).inputs
    followed = model(x)
    with torch.no_grad():
        fast = model(x)
    for one, other in zip(followed.membranes, fast.membranes, strict=True):
        assert torch.equal(one.detach(), other)
    for one, other in zip(followed.spikes, fast.spikes, strict=True):
        assert torch.equal(one.detach(), other)
    model.scores(followed).sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


def test_scores():
    x = batch_of(constant=False).inputs
    spikes, linear, leaky = (model_of(ONE, readout) for readout in READOUTS.values())
    with torch.no_grad():
        record = spikes(x)
        assert torch.equal(spikes.scores(record), record.spikes[-1].mean(0))
        record = linear(x)
        expected = record.spikes[0].mean(0) @ linear.readout.weights
        torch.testing.assert_close(linear.scores(record), expected)
        record = leaky(x)
        assert torch.equal(leaky.scores(record), record.membranes[-1][2:].mean(0))


def test_each_layer_may_have_its_own_learning_rate():
    model = model_of([{"size": 6, "lr": 0.3}, {"size": 4}], SPIKES | {"lr": 0.3})
    groups = list(model.parameter_groups())
    assert [group.get("lr") for group in groups] == [0.3, None]
    shapes = [[tuple(weights.shape) for weights in group["params"]] for group in groups]
    assert shapes == [[(7, 6), (4, CLASSES)], [(6, 4)]]


# ---- neurons that drive each other, thresholds that follow the spikes ----

BEYOND = [
    {"size": 6, "gain": 1.3, "recurrent": True, "recurrent_gain": 0.8},
    {"size": 8, "gain": 1.6, "adaptation": 0.4, "tau_adaptation": 7.0},
]


def test_recurrent_weights_are_drawn_after_all_others():
    """Networks without them keep their bits, and so do the other weights of those with them."""
    plain, beyond = model_of([{"size": 6}, {"size": 8}], SPIKES), model_of(BEYOND, SPIKES)
    for one, other, gain in zip(plain.stack, beyond.stack, (1.3, 1.6, 1.0), strict=True):
        torch.testing.assert_close(gain * one.weights, other.weights)
    assert set(plain.state_dict()) < set(beyond.state_dict())
    assert beyond.layers[0].recurrent.shape == (6, 6)
    assert beyond.layers[1].recurrent is None


def test_recurrent_weights_are_normal_with_a_gain_of_their_own():
    """At 5 standard errors."""
    layers = [{"size": 200, "gain": 5.0, "recurrent": True, "recurrent_gain": 0.7}]
    weights = model_of(layers, SPIKES).layers[0].recurrent.detach()
    expected = 0.7 / math.sqrt(200)
    assert abs(weights.std().item() / expected - 1) < 5 / math.sqrt(80_000)


def test_recurrent_weights_are_described_and_learn():
    settings = LifSettings(layers=BEYOND)
    rows = settings.describe(7, 4)
    assert rows[0] == ("layers.0", "[7 inputs, 6], recurrent", 7 * 6 + 6 * 6)
    model = model_of([{**BEYOND[0], "lr": 0.1}, BEYOND[1]], SPIKES)
    assert sum(p.numel() for p in model.parameters()) == sum(count for *_, count in rows)
    groups = {group.get("lr"): group["params"] for group in model.parameter_groups()}
    assert [tuple(each.shape) for each in groups[0.1]] == [(7, 6), (6, 6)]
    record = model(batch_of(constant=False).inputs)
    record.outputs.sum().backward()
    assert model.layers[0].recurrent.grad.abs().sum() > 0


def test_neurons_drive_each_other_and_their_threshold_follows_their_spikes():
    """Step by step: each layer is a sequence of the twin whose input the spikes before are in."""
    model, x = model_of(BEYOND, LINEAR), batch_of(constant=False).inputs
    with torch.no_grad():
        record = model(x)
    constants = {"threshold": 0.8, "reset": SequenceReset.SUBTRACT}
    neuron = SequenceNeuron(decay(9.0), decay(3.0), **constants)
    first, second = model.layers
    driven = x @ first.weights
    driven[1:] += record.spikes[0][:-1] @ first.recurrent
    expected = twin(driven, neuron)
    assert torch.equal(record.spikes[0], expected.spikes)
    torch.testing.assert_close(record.membranes[0], expected.membranes)
    adaptive = neuron._replace(adaptation=0.4, adaptation_decay=decay(7.0))
    expected = twin(record.spikes[0] @ second.weights, adaptive)
    assert torch.equal(record.spikes[1], expected.spikes)
    assert 0 < record.spikes[1].sum() < twin(record.spikes[0] @ second.weights, neuron).spikes.sum()


def test_recurrent_and_adaptive_layers_do_the_same_with_and_without_autograd():
    model, x = model_of(BEYOND, SPIKES | {"adaptation": 0.3}), batch_of(constant=True).inputs
    followed = model(x)
    with torch.no_grad():
        plain = model(x)
    for one, other in zip(followed.membranes, plain.membranes, strict=True):
        assert torch.equal(one.detach(), other)
    known = [layer.derivative is not None for layer in model.spiking_layers()]
    assert known == [True, False, False]  # of a threshold that moves, a membrane tells nothing


@pytest.mark.parametrize("change", [{"recurrent": True}, {"adaptation": 0.1}])
def test_a_reset_that_subtracts_twice_is_for_local_rules_alone(change):
    with pytest.raises(ValueError, match=r"layers.1: reset is subtract_twice; expected subtract"):
        LifSettings(layers=[{"size": 3}, {"size": 3, **change}], reset="subtract_twice")
