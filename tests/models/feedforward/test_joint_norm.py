"""A batch that lies in several processes is normalised as it would be in one."""

import copy
import threading

import pytest
import torch

from snnrun.core.world import ProcessLost, World
from snnrun.errors import DataError
from snnrun.models.feedforward.joint_norm import joint_norm
from tests.models.feedforward.cases import BATCH, STEPS, changing, model_of, numbers, steady

CONV = {"name": "conv", "channels": 6}
NORM = {"name": "batch_norm", "momentum": 0.3, "eps": 0.02}
NETWORKS = {
    "images": [CONV, NORM, {"name": "lif"}],
    "vectors": [{"name": "linear", "size": 7}, NORM, {"name": "lif"}],
    "factors of steps": [CONV, NORM | {"name": "tebn", "steps": STEPS}, {"name": "lif"}],
    "a way around": [
        CONV,
        {"name": "residual", "body": [CONV | {"padding": 1}, NORM, {"name": "lif"}],
         "shortcut": [CONV | {"kernel": 1}, NORM]},
    ],
}  # fmt: skip


class Threads(World):
    """Processes that are threads: each sums with what the others bring."""

    def __init__(self, rank, size, common):
        self.rank, self.size = rank, size
        self._common = common

    def sum(self, numbers):
        barrier, brought = self._common
        brought[self.rank] = numbers.clone()
        barrier.wait(timeout=10)
        numbers.copy_(sum(brought[rank] for rank in range(self.size)))
        barrier.wait(timeout=10)


def together(function, size):
    """Return what a function of the world returns in each of so many processes."""
    common, found = (threading.Barrier(size), {}), {}

    def run(rank):
        found[rank] = function(Threads(rank, size, common))

    threads = [threading.Thread(target=run, args=[rank]) for rank in range(size)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return [found[rank] for rank in range(size)]


def learned(layers, x, upstream, world, samples):
    """Gradients, buffers and outputs of the share of a batch that the samples are."""
    model = model_of(layers).train()
    model.join(world)
    own = x[:, samples] if x.stride(0) else x[0, samples].expand(STEPS, -1, -1, -1, -1)
    outputs = model(own, numbers()).outputs
    (outputs * upstream[:, samples]).sum().backward()
    gradients = {name: each.grad for name, each in model.named_parameters()}
    return gradients, dict(model.named_buffers()), outputs.detach()


@pytest.mark.parametrize("shares", [(1, 2), (0, 3), (3, 0), (1, 1, 1), (0, 1, 2)])
@pytest.mark.parametrize("shown", [steady, changing])
@pytest.mark.parametrize("name", NETWORKS)
def test_shares_of_a_batch_come_to_what_the_whole_does(name, shown, shares):
    x, generator = shown(), torch.Generator().manual_seed(9)
    upstream = torch.randn(STEPS, BATCH, 4, generator=generator, dtype=torch.float64)
    parts = torch.arange(BATCH).split(shares)
    layers = NETWORKS[name]
    wanted, buffers, outputs = learned(layers, x, upstream, World(), torch.arange(BATCH))
    every = together(lambda w: learned(layers, x, upstream, w, parts[w.rank]), len(shares))
    for key, value in wanted.items():
        found = sum(gradients[key] for gradients, *_ in every)
        torch.testing.assert_close(found, value, rtol=1e-11, atol=1e-12, msg=key)
    for _, own, _ in every:
        for key, value in buffers.items():
            torch.testing.assert_close(own[key], value, rtol=1e-12, atol=1e-14, msg=key)
    torch.testing.assert_close(torch.cat([own for *_, own in every], 1), outputs)


def test_what_a_share_without_samples_says_of_steps_does_not_count():
    """Its strides said that it was steady: its running variance differed, and the evaluation too.

    A run that was stopped went on with that of the first process everywhere, to other numbers.
    """
    x, layers = changing(), NETWORKS["images"]
    shares = [x, x[0, :0].expand(STEPS, 0, *x.shape[2:])]

    def buffers(world):
        model = model_of(layers).train()
        model.join(world)
        model(shares[world.rank], numbers())
        return dict(model.named_buffers())

    first, second = together(buffers, 2)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_small_spread_far_from_zero_is_not_lost():
    """Sums of squares would have left nothing of it in float32."""
    x = 1e4 + torch.rand(6, 2, 5, generator=torch.Generator().manual_seed(3))
    ones, zeros = torch.ones(2), torch.zeros(2)

    def share(world):
        return joint_norm(x[world.rank :: 2], ones, zeros, 1e-9, world).variance

    for found in together(share, 2):
        torch.testing.assert_close(
            found, x.double().var((0, 2), correction=0).float(), rtol=1e-3, atol=0
        )


def test_what_is_stored_in_sixteen_bits_is_normalised_in_more():
    x = torch.randn(6, 3, 4, generator=torch.Generator().manual_seed(3))
    weight, bias = torch.tensor([1.0, 2.0, -0.5]), torch.tensor([0.1, 0.0, 3.0])

    def share(world):
        own, beta = x[world.rank :: 2].bfloat16().requires_grad_(), bias.clone().requires_grad_()
        done = joint_norm(own, weight, beta, 1e-5, world)
        (done.y.float() * x[world.rank :: 2]).sum().backward()
        return done, own.grad, beta.grad

    whole = x.clone().requires_grad_()
    wanted = torch.nn.functional.batch_norm(whole, None, None, weight, bias, True)
    (wanted * x).sum().backward()
    stored = x.bfloat16().float()
    for rank, ((y, mean, variance, _), gradient, on_bias) in enumerate(together(share, 2)):
        torch.testing.assert_close(on_bias, stored[rank::2].sum((0, 2)))
        torch.testing.assert_close(mean, stored.mean((0, 2)))
        torch.testing.assert_close(variance, stored.var((0, 2), correction=0))
        assert y.dtype == gradient.dtype == torch.bfloat16
        torch.testing.assert_close(y.float(), wanted[rank::2].detach(), rtol=0.02, atol=0.02)
        torch.testing.assert_close(gradient.float(), whole.grad[rank::2], rtol=0.02, atol=0.02)


def test_gradients_of_gradients_are_refused():
    x = torch.randn(6, 3, generator=torch.Generator().manual_seed(3)).requires_grad_()
    y = joint_norm(x, torch.ones(3), torch.zeros(3), 1e-5, World()).y
    (first,) = torch.autograd.grad(y.pow(3).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


def test_evaluation_takes_part_in_nothing():
    model = model_of(NETWORKS["images"]).eval()
    expected = model(changing(), numbers()).outputs
    assert model.join(World())
    model.join(Losing(2, at=0))
    assert torch.equal(model(changing(), numbers()).outputs, expected)
    assert not model_of([CONV, {"name": "lif"}]).join(World())


class Losing(World):
    """Two processes of which the other, which never has anything, is gone after some sums."""

    def __init__(self, size, at):
        self.size, self.left = size, at

    def sum(self, numbers):
        if not self.left:
            raise ProcessLost("process 1 is gone")
        self.left -= 1


@pytest.mark.parametrize("at", [0, 1, 2, 3])
def test_a_process_that_is_gone_is_told_forward_and_backward(at):
    layers = [CONV, NORM, {"name": "lif"}, CONV, NORM]
    model = model_of(layers).train()
    model.join(Losing(2, at))
    if at < 2:
        with pytest.raises(ProcessLost, match="process 1 is gone"):
            model(changing(), numbers())
        return
    outputs = model(changing(), numbers()).outputs
    with pytest.raises(ProcessLost, match="process 1 is gone"):
        outputs.sum().backward()


@pytest.mark.parametrize("size", [1, 2])
def test_one_value_a_channel_is_refused(size):
    model = model_of(NETWORKS["vectors"]).train()
    model.join(Losing(size, at=-1) if size > 1 else World())
    with pytest.raises(DataError, match=r"layers\.1: one value of a channel has no variance"):
        model(changing(batch=1, steps=1), numbers(1))


def test_a_copy_of_a_network_learns_alone():
    model = model_of(NETWORKS["images"]).train()
    model.join(Losing(2, at=0))
    trial = copy.deepcopy(model)
    assert trial.layers[1].world.size == 1
    trial(changing(), numbers()).outputs.sum().backward()
