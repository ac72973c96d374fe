"""Input that is the same at every step, and the one step that stands for all."""

import torch

from snnrun.kernels.lif.steady import is_constant, once, repeated


def learning(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)).requires_grad_()


def test_once_undoes_repeated():
    x = learning(3)
    assert once(repeated(x, 7)) is x


def test_gradients_of_what_comes_between_are_those_of_all_steps():
    x, weights = learning(2, 3), torch.arange(1.0, 4.0)
    between = repeated(x, 7).mul(2)
    between = between[:1].expand(7, 2, 3)  # constant, as far as strides tell
    assert is_constant(between)
    (once(between) * weights).sum().backward()
    torch.testing.assert_close(x.grad, 2 * weights.expand(2, 3))


def test_a_step_and_all_of_them_may_both_be_used():
    x = learning(4)
    every = repeated(x, 5)
    (once(every).sum() + every.sum()).backward()
    torch.testing.assert_close(x.grad, torch.full((4,), 6.0))


def test_nothing_is_remembered_of_what_does_not_learn():
    x = torch.ones(3)
    assert torch.equal(once(repeated(x, 5)), x)
