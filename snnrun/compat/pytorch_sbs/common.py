"""What configs of both generations say alike."""

import math
from dataclasses import dataclass

from snnrun.compat.keys import Keys
from snnrun.compat.pytorch_sbs.values import Section, Typed, above_0
from snnrun.compat.tables import Fixed, Ours, Pair, Plain, Table, Theirs, words

NETWORK, RULE, IMAGES = "network_structure", "learning_parameters", "augmentation"
#: Keys that stand for something else, or in another place, in the two generations.
SPIKES, LEARNS = "number_of_spikes", "w_trainable"
INITIAL, BATCHES = "eps_xy_intitial", "number_of_batches_for_one_update"
FACTOR, PATIENCE = "lr_scheduler_factor", "lr_scheduler_patience"


@dataclass(frozen=True)
class Folder(Theirs):
    """Where files lie, from the folder of the config; ``default`` where it says nothing."""

    default: str = ""

    def of(self, plain: Plain) -> str:
        """Return the folder that a map of theirs names."""
        return str(plain.get(self.theirs, self.default))


WEIGHTS = Folder("weight_path", "./Weights/", default="Weights")
STEP_SIZES = Folder("eps_xy_path", "./EpsXY/", default="EpsXY")
START = Folder("overload_path", default="Previous")

_COUNT = Pair(lambda count: count if count > 0 else None)
_SPIKE = Pair(lambda spike: spike if spike >= 0 else None)
_COOLDOWN = "cooldown_after_number_of_spikes"
BATCH = Typed("batch_size", "train.batch_size", 500, above_0())
THREADS = Typed("number_of_cpu_processes", "train.threads", -1, _COUNT, off=-1)
COOLDOWN = Typed(_COOLDOWN, "model.eps_t.cooldown_after", -1, _SPIKE, off=-1)
REDUCTION = Typed("reduction_cooldown", "model.eps_t.reduction", 25.0)
EPS_0 = Typed("epsilon_0", "facts.eps_0", 1.0)
EPS_0_TEXT = "must be above 0 for layers with spikes, got {:g}"
STATISTICS = Section("image_statistics", (Theirs("mean"), Theirs("the_size")))

#: Of torch's Adam is what a rate that is not positive stands for.
RATE = Pair(lambda rate: rate if rate > 0 else 1e-3)
OPTIMIZER = Typed("optimizer_name", "train.optimizer.name", "Adam")
RATE_W = Typed("learning_rate_gamma_w", "train.optimizer.lr", -1.0, RATE)
THRESHOLD = Typed("learning_rate_threshold_w", "learning.threshold", 1e-5)
LOSS: Table = (
    Typed("loss_coeffs_mse", "learning.loss.mse", 0.5),
    Typed("loss_coeffs_kldiv", "learning.loss.kl", 1.0),
)
_TOLD = "false: `snnrun inference` only tests; `snnrun train` trains"
ACTIVITY: Table = (
    Typed("learning_active", "facts.active", True, remark=lambda on, ours: "" if on else _TOLD),
    Theirs("test_every_x_learning_steps", idle=True),
    Theirs("test_during_learning", idle=True),
)


def fixed(dialect: int) -> Table:
    """Return what is always so in the code of a year."""
    names = {"model.name": "sbs", "learning.name": "sbs", "train.eval_batch_size": 200}
    dialects = {"model.dialect": dialect, "learning.dialect": dialect}
    return tuple(Fixed(path, value) for path, value in (names | dialects).items())


def at_least_1(count: int, ours: Ours) -> str:
    """Return what is said of a training that has no epoch, which has one here."""
    return "" if count >= 1 else f"{count}: one epoch here"


def updates_of_epoch(samples: int, batch: int, accumulate: int) -> int:
    """Return how often the weights are updated in an epoch here; the last update may be smaller.

    Example:
        >>> updates_of_epoch(samples=10, batch=4, accumulate=2)
        2
    """
    return math.ceil(math.ceil(samples / batch) / accumulate)


# ---- the schedule of the learning rate ----

_PART = "train.scheduler"
_KINDS = {"ReduceLROnPlateau": "plateau", "SbSLRScheduler": "sbs_lr", "None": None}
_KIND = words(_KINDS, lambda known, word: f"must be one of {', '.join(known)}, got {word!r}")
_WATCHES = Pair(lambda error: f"train {'error' if error else 'loss'}", lambda w: "error" in w)
SCHEDULE: Table = (
    Typed("lr_schedule_name", f"{_PART}.name", "ReduceLROnPlateau", _KIND, off="None"),
    Typed(f"{FACTOR}_w", f"{_PART}.gamma", 0.75),
    Typed(f"{PATIENCE}_w", f"{_PART}.patience", -1),
    Typed("lr_scheduler_use_performance", f"{_PART}.watches", False, _WATCHES),
    Typed("lr_scheduler_tau_w", f"{_PART}.tau", 10.0),
)


def settle_schedule(top: Keys, ours: Ours, idle: Plain | None) -> None:
    """Put the schedule, or none.

    Args:
        top: the whole config.
        ours: what was read of it.
        idle: what holds where the patience is not positive; None: a constant rate.
    """
    found = ours.get(_PART)
    if found.get("name") is None or (found["patience"] <= 0 and idle is None):
        return ours.put(_PART, None)
    if found["patience"] <= 0:
        text = f"{found['patience']} stands for torch's defaults there: factor 0.1, patience 10"
        top.report.note((RULE, f"{PATIENCE}_w"), text)
        found |= idle or {}
    if found["name"] != "sbs_lr":
        del found["tau"]


def prepare_schedule(ours: Ours) -> None:
    """Leave out a schedule that they do not know; one that forgives nothing is none there."""
    found = ours.get(_PART) or {}
    if found.get("name") not in _KINDS.values():
        ours.put(_PART, None)
    elif found.get("patience") == 0:
        ours.put(_PART, {"each": found["each"]})
