"""Our experiments as configs of 2022: one file."""

from typing import Any

from snnrun.compat.pytorch_sbs.backwards import common
from snnrun.compat.pytorch_sbs.backwards.common import Layer, Parts
from snnrun.encoders.settings import OnOffSettings
from snnrun.models.sbs.layers import SbsPoolingSettings

Plain = dict[str, Any]


def config(ours: Parts, updates: int) -> dict[str, Plain]:
    """Return name of the file -> content; ``updates`` of the weights make an epoch."""
    train, model = ours.whole.train, ours.model
    cooldown = model.eps_t.cooldown_after
    plain = {
        "data_mode": ours.data_mode,
        "data_path": "./Patterns/",
        "batch_size": train.batch_size,
        "learning_step_max": train.epochs * updates,
        "number_of_cpu_processes": train.threads or -1,
        "number_of_spikes": model.spikes,
        "cooldown_after_number_of_spikes": -1 if cooldown is None else cooldown,
        "reduction_cooldown": model.eps_t.reduction,
        "epsilon_0": model.eps_0,
        "update_after_x_batch": float(train.accumulate),
        "weight_path": "./Weights/",
        "eps_xy_path": "./EpsXY/",
        "network_structure": _structure(ours),
        "learning_parameters": _learning(ours),
        "augmentation": {**common.augmentation(ours), **_filter(ours)},
        "image_statistics": {},
    }
    return {"config.json": plain}


def later(ours: Parts) -> bool:
    """Tell whether only the last code of 2022 can take this, which computes in float32."""
    return ours.model.eps_xy.per == "offset" or not _splits(ours)


def _filter(ours: Parts) -> Plain:
    """Return whether light and dark are split, which only the last code of 2022 could choose."""
    return {"use_on_off_filter": _splits(ours)} if later(ours) else {}


def _splits(ours: Parts) -> bool:
    return isinstance(ours.whole.encoder, OnOffSettings)


def _structure(ours: Parts) -> Plain:
    layers = ours.layers
    return {
        **common.structure(layers, len(ours.whole.data.classes)),
        "is_pooling_layer": [isinstance(each.settings, SbsPoolingSettings) for each in layers],
        "w_trainable": [bool(getattr(each.settings, "trainable", False)) for each in layers],
        "eps_xy_trainable": [_eps_xy(each, "trainable") for each in layers],
        "eps_xy_mean": [_eps_xy(each, "mean") for each in layers],
    }


def _eps_xy(layer: Layer, name: str) -> bool:
    return bool(layer.inference and getattr(layer.inference.eps_xy, name))


def _learning(ours: Parts) -> Plain:
    model, rate = ours.model, ours.whole.train.optimizer.model_dump().get("lr")
    return {
        **common.loss(ours),
        "optimizer_name": "Adam",
        "learning_rate_gamma_w": rate,
        "learning_rate_gamma_eps_xy": model.eps_xy.lr or rate,
        "learning_rate_threshold_w": ours.learning.threshold,
        "learning_rate_threshold_eps_xy": model.eps_xy.threshold,
        **dict(common.schedule(ours)),
        "weight_noise_amplitude": model.noise[1] / model.noise[0] - 1 if model.noise[0] else 0.0,
        "eps_xy_intitial": model.eps_xy.initial,
        "alpha_number_of_iterations": model.alpha_iterations,
    }
