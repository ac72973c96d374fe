"""DelGrad's list of layers as ours, whose delays, copies and biases stand in front of neurons."""

from dataclasses import dataclass
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.core.registry import near

Plain = dict[str, Any]

NEURON = ("tau_syn", "tau_mem", "g_leak", "leak", "threshold")
_OPTIONAL = (
    "model_tau_ratio",
    "jitter",
    "clip_weights_max",
    "threshold_noise_fp_mean",
    "threshold_noise_fp_std",
    "threshold_noise_s2s_std",
    "threshold_noise_b2b_std",
)
_DELAYS = {
    "DelayAxonal": "axonal",
    "DelaySynaptic": "synaptic",
    "DelayDendritic": "dendritic",
}
NOTHING_LEARNS = "without it the original learns no weights; taken as null, no limit"
_NAMES = ("NeuronLayer", "BroadcastLayer", "Biases", "Multiplex", *_DELAYS)


@dataclass
class Layer:
    """One of our layers, and the limits of its weights and gradients."""

    plain: Plain
    limits: Plain


def common(layers: list[Layer], name: str) -> Any:
    """Return the limit that all layers share; where they differ, each gets its own."""
    limits = [layer.limits[name] for layer in layers]
    if all(limit == limits[0] for limit in limits):
        return limits[0] if limits else None
    for layer, limit in zip(layers, limits, strict=True):
        layer.plain[name] = limit
    return None


def neuron(keys: Keys) -> Plain:
    """Return what ``default_neuron_params`` says."""
    found = {key: keys.need(key) for key in (*NEURON, "max_dw_norm")}
    if found["max_dw_norm"] is False:
        keys.note("max_dw_norm", NOTHING_LEARNS)
    return found | {key: keys.get(key) for key in _OPTIONAL if key in keys}


def ratio(value: Any) -> Any:
    """Return ``model_tau_ratio`` as a whole number, which it may be called 2.0; None where off."""
    if value is False:
        return None
    return int(value) if value in (1, 2) else value


def layers(layout: Keys, defaults: Plain, max_weight: Any) -> list[Layer]:
    """Return our layers.

    Args:
        layout: ``network_layout``.
        defaults: what :func:`neuron` returned.
        max_weight: the limit of all weights; that of a layer's neurons holds beside it.
    """
    found: list[Layer] = []
    before: list[Plain] = []
    name = None
    for keys in layout.parts("layers"):
        name = keys.need("name")
        if name == "NeuronLayer":
            found.append(_neurons(keys, defaults, before, max_weight))
            before = []
        elif name in _NAMES:
            before = before + _stages(keys, str(name))
        else:
            keys.problem("name", _unknown(name))
            continue
        keys.ignore("feat_in", "feat_out")
        keys.drop("monitor")
        keys.close()
    if name != "NeuronLayer":
        layout.problem("layers", "the last must be a NeuronLayer")
    return found


def _unknown(name: Any) -> str:
    guess = near(str(name), _NAMES)
    hint = f" did you mean {guess!r}?" if guess else ""
    return f"unknown layer {name!r};{hint} known: {', '.join(_NAMES)}"


def _merged(keys: Keys, defaults: Plain) -> Plain:
    """Return what the network says of its neurons, with the changes of one layer."""
    own = keys.part_if_any("neuron_params")
    if own is None:
        return defaults
    known = (*NEURON, "max_dw_norm", *_OPTIONAL)
    merged = defaults | {key: own.get(key) for key in known if key in own}
    own.close()
    if merged["max_dw_norm"] is False:
        own.note("max_dw_norm", NOTHING_LEARNS)
    return merged


def _neurons(keys: Keys, defaults: Plain, before: list[Plain], max_weight: Any) -> Layer:
    """Return a layer of neurons behind its stages."""
    merged = _merged(keys, defaults)
    plain = {
        "size": keys.need("size"),
        "weights": {"mean": keys.need("weights_mean"), "std": keys.need("weights_std")},
        "max_missing_spikes": keys.need("max_num_missing_spikes"),
        "before": before,
        "neuron": _changes(merged, defaults),
        "threshold_noise": _threshold_noise(merged),
        "jitter": merged.get("jitter") or 0.0,
        **_learning(keys),
    }
    if keys.get("biases"):
        keys.problem("biases", "write a layer {name: Biases, times: [...]} before this one")
    limit = merged["max_dw_norm"]
    limits = {"max_dw_norm": None if limit is False else limit}
    return Layer(
        plain, limits | {"max_weight": _tighter(max_weight, merged.get("clip_weights_max"))}
    )


def _tighter(*limits: Any) -> Any:
    """Return the limit that remains of several, any of which may be off."""
    on = [each for each in limits if each not in (None, False)]
    odd = [each for each in on if not isinstance(each, int | float)]
    return odd[0] if odd else min(on, default=None)  # what is no number is refused later


def _changes(merged: Plain, defaults: Plain) -> Plain | None:
    """Return what differs from the network's neuron."""
    changed = {key: merged[key] for key in NEURON if merged[key] != defaults[key]}
    own = ratio(merged.get("model_tau_ratio"))
    if own != ratio(defaults.get("model_tau_ratio")):
        changed["ratio"] = own
    return changed or None


def _threshold_noise(merged: Plain) -> Plain | None:
    names = ("fp_mean", "fp_std", "s2s_std", "b2b_std")
    mean, std, spike, batch = (merged.get(f"threshold_noise_{name}") or 0.0 for name in names)
    if not any((mean, std, spike, batch)):
        return None
    return {"fixed": {"mean": mean, "std": std}, "per_spike": spike, "per_batch": batch}


def _stages(keys: Keys, name: str) -> list[Plain]:
    """Return the stage that a layer without neurons is; a broadcast is none."""
    if name in _DELAYS:
        return [_delay(keys, _DELAYS[name])]
    keys.ignore("trainable", "learning_rate")  # nothing in the others learns
    if name == "Biases":
        return [{"name": "biases", "times": keys.need("times")}]
    if name == "Multiplex":
        return [{"name": "multiplex", "factor": keys.need("factor")}]
    return []


def _delay(keys: Keys, kind: str) -> Plain:
    return {
        "name": "delay",
        "kind": kind,
        "mean": keys.need("delay_mean"),
        "std": keys.need("delay_std"),
        "positivity": _positivity(keys.part("positivity")),
        "share_inputs": keys.option("presyn_sharing_factor", 1),
        "share_neurons": keys.option("postsyn_sharing_factor", 1),
        "jitter": keys.option("jitter", 0.0),
        **_learning(keys),
    }


def _positivity(keys: Keys) -> Plain:
    found = {"name": keys.need("name")}
    if found["name"] == "sigmoid":
        found |= {"shift": keys.option("shift", 0.0), "scale": keys.option("scale", 1.0)}
    elif found["name"] not in ("clip", "shift", None):
        keys.problem("name", f"must be sigmoid, clip or shift, got {found['name']!r}")
    keys.ignore("shift", "scale")  # the others have no bounds
    keys.close()
    return found


def _learning(keys: Keys) -> Plain:
    return {"trainable": keys.get("trainable", True), "lr": keys.switch("learning_rate")}
