"""Configs of 2022: one file; every layer is of the same class, with or without pooling weights.

The first published code is meant, unless the config names ``augmentation.use_on_off_filter``: that
belongs to the last code of the year only, whose step sizes depend on the offset in the kernel too.
"""

import math
from pathlib import Path
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.pytorch_sbs import datasets, learning
from snnrun.compat.pytorch_sbs.datasets import Source
from snnrun.compat.pytorch_sbs.layers import (
    Shape,
    check_channels,
    check_output,
    check_pooling,
    neurons_of,
    shapes,
)
from snnrun.compat.pytorch_sbs.values import (
    above_0,
    each_layer,
    flag,
    known,
    number,
    section,
    whole,
    word,
)
from snnrun.data.sets.pattern_storage import open_array

Plain = dict[str, Any]
_LISTS = (
    "forward_neuron_numbers", "forward_kernel_size", "strides", "dilation", "padding",
    "w_trainable", "eps_xy_trainable", "eps_xy_mean",
)  # fmt: skip
_EPSILON = 1.1920928955078125e-07  # of single precision, added to pixels that are not split
_LATER = "use_on_off_filter"


def translate(top: Keys, source: Source | None, later: bool) -> Plain:
    """Return our config as a plain map; what is wrong goes to the report of ``top``.

    Args:
        top: the config.
        source: its data set, if there is one.
        later: whether it lies beside step sizes of the last code of 2022.
    """
    network, rule = section(top, "network_structure"), section(top, "learning_parameters")
    image = section(top, "augmentation")
    later = later or _LATER in image
    split = flag(image, _LATER, True)
    channels = source.channels * (2 if split else 1) if source else None
    batch, accumulate = _batches(top, rule)
    config = {
        "data": source.data if source else {},
        "encoder": _encoder(split),
        "model": {
            "name": "sbs",
            "dialect": 2022,
            "layers": _layers(network, channels),
            **_inference(top, rule, later),
        },
        "learning": {
            "name": "sbs",
            "dialect": 2022,
            "loss": learning.mse_kl(rule),
            "threshold": number(rule, "learning_rate_threshold_w", 1e-5),
        },
        "train": {
            "epochs": _epochs(top, batch, accumulate, source),
            "batch_size": batch,
            "accumulate": accumulate,
            "eval_batch_size": 200,
            "augment": datasets.augmentations(image, bool(source and source.mode.coloured)),
            "optimizer": _optimizer(rule),
            "scheduler": _scheduler(rule),
            **learning.threads(top),
        },
    }
    _idle(top, rule)
    for keys in (network, rule):
        keys.close()
    return config


def _encoder(split: bool) -> Plain:
    return {"name": "on_off", "dialect": 2022} if split else {"name": "pixels", "offset": _EPSILON}


def _layers(keys: Keys, channels: int | None) -> list[Plain]:
    """Return the layers; every list must say something of each."""
    listed = keys.left.get("is_pooling_layer")
    count = len(listed) if isinstance(listed, list) else 0
    if not count:
        keys.problem("is_pooling_layer", "must be a list of true and false, one for each layer")
    for key in _LISTS:
        given = keys.left.get(key)
        if isinstance(given, list) and len(given) != count:
            keys.problem(key, f"has {len(given)} entries for {count} layers")
    pooling = each_layer(keys, "is_pooling_layer", count, False, bool)
    trainable = each_layer(keys, "w_trainable", count, True, bool)
    learns = each_layer(keys, "eps_xy_trainable", count, True, bool)
    mean = each_layer(keys, "eps_xy_mean", count, False, bool)
    used = shapes(keys, count)
    check_output(keys, check_channels(keys, used, channels))
    columns = zip(used, pooling, trainable, learns, mean, strict=True)
    return [
        _layer(keys, shape, pooled, weights, {"trainable": steps, "mean": average})
        for shape, pooled, weights, steps, average in columns
    ]


def _layer(keys: Keys, shape: Shape, pooled: bool, learns: bool, eps_xy: Plain) -> Plain:
    if not pooled:
        neurons = neurons_of(keys, shape)
        own = {"name": "sbs", "neurons": neurons, "trainable": learns}
        return {**own, **shape.window, "eps_xy": eps_xy}
    if learns:
        text = f"entry {shape.number}: pooling has no weights to train here, which keeps its zeros"
        keys.note("w_trainable", text)
    check_pooling(keys, shape)
    return {"name": "sbs_pooling", **shape.window, "eps_xy": eps_xy}


def _inference(top: Keys, rule: Keys, later: bool) -> Plain:
    """Return the constants of inference."""
    cooldown = whole(top, "cooldown_after_number_of_spikes", -1 if later else 0)
    reduction = number(top, "reduction_cooldown", 25.0)
    if cooldown == 0:
        text = f"0: all step sizes are divided by {reduction:g}, as there; -1 switches that off"
        top.note("cooldown_after_number_of_spikes", text)
    spikes = whole(top, "number_of_spikes", 0)
    if spikes < 1:
        top.problem("number_of_spikes", "must be a number above 0")
    amplitude = number(rule, "weight_noise_amplitude", 0.01)
    eps_xy = {
        "per": "offset" if later else "position",
        "initial": number(rule, "eps_xy_intitial", 0.1),
        "threshold": number(rule, "learning_rate_threshold_eps_xy", 1e-5),
        "lr": learning.rate(rule, "learning_rate_gamma_eps_xy"),
    }
    return {
        "spikes": spikes,
        "eps_0": _eps_0(top),
        "eps_t": {"cooldown_after": cooldown if cooldown >= 0 else None, "reduction": reduction},
        "eps_xy": eps_xy,
        "alpha_iterations": whole(rule, "alpha_number_of_iterations", 0),
        **({"alpha_floor": 1e-20} if later else {}),
        "noise": [1.0, 1.0 + amplitude],
    }


def _eps_0(top: Keys) -> float:
    value = number(top, "epsilon_0", 1.0)
    if value <= 0:
        top.problem("epsilon_0", f"must be above 0 for layers with spikes, got {value:g}")
    return value


def _batches(top: Keys, rule: Keys) -> tuple[int, int]:
    """Return the size of a batch, and how many make an update: as many as reach the number."""
    rule.drop("number_of_batches_for_one_update")
    share = number(top, "update_after_x_batch", 1.0)
    whole_batches = max(1, math.ceil(share))
    if whole_batches != share:
        top.note("update_after_x_batch", f"{share:g}: an update after {whole_batches} batches")
    return above_0(top, "batch_size", 500), whole_batches


def _epochs(top: Keys, batch: int, accumulate: int, source: Source | None) -> int:
    """Return the epochs that hold all updates."""
    updates = learning.at_least_1(top, "learning_step_max", 10_000)
    whole(top, "learning_step", 0)
    if source is None:
        return 1
    each = learning.updates_of_epoch(source.samples, batch, accumulate)
    return max(1, math.ceil(updates / each))


def _optimizer(keys: Keys) -> Plain:
    name = word(keys, "optimizer_name", "Adam")
    if name != "Adam":
        keys.problem("optimizer_name", f"must be Adam, got {name!r}")
    return {"name": "adam", "lr": learning.rate(keys, "learning_rate_gamma_w")}


def _scheduler(keys: Keys) -> Plain | None:
    """Return the schedule, which looks at every update; the first code left ``_w`` out."""
    for key in ("lr_scheduler_factor", "lr_scheduler_patience"):
        older = keys.get(key)
        if older is not None:
            keys.left.setdefault(f"{key}_w", older)
        own = keys.get(f"{key}_eps_xy")
        if own is not None and own != keys.left.get(f"{key}_w"):
            keys.note(f"{key}_eps_xy", f"one schedule moves all rates here, by {key}_w")
    return learning.scheduler(keys, "update", None)


def _idle(top: Keys, rule: Keys) -> None:
    """Pass over what says where files lie, and what has no meaning here."""
    learning.activity(rule)
    top.ignore("weight_path", "eps_xy_path")
    known(top, "image_statistics", "mean", "the_size")
    rule.ignore("overload_path")
    top.drop("results_path")


def steps_by_offset(folder: Path, plain: Plain) -> bool:
    """Tell whether the step sizes saved in a folder depend on the offset in the kernel as well."""
    saved = sorted((folder / str(plain.get("eps_xy_path", "EpsXY"))).glob("EpsXY_L*.npy"))
    return bool(saved) and open_array(saved[0]).ndim == 4
