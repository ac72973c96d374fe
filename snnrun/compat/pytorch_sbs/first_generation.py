"""Configs of 2022: one file; every layer is of the same class, with or without pooling weights.

The first published code is meant, unless the config names ``augmentation.use_on_off_filter``: that
belongs to the last code of the year only, whose step sizes depend on the offset in the kernel too.
"""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from snnrun.compat.arrays import read_array
from snnrun.compat.keys import Keys
from snnrun.compat.pytorch_sbs import common, datasets, shapes
from snnrun.compat.pytorch_sbs.common import IMAGES, NETWORK, RATE, RULE, STEP_SIZES
from snnrun.compat.pytorch_sbs.shapes import LAYERS, WINDOW
from snnrun.compat.pytorch_sbs.values import PerLayer, Section, Typed, above_0
from snnrun.compat.tables import Fixed, Ours, Pair, Plain, Row, Table, Theirs, words

_EPSILON = 1.1920928955078125e-07  # of single precision, added to pixels that are not split


class Pooling(PerLayer):
    """The list that tells how many layers there are, and of which kind."""

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the layers, at least one."""
        super().read(keys, ours)
        if not ours.get(self.ours):
            text = "must be a list of true and false, one for each layer"
            keys.problem(self.theirs, text)


@dataclass(frozen=True)
class Older(Row):
    """The name that the first code had for a key of the schedule; only read."""

    def read(self, keys: Keys, ours: Ours) -> None:
        """Take its value for that of the key; note where the rates of step sizes have another."""
        key, older, own = f"{self.theirs}_w", keys.get(self.theirs), f"{self.theirs}_eps_xy"
        if older is not None:
            keys.left.setdefault(key, older)
        value = keys.get(own)
        if value is not None and value != keys.left.get(key):
            keys.note(own, f"one schedule moves all rates here, by {key}")

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write nothing."""


def _all_divided(spikes: int, ours: Ours) -> str:
    text = f"0: all step sizes are divided by {ours.get(common.REDUCTION.ours):g}, as there"
    return f"{text}; -1 switches that off" if spikes == 0 else ""


def _rounded(share: float, ours: Ours) -> str:
    batches = ours.get("train.accumulate")
    return "" if batches == share else f"{share:g}: an update after {batches} batches"


def _cooldown(ours: Ours) -> int:
    return -1 if ours.get("facts.later") else 0


def _per_layer(theirs: str, at: str, default: bool) -> PerLayer:
    return PerLayer(theirs, LAYERS, at, default=default, exact=True)


_KIND = words({True: "sbs_pooling", False: "sbs"}, other=False)
_BATCHES = Pair(lambda share: max(1, math.ceil(share)), float)
_NOISE = Pair(lambda a: [1.0, 1.0 + a], lambda noise: noise[1] / noise[0] - 1 if noise[0] else 0.0)
POOLING = Pooling("is_pooling_layer", LAYERS, "kind", _KIND, turn=-1)
SPLIT = Typed("use_on_off_filter", "facts.split", True)
STEP = Typed("learning_step", "facts.step", 0)
_NETWORK: Table = (
    *shapes.rows(exact=True),
    POOLING,
    _per_layer(common.LEARNS, "trainable", True),
    _per_layer("eps_xy_trainable", "eps_xy.trainable", True),
    _per_layer("eps_xy_mean", "eps_xy.mean", False),
)
_RULE: Table = (
    *common.LOSS,
    replace(common.OPTIMIZER, pair=words({"Adam": "adam"}, other="Adam")),
    common.RATE_W,
    Typed("learning_rate_gamma_eps_xy", "model.eps_xy.lr", -1.0, RATE),
    common.THRESHOLD,
    Typed("learning_rate_threshold_eps_xy", "model.eps_xy.threshold", 1e-5),
    Older(common.FACTOR, turn=-1),
    Older(common.PATIENCE, turn=-1),
    *common.SCHEDULE,
    Fixed("train.scheduler.each", "update"),
    Typed("weight_noise_amplitude", "model.noise", 0.01, _NOISE),
    Typed(common.INITIAL, "model.eps_xy.initial", 0.1),
    Typed("alpha_number_of_iterations", "model.alpha_iterations", 0),
    Theirs(common.BATCHES, idle=True),
    *common.ACTIVITY,
    common.START,
)
TABLE: Table = (
    *common.fixed(2022),
    Fixed("learning.loss.name", "mse_kl"),
    datasets.MODE,
    datasets.PATH,
    common.BATCH,
    Typed("learning_step_max", "facts.updates", 10_000, remark=common.at_least_1),
    common.THREADS,
    Typed(common.SPIKES, "model.spikes", 0, above_0("must be a number above 0")),
    replace(common.COOLDOWN, default=_cooldown, remark=_all_divided, turn=1),
    common.REDUCTION,
    replace(common.EPS_0, ours="model.eps_0", pair=above_0(common.EPS_0_TEXT)),
    Typed("update_after_x_batch", "train.accumulate", 1.0, _BATCHES, remark=_rounded),
    common.WEIGHTS,
    STEP_SIZES,
    Section(NETWORK, _NETWORK),
    Section(RULE, _RULE),
    datasets.Augmentation(IMAGES, (*datasets.CHANGES, SPLIT)),
    common.STATISTICS,
    STEP,
    Theirs("results_path", idle=True),
)
FILES = {"config.json": TABLE}
_SAID = {
    "sbs": (*WINDOW, "neurons", "trainable", "eps_xy"),
    "sbs_pooling": (*WINDOW, "eps_xy"),
}


def settle(top: Keys, ours: Ours) -> None:
    """Make our layers, encoder, schedule and constants of what was read."""
    split, layers = ours.get("facts.split"), ours.get(LAYERS)
    grey = {"name": "pixels", "offset": _EPSILON}
    ours.put("encoder", {"name": "on_off", "dialect": 2022} if split else grey)
    ours.put("model.eps_xy.per", "position")
    if ours.get("facts.later"):
        ours.put("model.eps_xy.per", "offset")
        ours.put("model.alpha_floor", 1e-20)
    for number, layer in enumerate(layers):
        if layer["kind"] == "sbs_pooling" and layer["trainable"]:
            text = f"entry {number}: pooling has no weights to train here, which keeps its zeros"
            top.report.note((NETWORK, common.LEARNS), text)
    shapes.build(top, ours, dict(enumerate(layers)), _SAID, split)
    each = _updates_of_epoch(ours)
    ours.put("train.epochs", math.ceil(max(1, ours.get("facts.updates")) / each) if each else 1)
    common.settle_schedule(top, ours, None)


def prepare(ours: Ours) -> None:
    """Put what ours says where the table finds it."""
    for layer in ours.get(LAYERS):
        layer.setdefault("trainable", False)
        layer.setdefault("eps_xy", {"trainable": False, "mean": False})
    split = ours.get("encoder.name") == "on_off"
    if ours.get("model.eps_xy.per") == "offset" or not split:  # the last code of the year
        ours.put("facts.split", split)
    if ours.get("model.eps_xy.lr") is None:
        ours.put("model.eps_xy.lr", ours.get("train.optimizer.lr"))
    ours.put("facts.updates", ours.get("train.epochs") * _updates_of_epoch(ours))
    common.prepare_schedule(ours)


def _updates_of_epoch(ours: Ours) -> int:
    """Return how many updates an epoch has; 0 where there are no data."""
    samples, batch = ours.get("facts.samples", 0), ours.get("train.batch_size", 1)
    return common.updates_of_epoch(samples, batch, ours.get("train.accumulate"))


def is_later(folder: Path | None, plain: Plain) -> bool:
    """Tell whether a config, or step sizes beside it, are of the last code of the year."""
    images = plain.get(IMAGES)
    saved = sorted((folder / STEP_SIZES.of(plain)).glob("EpsXY_L*.npy")) if folder else []
    named = isinstance(images, dict) and SPLIT.theirs in images
    return named or (bool(saved) and read_array(saved[0]).ndim == 4)
