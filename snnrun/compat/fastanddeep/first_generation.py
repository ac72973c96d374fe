"""Configs of the first generation, fastAndDeep: fully connected layers, no delays."""

from typing import Any

from snnrun.compat.fastanddeep import datasets, training
from snnrun.compat.fastanddeep.layers import NOTHING_LEARNS
from snnrun.compat.keys import Keys

Plain = dict[str, Any]
KEYS = frozenset({"dataset", "neuron_params", "network_layout", "training_params"})


def translate(top: Keys) -> Plain:
    """Return our config as a plain map; what is wrong goes to the report of ``top``."""
    data = datasets.source(top.need("dataset"), top, "dataset")
    neuron, layout = top.part("neuron_params"), top.part("network_layout")
    train = top.part("training_params")
    if "layers" in layout:
        layout.problem(
            "layers", "belongs to the newer generation, whose data set is dataset_params"
        )
        return {}
    datasets.check_inputs(data, layout)
    _refuse_chip(train)
    config = {
        **training.seed(train),
        "data": data.data,
        "encoder": {**data.encoder, "noise": training.noise(train)},
        "model": {
            "name": "first_spike",
            **_neuron(neuron),
            "layers": _layers(layout, train),
            "weight_precision": train.switch("rounding_precision"),
            **training.integrator(train, "fastanddeep"),
        },
        "learning": _learning(train),
        "train": training.train(train),
    }
    for keys in (neuron, layout, train):
        keys.close()
    return config


def _refuse_chip(train: Keys) -> None:
    if train.get("use_hicannx", False):
        train.problem("use_hicannx", "there is no chip here; false simulates the network")


def _neuron(keys: Keys) -> Plain:
    """Return the neuron; without ``tau_mem`` it is that of the rule for equal time constants."""
    tau = keys.need("tau_syn")
    return {
        "tau_syn": tau,
        "tau_mem": keys.get("tau_mem", tau),
        **{key: keys.need(key) for key in ("g_leak", "leak", "threshold")},
    }


def _layers(layout: Keys, train: Keys) -> list[Plain]:
    sizes = layout.listed("layer_sizes")
    if layout.get("n_layers", len(sizes)) != len(sizes):
        layout.problem("n_layers", f"layer_sizes has {len(sizes)} entries")
    columns = zip(
        sizes,
        _each(layout, "weight_means", len(sizes)),
        _each(layout, "weight_stdevs", len(sizes)),
        _bias_times(layout, len(sizes)),
        _limits(train, len(sizes)),
        strict=False,
    )
    return [
        {
            "size": size,
            "weights": {"mean": mean, "std": std},
            "bias_times": times,
            "max_missing_spikes": limit,
        }
        for size, mean, std, times, limit in columns
    ]


def _each(layout: Keys, key: str, layers: int) -> list[Any]:
    """Return a list that has one entry for each layer."""
    given = isinstance(layout.left.get(key), list)
    values = layout.listed(key)
    if given and len(values) != layers:
        layout.problem(key, f"has {len(values)} entries for {layers} layers")
    return values


def _bias_times(layout: Keys, layers: int) -> list[list[Any]]:
    """Return the times of each layer; a flat list holds for every layer."""
    counts, times = _each(layout, "n_biases", layers), layout.listed("bias_times")
    nested = [isinstance(own, list) for own in times]
    if any(nested) and not all(nested):
        layout.problem("bias_times", "must be one list of times, or a list of them for each layer")
        return []
    each = times if any(nested) else [times] * layers
    for index, (count, own) in enumerate(zip(counts, each, strict=False)):
        if count != len(own):
            text = f"layer {index} has {len(own)}, but n_biases says {count}"
            layout.problem("bias_times", text)
    if len(each) != layers:
        layout.problem("bias_times", f"has {len(each)} lists for {layers} layers")
    return each


def _limits(train: Keys, layers: int) -> list[Any]:
    """Return ``max_num_missing_spikes`` of each layer; one number holds for all."""
    limits = train.need("max_num_missing_spikes")
    if not isinstance(limits, list):
        return [limits] * layers
    if len(limits) != layers:
        text = f"has {len(limits)} entries for {layers} layers"
        train.problem("max_num_missing_spikes", text)
    return limits


def _learning(train: Keys) -> Plain:
    return {
        "name": "first_spike",
        "loss": _loss(train),
        "bump": training.bump(train),
        "max_dw_norm": _max_dw_norm(train),
        "max_weight": train.switch("clip_weights_max"),
    }


def _max_dw_norm(train: Keys) -> Any:
    """Return the limit; there, a missing key or false stops all learning of weights."""
    if train.left.get("max_dw_norm", False) is False:
        train.note("max_dw_norm", NOTHING_LEARNS)
    return train.switch("max_dw_norm")


def _loss(train: Keys) -> Plain:
    """Return the loss; the oldest configs have that of first spikes at the top level."""
    keys = train.part("loss") if "loss" in train else train
    kind = keys.need("type") if keys is not train else "TTFS"
    if keys is not train:
        train.ignore("xi", "alpha", "beta")
    found: Plain = {}
    if kind == "TTFS":
        found = {"name": "ttfs", **{key: keys.need(key) for key in ("xi", "alpha", "beta")}}
    elif kind == "MSE":
        targets = {key: keys.need(key) for key in ("t_correct", "t_wrong")}
        found = {"name": "mse", **targets, "dialect": "fastanddeep"}
    elif kind is not None:
        keys.problem("type", f"must be TTFS or MSE, got {kind!r}")
    if keys is not train:
        keys.close()
    return found
