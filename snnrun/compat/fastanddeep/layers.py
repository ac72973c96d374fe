"""DelGrad's list of layers as ours, whose delays, copies and biases stand in front of neurons."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from snnrun.compat.fastanddeep.training import LAYOUT, MAX_WEIGHT, MISSING, RATE, GradientLimit
from snnrun.compat.keys import Keys
from snnrun.compat.parts import Choice, Kind, Many, Part
from snnrun.compat.tables import ABSENT, Key, Ours, Pair, Plain, Theirs
from snnrun.core.registry import near

LISTED, WHAT, MONITOR, OWN = "layers", "name", "monitor", "neuron_params"


def _ratio(value: Any) -> Any:
    """Return the ratio of time constants as a whole number, which they may call 2.0."""
    return int(value) if value in (1, 2) else value


#: Of all neurons, by our names in a flat map; noise and limits are those of a layer.
NEURON = tuple(Key(name, name) for name in ("tau_syn", "tau_mem", "g_leak", "leak", "threshold"))
_NOISE = "threshold_noise"
DEFAULTS: tuple[Key, ...] = (
    *NEURON,
    Key("model_tau_ratio", "ratio", ABSENT, Pair(_ratio)),
    Key("threshold_noise_fp_mean", f"{_NOISE}.fixed.mean", ABSENT),
    Key("threshold_noise_fp_std", f"{_NOISE}.fixed.std", ABSENT),
    Key("threshold_noise_s2s_std", f"{_NOISE}.per_spike", ABSENT),
    Key("threshold_noise_b2b_std", f"{_NOISE}.per_batch", ABSENT),
    Key(MAX_WEIGHT, "max_weight", ABSENT),
    GradientLimit("max_dw_norm", off=None),
    Key("jitter", "jitter", ABSENT),
)
#: Of the neurons of one layer, as far as it differs.
_OWN = tuple(replace(row, default=ABSENT, off=ABSENT) for row in DEFAULTS)

_BOUNDS = (Key("shift", "shift", 0.0), Key("scale", "scale", 1.0))
_UNBOUNDED = tuple(Theirs(row.theirs) for row in _BOUNDS)
_POSITIVITIES = {
    "sigmoid": Kind("sigmoid", _BOUNDS),
    "clip": Kind("clip", _UNBOUNDED),
    "shift": Kind("shift", _UNBOUNDED),
}
_LEARNS = (
    Key("trainable", "trainable", True),
    Theirs(MONITOR, lambda ours: ours.get("trainable"), idle=True),
    Key(RATE, "lr", None),
    Theirs("feat_in"),
    Theirs("feat_out"),
)
_LEARNS_NOT = tuple(
    replace(row, written=ABSENT) if isinstance(row, Theirs) else Theirs(row.theirs)
    for row in _LEARNS
)
_DELAY = (
    Key("delay_mean", "mean"),
    Key("delay_std", "std"),
    Part("positivity", (Choice("name", _POSITIVITIES),), "positivity"),
    Key("presyn_sharing_factor", "share_inputs", 1),
    Key("postsyn_sharing_factor", "share_neurons", 1),
    Key("jitter", "jitter", 0.0),
    *_LEARNS,
)
_BEFORE = "write a layer {{name: Biases, times: [...]}} before this one"
_NEURONS = (
    Key("size", "size"),
    Key("weights_mean", "weights.mean"),
    Key("weights_std", "weights.std"),
    Key(MISSING, "max_missing_spikes"),
    *_LEARNS,
    Part(OWN, _OWN, "own", off=ABSENT),
    Theirs("biases", fine=(None, False, []), refused=_BEFORE),
)
_DELAYS = ("axonal", "synaptic", "dendritic")
_KINDS = {
    "NeuronLayer": Kind("neurons", _NEURONS),
    "BroadcastLayer": Kind("broadcast", _LEARNS_NOT),
    "Biases": Kind("biases", (Key("times", "times"), *_LEARNS_NOT)),
    "Multiplex": Kind("multiplex", (Key("factor", "factor"), *_LEARNS_NOT)),
    "DelayAxonal": Kind("axonal", _DELAY),
    "DelaySynaptic": Kind("synaptic", _DELAY),
    "DelayDendritic": Kind("dendritic", _DELAY),
}


def _unknown(kinds: Mapping[Any, Kind], name: Any) -> str:
    guess = near(str(name), kinds)
    hint = f" did you mean {guess!r}?" if guess else ""
    return f"unknown layer {name!r};{hint} known: {', '.join(kinds)}"


class Layers(Many):
    """Their list, as one of ours under ``facts`` that still has every stage for itself."""

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the list, which must end with the label neurons."""
        super().read(keys, ours)
        last = ours.get(self.ours)[-1:]
        if [each.get("name") for each in last] != ["neurons"]:
            keys.problem(self.theirs, "the last must be a NeuronLayer")


ROW = Layers(LISTED, (Choice(WHAT, _KINDS, unknown=_unknown),), "facts.items")


def listed(config: Plain) -> list[tuple[str, bool]]:
    """Return what each layer of a config of theirs is here, and whether they keep its history.

    Empty for a config of the first generation, which has no list.
    """
    kinds = {word: "delay" if kind.ours in _DELAYS else kind.ours for word, kind in _KINDS.items()}
    layers = config[LAYOUT].get(LISTED, [])
    return [(kinds[each[WHAT]] or "", bool(each.get(MONITOR))) for each in layers]


# ---- their one list for our two ----

_SHAPE = (*(row.ours for row in NEURON), "ratio")
_LIMITS = ("max_weight", "max_dw_norm")


def gather(ours: Ours) -> None:
    """Make our layers from ``facts``: with their stages, and what their neurons have alone."""
    defaults, before = ours.get("facts.neuron", {}), list[Plain]()
    layers = list[Plain]()
    for item in ours.get("facts.items", []):
        kind = item.get("name")
        if kind == "neurons":
            layers.append({**_layer(item, defaults, ours), "before": before})
            before = []
        elif kind != "broadcast":
            delay = {"name": "delay", "kind": kind}
            before = [*before, item | (delay if kind in _DELAYS else {})]
    for name in _LIMITS:
        values = [layer.pop(name) for layer in layers]
        alike = all(value == values[0] for value in values)
        ours.put(f"learning.{name}", values[0] if values and alike else None)
        for layer, value in zip(layers, values, strict=True):
            layer |= {} if alike else {name: value}
    ours.part("model").plain |= {name: defaults.get(name) for name in _SHAPE} | {"layers": layers}


def _layer(item: Plain, defaults: Plain, ours: Ours) -> Plain:
    """Return a layer of ours, with limits: that of all weights holds beside that of its neurons."""
    merged = _over(defaults, item.get("own") or {})
    changed = {key: merged.get(key) for key in _SHAPE if merged.get(key) != defaults.get(key)}
    noise = merged.get(_NOISE, {})
    fixed = {key: noise.get("fixed", {}).get(key) or 0.0 for key in ("mean", "std")}
    passing = {key: noise.get(key) or 0.0 for key in ("per_spike", "per_batch")}
    return {
        **{key: value for key, value in item.items() if key not in ("name", "own")},
        "neuron": changed or None,
        _NOISE: {"fixed": fixed, **passing} if any((fixed | passing).values()) else None,
        "jitter": merged.get("jitter") or 0.0,
        "max_dw_norm": merged.get("max_dw_norm"),
        "max_weight": _tighter(ours.get("facts.max_weight"), merged.get("max_weight")),
    }


def _over(low: Plain, high: Plain) -> Plain:
    """Return a map with the values of another over its own."""
    maps = {key: each for key, each in high.items() if isinstance(each, dict)}
    return low | high | {key: _over(low.get(key, {}), each) for key, each in maps.items()}


def _tighter(*limits: Any) -> Any:
    """Return the limit that remains of several, any of which may be off."""
    on = [each for each in limits if each is not None]
    odd = [each for each in on if not isinstance(each, int | float)]
    return odd[0] if odd else min(on, default=None)  # what is no number is refused later


def spread(ours: Ours) -> None:
    """Put into ``facts`` what :func:`gather` makes our layers from."""
    defaults = {name: ours.get(f"model.{name}") for name in _SHAPE}
    ours.put("facts.neuron", defaults | {"max_dw_norm": ours.get("learning.max_dw_norm")})
    ours.put("facts.max_weight", ours.get("learning.max_weight"))
    layers = ours.get("model.layers")
    ours.put("facts.items", [item for layer in layers for item in _items(layer)])
    for index, layer in enumerate(layers):
        neuron = defaults | _changes(layer)
        if neuron["tau_syn"] / neuron["tau_mem"] != neuron["g_leak"]:
            text = f"model.layers.{index}: g_leak must be tau_syn / tau_mem there"
            ours.problems.append(text)


def _changes(layer: Plain) -> Plain:
    """Return what the neurons of a layer have for themselves."""
    return {key: value for key, value in (layer["neuron"] or {}).items() if value is not None}


def _items(layer: Plain) -> Iterator[Plain]:
    """Yield the stages in front of a layer, and its neurons."""
    times = layer["bias_times"]
    stages = layer["before"] + ([{"name": "biases", "times": times}] if times else [])
    for stage in stages:
        yield {**stage, "name": stage.get("kind", stage["name"])}
    if not any("kind" in stage for stage in stages):
        yield {"name": "broadcast"}
    own = _changes(layer) | {key: layer[key] for key in (_NOISE, *_LIMITS, "jitter") if layer[key]}
    yield {"name": "neurons", **layer, "own": own or None}
