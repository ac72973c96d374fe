"""Configs of 2023: network.json, dataset.json and def.json together; layers of many kinds."""

from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.pytorch_sbs import datasets, learning
from snnrun.compat.pytorch_sbs.datasets import Source
from snnrun.compat.pytorch_sbs.layers import (
    Shape,
    check_channels,
    check_output,
    check_pooling,
    kind_of,
    neurons_of,
    own_numbers,
    shapes,
)
from snnrun.compat.pytorch_sbs.values import (
    above_0,
    each_layer,
    flag,
    known,
    listed,
    number,
    section,
    whole,
    word,
)

Plain = dict[str, Any]
_TORCH = {"gamma": 0.1, "patience": 10}


def translate(top: Keys, source: Source | None) -> Plain:
    """Return our config as a plain map; what is wrong goes to the report of ``top``.

    Args:
        top: the config.
        source: its data set, if there is one.
    """
    network, rule = section(top, "network_structure"), section(top, "learning_parameters")
    names = listed(network, "layer_type")
    if not names:
        network.problem("layer_type", "must be a list of the kinds of layers")
    kinds = [kind_of(network, index, name) for index, name in enumerate(names)]
    split = kinds[:1] == ["on_off"]
    channels = source.channels * (2 if split else 1) if source else None
    columns, eps_0 = _Columns(top, network, rule, names, kinds), number(top, "epsilon_0", 1.0)
    image = section(top, "augmentation")
    config = {
        "data": source.data if source else {},
        "encoder": {"name": "on_off", "dialect": 2023} if split else {"name": "pixels"},
        "model": {
            "name": "sbs",
            "dialect": 2023,
            **_inference(top, rule),
            **_eps_0(top, kinds, eps_0),
            **_layers(columns, eps_0, channels),
        },
        "learning": _learning(rule),
        "train": {
            "epochs": learning.at_least_1(top, "epoch_id_max", 10_000),
            "batch_size": above_0(top, "batch_size", 500),
            "accumulate": above_0(rule, "number_of_batches_for_one_update", 1),
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


def _eps_0(top: Keys, kinds: list[str | None], eps_0: float) -> Plain:
    """Return the factor of all step sizes of spikes; layers without spikes take others, too."""
    if eps_0 > 0:
        return {"eps_0": eps_0}
    if {"sbs", "sbs_pooling"} & set(kinds):
        top.problem("epsilon_0", f"must be above 0 for layers with spikes, got {eps_0:g}")
    return {}


def _inference(top: Keys, rule: Keys) -> Plain:
    """Return the constants of inference that all layers share."""
    cooldown = whole(top, "cooldown_after_number_of_spikes", -1)
    if cooldown >= 0:
        text = "the original of 2023 forgets reduction_cooldown; here it acts"
        top.note("cooldown_after_number_of_spikes", text)
    eps_t = {
        "cooldown_after": cooldown if cooldown >= 0 else None,
        "reduction": number(top, "reduction_cooldown", 25.0),
    }
    return {
        "eps_t": eps_t,
        "forgetting": max(0.0, number(top, "forgetting_offset", -1.0)),
        **_noise(rule),
    }


def _noise(rule: Keys) -> Plain:
    """Return the range of initial weights; an empty one is as if nothing were said."""
    noise = listed(rule, "weight_noise_range")
    if not noise:
        return {}
    if len(noise) != 2 or not all(type(each) in (int, float) for each in noise):
        rule.problem("weight_noise_range", f"must be two numbers, got {noise!r}")
        return {}
    return {"noise": noise}


class _Columns:
    """What the config says of each layer, in lists of one length."""

    def __init__(
        self, top: Keys, network: Keys, rule: Keys, names: list[Any], kinds: list[str | None]
    ) -> None:
        count = len(names)
        self.network, self.names, self.kinds = network, names, kinds
        self.shapes = shapes(network, count)
        self.spikes = each_layer(top, "number_of_spikes", count, 0, int)
        joint = "spike_full_layer_input_distribution"
        self.joint = each_layer(top, joint, count, False, bool, spread=False)
        self.trainable = each_layer(rule, "w_trainable", count, False, bool)
        if not any(self.trainable):
            text = "no layer learns, as there; [true] lets all learn"
            rule.note("w_trainable", text)
        skipped = each_layer(rule, "sbs_skip_gradient_calculation", count, False, bool)
        self.backward = [not each for each in skipped]
        counting = {"sbs", "sbs_pooling", "nnmf", "bp_nnmf"}
        for index, kind in enumerate(kinds):
            if kind in counting and self.spikes[index] < 1:
                top.problem("number_of_spikes", f"layer {index} needs a number above 0")


def _layers(columns: _Columns, eps_0: float, channels: int | None) -> Plain:
    """Return our layers, and the number of spikes of the first for all that have no other."""
    keys, numbers = columns.network, own_numbers(columns.kinds)
    if "on_off" in columns.kinds[1:]:
        keys.problem("layer_type", "ONOFF must be the first layer: it codes the image")
    used = [columns.shapes[index] for index in numbers]
    last = check_channels(keys, used, channels)
    for shape in used:
        if (columns.kinds[shape.number] or "").endswith("pooling"):
            check_pooling(keys, shape)
    check_output(keys, None if "reconstruction" in columns.kinds else last)
    layers = [_layer(columns, columns.shapes[index], eps_0) for index in numbers]
    spikes = next((layer["spikes"] for layer in layers if "spikes" in layer), None)
    for layer in layers:
        if layer.get("spikes") == spikes:
            layer.pop("spikes", None)
    return {"layers": layers, **({"spikes": spikes} if spikes else {})}


def _layer(columns: _Columns, shape: Shape, eps_0: float) -> Plain:
    index = shape.number
    kind, name = columns.kinds[index], str(columns.names[index])
    if kind == "reconstruction":
        return {"name": kind}
    plain = {"name": kind, **shape.window}
    if kind in ("sbs", "nnmf", "bp_nnmf"):
        plain["neurons"] = neurons_of(columns.network, shape)
        plain["trainable"] = columns.trainable[index]
        plain["backward"] = columns.backward[index]
    if kind == "sbs":
        plain["local"] = "LOCAL" in name.upper() and columns.trainable[index]
    if kind in ("sbs", "sbs_pooling"):
        plain["spikes"] = columns.spikes[index]
        plain["joint_spikes"] = columns.joint[index]
    if kind in ("nnmf", "bp_nnmf"):
        plain["iterations"] = columns.spikes[index]
        plain["eps_0"] = max(0.0, eps_0)
    return plain


def _learning(keys: Keys) -> Plain:
    mode, loss = whole(keys, "loss_mode", 0), learning.mse_kl(keys)
    if mode not in (0, 1):
        keys.problem("loss_mode", f"must be 0 or 1, got {mode}")
    plain = {"name": "softmax_cross_entropy"} if mode == 1 else loss
    unscaled = flag(keys, "disable_scale_grade", False)
    scale = "first_update" if flag(keys, "kepp_last_grad_scale", True) else "batch"
    return {
        "name": "sbs",
        "dialect": 2023,
        "loss": plain,
        "threshold": number(keys, "learning_rate_threshold_w", 1e-5),
        "gradient_scale": "none" if unscaled else scale,
    }


def _optimizer(keys: Keys) -> Plain:
    ours = {"Adam": "multiplicative_adam", "SGD": "sgd"}
    name = word(keys, "optimizer_name", "Adam")
    if name not in ours:
        keys.problem("optimizer_name", f"must be Adam or SGD, got {name!r}")
    return {"name": ours.get(name, "sgd"), "lr": learning.rate(keys, "learning_rate_gamma_w")}


def _scheduler(keys: Keys) -> Plain | None:
    often = flag(keys, "adapt_learning_rate_after_minibatch", True)
    return learning.scheduler(keys, "update" if often else "epoch", _TORCH)


def _idle(top: Keys, rule: Keys) -> None:
    """Pass over what says where files lie, and what has no meaning here."""
    learning.activity(rule)
    top.ignore("weight_path")
    known(top, "image_statistics", "mean", "the_size")
    rule.ignore("overload_path")
    rule.drop("eps_xy_intitial")
    top.drop(
        "epoch_id", "log_path", "simulation_id", "stage_id", "force_forward_h_dynamic_on_cpu",
        "extract_noisy_pictures", "enable_cpu_thread_balacing",
    )  # fmt: skip
    approximate = ("approximation_enable", "number_of_trunc_bits", "number_of_frac_bits")
    if known(top, "approximation_setting", *approximate):
        top.note("approximation_setting", "is for layers APPROX CONV2D only")
