"""Random spikes: their statistics, at 5 standard errors, and whose numbers they take."""

import math

import torch

from snnrun.kernels.random.bernoulli import bernoulli


def test_spikes_come_with_their_probability_at_every_step():
    chances = torch.tensor([[0.0, 0.03, 0.5], [0.8, 0.999, 1.0]], dtype=torch.float64)
    torch.manual_seed(1)
    spikes = bernoulli(chances, 20_000)
    assert spikes.shape == (20_000, 2, 3)
    assert set(spikes.unique().tolist()) == {0.0, 1.0}
    error = (chances * (1 - chances) / 20_000).sqrt()
    assert ((spikes.mean(0) - chances).abs() <= 5 * error).all()


def test_spikes_of_different_steps_and_neurons_are_independent():
    torch.manual_seed(2)
    spikes = bernoulli(torch.full((2,), 0.4), 20_000) - 0.4
    for one, other in ((spikes[:-1, 0], spikes[1:, 0]), (spikes[:, 0], spikes[:, 1])):
        assert abs((one * other).mean().item()) < 5 * 0.24 / math.sqrt(20_000)


def test_the_numbers_are_those_of_torch():
    chances = torch.rand(4, 5)
    draws = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        draws.append(bernoulli(chances, 6))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
