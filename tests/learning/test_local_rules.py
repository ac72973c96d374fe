"""Local rules against backpropagation through time, and against traces of single synapses."""

import pytest
import torch

from snnrun.core.batch import Batch
from snnrun.core.position import Horizon, Position
from snnrun.kernels.lif.reference import walk
from snnrun.kernels.lif.surrogates import SHAPES
from snnrun.learning.local.alignment import angle, true_gradients
from snnrun.learning.local.step_weights import response
from tests.batches import random_of
from tests.learning.local_cases import (
    BATCH,
    LEAKY,
    LINEAR,
    MODEL,
    ONE,
    SPIKES,
    STEPS,
    TWO,
    batch_of,
    gradients,
    model_of,
    rule_of,
    set_feedback,
)

SYMMETRIC = {"kind": "symmetric"}
SMOOTH = {"name": "cross_entropy", "label_smoothing": 0.2}


def truth(rule, batch):
    return true_gradients(rule.model, rule.objective, batch.inputs, batch.targets)


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("loss", [SMOOTH, {"name": "squared_error"}])
@pytest.mark.parametrize("reset", ["subtract", "subtract_twice"])
def test_eprop_with_symmetric_feedback_is_backpropagation_through_time(constant, loss, reset):
    rule = rule_of("eprop", model_of(ONE, LEAKY, reset=reset), feedback=SYMMETRIC, loss=loss)
    batch = batch_of(constant)
    torch.testing.assert_close(gradients(rule, batch), truth(rule, batch), rtol=1e-12, atol=1e-15)


def test_eprop_leaves_out_what_a_reset_to_zero_takes_from_the_trace():
    rule = rule_of("eprop", model_of(ONE, LEAKY, reset="zero"), feedback=SYMMETRIC)
    batch = batch_of(constant=False)
    found, exact = gradients(rule, batch), truth(rule, batch)
    assert 5 < angle(found[0], exact[0]) < 45
    torch.testing.assert_close(found[1], exact[1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("window", [None, 4])
def test_symmetric_feedback_to_one_layer_with_constant_input_is_the_true_gradient(window):
    rule = rule_of(
        "random_feedback", model_of(ONE, LINEAR), feedback=SYMMETRIC, loss=SMOOTH, window=window
    )
    batch = batch_of(constant=True)
    torch.testing.assert_close(gradients(rule, batch), truth(rule, batch), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ["eprop", "ottt"])
@pytest.mark.parametrize("constant", [True, False])
def test_online_rules_equal_traces_of_single_synapses(name, constant):
    """Two hidden layers, direct feedback; every trace is formed as the papers write it."""
    model = model_of(TWO, LEAKY)
    rule = rule_of(name, model, feedback={"kind": "direct"}, loss=SMOOTH)
    batch = batch_of(constant)
    found, x, labels = gradients(rule, batch), batch.inputs, batch.targets
    with torch.no_grad():
        record = model(x)
    scores = record.membranes[-1][2:]
    error = torch.zeros(STEPS, BATCH, 4, dtype=torch.float64)
    error[2:] = rule.loss.error(scores, labels) / (9 * BATCH)
    kappa = model.readout.neuron.membrane_decay if name == "eprop" else 0.0
    for index, layer in enumerate(model.layers):
        signal = error @ rule.feedback.matrices[index]
        traces = synaptic_traces(layer, x, kappa)
        expected = torch.einsum("tbo,tbio->io", signal, traces)
        torch.testing.assert_close(found[index], expected, rtol=1e-11, atol=1e-15)
        x = record.spikes[index]
    filtered = low_pass(record.spikes[-2][..., None], model.readout.neuron.membrane_decay)
    torch.testing.assert_close(
        found[-1], torch.einsum("tbo,tbi->io", error, filtered[..., 0]), rtol=1e-11, atol=1e-15
    )


def low_pass(values, decay):
    """The filter f_t = decay f_{t-1} + v_t."""
    kept = [values[0]]
    for value in values[1:]:
        kept.append(decay * kept[-1] + value)
    return torch.stack(kept)


def synaptic_traces(layer, x, decay, filtered=True, after_reset=False):
    """F_decay(psi eps), ``[time, batch, inputs, neurons]``."""
    neuron = layer.neuron._replace(after_reset=after_reset)
    with torch.no_grad():
        psi = torch.stack([step.derivative for step in walk(layer.current(x), neuron)])
    eps = low_pass(low_pass(x, neuron.current_decay), neuron.membrane_decay) if filtered else x
    return low_pass(neuron.height * psi[:, :, None] * eps[..., None], decay)


@pytest.mark.parametrize("faithful", [True, False])
@pytest.mark.parametrize("constant", [True, False])
def test_eligibility_equals_traces_of_single_synapses(constant, faithful):
    model = model_of(TWO, SPIKES, reset="subtract_twice" if faithful else "subtract")
    loss = {"name": "notebook"} if faithful else SMOOTH
    rule = rule_of("eligibility", model, faithful=faithful, loss=loss, tau_trace=6.0)
    batch = batch_of(constant)
    found, x, labels = gradients(rule, batch), batch.inputs, batch.targets
    with torch.no_grad():
        record = model(x)
    rates = record.spikes[-1].mean(0)
    error = rule.loss.error(rates, labels) / BATCH
    back = [*rule.feedback.matrices, torch.eye(4, dtype=torch.float64)]
    for index, layer in enumerate(model.stack):
        traces = synaptic_traces(layer, x, rule.decay, not faithful, faithful)
        expected = torch.einsum("bo,bio->io", error @ back[index], traces[-1])
        torch.testing.assert_close(found[index], expected, rtol=1e-11, atol=1e-15)
        x = record.spikes[index]


@pytest.mark.parametrize("kind", ["layerwise", "symmetric", "sign_concordant"])
def test_random_feedback_from_layer_to_layer(kind):
    """Each layer's signal is that of the layer above, times its matrix and derivative."""
    model = model_of(TWO, SPIKES)
    rule = rule_of("random_feedback", model, feedback={"kind": kind, "std": 0.3}, window=6)
    batch = batch_of(constant=False)
    found, x, labels = gradients(rule, batch), batch.inputs, batch.targets
    with torch.no_grad():
        record = model(x)
    rates = record.spikes[-1][5:].mean(0)
    signal = rule.loss.error(rates, labels) / BATCH
    inputs = [x, *record.spikes]
    for index in (2, 1, 0):
        neuron = model.stack[index].neuron
        u = (record.membranes[index] - neuron.threshold) * neuron.sharpness
        weighted = response(STEPS, neuron)[:, None, None] * SHAPES[0](u) * neuron.height
        if index < 2:
            forward = model.stack[index + 1].weights.detach().T
            matrix = {"symmetric": forward}.get(kind)
            if kind == "layerwise":
                matrix = rule.feedback.matrices[index]
            if kind == "sign_concordant":
                matrix = rule.feedback.matrices[index] * forward.sign()
                assert (matrix * forward >= 0).all()
            signal = signal @ matrix
        signal = signal * weighted[5:].mean(0)
        torch.testing.assert_close(
            found[index], inputs[index][5:].mean(0).T @ signal, rtol=1e-11, atol=1e-15
        )


def test_symmetric_feedback_is_nearest_to_the_true_gradient():
    batch, angles = batch_of(constant=False), {}
    for kind in ("symmetric", "sign_concordant", "direct"):
        rule = rule_of("random_feedback", model_of(ONE, LINEAR), feedback={"kind": kind})
        rule.step(batch)
        angles[kind] = rule.angles(batch.inputs, batch.targets)["alignment/layer_0"]
    assert angles["symmetric"] < angles["sign_concordant"] < angles["direct"] < 180


def test_the_angle_is_logged_now_and_then():
    """Of every third batch of all epochs, wherever training stopped and went on."""
    rule = rule_of("eprop", model_of(ONE, LEAKY), feedback=SYMMETRIC, alignment_every=3)
    found = []
    for epoch in (0, 1):
        rule.start_epoch(Position(epoch), Horizon(epochs=2, batches=5, updates=5))
        steps = [rule.step(batch_of(constant=False, number=number)) for number in range(5)]
        found += [step.statistics.get("alignment/layer_0") for step in steps]
    assert [number for number, value in enumerate(found) if value is not None] == [0, 3, 6, 9]
    assert found[0] < 1e-5
    rule.start_epoch(Position(1, 4), Horizon(epochs=2, batches=5, updates=5))
    last = rule.step(batch_of(constant=False, number=4))
    assert last.statistics["alignment/layer_0"] == found[9]


def test_no_angle_is_logged_to_a_gradient_that_is_zero():
    """It counted as 90 degrees, in the mean over an epoch too: here of a readout without input."""
    model = model_of(ONE, LEAKY, threshold=1e4)
    rule = rule_of("eprop", model, feedback=SYMMETRIC, alignment_every=1)
    logged = rule.step(batch_of(constant=False)).statistics
    assert logged["density/layer_0"] == 0
    assert "alignment/readout" not in logged
    assert logged["alignment/layer_0"] < 1e-5


def test_angles_by_hand():
    one = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    assert angle(one, -2 * one) == pytest.approx(180)
    assert angle(one, torch.tensor([[4.0, 0.0], [0.0, -3.0]])) == pytest.approx(90)
    assert angle(one, 0 * one) == 90


@pytest.mark.parametrize("name", ["random_feedback", "eligibility", "eprop", "ottt"])
def test_evaluation_gives_what_the_step_saw(name):
    readout = LEAKY if name in ("eprop", "ottt") else SPIKES
    rule = rule_of(name, model_of(TWO, readout))
    batch = batch_of(constant=False)
    learned, (judged, record) = rule.step(batch), rule.evaluate(batch)
    assert torch.equal(learned.loss, judged.loss.mean())
    assert torch.equal(learned.scores, judged.scores)
    with torch.no_grad():
        seen = rule.model(batch.inputs)
    torch.testing.assert_close(rule.scores(seen), judged.scores)
    torch.testing.assert_close(
        record.rates, [spikes.mean(0) for spikes in seen.spikes[: len(record.rates)]]
    )
    assert judged.statistics["density/layer_1"] == pytest.approx(record.rates[1].mean().item())


def test_the_state_holds_the_feedback():
    batch = batch_of(constant=True)
    rule = rule_of("random_feedback", model_of(ONE, LINEAR))
    expected = gradients(rule, batch)
    other = rule_of("random_feedback", model_of(ONE, LINEAR))
    set_feedback(other, torch.randn(4, 6, dtype=torch.float64))
    assert not torch.equal(gradients(other, batch)[0], expected[0])
    other.load_state_dict(rule.state_dict())
    torch.testing.assert_close(gradients(other, batch), expected, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["random_feedback", "eligibility", "eprop", "ottt"])
def test_the_gradients_of_parts_sum_to_that_of_the_batch(name):
    """As where processes share a batch; constant input and spikes, in all layers."""
    readout = LEAKY if name in ("eprop", "ottt") else SPIKES
    rule = rule_of(name, model_of(TWO, readout))
    for constant in (True, False):
        whole = batch_of(constant)
        expected = gradients(rule, whole)
        parts = [
            Batch(whole.inputs[:, own], whole.targets[own], random_of(range(5)[own]), constant, 5)
            for own in (slice(0, 2), slice(2, 5))
        ]
        found = [gradients(rule, part) for part in parts]
        for one, other, total in zip(*found, expected, strict=True):
            torch.testing.assert_close(one + other, total, rtol=1e-11, atol=1e-15)


def test_height_and_sharpness_of_the_surrogate_count():
    assert MODEL["surrogate"]["height"] != 1 != MODEL["surrogate"]["sharpness"]
    batch = batch_of(constant=True)
    taller = {"surrogate": {"name": "superspike", "sharpness": 0.9, "height": 1.4}}
    low, high = (
        gradients(rule_of("random_feedback", model_of(ONE, LINEAR, **more)), batch)[0]
        for more in ({}, taller)
    )
    torch.testing.assert_close(high, 2 * low)
