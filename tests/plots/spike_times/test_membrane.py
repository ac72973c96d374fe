"""The membrane: its differential equation, its limit, and the spikes of a network."""

from types import SimpleNamespace

import numpy as np
import pytest

from snnrun.evaluation.measures.spike_examples import SpikeExamples
from snnrun.plots.spike_times.membrane import kernel, membrane, of_labels
from tests.evaluation.runs import changed, opened


@pytest.mark.parametrize("ratio", [1.0, 2.0, 0.7])
def test_membrane_solves_the_differential_equation(ratio):
    """C V' = -g (V - E) + sum_i w_i e^{-(t - t_i)}, C = g ratio, by central differences."""
    random = np.random.default_rng(2)
    g_leak, leak, step = 1.7, -0.4, 1e-5
    times, weights = random.uniform(0.0, 1.0, 5), random.normal(0.3, 1.0, (5, 3))
    grid = np.array([1.2, 1.7, 2.9])
    constants = {"ratio": ratio, "g_leak": g_leak, "leak": leak}
    before, v, after = (
        membrane(grid + shift, times, weights, **constants) for shift in (-step, 0, step)
    )
    current = np.exp(-(grid[:, None] - times)) @ weights
    slope = (after - before) / (2 * step)
    np.testing.assert_allclose(g_leak * ratio * slope, -g_leak * (v - leak) + current, atol=1e-8)


def test_kernel_is_continuous_in_the_ratio():
    u = np.linspace(-1, 6, 29)
    np.testing.assert_allclose(kernel(u, 1.0), kernel(u, 1 + 1e-7), atol=1e-6)
    assert kernel(np.array([2.0]), 2.0)[0] == pytest.approx(np.exp(-1) - np.exp(-2), abs=1e-15)


def test_rest_before_the_first_input_and_silent_inputs_count_for_nothing():
    times, weights = np.array([0.5, np.inf, 0.8]), np.array([[1.0], [5.0], [-2.0]])
    grid = np.array([0.2, 1.0, 3.0])
    v = membrane(grid, times, weights, leak=0.3)
    assert v[0, 0] == 0.3
    np.testing.assert_array_equal(v, membrane(grid, times[[0, 2]], weights[[0, 2]], leak=0.3))


def test_delays_of_single_synapses_are_those_of_separate_neurons():
    random = np.random.default_rng(4)
    times, weights = random.uniform(0, 1, (5, 3)), random.normal(0, 1, (5, 3))
    grid = np.linspace(0, 4, 9)
    together = membrane(grid, times, weights, ratio=2.0, g_leak=0.6, leak=0.1)
    for neuron in range(3):
        one = slice(neuron, neuron + 1)
        alone = membrane(grid, times[:, neuron], weights[:, one], ratio=2.0, g_leak=0.6, leak=0.1)
        np.testing.assert_allclose(together[:, one], alone, atol=1e-14)


@pytest.fixture(scope="module")
def twenty(any_network):
    """Spikes of the first twenty samples, instead of one of each class."""
    live = opened(any_network.run)
    measure = SpikeExamples(SimpleNamespace(learner=live.learner, experiment=live.experiment))
    kept = [measure.keep(live.batch([number]), live.show([number])[1]) for number in range(20)]
    arrays = {name: np.stack([each[name] for each in kept]) for name in kept[0]}
    return changed(any_network, "spike_examples", **arrays)


def test_label_membranes_reach_the_threshold_at_their_spikes_and_not_before(twenty):
    labels = twenty.of("spike_examples")["layer_1"]
    assert np.isfinite(labels).sum() > 20
    for example, neuron in np.argwhere(np.isfinite(labels)):
        spike = labels[example, neuron]
        at_spike = of_labels(twenty, example, np.array([spike]))[0, neuron]
        assert at_spike == pytest.approx(1, abs=1e-9)
        before = np.linspace(0, spike - 1e-3, 500)
        assert of_labels(twenty, example, before)[:, neuron].max() < 1


def test_silent_labels_stay_below_the_threshold(twenty):
    silent = np.argwhere(np.isinf(twenty.of("spike_examples")["layer_1"]))
    assert len(silent) > 0
    grid = np.linspace(0, 20, 2000)
    for example, neuron in silent[:10]:
        assert of_labels(twenty, example, grid)[:, neuron].max() < 1
