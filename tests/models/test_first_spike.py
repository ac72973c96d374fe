"""The first-spike network: against its differential equation, by hand, and its settings."""

import math

import numpy as np
import pytest
import torch

from snnrun.core.random import generator
from snnrun.models.first_spike.net import build
from snnrun.models.first_spike.settings import FirstSpikeLayerSettings, FirstSpikeSettings, Normal
from tests.batches import ELSEWHERE, check_samples_stand_alone, random_of


def network(tau_mem: float = 1.0, g_leak: float = 1.0, tau_syn: float = 1.0):
    settings = FirstSpikeSettings(
        tau_syn=tau_syn, tau_mem=tau_mem, g_leak=g_leak, leak=-0.2, threshold=0.7,
        layers=(
            FirstSpikeLayerSettings(
                size=5, bias_times=(0.4, 1.1), weights=Normal(mean=0.9, std=0.7)
            ),
            FirstSpikeLayerSettings(size=3, weights=Normal(mean=0.8, std=0.5)),
        ),
    )  # fmt: skip
    return build(settings, 4, 3, generator(3, "weights"))


def integrate(arrivals, weights, tau_mem, tau_syn, g_leak, leak, threshold, step=2e-4, end=6.0):
    """First crossing of C V' = -g (V - E) + I, I decaying with tau_syn, by small Euler steps."""
    membrane, current = np.full(weights.shape[1], leak), np.zeros(weights.shape[1])
    found = np.full(weights.shape[1], math.inf)
    times = np.arange(0.0, end, step)
    due = np.searchsorted(times, arrivals)
    for n, t in enumerate(times):
        for i in np.flatnonzero(due == n):
            current += weights[i]
        membrane += step * (-(membrane - leak) / tau_mem + current / (g_leak * tau_mem))
        current *= 1 - step / tau_syn
        new = (membrane >= threshold) & np.isinf(found)
        found[new] = t
    return found


@pytest.mark.parametrize(("tau_mem", "g_leak", "tau_syn"), [(1.0, 1.0, 1.0), (2.0, 0.5, 1.0),
                                                            (0.8, 0.7, 0.8)])  # fmt: skip
def test_spikes_are_those_of_the_differential_equation(tau_mem, g_leak, tau_syn):
    model = network(tau_mem, g_leak, tau_syn)
    x = torch.tensor([[0.15, 0.9, 1.4, 0.3]], dtype=torch.float64)
    record = model(x)
    assert record.times[0].isfinite().any()
    for layer, inputs, times in zip(model.layers, [x, *record.times], record.times, strict=False):
        found = integrate(
            layer.arrivals(inputs)[0].detach().numpy(), layer.weights.detach().numpy(),
            tau_mem, tau_syn, g_leak, -0.2, 0.7,
        )  # fmt: skip
        np.testing.assert_allclose(times[0].detach(), found, atol=1e-3)


def test_one_input_by_hand():
    settings = FirstSpikeSettings(
        tau_syn=2.0, tau_mem=2.0, threshold=0.4, layers=(FirstSpikeLayerSettings(size=1),)
    )
    model = build(settings, 1, 1, generator(0))
    torch.nn.init.constant_(model.layers[0].weights, 0.8 * math.exp(0.5))
    # w u e^-u = 0.8 e^(1/2) * 1/2 e^(-1/2) = 0.4 at u = 1/2, so t = 0.5 + 2/2.
    times = model(torch.tensor([[0.5]], dtype=torch.float64)).times[0]
    assert times.item() == pytest.approx(1.5, rel=1e-12)


def test_biases_come_last_and_reach_every_neuron():
    layer = network().layers[0]
    arrivals = layer.arrivals(torch.zeros(2, 4, dtype=torch.float64))
    assert arrivals[:, 4:].tolist() == [[0.4, 1.1]] * 2
    assert layer.weights.shape == (6, 5)


def test_weights_follow_their_distribution():
    settings = FirstSpikeSettings(
        layers=(FirstSpikeLayerSettings(size=200, weights=Normal(mean=1.5, std=0.8)),)
    )
    weights = build(settings, 100, 200, generator(1)).layers[0].weights.detach()
    error = 0.8 / math.sqrt(weights.numel())
    assert abs(weights.mean() - 1.5) < 5 * error
    assert abs(weights.std() - 0.8) < 5 * error


def test_samples_do_not_depend_on_their_batch():
    model, x = network(), torch.rand(6, 4, generator=generator(4), dtype=torch.float64) * 2
    whole = model(x).times[-1]
    alone = torch.cat([model(row[None]).times[-1] for row in x])
    assert torch.equal(whole, alone)


def test_what_it_describes_is_what_it_builds():
    model = network()
    rows = model.settings.describe(4, 3)
    assert [count for *_, count in rows] == [layer.weights.numel() for layer in model.layers]
    assert rows[0][1] == "[4 inputs + 2 biases, 5]"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tau_mem": 1.5}, "tau_mem must equal tau_syn or twice tau_syn"),
        ({"threshold": 0.0}, "threshold must lie above leak"),
        ({"layers": ()}, "at least 1"),
        ({"tau_syn": 0.0}, "greater than 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, message):
    good = {"layers": (FirstSpikeLayerSettings(size=3),)}
    with pytest.raises(ValueError, match=message):
        FirstSpikeSettings(**(good | change))


def test_a_label_layer_that_does_not_fit_the_classes():
    settings = FirstSpikeSettings(layers=(FirstSpikeLayerSettings(size=4),))
    with pytest.raises(ValueError, match="last layer has 4 neurons, but the data have 3 classes"):
        build(settings, 2, 3, generator(0))


def small(**settings) -> FirstSpikeSettings:
    layers = (
        FirstSpikeLayerSettings(size=6, weights=Normal(mean=1.0, std=0.8)),
        FirstSpikeLayerSettings(size=3, weights=Normal(mean=0.8, std=0.5)),
    )
    return FirstSpikeSettings(layers=layers, **settings)


def inputs(samples: int = 5) -> torch.Tensor:
    return torch.rand(samples, 4, generator=generator(9), dtype=torch.float64) * 1.5


def test_rounded_weights_act_and_whole_weights_learn():
    exact, rounded = (
        build(small(weight_precision=precision), 4, 3, generator(2)) for precision in (None, 0.25)
    )
    weights = rounded.layers[0].weights
    assert torch.equal(weights, exact.layers[0].weights)
    with torch.no_grad():
        exact.layers[0].weights.copy_(torch.round(weights / 0.25) * 0.25)
    found = rounded.layers[0](inputs())
    assert torch.equal(found, exact.layers[0](inputs()))
    found.nan_to_num(posinf=0).sum().backward()
    assert weights.grad.count_nonzero() > 5


def test_stepping_through_time_comes_close_to_the_closed_form():
    exact = build(small(), 4, 3, generator(2))(inputs()).times[-1]
    stepped = build(small(integrator={"step": 0.002, "time": 6.0}), 4, 3, generator(2))
    found = stepped(inputs()).times[-1]
    both = exact.isfinite() & found.isfinite()
    assert both.sum() > 5
    assert 0 < (exact - found)[both].abs().max() < 0.02


def test_threshold_noise_is_fixed_for_a_neuron_and_new_for_a_spike():
    noise = {"fixed": {"mean": 0.0, "std": 0.2}, "per_spike": 0.0}
    layer = {"size": 3, "weights": {"mean": 1.5, "std": 0.3}, "threshold_noise": noise}
    fixed = build(FirstSpikeSettings(layers=(layer,)), 4, 3, generator(2))
    assert torch.equal(fixed(inputs()).times[0], fixed(inputs()).times[0])
    assert "layers.0.threshold_offsets" in fixed.state_dict()
    layer["threshold_noise"] = noise | {"per_spike": 0.1}
    noisy = build(FirstSpikeSettings(layers=(layer,)), 4, 3, generator(2))
    torch.manual_seed(1)
    first = noisy(inputs()).times[0]
    second = noisy(inputs()).times[0]
    torch.manual_seed(1)
    assert torch.equal(first, noisy(inputs()).times[0])
    assert not torch.equal(first, second)


SPREAD = Normal(mean=1.5, std=0.6)


def noisy_net(network=None, **noise):
    """Two layers, all neurons of which are noisy, each with arrivals of its own."""
    layers = [{"size": 6, "weights": SPREAD, **noise}, {"size": 3, "weights": SPREAD, **noise}]
    return build(FirstSpikeSettings(layers=layers, **(network or {})), 4, 3, generator(2))


def delays(kind):
    return {"before": [{"name": "delay", "kind": kind, "jitter": 0.1}]}


PER_SPIKE, STEPS = {"threshold_noise": {"per_spike": 0.1}}, {"integrator": {"step": 0.02}}
NOISE = [
    {"jitter": 0.1},
    PER_SPIKE,
    {"network": {"weight_precision": 0.1}, **PER_SPIKE},
    {"network": STEPS, **PER_SPIKE},
    *map(delays, ("axonal", "synaptic", "dendritic")),
]


@pytest.mark.parametrize("noise", NOISE, ids=str)
@pytest.mark.parametrize("layer", [0, 1])
def test_noise_of_a_sample_does_not_depend_on_its_batch(noise, layer):
    model, x = noisy_net(**noise), inputs(7)
    with torch.no_grad():
        times = check_samples_stand_alone(
            lambda own, random: model(x[list(own)], random).times[layer], 7
        )
        alike = model(inputs(1).expand(50, -1), random_of(50)).times[layer]
    assert times.isfinite().float().mean() > 0.5
    assert len(alike.unique(dim=0)) > 40


@pytest.mark.parametrize("network", [{}, {"weight_precision": 0.1}, STEPS], ids=str)
def test_noise_of_a_batch_depends_on_its_number_alone(network):
    model = noisy_net(network, threshold_noise={"per_batch": 0.1})
    x = inputs(1).expand(5, -1)

    def times(samples, **place):
        with torch.no_grad():
            return model(x[: len(samples)], random_of(samples, **place)).times[-1]

    here = times(range(5), number=2)
    assert torch.equal(here, here[:1].expand(5, -1))
    assert torch.equal(times([8, 3], number=2), here[:2])
    for place in [{"number": 3}, *({"number": 2, **each} for each in ELSEWHERE)]:
        assert not torch.equal(times(range(5), **place), here), place


def test_parts_may_have_learning_rates_of_their_own_and_stay_frozen():
    delay = {"name": "delay", "kind": "synaptic", "lr": 0.003}
    first = {"size": 6, "lr": 0.01, "before": [delay]}
    last = {"size": 3, "trainable": False, "max_missing_spikes": 1.0}
    model = build(FirstSpikeSettings(layers=(first, last)), 4, 3, generator(2))
    groups = list(model.parameter_groups())
    assert [group["lr"] for group in groups] == [0.01, 0.003]
    assert [tuple(group["params"][0].shape) for group in groups] == [(4, 6), (4, 6)]


def test_parts_of_one_learning_rate_share_a_group():
    layers = ({"size": 6, "before": [{"name": "delay", "kind": "axonal"}]}, {"size": 3, "lr": 0.1})
    model = build(FirstSpikeSettings(layers=layers), 4, 3, generator(2))
    shared, own = model.parameter_groups()
    assert [tuple(p.shape) for p in shared["params"]] == [(4, 6), (4, 1)]
    assert "lr" not in shared
    assert (own["lr"], tuple(own["params"][0].shape)) == (0.1, (6, 3))


def test_a_frozen_layer_cannot_be_bumped():
    with pytest.raises(ValueError, match="max_missing_spikes must be 1 where trainable is false"):
        FirstSpikeLayerSettings(size=3, trainable=False)
