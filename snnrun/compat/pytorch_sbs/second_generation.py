"""Configs of 2023: network.json, dataset.json and def.json together; layers of many kinds."""

from dataclasses import dataclass, replace
from typing import Any

from snnrun.compat.keys import Keys
from snnrun.compat.parts import Column
from snnrun.compat.pytorch_sbs import common, datasets, shapes
from snnrun.compat.pytorch_sbs.common import IMAGES, NETWORK, RULE
from snnrun.compat.pytorch_sbs.shapes import LAYERS, WINDOW
from snnrun.compat.pytorch_sbs.values import PerLayer, Section, Typed, above_0
from snnrun.compat.tables import ABSENT, Ours, Pair, Plain, Table, Theirs, words
from snnrun.core.registry import near

#: Kinds of layers by the beginning of their name, in any case; None: nothing to do there.
_BEGINNINGS: dict[str, str | None] = {
    "SbS": "sbs",
    "Average POOLING": "average_pooling",
    "MAX POOLING": "max_pooling",
    "NNMF": "nnmf",
    "BP SBS NNMF": "bp_nnmf",
    "RECONSTRUCTION": "reconstruction",
    "ONOFF": "on_off",
    "RELU": None,
}
_POOLING, _LOCAL = "POOLING", "LOCAL"  # anywhere in the name of a layer with spikes
_UNKNOWN = "unknown"  # a layer that was refused; nothing can be said of those behind it
_REFUSED = {
    "CONV2D": "snnrun has no layers without spikes that learn",
    "APPROX CONV2D": "snnrun has no layers without spikes that learn",
    "INPUT SPIKE IMAGE": "here every layer draws its own spikes",
    "POISSON": "here every layer draws its own spikes",
}


class Kinds(Column):
    """The list of the names of layers: the kind of each, and whether it learns locally."""

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put as many layers as there are names."""
        names = Typed(self.theirs, "", []).value(keys, ours)
        if not names:
            keys.problem(self.theirs, "must be a list of the kinds of layers")
        found = [self._kind(keys, number, name) for number, name in enumerate(names)]
        ours.put(self.ours, found)

    def _kind(self, keys: Keys, number: int, name: Any) -> Plain:
        capitals = str(name).upper()
        for beginning, kind in _BEGINNINGS.items():
            if capitals.startswith(beginning.upper()):
                pooling = kind == "sbs" and _POOLING in capitals
                return {"kind": "sbs_pooling" if pooling else kind, "local": _LOCAL in capitals}
        why = next((why for start, why in _REFUSED.items() if capitals.startswith(start)), None)
        if why is None:
            known = [beginning.upper() for beginning in _BEGINNINGS]
            guess = near(capitals, known)
            hint = f" did you mean {guess!r}?" if guess else ""
            why = f"unknown;{hint} known: {', '.join(known)}"
        keys.problem(self.theirs, f"entry {number}, {name!r}: {why}")
        return {"kind": _UNKNOWN, "local": False}

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write the names."""
        names = {kind: name for name, kind in _BEGINNINGS.items()}
        names["sbs_pooling"] = f"{names['sbs']} {_POOLING}"
        theirs[self.theirs] = [
            names[layer["kind"]] + f" {_LOCAL}" * layer.get("local", False)
            for layer in ours.get(self.ours)
        ]


@dataclass(frozen=True)
class Some(PerLayer):
    """A list whose values not all layers need: those have none in ours, and get a ``filler``."""

    filler: Any = False

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write one value alone, if it holds for all and theirs takes it so.

        A pooling layer with spikes must not be told to learn by a value for all, so then each
        layer is named.
        """
        layers = ours.get(self.ours)
        given = [layer.get(self.at) for layer in layers]
        found = [None if value is None else self.pair.theirs(value) for value in given]
        alike = {value for value in found if value is not None}
        pooled = any(layer["kind"] == "sbs_pooling" for layer in layers)
        told = self.filler is False and alike == {True} and (pooled or not self.spread)
        each = [self.filler if value is None else value for value in found]
        theirs[self.theirs] = [*alike] if len(alike) == 1 and not told else each


def own_numbers(kinds: list[str | None]) -> list[int]:
    """Return which of their layers are layers here; relu and the on/off split are none.

    Example:
        >>> own_numbers(["on_off", "sbs", None, "sbs"])
        [1, 3]
    """
    return [index for index, kind in enumerate(kinds) if kind not in (None, "on_off")]


def _forgets(spikes: int, ours: Ours) -> str:
    return "the original of 2023 forgets reduction_cooldown; here it acts" if spikes >= 0 else ""


def _range(noise: list[Any]) -> Any:
    if noise and (len(noise) != 2 or not all(type(each) in (int, float) for each in noise)):
        raise ValueError(f"must be two numbers, got {noise!r}")
    return noise or ABSENT


KINDS = Kinds("layer_type", LAYERS, "kind", turn=-1)
_TORCH = {"gamma": 0.1, "patience": 10}
_NOT = Pair(lambda flag: not flag, lambda flag: not flag)
_SCALE = "learning.gradient_scale"
_UNSCALED = Pair(lambda off: "none" if off else ABSENT, lambda scale: scale == "none")
_KEPT = Pair(lambda kept: "first_update" if kept else "batch", lambda scale: scale != "batch")
_EACH = words({True: "update", False: "epoch"})
_LOSSES = words({0: "mse_kl", 1: "softmax_cross_entropy"}, other=0)
_OPTIMIZERS = words({"Adam": "multiplicative_adam", "SGD": "sgd"}, other="Adam")
_EPOCHS, _PULL = Pair(lambda epochs: max(1, epochs)), Pair(lambda pull: max(0.0, pull))
_JOINT = "spike_full_layer_input_distribution"
_APPROXIMATION = ("approximation_enable", "number_of_trunc_bits", "number_of_frac_bits")
_ONLY = "is for layers APPROX CONV2D only"
_IDLE = (
    "epoch_id", "log_path", "simulation_id", "stage_id", "force_forward_h_dynamic_on_cpu",
    "extract_noisy_pictures", "enable_cpu_thread_balacing",
)  # fmt: skip
_RULE: Table = (
    Typed("loss_mode", "learning.loss.name", 0, _LOSSES),
    *common.LOSS,
    replace(common.OPTIMIZER, pair=_OPTIMIZERS),
    common.RATE_W,
    common.THRESHOLD,
    *common.SCHEDULE,
    Typed("adapt_learning_rate_after_minibatch", "train.scheduler.each", True, _EACH, off=False),
    Typed(common.BATCHES, "train.accumulate", 1, above_0()),
    replace(common.START, written="./Weights"),
    Typed("weight_noise_range", "model.noise", [], Pair(_range)),
    Typed("disable_scale_grade", _SCALE, False, _UNSCALED, turn=1),
    Typed("kepp_last_grad_scale", _SCALE, True, _KEPT),
    Some("sbs_skip_gradient_calculation", LAYERS, "backward", _NOT),
    Some(common.LEARNS, LAYERS, "trainable"),
    *common.ACTIVITY,
    Theirs(common.INITIAL, idle=True),
)
_DEFINITION: Table = (
    *common.fixed(2023),
    Typed("epoch_id_max", "train.epochs", 10_000, _EPOCHS, remark=common.at_least_1),
    common.BATCH,
    common.THREADS,
    Some(common.SPIKES, LAYERS, "spikes", default=0, filler=1),
    Some(_JOINT, LAYERS, "joint_spikes", spread=False),
    replace(common.COOLDOWN, remark=_forgets),
    common.REDUCTION,
    common.EPS_0,
    Typed("forgetting_offset", "model.forgetting", -1.0, _PULL),
    common.WEIGHTS,
    Section(RULE, _RULE),
    datasets.Augmentation(IMAGES, datasets.CHANGES),
    common.STATISTICS,
    Section("approximation_setting", tuple(map(Theirs, _APPROXIMATION)), remark=_ONLY),
    *(Theirs(key, idle=True) for key in _IDLE),
)
#: The files of this generation; later ones win.
FILES: dict[str, Table] = {
    "network.json": (Section(NETWORK, (KINDS, *shapes.rows(exact=False))),),
    "dataset.json": (datasets.PATH, datasets.MODE),
    "def.json": _DEFINITION,
}
TABLE: Table = tuple(row for table in FILES.values() for row in table)
_SPIKING = (*WINDOW, "spikes", "joint_spikes")
_SETTLING = (*WINDOW, "neurons", "trainable", "backward", "iterations", "eps_0")
_SAID = {
    "sbs": (*_SPIKING, "neurons", "trainable", "backward", "local"),
    "sbs_pooling": _SPIKING,
    "average_pooling": WINDOW,
    "max_pooling": WINDOW,
    "nnmf": _SETTLING,
    "bp_nnmf": _SETTLING,
    "reconstruction": (),
}


def settle(top: Keys, ours: Ours) -> None:
    """Make our layers, encoder, loss and schedule of what was read."""
    layers, eps_0 = ours.get(LAYERS), ours.get("facts.eps_0")
    kinds = [layer["kind"] for layer in layers]
    split = kinds[:1] == ["on_off"]
    ours.put("encoder", {"name": "on_off", "dialect": 2023} if split else {"name": "pixels"})
    if "on_off" in kinds[1:]:
        text = "ONOFF must be the first layer: it codes the image"
        top.report.problem((NETWORK, KINDS.theirs), text)
    if ours.get("learning.loss.name") == "softmax_cross_entropy":
        ours.put("learning.loss", {"name": "softmax_cross_entropy"})
    if eps_0 > 0:
        ours.put("model.eps_0", eps_0)
    elif {"sbs", "sbs_pooling"} & set(kinds):
        top.problem(common.EPS_0.theirs, common.EPS_0_TEXT.format(eps_0))
    if not any(layer["trainable"] for layer in layers):
        text = "no layer learns, as there; [true] lets all learn"
        top.report.note((RULE, common.LEARNS), text)
    for number, layer in enumerate(layers):
        if layer["spikes"] < 1 and {"spikes", "iterations"} & set(_SAID.get(layer["kind"], ())):
            top.problem(common.SPIKES, f"layer {number} needs a number above 0")
        layer |= {"iterations": layer["spikes"], "eps_0": max(0.0, eps_0)}
        layer["local"] = layer["local"] and layer["trainable"]
    known = kinds.index(_UNKNOWN) if _UNKNOWN in kinds else len(kinds)
    used = {number: layers[number] for number in own_numbers(kinds[:known])}
    shapes.build(top, ours, used, _SAID, split, whole=known == len(kinds))
    _share_spikes(ours)
    common.settle_schedule(top, ours, _TORCH)


def _share_spikes(ours: Ours) -> None:
    """Say the number of spikes of the first layer once, for all that have no other."""
    layers = ours.get("model.layers")
    first = next((layer["spikes"] for layer in layers if "spikes" in layer), None)
    for layer in layers:
        if layer.get("spikes") == first:
            layer.pop("spikes", None)
    if first:
        ours.put("model.spikes", first)


def prepare(ours: Ours) -> None:
    """Put what ours says where the tables find it."""
    layers = ours.get(LAYERS)
    settled = [layer["eps_0"] for layer in layers if "iterations" in layer]
    spiking = any("spikes" in layer for layer in layers)
    ours.put("facts.eps_0", settled[0] if settled and not spiking else ours.get("model.eps_0"))
    for layer in layers:
        layer["spikes"] = layer.get("spikes", layer.get("iterations"))
    if ours.get("encoder.name") == "on_off":
        channels = layers[0]["channels"][0]
        first = {"kind": "on_off", "channels": [channels // 2, channels], "kernel": [1, 1]}
        first |= {"stride": [1, 1], "dilation": [1, 1], "padding": [0, 0]}
        ours.put(LAYERS, [first, *layers])
    common.prepare_schedule(ours)
