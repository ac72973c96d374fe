"""What local rules refuse, and what they warn of."""

import warnings

import pytest

from snnrun.errors import ActivityWarning, ConfigError
from snnrun.experiment import load_config
from snnrun.learning.activity import PATIENCE
from tests.batches import totals
from tests.learning.local_cases import LINEAR, ONE, SPIKES, batch_of, model_of, rule_of

CONFIG = """
data: {name: digits}
encoder: {name: rate, steps: 20}
model: {name: lif, layers: [{size: 8}], readout: {name: spikes}}
learning: {name: random_feedback}
train: {epochs: 1, batch_size: 50}
"""
FAITHFUL = ["learning.faithful=true", "learning.loss={name: notebook}"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["learning.window=21"], "learning.window: 21 steps are longer than the 20 of the encoder"),
        ([*FAITHFUL, "learning.window=10"], "learning.window: 10 of 20 steps leave faithful"),
        (["learning.faithful=true"], "learning: the loss must be {name: notebook} where faithful"),
        ([*FAITHFUL, "model.readout={name: linear}"], "faithful: needs .* readout is spikes"),
        ([*FAITHFUL, "model.reset=zero"], "faithful: needs a network whose reset is subtract, not"),
        (["learning.name=eligibility", *FAITHFUL], "reset is subtract_twice, not subtract"),
        (["learning.name=eprop"], "learning: needs a network whose readout is leaky, not spikes"),
        (["model.readout={name: leaky}"], "readout is spikes or linear, not leaky"),
        (
            ["learning.name=eprop", "model.readout={name: leaky, skip: 20}"],
            "the readout skips 20 steps and the encoder shows 20",
        ),
        (
            ["encoder={name: latency}"],
            "encoder: gives spike times, but the model takes steps; those",
        ),
        (["learning.name=first_spike"], "learning: 'first_spike' does not train this model; those"),
        (["learning.feedback.kind=dircet"], "'direct', 'layerwise', 'symmetric' or"),
        (["model.readout.name=spike"], "unknown readout 'spike'; did you mean 'spikes'"),
        (
            ["model.layers.0.recurrent=true"],
            "learning: does not train layers with recurrent weights, which model.layers.0 has; "
            "learning.name=surrogate does",
        ),
        (
            ["learning.name=eprop", "model.readout={name: leaky}", "model.adaptation=0.1"],
            "learning: does not train layers with an adaptive threshold, which model.layers.0 has",
        ),
        (["model.readout.adaptation=0.1"], "an adaptive threshold, which model.readout has"),
        (["train.augment=[{name: shift, pixels: 8}]"], "train.augment.0: shift by 8 needs larger"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, overrides, message):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    with pytest.raises(ConfigError, match=message):
        load_config(path, overrides)


def test_the_config_of_these_tests_is_right(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    assert load_config(path, [*FAITHFUL, "learning.window=11"]).learning.window == 11


def update(rule):
    """A step, and what comes after it; returns what is logged."""
    batch = batch_of(constant=True)
    outcome = rule.step(batch)
    assert not rule.intervene(totals(outcome, batch))
    return outcome.statistics


def train(rule):
    """So many batches that a warning is due."""
    for _ in range(PATIENCE):
        update(rule)


@pytest.mark.parametrize(("layer", "key"), [(0, "model.layers.0"), (1, "model.readout")])
def test_a_silent_layer_is_named_once_with_the_threshold_that_wakes_it(layer, key, recwarn):
    warnings.simplefilter("always")
    model = model_of(ONE, SPIKES)
    neuron = model.stack[layer].neuron
    model.stack[layer].neuron = neuron._replace(threshold=1e4)
    rule = rule_of("random_feedback", model)
    for batch in range(2 * PATIENCE):
        assert bool(len(recwarn)) == (batch >= PATIENCE)
        update(rule)
    said = [str(w.message) for w in recwarn if "silent" in str(w.message) and key in str(w.message)]
    assert len(said) == 1
    assert all(w.category is ActivityWarning for w in recwarn)
    wakes = float(said[0].partition(f"{key}.threshold=")[2].split()[0])
    model.stack[layer].neuron = neuron._replace(threshold=wakes)
    assert update(rule)[f"silent/{rule.activity.names[layer]}"] < 1


def test_a_layer_that_no_threshold_wakes_is_told_apart(recwarn):
    model = model_of(ONE, LINEAR)
    model.layers[0].weights.data = -model.layers[0].weights.data.abs()
    train(rule_of("random_feedback", model))
    assert "no threshold would wake it" in str(recwarn.pop(ActivityWarning).message)


def test_a_saturated_layer_is_named(recwarn):
    model = model_of([{"size": 6, "threshold": 1e-6}], LINEAR)
    rule = rule_of("random_feedback", model)
    train(rule)
    assert 0.2 < update(rule)["silent/layer_0"] < 0.8
    said = str(recwarn.pop(ActivityWarning).message)
    assert said.startswith("layer_0 is saturated: its neurons spike at every step or never")
    helps = float(said.partition("model.layers.0.threshold=")[2].split()[0])
    before = update(rule)["saturated/layer_0"]
    model.layers[0].neuron = model.layers[0].neuron._replace(threshold=helps)
    after = update(rule)["saturated/layer_0"]
    assert 0 < after <= 0.5 * before


def test_a_layer_that_wakes_in_time_is_not_named(recwarn):
    """Silent for all batches but one in the middle, never for long enough in a row."""
    model = model_of(ONE, LINEAR)
    own = model.layers[0].neuron
    rule = rule_of("random_feedback", model)
    for batch in range(2 * PATIENCE - 1):
        threshold = own.threshold if batch == PATIENCE - 1 else 1e4
        model.layers[0].neuron = own._replace(threshold=threshold)
        update(rule)
    assert len(recwarn) == 0
