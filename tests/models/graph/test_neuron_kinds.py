"""Kinds of neurons, worked by hand: thresholds, currents, conductances, mixes of neurons."""

import math

import numpy as np
import pytest
import torch

from snnrun.models.graph.adaptive import ALIF, FadingThresholdLIF
from snnrun.models.graph.conductance import ConductanceLIF
from snnrun.models.graph.connections import Dense, Single
from snnrun.models.graph.current import CurrentLIF
from snnrun.models.graph.fede import Fede
from snnrun.models.graph.group import Input
from snnrun.models.graph.izhikevich import Izhikevich, drawn
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.traces import TraceSettings


def begin(group, batch=1):
    group.reset(batch, torch.zeros(0, dtype=torch.float64))
    return group


def steps(group, values):
    """Show one value to all neurons at each step; yield after each."""
    for value in values:
        group(torch.full((1, *group.shape), value, dtype=torch.float64))
        yield group


def test_threshold_of_alif_falls_back_to_its_base_and_begins_anew():
    group = begin(ALIF((1,), decay=0.5, threshold=1.0, plus=0.6, tau_theta=2.0))
    kept = math.exp(-0.5)
    found = [(each.spikes.item(), each.thresholds.item()) for each in steps(group, [1.0, 1.2, 1.4])]
    theta = 0.6 * kept  # 1.2 < 1 + theta: no spike; then 0.5 * 1.2 + 1.4 = 2: one
    assert 0.5 * 1.2 + 1.4 >= 1 + theta * kept > 1.2
    expected = [(1.0, 1.6), (0.0, 1 + theta), (1.0, 1 + theta * kept + 0.6)]
    assert np.allclose(found, expected, atol=1e-12)
    *_, last = steps(group, [0.0] * 60)
    assert last.thresholds.item() == pytest.approx(1.0, abs=1e-12)
    [*steps(group, [9.0])]
    assert begin(group).thresholds.item() == 1.0


def test_threshold_of_pysnn_falls_to_nothing():
    group = begin(FadingThresholdLIF((1,), decay=0.5, threshold=1.0, plus=0.5, threshold_decay=0.9))
    found = [(each.spikes.item(), each.thresholds.item()) for each in steps(group, [1.0, 0.0, 0.0])]
    assert np.allclose(found, [(1.0, 1.4), (0.0, 1.26), (0.0, 1.134)], atol=1e-12)
    *_, last = steps(group, [-1.0] * 100)
    assert last.thresholds.item() < 1e-4
    assert begin(group).thresholds.item() == 1.0


def test_current_flows_on_while_neurons_are_closed():
    group = begin(CurrentLIF((1,), tau=math.inf, tau_current=2.0, threshold=1.0, refractory=3.0))
    found = [
        (each.spikes.item(), each.currents.item(), each.membranes.item())
        for each in steps(group, [4.0, 0.0, 0.0, 0.0, 0.0])
    ]
    kept = math.exp(-0.5)
    expected = [(1.0, 4.0, 0.0), *((0.0, 4 * kept**t, 0.0) for t in (1, 2, 3))]
    assert np.allclose(found, [*expected, (0.0, 4 * kept**4, 4 * kept**4)], atol=1e-12)


def test_conductances_pull_the_membrane_to_their_potentials():
    """One step with conductances that stand still is the exact solution of the equation."""
    constants = {"tau": 10.0, "rest": -60.0, "threshold": 0.0, "inhibits_to": -90.0}
    lasting = {"tau_excitation": math.inf, "tau_inhibition": math.inf}
    group = begin(ConductanceLIF((1,), **constants, **lasting, dt=2.0))
    group(torch.tensor([0.7, 1.1], dtype=torch.float64).view(2, 1, 1))
    v, fine = -60.0, 20000
    for _ in range(fine):
        v += 2.0 / fine / 10.0 * (-60 - v + 0.7 * (0 - v) + 1.1 * (-90 - v))
    assert group.membranes.item() == pytest.approx(v, abs=1e-4)
    for _ in range(100):
        group(torch.zeros(2, 1, 1, dtype=torch.float64))
    assert group.membranes.item() == pytest.approx((-60 - 1.1 * 90) / 2.8, abs=1e-9)


def diehl_cook(x, weights, inhibition):
    """Diehl & Cook's excitatory neurons in plain Python: spikes and membranes of one sample."""
    neurons = weights.shape[0]
    v, g_e, g_i, theta = (np.full(neurons, n) for n in (-65.0, 0.0, 0.0, 20.0))
    closed, spikes, membranes = np.zeros(neurons, int), [], []
    for now, before in zip(x, [0 * x[0], *x[:-1]], strict=True):
        theta *= math.exp(-0.5 / 1e7)
        g_e = g_e * math.exp(-0.5 / 1.0) + weights @ now
        g_i = g_i * math.exp(-0.5 / 2.0) + inhibition * before[:neurons]
        slope = (-65 - v) + g_e * (0 - v) + g_i * (-100 - v)
        v = np.where(closed == 0, v + 0.5 / 100 * slope, v)
        s = v >= -72 + theta
        closed = np.where(s, 10, np.maximum(closed - 1, 0))
        v, theta = np.where(s, -65.0, v), theta + 0.05 * s
        spikes.append(s)
        membranes.append(v.copy())
    return np.array(spikes), np.array(membranes)


def test_conductance_based_neurons_of_diehl_and_cook():
    """Excitation and inhibition that arrive together are told apart, by connection."""
    rng = np.random.default_rng(1)
    x = (rng.random((400, 8)) < 0.2).astype(float)
    weights = rng.random((3, 8)) * 0.8
    group = ConductanceLIF(
        (3,), tau=100.0, rest=-65.0, threshold=-72.0, theta=20.0, plus=0.05, refractory=5.0,
        euler=True, dt=0.5,
    )  # fmt: skip
    dense, single = Dense((8,), (3,)), Single((3,), (3,), kind="one_to_one", weight=-0.3, delay=1)
    dense.weight.data = torch.from_numpy(weights)
    groups = {"X": Input((8,)), "Y": Input((3,)), "E": group}
    net = Network(groups, [Edge("X", "E", dense), Edge("Y", "E", single)]).double()
    shown = torch.from_numpy(x)[:, None]
    inputs = {"X": shown, "Y": shown[..., :3]}
    found = net.run(inputs, learn=True, record={"E": ("membranes", "inhibition")})
    spikes, membranes = diehl_cook(x, weights, 0.3)
    assert 10 < spikes.sum() < 400
    np.testing.assert_array_equal(found["E"][:, 0], spikes)
    np.testing.assert_allclose(found["E.membranes"][:, 0], membranes, atol=1e-9)
    assert found["E.inhibition"].max() > 0.3


@pytest.mark.parametrize("kind", ["one_to_one", "all_but_self"])
def test_fede_neurons_feel_traces_of_their_own_synapses(kind):
    trace = TraceSettings(tau=5.0)
    synapses = Single((3,), (3,), kind=kind, weight=7.0, delay=2)
    groups = {"X": Input((3,), trace), "F": Fede((3,), tau=4.0, gain=2.0, threshold=99.0)}
    net = Network(groups, [Edge("X", "F", synapses)]).double()
    net.reset(1, torch.zeros(0, dtype=torch.float64))
    net.step({"X": torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64)})
    own = torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64)
    seen = own if kind == "one_to_one" else 1 - own
    torch.testing.assert_close(net.group("F").membranes, 2.0 / 4.0 * -seen)


def test_fede_neurons_need_traces():
    net = Network({"X": Input((2,)), "F": Fede((2,))}, [Edge("X", "F", Dense((2,), (2,)))])
    with pytest.raises(ValueError, match="fede neurons need traces of the groups"):
        net.run({"X": torch.ones(2, 1, 2)})


def test_mix_of_izhikevich():
    mix = drawn(1000, 0.8, torch.Generator().manual_seed(0))
    r = ((mix.c[:800] + 65) / 15).sqrt()
    torch.testing.assert_close(mix.d[:800], 8 - 6 * r**2)
    assert 0.47 < r.mean() < 0.53
    assert r.max() > 0.98
    torch.testing.assert_close(mix.b[800:], 0.25 - 0.05 * (mix.a[800:] - 0.02) / 0.08)
    assert (mix.a[800:] > 0.09).any()
    for each, excites, inhibits in [(mix.a, 0.02, None), (mix.b, 0.2, None), (mix.c, None, -65.0),
                                    (mix.d, None, 2.0)]:  # fmt: skip
        assert excites is None or each[:800].eq(excites).all()
        assert inhibits is None or each[800:].eq(inhibits).all()
    assert mix.weights[:, :800].min() >= 0
    assert 0.49 < mix.weights[:, :800].max() < 0.5
    assert mix.weights[:, 800:].max() <= 0
    assert -1 < mix.weights[:, 800:].min() < -0.98


def test_regular_spiking_neurons_adapt_and_fast_spiking_ones_do_not():
    """Two kinds of Izhikevich's paper, side by side at a steady input."""
    a, d = (torch.tensor(each, dtype=torch.float64) for each in ([0.02, 0.1], [8.0, 2.0]))
    group = begin(Izhikevich((2,), a=a, d=d, dt=0.5))
    spiked = torch.cat([each.spikes for each in steps(group, [10.0] * 1000)])
    regular, fast = (np.diff(spiked[:, each].nonzero()[:, 0]) for each in (0, 1))
    assert regular[1:].min() > 1.5 * regular[0]
    assert fast[1:].mean() < 1.3 * fast[0]
    assert len(fast) > 3 * len(regular) > 20


def test_weights_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"weights: expected \[6, 6\]; got \[2, 3\]"):
        Izhikevich((2, 3), weights=torch.zeros(2, 3))
