"""Optimisers and schedules: ours against torch's own, built by hand."""

import pytest
import torch

from snnrun.optim import (
    OPTIMIZERS,
    SCHEDULERS,
    AdamSettings,
    CosineSettings,
    ExponentialSettings,
    MultiStepSettings,
    SGDSettings,
    StepSettings,
    build_optimizer,
    build_scheduler,
)

OPTIMIZER_CASES = [
    (
        AdamSettings(lr=0.03, betas=(0.7, 0.8), eps=1e-3, weight_decay=0.2),
        lambda p: torch.optim.Adam(p, lr=0.03, betas=(0.7, 0.8), eps=1e-3, weight_decay=0.2),
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


@pytest.mark.parametrize(("settings", "own"), OPTIMIZER_CASES, ids=["adam", "sgd"])
def test_optimizers_step_as_torch_does(settings, own):
    ours = descend(lambda parameters: build_optimizer(settings, parameters))
    assert torch.equal(ours, descend(own))
    assert not torch.equal(ours, descend(lambda p: build_optimizer(type(settings)(), p)))


@pytest.mark.parametrize(
    ("settings", "rates"),
    [
        (StepSettings(every=2, gamma=0.5), [8, 8, 4, 4, 2, 2]),
        (MultiStepSettings(at=(1, 4), gamma=0.5), [8, 4, 4, 4, 2, 2]),
        (ExponentialSettings(gamma=0.5), [8, 4, 2, 1, 0.5, 0.25]),
        (CosineSettings(epochs=4, minimum=2.0), [8, 7.121320, 5, 2.878680, 2]),
        (None, [8, 8, 8]),
    ],
)
def test_learning_rates(settings, rates):
    optimizer = build_optimizer(SGDSettings(lr=8.0), [torch.zeros(1, requires_grad=True)])
    scheduler = build_scheduler(settings, optimizer)
    seen = []
    for _ in rates:
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler:
            scheduler.step()
    assert seen == pytest.approx(rates, rel=1e-6)


def test_every_entry_of_the_tables_is_tried():
    tried = {type(settings) for settings, _ in OPTIMIZER_CASES}
    assert tried == {entry.settings for entry in OPTIMIZERS.values()}
    assert set(SCHEDULERS) == {"step", "multistep", "exponential", "cosine"}
