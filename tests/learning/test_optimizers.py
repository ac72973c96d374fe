"""Optimisers: ours against torch's own, built by hand; steps that multiply."""

import functools

import pytest
import torch

from snnrun.learning.optimizers import (
    OPTIMIZERS,
    AdamSettings,
    AdamWSettings,
    MultiplicativeAdamSettings,
    SGDSettings,
    build_optimizer,
)
from snnrun.learning.uncompiled import uncompiled

OPTIMIZER_CASES = [
    (
        AdamSettings(lr=0.03, betas=(0.7, 0.8), eps=1e-3, weight_decay=0.2),
        lambda p: torch.optim.Adam(p, lr=0.03, betas=(0.7, 0.8), eps=1e-3, weight_decay=0.2),
    ),
    (
        AdamWSettings(lr=0.03, betas=(0.7, 0.8), eps=1e-3, weight_decay=0.2),
        lambda p: torch.optim.AdamW(p, lr=0.03, betas=(0.7, 0.8), eps=1e-3, weight_decay=0.2),
    ),
    (
        SGDSettings(lr=0.05, momentum=0.6, nesterov=True, weight_decay=0.1),
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.6, nesterov=True, weight_decay=0.1),
    ),
]


def descend(build):
    """Where three steps down a bowl lead."""
    at = torch.tensor([1.5, -0.7], dtype=torch.float64, requires_grad=True)
    optimizer = build([at])
    for _ in range(3):
        optimizer.zero_grad()
        (at * at * torch.tensor([0.3, 2.0])).sum().backward()
        optimizer.step()
    return at.detach()


@pytest.mark.parametrize(("settings", "own"), OPTIMIZER_CASES, ids=["adam", "adamw", "sgd"])
def test_optimizers_step_as_torch_does(settings, own):
    ours = descend(lambda parameters: build_optimizer(settings, parameters))
    assert torch.equal(ours, descend(own))
    assert not torch.equal(ours, descend(lambda p: build_optimizer(type(settings)(), p)))


def counted(method):
    """A method that also counts its calls."""

    @functools.wraps(method)
    def counts(self, *arguments):
        self.groups = getattr(self, "groups", 0) + 1
        method(self, *arguments)

    return counts


class Halving(torch.optim.SGD):
    """Of somebody else: it halves what the step of another would do, and counts its groups."""

    @counted
    def add_param_group(self, param_group):
        super().add_param_group(param_group)

    def step(self, closure=None):
        before = [each.detach().clone() for each in self.param_groups[0]["params"]]
        super().step()
        with torch.no_grad():
            for each, start in zip(self.param_groups[0]["params"], before, strict=True):
                each.lerp_(start, 0.5)


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD, Halving])
def test_an_optimizer_that_loads_no_compiler_is_the_same(kind):
    """Steps, what is kept of it, and how it goes on from there."""

    def walk(kind):
        weights = torch.tensor([1.5, 0.7], requires_grad=True)
        optimizer, kept = kind([{"params": [weights], "lr": 0.1}], weight_decay=0.3), []
        for step in range(6):
            if step == 3:
                state = optimizer.state_dict()
                optimizer = kind([weights], lr=0.5)
                optimizer.load_state_dict(state)
            optimizer.zero_grad()
            assert weights.grad is None
            weights.grad = torch.tensor([0.3 * step - 0.7, 1.0])
            optimizer.step()
            kept.append(repr(optimizer.state_dict()))
        assert getattr(optimizer, "groups", 0) == issubclass(kind, Halving)
        return weights.tolist(), kept

    assert issubclass(uncompiled(kind), kind)
    assert walk(uncompiled(kind)) == walk(kind)


def test_multiplicative_adam_by_hand():
    """Adam of torch on the logarithm's place: the ratio of a step is 1 + tanh(Adam's step) / 2."""
    settings = MultiplicativeAdamSettings(lr=0.3, betas=(0.7, 0.8), eps=1e-2)
    start = torch.tensor([1.5, 0.7, 0.0], dtype=torch.float64)
    ours, theirs = start.clone().requires_grad_(), torch.zeros_like(start, requires_grad=True)
    optimizer = build_optimizer(settings, [ours])
    adam = torch.optim.Adam([theirs], lr=0.3, betas=(0.7, 0.8), eps=1e-2)
    for gradient in ([0.3, -2.0, 1.0], [0.1, 0.5, 1.0], [-0.4, 0.2, 1.0]):
        before, place = ours.detach().clone(), theirs.detach().clone()
        ours.grad = theirs.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        adam.step()
        expected = before * (1 + (theirs.detach() - place).tanh() / 2)
        torch.testing.assert_close(ours.detach(), expected, rtol=1e-12, atol=0)
    assert (ours.detach()[:2] / start[:2] - 1).abs().min() > 0.01
    assert ours[2] == 0


def test_multiplicative_adam_goes_on_where_it_stopped():
    def walk(split):
        weights = torch.tensor([1.5, 0.7], requires_grad=True)
        optimizer = build_optimizer(MultiplicativeAdamSettings(lr=0.1), [weights])
        for step in range(6):
            if step == split:
                state = optimizer.state_dict()
                optimizer = build_optimizer(MultiplicativeAdamSettings(lr=0.5), [weights])
                optimizer.load_state_dict(state)
            weights.grad = torch.tensor([0.3 * step - 0.7, 1.0])
            optimizer.step()
        return weights.detach()

    assert torch.equal(walk(3), walk(None))


def test_every_entry_of_the_table_is_tried():
    tried = {type(settings) for settings, _ in OPTIMIZER_CASES} | {MultiplicativeAdamSettings}
    assert tried == {entry.settings for entry in OPTIMIZERS.values()}


def test_what_is_not_torchs_own_is_left_alone():
    class Own(torch.optim.SGD):
        pass

    for kind in (Own, functools.partial(torch.optim.SGD, lr=0.1), lambda groups: None):
        assert uncompiled(kind) is kind
