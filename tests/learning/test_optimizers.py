"""Optimisers: ours against torch's own, built by hand; steps that multiply."""

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
