"""Backpropagation through time: gradients, shares of a batch, what it logs, and how it runs."""

import copy
import warnings

import pytest
import torch

from snnrun.core.batch import Batch
from snnrun.errors import ActivityWarning, ConfigError
from snnrun.learning.activity import PATIENCE
from snnrun.learning.local.alignment import true_gradients
from snnrun.learning.surrogate import running
from tests.batches import random_of, totals
from tests.learning.local_cases import (
    BATCH,
    LEAKY,
    LINEAR,
    ONE,
    SPIKES,
    STEPS,
    TWO,
    batch_of,
    gradients,
    model_of,
    rule_of,
)

BAND = {"name": "rate_band", "strength": 0.3, "lower": 0.3, "upper": 0.4}
COUNT = {"name": "spike_count", "strength": 0.01}
READOUTS = {"spikes": SPIKES, "linear": LINEAR, "leaky": LEAKY}


# ---- gradients ----


@pytest.mark.parametrize("reset", ["subtract", "subtract_twice"])
@pytest.mark.parametrize("constant", [True, False])
def test_it_is_the_update_of_eprop_where_that_is_exact(constant, reset):
    """One layer, symmetric feedback, an error at every step: TET without its second term."""
    model = model_of(ONE, LEAKY, reset=reset)
    local = rule_of("eprop", model, feedback={"kind": "symmetric"})
    rule = rule_of("surrogate", model, loss={"name": "tet", "lamb": 0.0})
    batch = batch_of(constant)
    theirs = gradients(local, batch)
    model.zero_grad()
    torch.testing.assert_close(gradients(rule, batch), theirs, rtol=1e-12, atol=1e-15)


def test_one_neuron_by_hand():
    """Two steps of a hidden neuron and a linear readout; psi = height 0.7, (1 + 0.9 |x|)^-2."""
    model = model_of([{"size": 1}], LINEAR)
    layer, readout = model.stack
    layer.weights.data = torch.zeros(7, 1, dtype=torch.float64)
    layer.weights.data[0] = 0.5
    readout.weights.data = torch.tensor([[1.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    x = torch.zeros(2, 1, 7, dtype=torch.float64)
    x[:, 0, 0] = 1.0
    rule = rule_of("surrogate", model, loss={"name": "rate_mse"})
    rule.step(Batch(x, torch.tensor([0]), random_of(1)))
    a, b = layer.neuron.current_decay, layer.neuron.membrane_decay
    first, second = 0.5, 0.5 * (1 + a + b)  # membranes; only the second reaches 0.8
    assert first < 0.8 <= second
    by_weight = [1.0, 1 + a + b]  # of the membranes
    psi = [0.7 / (1 + 0.9 * abs(u - 0.8)) ** 2 for u in (first, second)]
    by_rate = 2 * (0.5 - 1.0) / 4  # of the loss, a mean over four classes
    rate = sum(p * w for p, w in zip(psi, by_weight, strict=True)) / 2
    assert layer.weights.grad[0].item() == pytest.approx(by_rate * rate, rel=1e-12)


def test_regularisers_add_to_loss_and_gradient():
    model, batch = model_of(TWO, LEAKY), batch_of(constant=False)
    plain = rule_of("surrogate", model)
    more = rule_of("surrogate", model, regularisers=[BAND, COUNT])
    record = model(batch.inputs)
    assert len(record.spikes) == 3  # the readout has none
    hidden = record.spikes[:2]
    term = sum(each(hidden) for each in more.regularisers)
    loss = plain.objective(record, batch.targets) + term
    torch.testing.assert_close(more.objective(record, batch.targets), loss)
    assert term > 0
    expected = torch.autograd.grad(loss, [layer.weights for layer in model.stack])
    torch.testing.assert_close(gradients(more, batch), list(expected), rtol=1e-12, atol=1e-15)


def test_a_readout_that_spikes_is_not_regularised():
    model, batch = model_of(ONE, SPIKES), batch_of(constant=False)
    rule, plain = rule_of("surrogate", model, regularisers=[COUNT]), rule_of("surrogate", model)
    record = model(batch.inputs)
    spikes = record.spikes[0].sum((0, 2)).mean()
    difference = rule.objective(record, batch.targets) - plain.objective(record, batch.targets)
    torch.testing.assert_close(difference, 0.01 * spikes)


LOSSES = [
    {"name": "cross_entropy", "of": "max", "class_weights": [1.0, 2.0, 0.5, 3.0]},
    {"name": "tet", "lamb": 0.2, "label_smoothing": 0.1},
    {"name": "rate_mse"},
]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss["name"])
@pytest.mark.parametrize("over", ["neuron", "layer"])
def test_gradients_of_shares_sum_to_that_of_the_batch(loss, over):
    model = model_of(TWO, SPIKES)
    rule = rule_of("surrogate", model, loss=loss, regularisers=[BAND | {"over": over}, COUNT])
    whole, found = batch_of(constant=False), []
    expected = gradients(rule, whole)
    logged = rule.step(whole).loss
    losses = []
    for own in (slice(0, 2), slice(2, BATCH)):
        share = Batch(
            whole.inputs[:, own], whole.targets[own], random_of(range(BATCH)[own]), whole=BATCH
        )
        model.zero_grad()
        losses.append(rule.step(share).loss * len(share))
        found.append([layer.weights.grad.clone() for layer in model.stack])
    summed = [one + other for one, other in zip(*found, strict=True)]
    torch.testing.assert_close(summed, expected, rtol=1e-12, atol=1e-15)
    torch.testing.assert_close(sum(losses) / BATCH, logged)


@pytest.mark.parametrize("readout", READOUTS)
def test_the_objective_is_what_it_learns(readout):
    model, batch = model_of(TWO, READOUTS[readout]), batch_of(constant=False)
    rule = rule_of("surrogate", model, regularisers=[BAND])
    expected = true_gradients(model, rule.objective, batch.inputs, batch.targets)
    torch.testing.assert_close(gradients(rule, batch), expected)


# ---- evaluation ----


@pytest.mark.parametrize("readout", READOUTS)
def test_evaluation_keeps_the_record_and_learns_nothing(readout):
    model, batch = model_of(TWO, READOUTS[readout]), batch_of(constant=False)
    rule = rule_of("surrogate", model)
    outcome, record = rule.evaluate(batch)
    assert all(layer.weights.grad is None for layer in model.stack)
    assert len(record.rates) == (3 if readout == "spikes" else 2)
    for rates, spikes in zip(record.rates, record.spikes, strict=False):
        assert torch.equal(rates, spikes.mean(0))
    assert len(record.membranes) == 3
    assert torch.equal(outcome.scores, rule.scores(record))
    torch.testing.assert_close(outcome.scores, model.scores(record))
    torch.testing.assert_close(outcome.loss.mean(), rule.step(batch).loss)


def test_predictions_go_by_what_the_loss_is_of():
    model, batch = model_of(ONE, LEAKY), batch_of(constant=False)
    rule = rule_of("surrogate", model, loss={"name": "cross_entropy", "of": "last"})
    outcome, record = rule.evaluate(batch)
    assert torch.equal(outcome.scores, record.outputs[-1])


# ---- activity ----


def test_statistics_of_layers_by_hand():
    model, batch = model_of(TWO, SPIKES), batch_of(constant=False)
    outcome, record = rule_of("surrogate", model).evaluate(batch)
    seen = outcome.statistics
    for index, name in enumerate(("layer_0", "layer_1", "readout")):
        counts = record.spikes[index].sum(0)
        neuron = model.stack[index].neuron
        x = neuron.sharpness * (record.membranes[index] - neuron.threshold)
        felt = (1 + x.abs()) ** -2 > 0.1
        assert seen[f"density/{name}"] == pytest.approx(counts.mean().item() / STEPS)
        assert seen[f"silent/{name}"] == pytest.approx((counts == 0).double().mean().item())
        assert seen[f"saturated/{name}"] == pytest.approx((counts == STEPS).double().mean().item())
        assert seen[f"hit/{name}"] == pytest.approx(felt.double().mean().item())
        assert 0 < seen[f"hit/{name}"] < 1
    assert len(seen) == 12


def update(rule):
    """A step, and what comes after it."""
    batch = batch_of(constant=True)
    assert not rule.intervene(totals(rule.step(batch), batch))


@pytest.mark.parametrize(
    ("index", "threshold", "text"),
    [(0, 1e4, "layer_0 is silent"), (1, 1e4, "readout is silent"), (0, 1e-6, "layer_0 is saturat")],
)
def test_a_layer_that_cannot_learn_is_named_once(index, threshold, text, recwarn):
    warnings.simplefilter("always")
    model = model_of([{"size": 6}], SPIKES)
    layer = model.stack[index]
    layer.neuron = layer.neuron._replace(threshold=threshold)
    rule = rule_of("surrogate", model)
    for _ in range(PATIENCE - 1):
        update(rule)
    assert not len(recwarn)
    for _ in range(PATIENCE):
        update(rule)
    said = [str(w.message) for w in recwarn if str(w.message).startswith(text)]
    assert len(said) == 1
    assert f"model.{'layers.0' if index == 0 else 'readout'}.threshold=" in said[0]
    assert all(w.category is ActivityWarning for w in recwarn)


def test_without_membranes_a_warning_names_the_layer_all_the_same(recwarn):
    model = model_of([{"size": 6}], SPIKES)
    model.layers[0].neuron = model.layers[0].neuron._replace(threshold=1e4)
    rule = rule_of("surrogate", model)
    forward = model.forward

    def without(x, random=None):
        record = forward(x, random)
        record.membranes.clear()
        return record

    model.forward = without
    for _ in range(PATIENCE):
        update(rule)
    said = [str(w.message) for w in recwarn]
    assert any("a lower model.layers.0.threshold may wake it" in each for each in said)


def test_a_model_that_names_no_layers_is_logged_by_their_numbers():
    model = model_of(ONE, SPIKES)
    model.spiking_layers = list
    rule, batch = rule_of("surrogate", model), batch_of(constant=True)
    outcome = rule.step(batch)
    assert set(outcome.statistics) == {
        f"{what}/layer_{index}" for what in ("density", "silent", "saturated") for index in (0, 1)
    }
    assert rule.sums() == {}
    assert not rule.intervene(totals(outcome, batch))


# ---- how the model is run ----


def test_bfloat16_is_near_and_leaves_gradients_of_the_weights():
    model, batch = model_of(ONE, LINEAR).float(), batch_of(constant=True)
    batch.inputs = batch.inputs.float()
    exact = gradients(rule_of("surrogate", model), batch)
    model.zero_grad()
    rule = rule_of("surrogate", model, precision="bfloat16")
    seen = []
    forward = model.forward
    model.forward = lambda x, random: seen.append(forward(x, random)) or seen[-1]
    rounded = gradients(rule, batch)
    assert seen[0].outputs.dtype == torch.bfloat16
    for one, other in zip(rounded, exact, strict=True):
        assert one.dtype == torch.float32
        cosine = torch.cosine_similarity(one.flatten(), other.flatten(), dim=0)
        assert 0.9 < cosine < 1
    assert rule.evaluate(batch)[0].loss.dtype == torch.float32


def test_bfloat16_is_refused_for_float64():
    with pytest.raises(ConfigError, match=r"learning\.precision: .* expected train\.precision flo"):
        rule_of("surrogate", model_of(ONE, LINEAR), precision="bfloat16")


def test_bfloat16_is_refused_where_torch_has_none(monkeypatch):
    def fails(*_):
        raise RuntimeError('"addmm" not implemented for BFloat16\nmore')

    monkeypatch.setattr(torch, "autocast", fails)
    with pytest.raises(ConfigError, match=r"no bfloat16 here: .* for BFloat16; expected float32"):
        rule_of("surrogate", model_of(ONE, LINEAR).float(), precision="bfloat16")


@pytest.mark.filterwarnings("ignore:.*should not be instantiated")  # by torch itself
def test_a_compiled_model_learns_the_same(monkeypatch):
    """By the backend that compiles nothing, which takes no minutes."""
    monkeypatch.setattr(running, "_refuse_compiling", lambda: None)
    compile = torch.compile
    monkeypatch.setattr(torch, "compile", lambda run: compile(run, backend="eager"))
    model, batch = model_of(ONE, LINEAR), batch_of(constant=True)
    expected = gradients(rule_of("surrogate", model), batch)
    model.zero_grad()
    rule = rule_of("surrogate", model, compile=True)
    torch.testing.assert_close(gradients(rule, batch), expected)
    other = copy.deepcopy(rule)
    other.model.layers[0].weights.data.zero_()
    other.model.zero_grad()
    assert not gradients(other, batch)[1].any()  # its own model, which is silent


def test_without_a_compiler_it_is_refused(monkeypatch):
    monkeypatch.setenv("CXX", "/nowhere/g++")
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("/nowhere/g++",))
    rule = rule_of("surrogate", model_of(ONE, LINEAR), compile=True)
    with pytest.raises(ConfigError, match=r"learning\.compile: torch finds no C\+\+ compiler"):
        rule.step(batch_of(constant=True))


def test_a_model_that_does_not_compile_is_refused(monkeypatch):
    from torch._dynamo.exc import TorchDynamoException

    def fails(*_):
        raise TorchDynamoException("no such operator\nmore")

    monkeypatch.setattr(running, "_refuse_compiling", lambda: None)
    monkeypatch.setattr(torch, "compile", lambda run: fails)
    rule = rule_of("surrogate", model_of(ONE, LINEAR), compile=True)
    with pytest.raises(ConfigError, match="cannot compile this model: no such operator; expected"):
        rule.step(batch_of(constant=True))


def test_what_the_compiler_said_is_told(monkeypatch):
    """Only `CppCompileError: C++ compile error` was, which is no reason."""
    from torch._dynamo.exc import TorchDynamoException

    output = "C++ compile error\n\nCommand:\ng++ a.cpp\n\nOutput:\na.cpp: In function 'kernel':\n"

    def fails(*_):
        raise TorchDynamoException(output + "a.cpp:3:1: fatal error: no such header\nmore")

    monkeypatch.setattr(running, "_refuse_compiling", lambda: None)
    monkeypatch.setattr(torch, "compile", lambda run: fails)
    rule = rule_of("surrogate", model_of(ONE, LINEAR), compile=True)
    with pytest.raises(ConfigError, match=r"C\+\+ compile error: a\.cpp:3:1: .* header; expected"):
        rule.step(batch_of(constant=True))
