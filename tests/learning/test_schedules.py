"""Schedules: numbers by hand and against torch's own, and those that watch a number."""

import math

import pytest
import torch
from torch.optim import lr_scheduler

from snnrun.core.position import Horizon
from snnrun.errors import DataError, DivergedError
from snnrun.learning import functions
from snnrun.learning.optimizers import SGDSettings, build_optimizer
from snnrun.learning.schedules import (
    SCHEDULERS,
    CosineSettings,
    ExponentialSettings,
    FunctionSettings,
    LinearSettings,
    Moment,
    MultiStepSettings,
    OneCycleSettings,
    PlateauSettings,
    SbSLRSettings,
    StepSettings,
    WarmupSettings,
    WaveSettings,
)
from snnrun.training.scheduling import Schedules

HORIZON = Horizon(epochs=6, batches=7, updates=4)


def optimizer_of(*rates):
    """An optimiser with a group of parameters for each learning rate."""
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in rates]
    return build_optimizer(SGDSettings(), groups)


def value(settings, epoch, update=0, initial=8.0):
    return settings.value(initial, Moment(epoch, update, HORIZON))


# ---- functions of the moment ----


@pytest.mark.parametrize(
    ("settings", "rates"),
    [
        (StepSettings(every=2, gamma=0.5), [8, 8, 4, 4, 2, 2]),
        (MultiStepSettings(at=(1, 4), gamma=0.5), [8, 4, 4, 4, 2, 2]),
        (MultiStepSettings(at=(2, 2), gamma=0.5), [8, 8, 2, 2]),
        (ExponentialSettings(gamma=0.5), [8, 4, 2, 1, 0.5, 0.25]),
        (StepSettings(every=2, gamma=0.5, cycle=5), [8, 8, 4, 4, 2, 8, 8, 4, 4, 2, 8]),
        (ExponentialSettings(gamma=0.5, cycle=3), [8, 4, 2, 8, 4, 2, 8]),
        (LinearSettings(factor=2.0), [8, 9 + 1 / 3, 10 + 2 / 3, 12, 13 + 1 / 3]),
        (LinearSettings(factor=0.0, epochs=4), [8, 6, 4, 2, 0, 0]),
        (LinearSettings(factor=3.0, cycle=4), [8, 12, 16, 20, 8, 12, 16, 20, 8]),
        (LinearSettings(factor=3.0, epochs=2, cycle=4), [8, 16, 24, 32, 8]),
        (WaveSettings(factor=3.0, cycle=4), [8, 16, 24, 16, 8, 16, 24, 16, 8]),
        (WaveSettings(factor=3.0), [8, 12, 20, 24, 20, 12, 8]),
        (CosineSettings(epochs=4, minimum=2.0), [8, 7.121320, 5, 2.878680, 2, 2.878680, 5]),
        (CosineSettings(minimum=2.0), [8, 7.598076, 6.5, 5, 3.5, 2.401924, 2]),
        (OneCycleSettings(up=0.5, start=0.25, end=0.125), [2, 3.5, 6.5, 8, 6.25, 2.75, 1, 1]),
        (WarmupSettings(epochs=4, start=0.5), [4, 5, 6, 7, 8, 8]),
        (WarmupSettings(epochs=2, then=StepSettings(every=3, gamma=0.5)), [0, 4, 8, 4, 4, 4, 2]),
    ],
)
def test_rates_of_epochs_by_hand(settings, rates):
    optimizer = optimizer_of(8.0)
    schedules = Schedules([settings], optimizer, {}, HORIZON)
    seen = []
    for epoch in range(len(rates)):
        schedules.apply(epoch)
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedules.after("epoch", {})
    assert seen == pytest.approx(rates, rel=1e-6, abs=1e-12)
    assert schedules.state() == {}


@pytest.mark.parametrize(
    "settings",
    [CosineSettings(epochs=7, minimum=0.3), ExponentialSettings(gamma=0.93),
     StepSettings(every=2, gamma=0.7, cycle=9)],
)  # fmt: skip
def test_a_rate_is_the_same_to_the_bit_in_whatever_order_it_is_asked_for(settings):
    upward = [value(settings, epoch) for epoch in range(40)]
    asked = [39, 3, 3, 0, 17, 18, 5, 39]
    assert [value(settings, epoch) for epoch in asked] == [upward[epoch] for epoch in asked]
    assert value(settings, 3, initial=1.0) != upward[3]


def test_a_long_training_walks_each_step_of_a_rate_once():
    """It began at the first epoch at each: half of the time of 3,000 epochs."""
    seen = []
    walk = functions._Walk(1.0, lambda t, before: seen.append(t) or before / 2)
    assert [walk.at(t) for t in (0, 1, 1, 2, 3, 4)] == [1, 0.5, 0.5, 0.25, 0.125, 0.0625]
    assert seen == [1, 2, 3, 4]


def test_every_group_of_parameters_has_its_own_rate():
    optimizer = optimizer_of(8.0, 2.0)
    schedules = Schedules([CosineSettings(epochs=4, minimum=1.0)], optimizer, {}, HORIZON)
    for epoch, rates in ((2, [4.5, 1.5]), (4, [1.0, 1.0]), (0, [8.0, 2.0])):
        schedules.apply(epoch)
        assert [group["lr"] for group in optimizer.param_groups] == pytest.approx(rates)


def test_without_a_schedule_the_rate_stays():
    optimizer = optimizer_of(8.0)
    schedules = Schedules([], optimizer, {}, HORIZON)
    for epoch in range(3):
        schedules.apply(epoch)
        schedules.after("epoch", {})
    assert optimizer.param_groups[0]["lr"] == 8.0


TORCH = {
    "step": (StepSettings(every=3, gamma=0.3), lambda o: lr_scheduler.StepLR(o, 3, 0.3)),
    "multistep": (
        MultiStepSettings(at=(2, 7, 7, 7, 11), gamma=0.37),
        lambda o: lr_scheduler.MultiStepLR(o, [2, 7, 7, 7, 11], 0.37),
    ),
    "exponential": (
        ExponentialSettings(gamma=0.97),
        lambda o: lr_scheduler.ExponentialLR(o, 0.97),
    ),
    "cosine": (
        CosineSettings(epochs=7, minimum=1e-5),
        lambda o: lr_scheduler.CosineAnnealingLR(o, 7, 1e-5),
    ),
}


@pytest.mark.parametrize("name", TORCH)
def test_rates_are_to_the_bit_those_that_torch_reaches_step_by_step(name):
    """Runs of earlier versions went on so, and go on so; over several periods of a cosine."""
    settings, build = TORCH[name]
    optimizer = optimizer_of(0.0123)
    scheduler, theirs = build(optimizer), []
    for _ in range(25):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert [value(settings, epoch, initial=0.0123) for epoch in range(25)] == theirs


def test_one_cycle_is_that_of_torch():
    """Which counts both ends among its steps: 25 for 24 updates, and one more for the rise."""
    ours = [value(OneCycleSettings(up=0.4), each // 4, each % 4) for each in range(25)]
    optimizer = optimizer_of(1.0)
    scheduler = lr_scheduler.OneCycleLR(
        optimizer, 8.0, total_steps=25, pct_start=(0.4 * 24 + 1) / 25, cycle_momentum=False
    )
    theirs = []
    for _ in range(25):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(theirs) < 25:
            scheduler.step()
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("settings", [OneCycleSettings(), WarmupSettings(epochs=1.5),
                                      CosineSettings(each="update", minimum=1.0),
                                      LinearSettings(each="update", factor=0.1),
                                      WaveSettings(each="update", factor=2.0)])  # fmt: skip
def test_some_change_from_update_to_update(settings):
    optimizer = optimizer_of(8.0)
    schedules = Schedules([settings], optimizer, {}, HORIZON)
    assert schedules.count_updates
    assert not schedules.watch_updates
    seen = []
    for epoch in range(2):
        for update in range(4):
            schedules.apply(epoch, update)
            seen.append(optimizer.param_groups[0]["lr"])
    assert seen == [value(settings, n // 4, n % 4) for n in range(8)]
    assert len(set(seen[:6])) == 6


def test_warmup_and_cosine_of_updates_by_hand():
    rise = [value(WarmupSettings(epochs=1.5, start=0.25), n // 4, n % 4) for n in range(7)]
    assert rise == pytest.approx([2, 3, 4, 5, 6, 7, 8])
    fall = [value(CosineSettings(each="update", minimum=2.0), n // 4, n % 4) for n in (0, 6, 12)]
    assert fall == pytest.approx([8, 2 + 3 * (1 + math.cos(math.pi / 4)), 5])


#: Sharpness in snetx 0.2.0: its EvolvedAlpha, and its warm-ups in cycles of T epochs.
WARM_UPS = {
    "evolved": (LinearSettings(factor=1 + 0.5, epochs=20), lambda t: 2 * (1 + 0.5 * t / 20)),
    "step": (StepSettings(every=2, gamma=1.5, cycle=7, target="s"), lambda t: 2 * 1.5 ** (t // 2)),
    "exponential": (ExponentialSettings(gamma=1.2, cycle=7, target="s"), lambda t: 2 * 1.2**t),
    "polynomial": (LinearSettings(factor=5 / 2, cycle=7), lambda t: 2 + (5 - 2) * t / 7),
    "cosine": (
        WaveSettings(factor=5 / 2, cycle=7),
        lambda t: 2 + (5 - 2) * (1 - math.cos(2 * math.pi * t / 7)) / 2,
    ),
}


@pytest.mark.parametrize("name", WARM_UPS)
def test_schedules_of_sharpness_are_those_of_snetx_in_cycles_of_equal_length(name):
    settings, formula = WARM_UPS[name]
    assert [value(settings, epoch, initial=2.0) for epoch in range(30)] == pytest.approx(
        [formula(epoch if name == "evolved" else epoch % 7) for epoch in range(30)]
    )


@pytest.mark.parametrize("kind", [StepSettings, MultiStepSettings, ExponentialSettings])
def test_a_factor_above_1_is_for_other_numbers_than_the_learning_rate(kind):
    more = {StepSettings: {"every": 1}, MultiStepSettings: {"at": (1,)}}.get(kind, {})
    assert value(kind(gamma=2.0, target="sharpness", **more), 1) == 16
    with pytest.raises(ValueError, match="must be 1 or less, got 2"):
        kind(gamma=2.0, **more)


def test_most_change_with_the_epoch_only():
    optimizer = optimizer_of(8.0)
    schedules = Schedules([ExponentialSettings(gamma=0.5)], optimizer, {}, HORIZON)
    assert not schedules.count_updates
    schedules.apply(1)
    assert optimizer.param_groups[0]["lr"] == 4.0
    optimizer.param_groups[0]["lr"] = (
        0.0  # whoever goes on within an epoch finds what it began with
    )
    schedules.apply(1, 3)
    assert optimizer.param_groups[0]["lr"] == 4.0


def test_what_single_precision_does_not_hold_ends_the_run():
    """Torch raised what it says of such a learning rate."""
    other = {"sharpness": (1e30, lambda _: None)}
    for schedules, target in (
        (Schedules([WaveSettings(factor=1e30, cycle=2)], optimizer_of(1e30), {}, HORIZON), "lr"),
        (
            Schedules(
                [WaveSettings(target="sharpness", factor=1e30, cycle=2)], None, other, HORIZON
            ),
            "sharpness",
        ),
    ):
        schedules.apply(0)
        with pytest.raises(DivergedError, match=rf"^its schedule brings {target} to 1e\+60$"):
            schedules.apply(1)


def test_other_numbers_are_targets_too():
    seen, optimizer = [], optimizer_of(8.0)
    settings = [
        ExponentialSettings(target="sharpness", gamma=0.5),
        StepSettings(every=1, gamma=0.1),
    ]
    schedules = Schedules(settings, optimizer, {"sharpness": (3.0, seen.append)}, HORIZON)
    for epoch in range(3):
        schedules.apply(epoch)
    assert seen == [3.0, 1.5, 0.75]
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.08)


# ---- those that watch a number ----


LOSSES = [4.0, 5.0, 3.0, 2.5, 2.6, 2.7, 2.8, 2.9, 3.0, 1.0, 0.5, 0.4]


def rates(settings, each="epoch"):
    """The learning rate of two groups, after each loss."""
    optimizer = optimizer_of(8.0, 2.0)
    schedules, seen = Schedules([settings], optimizer, {}, HORIZON), []
    for epoch, loss in enumerate(LOSSES):
        schedules.apply(epoch)
        optimizer.step()
        schedules.after(each, {"train": {"loss": loss, "accuracy": 1 - loss / 10}})
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


def test_what_watches_changes_the_rate_only():
    with pytest.raises(ValueError, match="must be lr for a schedule that watches, got sharpness"):
        PlateauSettings(target="sharpness")


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


WATCHING = {
    "plateau": PlateauSettings(gamma=0.5, patience=1),
    "sbs_lr": SbSLRSettings(gamma=0.5, patience=1, tau=3.0),
}


def interrupted(settings, optimizer, at):
    """Schedules that stopped after some losses, and went on in another process."""
    schedules = Schedules([settings], optimizer, {}, HORIZON)
    for number, loss in enumerate(LOSSES):
        if number == at:
            state, schedules = schedules.state(), Schedules([settings], optimizer, {}, HORIZON)
            schedules.load(state)
        schedules.after("epoch", {"train": {"loss": loss}})


@pytest.mark.parametrize("name", WATCHING)
@pytest.mark.parametrize("at", [0, 1, 5, 11])
def test_schedules_that_watch_go_on_where_they_stopped(name, at):
    optimizer = optimizer_of(8.0)
    interrupted(WATCHING[name], optimizer, at)
    assert optimizer.param_groups[0]["lr"] == rates(WATCHING[name])[-1, 0]


def remembered(name):
    """What a schedule remembers after a few losses, and a fresh one of its kind."""
    one, other = (Schedules([WATCHING[name]], optimizer_of(8.0), {}, HORIZON) for _ in range(2))
    for loss in LOSSES[:3]:
        one.after("epoch", {"train": {"loss": loss}})
    return one.state(), other


BAD = {"text": "abc", "nan": math.nan, "list": [1], "minus one": -1, "half": 0.5, "nothing": None}
COUNTS = {"num_bad_epochs", "cooldown_counter", "last_epoch", "number"}
#: What may be any number, and what may be nothing yet.
LATER = {"filtered", "largest", "lowest"}
NUMBERS = {"best", "memory", *LATER}
FINE = {"minus one": NUMBERS, "half": NUMBERS, "nothing": LATER}


@pytest.mark.parametrize("name", WATCHING)
@pytest.mark.parametrize("bad", BAD)
def test_a_memory_of_another_kind_is_refused_by_name(name, bad):
    """A text came as far as torch, where it was a TypeError in the next epoch."""
    state, fresh = remembered(name)
    assert state["lr"].keys() <= COUNTS | NUMBERS
    for key in state["lr"].keys() - FINE.get(bad, set()):
        damaged = {"lr": {**state["lr"], key: BAD[bad]}}
        with pytest.raises(DataError, match=f"schedule of lr: {key} is not what it should be"):
            fresh.load(damaged)
    fresh.load(state)


@pytest.mark.parametrize("name", WATCHING)
def test_a_memory_that_lacks_or_adds_something_is_refused(name):
    state, fresh = remembered(name)
    with pytest.raises(DataError, match="schedule of lr: patience is not what it should be"):
        fresh.load({"lr": {**state["lr"], "patience": 3}})
    del state["lr"]["best"]
    with pytest.raises(DataError, match="schedule of lr: best is not what it should be"):
        fresh.load(state)
    with pytest.raises(DataError, match=r"schedules of \[\]; expected \['lr'\]"):
        fresh.load({})


def test_every_entry_of_the_table_is_tried():
    functions = {"step", "multistep", "exponential", "linear", "wave", "cosine", "one_cycle"}
    functions.add("warmup")
    assert set(SCHEDULERS) == functions | WATCHING.keys()
    for name in functions:
        assert issubclass(SCHEDULERS[name].settings, FunctionSettings)
    assert TORCH.keys() <= functions
