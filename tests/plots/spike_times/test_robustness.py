"""The figure of robustness: each imperfection does what it says, to a copy of the network."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from snnrun.core.random import generator
from snnrun.plots.spike_times.imperfections import jitter, mismatch, precision, sweep, weight_noise
from snnrun.plots.spike_times.robustness import STRENGTHS, draw, steps, subset
from snnrun.training.learner import build_learner
from tests.plots.conftest import MODELS, example

KINDS = {
    "precision": precision,
    "relative": weight_noise,
    "absolute": partial(weight_noise, relative=False),
    "jitter": jitter,
    "mismatch": mismatch,
}


def rebuilt(evaluation, **model):
    """The same weights in a network with other settings, evaluated as a run would be."""
    changed = evaluation.experiment.model.model_copy(update=model)
    network = build_learner(evaluation.experiment.model_copy(update={"model": changed}))
    network.model.load_state_dict(evaluation.model.state_dict())
    return network


def copy_of(evaluation):
    return rebuilt(evaluation).model


def inputs(evaluation):
    return torch.from_numpy(evaluation.times_in), torch.from_numpy(evaluation.labels)


@pytest.mark.parametrize("name", KINDS)
def test_the_network_is_left_as_it_is(network, name):
    before = {key: value.clone() for key, value in network.model.state_dict().items()}
    times, labels = inputs(network)
    shown = times.clone()
    sweep(network.network, times, labels, KINDS[name], np.array([0.3]), draws=1)
    after = network.model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    assert torch.equal(times, shown)
    assert network.model.layers[0].precision is None
    assert network.model.layers[0].settings.threshold_noise is None


@pytest.mark.parametrize("name", [name for name in KINDS if name != "precision"])
def test_no_noise_gives_the_accuracy_of_the_network(any_network, name):
    times, labels = inputs(any_network)
    found = sweep(any_network.network, times, labels, KINDS[name], np.zeros(1), draws=2).accuracy
    np.testing.assert_allclose(found, any_network.accuracy, rtol=1e-14)


@pytest.mark.parametrize("name", KINDS)
def test_draws_follow_the_seed_and_differ(network, name):
    run = partial(sweep, network.network, *inputs(network), KINDS[name], np.array([0.6]), draws=4)
    first, again, other = (run(seed=seed).accuracy for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    if name == "precision":
        assert len(set(first[0])) == 1
    else:
        assert len(set(first[0])) > 1
        assert (first != other).any()


def test_rounding_is_that_of_the_setting(network):
    times, labels = inputs(network)
    found = sweep(network.network, times, labels, precision, np.array([0.5, 1.5]), draws=1)
    for step, accuracy in zip((0.5, 1.5), found.accuracy[:, 0], strict=True):
        coarse = rebuilt(network, weight_precision=step)
        predicted = coarse.rule.scores(coarse.model(times)).argmax(1)
        spiked = coarse.model(times).times[-1].isfinite().any(1)
        assert accuracy == pytest.approx(((predicted == labels) & spiked).double().mean().item())
    assert found.accuracy[0, 0] != found.accuracy[1, 0]


@pytest.mark.parametrize("relative", [True, False])
def test_weight_noise_has_the_size_it_says(network, relative):
    """Over 400 draws, the standard deviation of each weight, to 5 of its standard errors."""
    weights = network.model.layers[1].weights.detach()
    expected = weights.abs() if relative else weights.square().mean().sqrt().expand_as(weights)
    noise, drawn = generator(1), []
    for _ in range(400):
        model = copy_of(network)
        with torch.no_grad():
            weight_noise(model, inputs(network)[0], 0.3, noise, relative)
        drawn.append(model.layers[1].weights.detach())
    ratio = (torch.stack(drawn) - weights).square().mean(0).sqrt() / (0.3 * expected)
    assert (ratio - 1).abs().max() < 5 / np.sqrt(2 * 400)


def test_weight_noise_is_added_to_rounded_weights(network):
    """A chip rounds first; rounding afterwards would hide the noise."""
    rounded = example(network.run, **MODELS["rounded weights"])
    model = copy_of(rounded)
    with torch.no_grad():
        weight_noise(model, inputs(rounded)[0], 1e-3, generator(1))
    moved = model.layers[0].acting_weights() - rounded.model.layers[0].acting_weights()
    size = rounded.model.layers[0].acting_weights().abs()
    assert moved.abs().max() > 0
    assert (moved.abs() <= 5e-3 * size).all()


def test_jitter_mirrors_at_zero_and_keeps_silence(network):
    times = torch.tensor([[0.0, 0.1, torch.inf]]).repeat(1000, 1)
    moved = jitter(network.model, times, 0.2, generator(2))
    assert (moved >= 0).all()
    assert torch.isinf(moved[:, 2]).all()
    half_normal = 0.2 * np.sqrt(2 / np.pi)
    assert moved[:, 0].mean().item() == pytest.approx(half_normal, abs=5 * 0.12 / np.sqrt(1000))


@pytest.mark.parametrize("kind", ["tau_mem = tau_syn", "scaled"])
def test_a_higher_threshold_is_as_good_as_weaker_weights(network, kind):
    """V - E_l is linear in the weights: threshold x (1 + s) equals weights / (1 + s)."""
    evaluation = example(network.run, **MODELS[kind])
    shifted, scaled = copy_of(evaluation), copy_of(evaluation)
    times, _ = inputs(evaluation)
    with torch.no_grad():
        mismatch(shifted, times, 0.2, generator(5))
        for layer, other in zip(scaled.layers, shifted.layers, strict=True):
            height = layer.neuron.threshold - layer.neuron.leak
            layer.weights /= 1 + other.threshold_offsets / height
        drawn = torch.randn(7, generator=generator(5), dtype=torch.float64)
        torch.testing.assert_close(shifted.layers[0].threshold_offsets, 0.2 * height * drawn)
        found, expected = shifted(times).times, scaled(times).times
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-9)
        assert one.isfinite().any()


def test_mismatch_adds_to_that_of_the_network(network):
    model, plain = copy_of(network), copy_of(network)
    times, _ = inputs(network)
    mismatch(plain, times, 0.2, generator(5))
    mismatch(model, times, 0.1, generator(7))
    first = model.layers[1].threshold_offsets.clone()
    mismatch(model, times, 0.2, generator(5))
    both = first + plain.layers[1].threshold_offsets
    torch.testing.assert_close(model.layers[1].threshold_offsets, both)


def test_steps_end_at_the_size_of_the_largest_weight(network):
    model = copy_of(network)
    model.layers[0].weights.data.fill_(0.1)
    model.layers[1].weights.data.fill_(-3.1)
    np.testing.assert_array_equal(steps(model), 2.0 ** np.arange(-6, 2))


def test_panels_show_the_sweeps(network, drawn):
    rounding, noise, _, threshold = drawn("robustness").axes
    run = partial(sweep, network.network, *inputs(network), seed=network.experiment.seed)
    expected = run(precision, steps(network.model), draws=1)
    x, y = rounding.lines[2].get_data()
    np.testing.assert_array_equal(x, expected.strengths)
    np.testing.assert_allclose(y, 100 * expected.accuracy[:, 0])
    for axes, line, kind in ((noise, 3, "absolute"), (threshold, 2, "mismatch")):
        accuracy = 100 * run(KINDS[kind], STRENGTHS, draws=8).accuracy
        x, y = axes.lines[line].get_data()
        np.testing.assert_allclose(x, [0, *100 * STRENGTHS])
        np.testing.assert_allclose(y, [100 * network.accuracy, *accuracy.mean(1)])
        band = axes.collections[line - 2].get_paths()[0].vertices
        top = band[np.isclose(band[:, 0], 20)][:, 1].max()
        assert top == pytest.approx(accuracy[-1].mean() + accuracy[-1].std(ddof=1))
    for axes in drawn("robustness").axes:
        assert axes.lines[0].get_ydata()[0] == pytest.approx(100 * network.accuracy)
        assert axes.lines[1].get_ydata()[0] == pytest.approx(100 / 3)


def test_many_samples_are_thinned_out_and_the_title_says_so(network, monkeypatch):
    monkeypatch.setattr("snnrun.plots.spike_times.robustness.SAMPLES", 20)
    monkeypatch.setattr("snnrun.plots.spike_times.robustness.DRAWS", 2)
    chosen = subset(network)
    assert len(np.unique(chosen)) == 20
    assert chosen.max() > 30
    np.testing.assert_array_equal(chosen, subset(network))
    figure = draw(network)
    expected = "test: 20 of 60 samples; mean ± standard deviation of 2 draws"
    assert figure.get_suptitle() == expected
    right = 100 * np.mean(network.predictions[chosen] == network.labels[chosen])
    assert figure.axes[2].lines[0].get_ydata()[0] == pytest.approx(right)
    assert right != 100 * network.accuracy
    wider = replace(network, labels=network.labels[:20])
    np.testing.assert_array_equal(subset(wider), np.arange(20))


@pytest.mark.parametrize(("step", "label"), [(2.0**-8, "1/256"), (0.5, "1/2"), (1, "1"), (4, "4")])
def test_rounding_steps_are_short_to_read(drawn, step, label):
    """As decimals, those of MNIST's small weights ran into each other: 0.00390625, 0.015625."""
    assert drawn("robustness").axes[0].xaxis.get_major_formatter()(step, None) == label
