"""Configs of the second generation, DelGrad: a list of layers, delays among them."""

from typing import Any

from snnrun.compat.fastanddeep import datasets, training
from snnrun.compat.fastanddeep import layers as layer_list
from snnrun.compat.fastanddeep.layers import Layer, common
from snnrun.compat.keys import Keys

Plain = dict[str, Any]
KEYS = frozenset({"dataset_params", "default_neuron_params", "network_layout", "training_params"})


def translate(top: Keys) -> Plain:
    """Return our config as a plain map; what is wrong goes to the report of ``top``."""
    source, layout = top.part("dataset_params"), top.part("network_layout")
    neuron, train = top.part("default_neuron_params"), top.part("training_params")
    _refuse_chip(train)
    data = datasets.source(source.need("name"), source, "name")
    datasets.parameters(data, source)
    datasets.check_inputs(data, layout)
    defaults = layer_list.neuron(neuron)
    layers = layer_list.layers(layout, defaults, train.switch("clip_weights_max"))
    config = {
        **training.seed(train),
        "data": data.data,
        "encoder": {**data.encoder, "noise": training.noise(train)},
        "learning": _learning(train, layers),
        "model": _model(train, layers, defaults),
        "train": training.train(train),
    }
    train.ignore("max_dw_norm")  # read from the neurons only
    for keys in (source, neuron, layout, train):
        keys.close()
    return config


def _refuse_chip(train: Keys) -> None:
    substrate = train.get("substrate", "sim")
    if substrate not in ("sim", False):
        train.problem("substrate", f"there is no {substrate!r} here; sim simulates the network")
    train.drop("use_hicannx")


def _model(train: Keys, layers: list[Layer], defaults: Plain) -> Plain:
    return {
        "name": "first_spike",
        **{key: defaults[key] for key in layer_list.NEURON},
        "ratio": layer_list.ratio(defaults.get("model_tau_ratio")),
        "layers": [layer.plain for layer in layers],
        "weight_precision": train.switch("rounding_precision"),
        **training.integrator(train, "delgrad"),
    }


def _learning(train: Keys, layers: list[Layer]) -> Plain:
    loss = train.part("loss")
    found = {
        "name": "first_spike",
        "loss": _loss(loss),
        "regularisers": [_regulariser(keys) for keys in loss.parts("regulariser")],
        "bump": training.bump(train),
        "max_dw_norm": common(layers, "max_dw_norm"),
        "max_weight": common(layers, "max_weight"),
    }
    loss.close()
    return found


def _loss(keys: Keys) -> Plain:
    match kind := keys.need("type"):
        case "TTFS":
            _forgotten(keys)
            return {"name": "ttfs", "xi": keys.need("xi"), "alpha": 0.0}
        case "MSE":
            targets = {key: keys.need(key) for key in ("t_correct", "t_wrong")}
            return {"name": "mse", **targets, "dialect": "delgrad"}
        case "shift_invariant_MSE":
            return {"name": "time_invariant_mse", "delta_t": keys.need("delta_t")}
    if kind is not None:
        known = "TTFS, MSE or shift_invariant_MSE"
        keys.problem("type", f"must be {known}, got {kind!r}")
    return {}


def _forgotten(keys: Keys) -> None:
    """Say that the first generation's pull to early spikes has become a regulariser."""
    for key in ("alpha", "beta"):
        if key in keys:
            keys.note(key, "without effect, in the original too; early_output is a regulariser now")
        keys.ignore(key)


def _regulariser(keys: Keys) -> Plain:
    kind, alpha = keys.need("type"), keys.need("alpha")
    found = {"alpha": alpha}
    if kind == "early_output":
        found |= {"name": "early_output", "beta": keys.need("beta")}
    elif kind == "l2_delay":
        found |= {"name": "small_delays", "effective": keys.need("use_effective_delays")}
    elif kind is not None:
        keys.problem("type", f"must be early_output or l2_delay, got {kind!r}")
    keys.close()
    return found
