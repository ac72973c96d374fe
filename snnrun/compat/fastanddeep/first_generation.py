"""Configs of the first generation, fastAndDeep: fully connected layers, no delays."""

from dataclasses import dataclass, replace
from typing import Any

from snnrun.compat.fastanddeep import datasets, training
from snnrun.compat.fastanddeep.layers import LISTED, NEURON, OWN
from snnrun.compat.fastanddeep.training import LAYOUT, PULL, TRAINING, GradientLimit, by_type
from snnrun.compat.keys import Keys
from snnrun.compat.parts import Column, Kind, Part
from snnrun.compat.tables import Fixed, Key, Ours, Plain, Table, Theirs, as_plain, read
from snnrun.models.first_spike.settings import FirstSpikeLayerSettings

_LAYERS = "model.layers"


@dataclass(frozen=True)
class BiasTimes(Column):
    """The times of each layer, and under another key how many; a flat list holds for all."""

    counts: str = "n_biases"

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the times of each layer, if they are as many as the other key says."""
        layers = ours.parts(self.ours)
        counts = Column(self.counts, self.ours, "").values(keys, len(layers))
        times = keys.listed(self.theirs)
        nested = [isinstance(own, list) for own in times]
        if any(nested) and not all(nested):
            text = "must be one list of times, or a list of them for each layer"
            return keys.problem(self.theirs, text)
        each = times if any(nested) else [times] * len(layers)
        for index, (count, own) in enumerate(zip(counts, each, strict=False)):
            if count != len(own):
                text = f"layer {index} has {len(own)}, but {self.counts} says {count}"
                keys.problem(self.theirs, text)
        if len(each) != len(layers):
            keys.problem(self.theirs, f"has {len(each)} lists for {len(layers)} layers")
        for layer, own in zip(layers, each, strict=False):
            layer.put(self.at, own)

    def write(self, ours: Ours, theirs: Plain) -> None:
        """Write how many, and the times of each layer."""
        theirs[self.counts] = [len(layer.get(self.at)) for layer in ours.parts(self.ours)]
        super().write(ours, theirs)


class Spread(Column):
    """A column that may be one value for all layers."""

    def values(self, keys: Keys, count: int) -> list[Any]:
        """Return the values."""
        if isinstance(keys.left.get(self.theirs), list):
            return super().values(keys, count)
        return [keys.need(self.theirs)] * count


_MISSING = Spread(training.MISSING, _LAYERS, "max_missing_spikes")
_COLUMNS = (
    Column("layer_sizes", _LAYERS, "size", turn=-1),
    BiasTimes("bias_times", _LAYERS, "bias_times"),
    Column("weight_means", _LAYERS, "weights.mean"),
    Column("weight_stdevs", _LAYERS, "weights.std"),
)


def _count(ours: Ours) -> int:
    return len(ours.get(_LAYERS))


class Loss(Part):
    """The loss; the oldest configs have the terms of that of first spikes beside it instead."""

    def read(self, keys: Keys, ours: Ours) -> None:
        """Put the loss."""
        if self.theirs in keys:
            keys.ignore(*(row.theirs for row in PULL))
            return super().read(keys, ours)
        ours.put(f"{self.ours}.name", "ttfs")
        read(PULL, keys, ours.part(self.ours))


_DIALECT = Fixed("dialect", "fastanddeep", "learning.loss.dialect: only fastanddeep there")
_KINDS = {"TTFS": Kind("ttfs", PULL), "MSE": Kind("mse", (*training.TARGETS, _DIALECT))}
_SIZES = "layer_sizes has {fine} entries"
_NO_CHIP = "there is no chip here; false simulates the network"
_NEURON = tuple(
    replace(row, default=lambda ours: ours.get("tau_syn")) if row.ours == "tau_mem" else row
    for row in NEURON
)
_LAYOUT = (
    datasets.INPUTS,
    Theirs("n_layers", _count, fine=lambda ours: (None, _count(ours)), refused=_SIZES, turn=1),
    *_COLUMNS,
    datasets.WIDTH,
)
_TRAINING = (
    *training.rows("fastanddeep"),
    Loss("loss", (by_type(_KINDS),), "learning.loss"),
    GradientLimit("learning.max_dw_norm", None, off=None),
    _MISSING,
    Key(training.MAX_WEIGHT, "learning.max_weight", None, off=False),
    Theirs(training.CHIP, False, fine=(None, False), refused=_NO_CHIP),
)
TABLE: Table = (
    datasets.DataSet("dataset"),
    Part(OWN, _NEURON, "model"),
    Part(LAYOUT, _LAYOUT),
    Part(TRAINING, _TRAINING),
)
KEYS = frozenset(row.theirs for row in TABLE)


def translate(top: Keys) -> Ours:
    """Return our config; what is wrong goes to the report of ``top``."""
    ours, layout = Ours(), top.left.get(LAYOUT)
    if isinstance(layout, dict) and LISTED in layout:
        text = "belongs to the newer generation, whose data set is dataset_params"
        top.report.problem((LAYOUT, LISTED), text)
        read(TABLE[:1], top, ours)
        for row in TABLE:
            if isinstance(row, Part):
                row.open(top)
    else:
        read(TABLE, top, ours)
    return ours


def prepare(ours: Ours) -> None:
    """Put what ours says where the table finds it; refuse what only the second can say."""
    training.prepare(ours)
    said = {row.at.partition(".")[0] for row in (*_COLUMNS, _MISSING)}
    bare = as_plain(FirstSpikeLayerSettings(size=1).model_dump())
    more = [
        f"{_LAYERS}.{index}.{key}"
        for index, layer in enumerate(ours.get(_LAYERS))
        for key in layer
        if key not in said and layer[key] != bare[key]
    ]
    more += [path for path in ("model.ratio", "learning.regularisers") if ours.get(path)]
    tau, tau_mem = ours.get("model.tau_syn"), ours.get("model.tau_mem")
    if tau_mem != tau and ours.get("model.g_leak") != tau / tau_mem:
        more.append("model.g_leak")
    ours.problems += [f"{path}: not there" for path in more]
