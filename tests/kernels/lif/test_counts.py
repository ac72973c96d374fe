"""Counts over what neurons did: compiled against torch."""

import pytest
import torch

from snnrun.kernels.lif import counts as module
from snnrun.kernels.lif.counts import SurrogateDerivative, counts, counts_of_each, felt
from snnrun.kernels.lif.surrogates import SURROGATES
from snnrun.kernels.native import native

compiled = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
TYPES = [torch.float32, torch.float64, torch.bfloat16]


def trains(*shape, dtype=torch.float32):
    """Spikes of neurons of all kinds: silent, rare, frequent, at every step."""
    generator = torch.Generator().manual_seed(1)
    rates = torch.randint(0, 4, shape[1:], generator=generator) / 3
    return (torch.rand(shape, generator=generator) < rates).to(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 1), (3, 2, 5), (20, 3, 1031), (4, 2, 3, 97, 91)])
def test_spikes_are_counted(shape, dtype):
    spikes = trains(*shape, dtype=dtype)
    assert counts(spikes) == counts_of_each(spikes.sum(0), shape[0])
    found = counts(spikes)
    assert found.spikes == spikes.double().sum().item()
    assert (found.silent, found.saturated) == (
        (spikes == 0).all(0).sum().item(),
        (spikes == 1).all(0).sum().item(),
    )


@pytest.mark.parametrize("surrogate", sorted(SURROGATES))
@pytest.mark.parametrize("dtype", TYPES)
def test_membranes_that_feel_a_derivative_are_counted(surrogate, dtype):
    derivative = SurrogateDerivative(surrogate, 0.9, 3.0)
    membranes = torch.randn(4, 2, 3, 1031, generator=torch.Generator().manual_seed(2)).to(dtype)
    expected = int((derivative(membranes) > module.FELT).count_nonzero())
    assert felt(membranes, derivative) == pytest.approx(expected, abs=1)
    assert expected > 1000
    assert felt(membranes, lambda h: derivative(h)) == expected  # a derivative of somebody else


def test_channels_last_and_steps_that_repeat():
    spikes = trains(4, 2, 3, 5, 7)
    last = spikes.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)
    assert counts(last) == counts(spikes)
    steady = spikes[:1].expand(4, 2, 3, 5, 7)
    assert counts(steady) == counts(steady.contiguous())


def test_many_steps_in_sixteen_bits():
    spikes = torch.ones(257, 50, dtype=torch.bfloat16)
    spikes[3, :25] = 0
    assert counts(spikes) == (257 * 50 - 25, 0, 25)


@compiled
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_same_for_any_number_of_threads(threads):
    spikes, whole = trains(3, 40, 1000), counts(trains(3, 40, 1000))
    assert native().spike_counts(spikes.numpy(), threads) == tuple(whole)


@compiled
def test_of_nothing_there_is_nothing_to_count():
    assert counts(torch.zeros(3, 0)) == (0, 0, 0)
    assert native().spike_counts(torch.zeros(0, 3).numpy(), 1) == (0.0, 0, 0)
    assert felt(torch.zeros(3, 0), SurrogateDerivative("arctan", 1.0, 1.0)) == 0


@compiled
@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda m: m.spike_counts(torch.ones(2).int().numpy(), 1), TypeError, "float32 or float64"),
        (lambda m: m.spike_counts(torch.ones(()).numpy(), 1), ValueError, "expected .time"),
        (lambda m: m.spike_counts(torch.ones(3, 2).numpy().T, 1), TypeError, "C-contiguous"),
        (
            lambda m: m.felt_membranes(torch.ones(2).numpy(), 9, 1.0, 1.0, 0.1, 1),
            ValueError,
            "must lie in 0 to 7, not 9",
        ),
    ],
)
def test_the_binding_refuses(call, kind, text):
    with pytest.raises(kind, match=text):
        call(native())
