"""Time-distributed modules, codes, losses, schedules, first-spike and Spike-By-Spike layers."""

import math
import re

import numpy as np
import pytest
import torch
from torch.nn import BatchNorm1d, Conv2d, Dropout, Linear, Sequential

from snnrun import nn
from snnrun.kernels.first_spike.times import first_spike_times
from snnrun.kernels.sbs.layer import Draw
from tests.golden import golden


def numbers(*shape, seed=3, dtype=torch.float64):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# ---- every step ----


@pytest.mark.parametrize("batch_first", [False, True])
def test_a_module_sees_time_and_batch_as_one(batch_first):
    module, x = Conv2d(2, 3, 3).double(), numbers(5, 4, 2, 6, 7)
    found = nn.TimeDistributed(module, batch_first=batch_first)(x)
    assert torch.allclose(found, torch.stack([module(each) for each in x]))


@pytest.mark.parametrize("batch_first", [False, True])
def test_steady_input_passes_weights_once(batch_first):
    x = numbers(4, 3).requires_grad_()
    calls, linear = [], Linear(3, 2).double()

    class Counted(Linear):
        def forward(self, x):
            calls.append(len(x))
            return super().forward(x)

    steady = nn.repeat(x, 5, batch_first=batch_first)
    axis = 1 if batch_first else 0
    found = nn.TimeDistributed(linear, batch_first=batch_first)(steady)
    assert found.stride(axis) == 0
    assert torch.equal(found.select(axis, 3), linear(x))
    weights = numbers(*found.shape, seed=7)
    (of_x,) = torch.autograd.grad((found * weights).sum(), x)
    assert torch.allclose(of_x, (weights.sum(axis) @ linear.weight))
    nn.TimeDistributed(Counted(3, 2).double(), batch_first=batch_first)(steady)
    assert calls == [20]  # what we do not know may count its samples


@pytest.mark.parametrize("module", [Dropout(0.5), Sequential(BatchNorm1d(3).double())])
def test_what_draws_or_counts_sees_every_step(module):
    torch.manual_seed(0)
    found = nn.TimeDistributed(module)(nn.repeat(numbers(40, 3), 5))
    assert found.stride(0) != 0
    if isinstance(module, Dropout):
        assert not torch.equal(found[0], found[1])
    else:
        flat = numbers(40, 3).repeat(5, 1)
        assert torch.allclose(module[0].running_var, 0.9 + 0.1 * flat.var(0))


# ---- codes ----


def test_codes_keep_the_shape_of_a_sample():
    x, time = numbers(2, 3, 4, 5), 6
    for code in (nn.repeat, nn.poisson, nn.latency_steps):
        assert code(x, time).shape == (time, *x.shape)
        torch.manual_seed(1)
        first = code(x, time, batch_first=True)
        torch.manual_seed(1)
        assert torch.equal(first.transpose(0, 1), code(x, time))
        assert code(x[:, 0, 0, 0], time).shape == (time, 2)
    assert nn.latency(x).shape == x.shape
    assert torch.equal(nn.latency(x)[1, 2], nn.latency(x[1, 2]))
    shown = numbers(7, 2, 3, 4, 5)
    spikes = nn.delta(shown, off="channels")
    assert spikes.shape == (7, 2, 6, 4, 5)
    assert torch.equal(spikes[:, :, :3], nn.delta(shown))
    exchanged = nn.delta(shown.transpose(0, 1), off="channels", batch_first=True)
    assert torch.equal(exchanged.transpose(0, 1), spikes)


def test_falls_are_rises_of_what_is_turned_over():
    x = numbers(7, 2, 3, 4)
    both = nn.delta(x, threshold=0.2, off="channels")
    assert torch.equal(both[:, :, 3:], nn.delta(-x, threshold=0.2))
    assert 0 < both.mean() < 1


def test_delta_is_that_of_snntorch():
    data = golden("stbp/encoders")
    x = torch.from_numpy(data["delta_x"])
    np.testing.assert_array_equal(nn.delta(x, threshold=0.25), data["snn_delta_thr.25"])
    both = nn.delta(x, threshold=0.25, off="negative")
    np.testing.assert_array_equal(both, data["snn_delta_thr.25_off"])
    assert set(both.unique().tolist()) == {-1, 0, 1}


def test_poisson_spikes_come_as_often_as_values_say():
    chances, steps = torch.tensor([[0.0, 0.2, 0.7, 1.0]]), 4000
    found = nn.poisson(chances, steps, generator=torch.Generator().manual_seed(5)).mean(0)
    error = 5 * (chances * (1 - chances) / steps).sqrt()
    assert ((found - chances).abs() <= error).all()
    same = nn.poisson(chances, steps, generator=torch.Generator().manual_seed(5)).mean(0)
    assert torch.equal(found, same)
    other = nn.poisson(chances, steps, generator=torch.Generator().manual_seed(6)).mean(0)
    assert not torch.equal(found, other)


def test_steady_input_of_neurons_is_not_copied():
    x = numbers(2, 3, dtype=torch.float32)
    lif = nn.LIF.snetx(tau=3.0)
    steady = nn.Repeat(8, batch_first=True)(x)
    assert steady.stride(1) == 0
    assert torch.equal(lif(steady), lif(steady.clone(memory_format=torch.contiguous_format)))


# ---- losses ----


@pytest.mark.parametrize("lamb", [0.0, 0.05, 1.0])
def test_tet_is_that_of_snetx(lamb):
    data = golden("stbp/tet")
    outputs = torch.from_numpy(data["out"]).requires_grad_()
    loss = nn.TET("snetx", lamb, batch_first=True)(outputs, torch.from_numpy(data["y"]))
    loss.backward()
    assert loss.item() == pytest.approx(data[f"ce_lamb{lamb}_loss"].item(), rel=1e-6)
    np.testing.assert_allclose(outputs.grad, data[f"ce_lamb{lamb}_gout"], rtol=1e-5, atol=1e-7)


def test_losses_by_hand():
    outputs = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]], [[1.0, 1.0]]])  # 3 steps, one sample
    labels = torch.tensor([1])
    assert nn.RateMSE()(outputs, labels).item() == pytest.approx((4 / 9 + 1 / 9) / 2)
    entropy = math.log(1 + math.e)
    assert nn.CrossEntropy("last")(outputs, labels).item() == pytest.approx(math.log(2))
    every = (entropy + (entropy - 1) + math.log(2)) / 3
    paper = nn.TET("paper", 0.25, means=2.0)(outputs, labels).item()
    assert paper == pytest.approx(0.75 * every + 0.25 * (1 + 4 + 4 + 1 + 1 + 1) / 6)
    assert nn.RateBand(2.0, upper=0.5)(outputs).item() == pytest.approx(2 * (1 / 6) ** 2)
    assert nn.MSEKL(1.0, 0.0)(torch.tensor([[0.25, 0.75]]), labels).item() == pytest.approx(1 / 16)
    assert torch.equal(nn.CrossEntropy().scores(outputs), outputs.mean(0))


def test_batch_first_losses_exchange_two_axes():
    outputs, labels = numbers(4, 5, 3), torch.tensor([2, 0, 1, 1])
    for loss in (nn.CrossEntropy, nn.TET, nn.RateMSE):
        found = loss(batch_first=True)(outputs, labels)
        assert torch.equal(found, loss()(outputs.transpose(0, 1), labels))
    spikes = numbers(4, 5, 3).round()
    band = nn.RateBand(1.0, 0.6, batch_first=True)
    assert torch.equal(band(spikes), nn.RateBand(1.0, 0.6)(spikes.transpose(0, 1)))
    assert not torch.equal(band(spikes), nn.RateBand(1.0, 0.6)(spikes))


# ---- schedules ----


FORMULAS = {
    "growth": (lambda: nn.growth(2.0, 3.0, 20), lambda t: 2 * (1 + 0.5 * t / 20)),
    "step": (lambda: nn.step_warm_up(2.0, 2, 1.5, 7), lambda t: 2 * 1.5 ** (t % 7 // 2)),
    "exponential": (lambda: nn.exponential_warm_up(2.0, 1.2, 7), lambda t: 2 * 1.2 ** (t % 7)),
    "linear": (lambda: nn.linear_warm_up(2.0, 5.0, 7), lambda t: 2 + 3 * (t % 7) / 7),
    "cosine": (
        lambda: nn.cosine_warm_up(2.0, 5.0, 7),
        lambda t: 2 + 3 * (1 - math.cos(2 * math.pi * t / 7)) / 2,
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_schedules(name):
    make, formula = FORMULAS[name]
    schedule, found = make(), []
    for _ in range(25):
        found.append(schedule())
        schedule.step()
    assert found == pytest.approx([formula(t) for t in range(25)])
    other = make()
    other.load_state_dict(schedule.state_dict())
    assert other() == schedule() != make()()


def test_a_schedule_changes_the_surrogate():
    alpha = nn.growth(1.0, 2.0, epochs=2)
    lif, x = nn.LIF.snetx(alpha=alpha), torch.full((1, 1), 0.75).requires_grad_()
    found = []
    for _ in range(2):
        found += torch.autograd.grad(lif(x).sum(), x)
        alpha.step()
    assert [each.item() for each in found] == pytest.approx([0.75, 1.5 * (1 - 1.5 / 4)])


# ---- first spikes ----


def test_first_spikes_are_those_of_the_kernel():
    torch.manual_seed(2)
    layer = nn.FirstSpike(
        4, 3, tau_syn=0.5, tau_mem=1.0, threshold=0.8, bias_times=(0.25,)
    ).double()
    times = numbers(6, 4)
    whole = torch.cat([times, torch.full((6, 1), 0.25).double()], 1)
    wanted = first_spike_times(whole, layer.weights, tau_syn=0.5, ratio=2, threshold=0.8)
    assert torch.equal(layer(times), wanted)
    assert wanted.isfinite().any()


@pytest.mark.parametrize(
    ("delays", "count"), [(None, 0), ("axonal", 4), ("synaptic", 12), ("dendritic", 3)]
)
def test_delays_learn(delays, count):
    layer = nn.FirstSpike(4, 3, mean=2.0, std=0.1, delays=delays)
    assert sum(p.numel() for p in layer.parameters()) == 12 + count
    found = layer(numbers(6, 4, dtype=torch.float32))
    assert found.isfinite().all()
    found.sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in layer.parameters())


# ---- Spike-By-Spike ----


def test_activities_sum_to_one_and_follow_the_draw():
    layer, x = nn.SbS((2, 5, 4), 6, kernel=(3, 2), stride=2, spikes=30), numbers(3, 2, 5, 4).float()
    h = layer(x, Draw(7))
    assert h.shape == (3, 6, 2, 2)
    assert torch.allclose(h.sum(1), torch.ones(3, 2, 2))
    assert torch.equal(h, layer(x, Draw(7)))
    assert not torch.equal(h, layer(x))


def test_weights_are_probabilities_again_after_an_update():
    layer = nn.SbS((1, 2, 2), 3, spikes=10)
    with torch.no_grad():
        layer.weights.sub_(0.24)
    assert (layer.weights < 0).any()
    layer.weights.data.abs_()
    layer.constrain(1e-3)
    assert torch.allclose(layer.weights.sum(0), torch.ones(3))
    assert (layer.weights > 0).all()


# ---- what is refused ----


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: nn.repeat(torch.ones(2), 0), "steps: must be 1 or more, got 0"),
        (lambda: nn.Repeat(0), "steps: must be 1 or more, got 0"),
        (lambda: nn.poisson(torch.ones(2, 1), 0), "steps: must be 1 or more, got 0"),
        (
            lambda: nn.latency_steps(torch.ones(2, 1), 3, first="hi"),
            "first: must be 'low' or 'high', got 'hi'",
        ),
        (lambda: nn.latency(torch.ones(2), early=3.0), "expected more than early = 3"),
        (lambda: nn.delta(torch.ones(2, 1)), "expected time, batch and channels, got [2, 1]"),
        (lambda: nn.delta(torch.ones(2, 1, 1), threshold=0.0), "threshold: must be more than 0"),
        (lambda: nn.TimeDistributed(Linear(1, 1))(torch.ones(1)), "expected time, batch and more"),
        (lambda: nn.TET("papre"), "form: must be 'paper' or 'snetx', got 'papre'"),
        (lambda: nn.TET(lamb=2.0), "lamb: must be 1 or less, got 2"),
        (lambda: nn.RateBand(1.0, 0.6, 0.5), "expected at least lower = 0.6"),
        (lambda: nn.MSEKL(0.0, 0.0), "expected at least one above 0"),
        (lambda: nn.growth(0.0, 1.0, 5), "initial: must be more than 0, got 0"),
        (lambda: nn.step_warm_up(1.0, 0, 2.0), "every: must be 1 or more, got 0"),
        (lambda: nn.FirstSpike(2, 3, tau_mem=3.0), "tau_mem must equal tau_syn or twice"),
        (lambda: nn.FirstSpike(2, 3, delays="axon"), "'axonal', 'synaptic' or 'dendritic'"),
        (lambda: nn.SbS((1, 2, 2), 3, kernel=3), "reaches over 3 rows, but the input has 2"),
        (lambda: nn.SbS((1, 2, 2), 3, noise=(2.0, 1.0)), "must ascend"),
    ],
)
def test_refusals(make, said):
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        make()
    assert "\n" not in str(error.value)
