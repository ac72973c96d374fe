"""Schedules of the learning rate: rates by hand, and those that watch a number."""

import pytest
import torch

from snnrun.learning.optimizers import SGDSettings, build_optimizer
from snnrun.learning.schedules import (
    SCHEDULERS,
    CosineSettings,
    ExponentialSettings,
    MultiStepSettings,
    PlateauSettings,
    SbSLRSettings,
    StepSettings,
    build_scheduler,
)


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
    schedule = build_scheduler(settings, optimizer)
    seen = []
    for _ in rates:
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if schedule:
            schedule.after("epoch", {})
    assert seen == pytest.approx(rates, rel=1e-6)


LOSSES = [4.0, 5.0, 3.0, 2.5, 2.6, 2.7, 2.8, 2.9, 3.0, 1.0, 0.5, 0.4]


def rates(settings, each="epoch"):
    """The learning rate of two groups, after each loss."""
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in (8.0, 2.0)]
    optimizer = build_optimizer(SGDSettings(), groups)
    schedule, seen = build_scheduler(settings, optimizer), []
    for loss in LOSSES:
        optimizer.step()
        schedule.after(each, {"train": {"loss": loss, "accuracy": 1 - loss / 10}})
        seen.append([group["lr"] for group in optimizer.param_groups])
    return torch.tensor(seen)


@pytest.mark.parametrize("watches", ["train loss", "train error"])
def test_a_plateau_lowers_the_rate(watches):
    """2.5 at number 3 is the best; 2.6, 2.7, 2.8 are one too many, then 2.9, 3.0 are forgiven."""
    settings = PlateauSettings(gamma=0.5, patience=2, watches=watches)
    assert rates(settings)[:, 0].tolist() == [8.0] * 6 + [4.0] * 6
    assert torch.equal(rates(settings)[:, 1] * 4, rates(settings)[:, 0])


def test_a_plateau_ends_at_the_lowest_rate():
    settings = PlateauSettings(gamma=0.1, patience=0, minimum=3.0)
    assert rates(settings)[-1, 0] == 3.0


def test_a_plateau_of_updates_hears_nothing_of_epochs():
    settings = PlateauSettings(gamma=0.5, patience=2, each="update")
    assert rates(settings)[-1, 0] == 8.0
    assert rates(settings, "update")[-1, 0] == 4.0


def test_updates_have_no_validation_loss():
    with pytest.raises(ValueError, match="must be train loss or train error where each is update"):
        PlateauSettings(each="update", watches="validation loss")


def falling(losses, factor, patience, tau):
    """The rates of the schedule that follows the loss, from its description."""
    rate, best, waited, found = 8.0, float("inf"), 0, []
    seen, lowest, filtered = [], None, 1.0
    for loss in losses:
        if filtered < best * (1 - 1e-4):
            best, waited = filtered, 0
        else:
            waited += 1
        if waited > patience:
            rate, waited, seen, lowest = rate * factor, 0, [], None
        seen.append((loss, max([loss, *(each for each, _ in seen)])))
        memory = sum(
            value / top / tau * (1 - 1 / tau) ** age for age, (value, top) in enumerate(seen[::-1])
        )
        filtered = memory / (1 - (1 - 1 / tau) ** len(seen))
        rate *= 1 if lowest is None else min(1, filtered / lowest)
        lowest = filtered if lowest is None else min(lowest, filtered)
        found.append(rate)
    return torch.tensor(found)


@pytest.mark.parametrize("patience", [1, 2, 99])
def test_a_rate_that_falls_with_the_loss(patience):
    ours = rates(SbSLRSettings(gamma=0.5, patience=patience, tau=3.0))
    torch.testing.assert_close(ours[:, 0], falling(LOSSES, 0.5, patience, 3.0))
    torch.testing.assert_close(ours[:, 1] * 4, ours[:, 0])
    assert ours[-1, 0] < (4 if patience < 99 else 8)


def test_schedules_that_watch_go_on_where_they_stopped():
    settings = SbSLRSettings(gamma=0.5, patience=1, tau=3.0)
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = build_optimizer(SGDSettings(lr=8.0), [parameter])
    schedule = build_scheduler(settings, optimizer)
    for step, loss in enumerate(LOSSES):
        if step == 5:
            state = schedule.state_dict()
            schedule = build_scheduler(settings, optimizer)
            schedule.load_state_dict(state)
        schedule.after("epoch", {"train": {"loss": loss}})
    assert optimizer.param_groups[0]["lr"] == rates(settings)[-1, 0]


def test_every_entry_of_the_table_is_tried():
    tried = {"step", "multistep", "exponential", "cosine", "plateau", "sbs_lr"}
    assert set(SCHEDULERS) == tried
