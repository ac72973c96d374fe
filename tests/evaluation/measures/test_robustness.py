"""Robustness: each imperfection does what it says, to a copy of the network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from snnrun.core.random import Random, generator
from snnrun.evaluation.measures import imperfections, robustness, time_constants
from snnrun.evaluation.measures.imperfections import CHANGES, jitter
from snnrun.evaluation.measures.robustness import Robustness, rounding_steps
from snnrun.evaluation.measures.time_constants import TimeConstants
from snnrun.training.learner import build_learner
from tests.evaluation.runs import measured, opened, saved, subject_of
from tests.plots.conftest import MODELS, experiment, network_of

KINDS = ["rounding", "relative", "absolute", "jitter", "mismatch", "time_constants"]
NOISE = KINDS[1:]


@pytest.fixture(scope="module")
def live():
    return network_of(experiment())


@pytest.fixture(params=MODELS)
def any_live(request):
    return network_of(experiment(**MODELS[request.param]))


def right_with(live, name, strength, draw=0):
    """How many of all samples are predicted right."""
    subject = subject_of(live)
    with live.learner.evaluating():
        batches = list(subject.batches())
        return Robustness(subject).right_with(name, batches, strength, draw)


def rebuilt(live, **model):
    """The same weights in a network with other settings."""
    changed = live.experiment.model.model_copy(update=model)
    learner = build_learner(live.experiment.model_copy(update={"model": changed}))
    learner.model.load_state_dict(live.model.state_dict())
    return learner


def change(name, model, strength, noise):
    with torch.no_grad():
        CHANGES[name](model, strength, noise)


@pytest.mark.parametrize("name", KINDS)
def test_the_network_is_left_as_it_is(live, name):
    before = {key: value.clone() for key, value in live.model.state_dict().items()}
    right_with(live, name, 0.3)
    after = live.model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    assert live.model.layers[0].precision is None
    assert live.model.layers[0].settings.threshold_noise is None


@pytest.mark.parametrize("name", NOISE)
def test_no_noise_gives_the_accuracy_of_the_network(any_live, name):
    _, _, labels = any_live.samples()
    assert right_with(any_live, name, 0.0) == (any_live.predict() == labels.numpy()).sum()


@pytest.mark.parametrize("name", KINDS)
def test_draws_follow_their_number_and_the_seed_and_differ(live, name):
    found = [right_with(live, name, 0.6, draw) for draw in range(4)]
    assert found == [right_with(live, name, 0.6, draw) for draw in range(4)]
    assert (len(set(found)) > 1) == (name != "rounding")
    other = replace(live, experiment=live.experiment.model_copy(update={"seed": 1}))
    drawn = [right_with(other, name, 0.6, draw) for draw in range(4)]
    assert (drawn != found) == (name != "rounding")


def test_rounding_is_that_of_the_setting(live):
    _, _, labels = live.samples()
    times, found = live.show()[0], []
    for step in (0.5, 1.5):
        coarse = rebuilt(live, weight_precision=step)
        with torch.no_grad():
            record = coarse.model(times)
        predicted = coarse.rule.scores(record).argmax(1)
        spiked = record.times[-1].isfinite().any(1)
        found.append(((predicted == labels) & spiked).sum().item())
        assert right_with(live, "rounding", step) == found[-1]
    assert found[0] != found[1]


@pytest.mark.parametrize("name", ["relative", "absolute"])
def test_weight_noise_has_the_size_it_says(live, name):
    """Over 400 draws, the standard deviation of each weight, to 5 of its standard errors."""
    weights = live.model.layers[1].weights.detach()
    mean = weights.square().mean().sqrt().expand_as(weights)
    expected = weights.abs() if name == "relative" else mean
    noise, drawn = generator(1), []
    for _ in range(400):
        model = rebuilt(live).model
        change(name, model, 0.3, noise)
        drawn.append(model.layers[1].weights.detach())
    ratio = (torch.stack(drawn) - weights).square().mean(0).sqrt() / (0.3 * expected)
    assert (ratio - 1).abs().max() < 5 / np.sqrt(2 * 400)


def test_weight_noise_is_added_to_rounded_weights():
    """A chip rounds first; rounding afterwards would hide the noise."""
    rounded = network_of(experiment(**MODELS["rounded weights"]))
    model = rebuilt(rounded).model
    change("relative", model, 1e-3, generator(1))
    moved = model.layers[0].acting_weights() - rounded.model.layers[0].acting_weights()
    size = rounded.model.layers[0].acting_weights().abs()
    assert moved.abs().max() > 0
    assert (moved.abs() <= 5e-3 * size).all()


def test_jitter_mirrors_at_zero_and_keeps_silence():
    times = torch.tensor([[0.0, 0.1, torch.inf]]).repeat(1000, 1)
    moved = jitter(times, 0.2, Random(3, "robustness", 0, 0, np.arange(1000)))
    assert (moved >= 0).all()
    assert torch.isinf(moved[:, 2]).all()
    half_normal = 0.2 * np.sqrt(2 / np.pi)
    assert moved[:, 0].mean().item() == pytest.approx(half_normal, abs=5 * 0.12 / np.sqrt(1000))


@pytest.mark.parametrize("kind", ["tau_mem = tau_syn", "scaled"])
def test_a_higher_threshold_is_as_good_as_weaker_weights(kind):
    """V - E_l is linear in the weights: threshold x (1 + s) equals weights / (1 + s)."""
    live = network_of(experiment(**MODELS[kind]))
    shifted, scaled = rebuilt(live).model, rebuilt(live).model
    times, _ = live.show()
    change("mismatch", shifted, 0.2, generator(5))
    with torch.no_grad():
        for layer, other in zip(scaled.layers, shifted.layers, strict=True):
            height = layer.neuron.threshold - layer.neuron.leak
            layer.weights /= 1 + other.threshold_offsets / height
        drawn = torch.randn(7, generator=generator(5), dtype=torch.float64)
        torch.testing.assert_close(shifted.layers[0].threshold_offsets, 0.2 * height * drawn)
        found, expected = shifted(times).times, scaled(times).times
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-9)
        assert one.isfinite().any()


@pytest.mark.parametrize("kind", ["tau_mem = tau_syn", "tau_mem = 2 tau_syn", "synaptic delays"])
def test_a_neuron_with_its_own_time_constants_is_one_of_a_network_with_these(kind, monkeypatch):
    """All neurons of which have the same factor, 1 + 0.3."""
    live = network_of(experiment(**MODELS[kind]))
    monkeypatch.setattr(imperfections, "_normal", lambda like, _: torch.ones_like(like))
    slowed = rebuilt(live).model
    change("time_constants", slowed, 0.3, generator(5))
    given = live.experiment.model
    expected = rebuilt(live, tau_syn=1.3 * given.tau_syn, tau_mem=1.3 * given.tau_mem).model
    times, record = live.show()
    with torch.no_grad():
        found, exact = slowed(times).times, expected(times).times
    for one, two, before in zip(found, exact, record.times, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-6, atol=1e-6)
        assert not torch.equal(one, before)


def test_neurons_have_factors_of_their_own(live):
    model = rebuilt(live).model
    change("time_constants", model, 0.2, generator(5))
    drawn = torch.randn(7, generator=generator(5), dtype=torch.float64)
    torch.testing.assert_close(model.layers[0].before[-1].factors, 1 + 0.2 * drawn)


def test_many_synapses_leave_time_for_fewer_samples(live, monkeypatch):
    """Where each synapse has arrivals of its own, those of MNIST would take minutes; 50 samples of
    it, of which 2 are wrong, told that mismatch helps.
    """
    synapses = sum(layer.weights.numel() for layer in live.model.layers)
    monkeypatch.setattr(time_constants, "LEAST", 3)
    monkeypatch.setattr(robustness, "DRAWS", 8)
    for shown, samples, draws in ((56, 7, 8), (9, 3, 3), (2, 3, 2), (16_000, 60, 8)):
        each = synapses * len(robustness.STRENGTHS)
        monkeypatch.setattr(time_constants, "ARRIVALS", shown * each)
        measure = TimeConstants(subject_of(live))
        assert (len(measure.chosen), measure.draws) == (samples, draws)


def test_mismatch_adds_to_that_of_the_network(live):
    model, plain = rebuilt(live).model, rebuilt(live).model
    change("mismatch", plain, 0.2, generator(5))
    change("mismatch", model, 0.1, generator(7))
    first = model.layers[1].threshold_offsets.clone()
    change("mismatch", model, 0.2, generator(5))
    both = first + plain.layers[1].threshold_offsets
    torch.testing.assert_close(model.layers[1].threshold_offsets, both)


def test_steps_end_at_the_size_of_the_largest_weight(live):
    model = rebuilt(live).model
    model.layers[0].weights.data.fill_(0.1)
    model.layers[1].weights.data.fill_(-3.1)
    np.testing.assert_array_equal(rounding_steps(model), 2.0 ** np.arange(-6, 2))


def test_what_is_kept_is_what_each_imperfection_leaves(network):
    live, found = opened(network.run), network.of("robustness")
    _, _, labels = live.samples()
    assert found["samples"] == 60
    assert found["right"] == (live.predict() == labels.numpy()).sum()
    np.testing.assert_array_equal(found["steps"], rounding_steps(live.model))
    for row in (2, 7):
        step = float(found["steps"][row])
        assert found["rounding"][row, 0] == right_with(live, "rounding", step)
    found |= network.of("time_constants")
    for name in NOISE:
        assert found[name].shape == (6, 8)
        strength = float(found["strengths"][4])
        assert found[name][4, 3] == right_with(live, name, strength, draw=3)
        assert len(set(found[name][-1])) > 1


def test_of_many_samples_some_are_drawn_from_the_seed(live, tmp_path, monkeypatch):
    monkeypatch.setattr(robustness, "SAMPLES", 20)
    monkeypatch.setattr(robustness, "DRAWS", 2)
    chosen = Robustness(subject_of(live)).chosen
    assert len(np.unique(chosen)) == 20
    assert chosen.max() > 30
    found = measured(saved(tmp_path / "run", live), "robustness").of("robustness")
    assert found["samples"] == 20
    assert found["jitter"].shape == (6, 2)
    _, _, labels = live.samples(chosen)
    assert found["right"] == (live.predict(chosen) == labels.numpy()).sum()
