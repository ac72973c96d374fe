"""What both generations say alike under ``learning_parameters``."""

import math
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.pytorch_sbs.values import flag, number, whole, word

Plain = dict[str, Any]
_RATE = 1e-3  # of torch's Adam, which a rate that is not positive stands for


def rate(keys: Keys, key: str) -> float:
    """Return a learning rate."""
    value = number(keys, key, -1.0)
    return value if value > 0 else _RATE


def mse_kl(keys: Keys) -> Plain:
    """Return the loss of both."""
    return {
        "name": "mse_kl",
        "mse": number(keys, "loss_coeffs_mse", 0.5),
        "kl": number(keys, "loss_coeffs_kldiv", 1.0),
    }


def scheduler(keys: Keys, each: str, idle_patience: Plain | None) -> Plain | None:
    """Return the schedule of the learning rate.

    Args:
        keys: ``learning_parameters``.
        each: epoch or update.
        idle_patience: what holds where the patience is not positive; None: a constant rate.
    """
    name = word(keys, "lr_schedule_name", "ReduceLROnPlateau")
    gamma = number(keys, "lr_scheduler_factor_w", 0.75)
    patience = whole(keys, "lr_scheduler_patience_w", -1)
    tau = number(keys, "lr_scheduler_tau_w", 10)
    error = flag(keys, "lr_scheduler_use_performance", False)
    ours = {"ReduceLROnPlateau": "plateau", "SbSLRScheduler": "sbs_lr", "None": None}
    if name not in ours:
        keys.problem("lr_schedule_name", f"must be one of {', '.join(ours)}, got {name!r}")
    kind = ours.get(name)
    if kind is None or (patience <= 0 and idle_patience is None):
        return None
    plain = {"gamma": gamma, "patience": patience} if patience > 0 else dict(idle_patience or {})
    if patience <= 0:
        text = f"{patience} stands for torch's defaults there: factor 0.1, patience 10"
        keys.note("lr_scheduler_patience_w", text)
    watches = "train error" if error else "train loss"
    found = {"name": kind, **plain, "watches": watches, "each": each}
    return found | ({"tau": tau} if kind == "sbs_lr" else {})


def at_least_1(keys: Keys, key: str, default: int) -> int:
    """Return how long training lasts, in epochs or updates; there is one epoch at least."""
    value = whole(keys, key, default)
    if value < 1:
        keys.note(key, f"{value}: one epoch here")
    return max(1, value)


def activity(keys: Keys) -> None:
    """Say that training is asked for by the command here."""
    if not flag(keys, "learning_active", True):
        keys.note("learning_active", "false: `snnrun inference` only tests; `snnrun train` trains")
    keys.drop("test_every_x_learning_steps", "test_during_learning")


def threads(top: Keys) -> Plain:
    """Return ``threads``, which results do not depend on here."""
    processes = whole(top, "number_of_cpu_processes", -1)
    return {"threads": processes} if processes > 0 else {}


def updates_of_epoch(samples: int, batch: int, accumulate: int) -> int:
    """Return how often the weights are updated in an epoch here; the last update may be smaller.

    Example:
        >>> updates_of_epoch(samples=10, batch=4, accumulate=2)
        2
    """
    return math.ceil(math.ceil(samples / batch) / accumulate)
