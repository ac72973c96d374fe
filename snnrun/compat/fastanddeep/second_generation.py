"""Configs of the second generation, DelGrad: a list of layers, delays among them."""

from collections.abc import Iterator
from typing import Any

from snnrun.compat.fastanddeep import datasets, layers, training
from snnrun.compat.fastanddeep.training import (
    ALPHA,
    BETA,
    CHIP,
    LAYOUT,
    MAX_WEIGHT,
    TARGETS,
    TRAINING,
    XI,
    GradientLimit,
    by_type,
)
from snnrun.compat.keys import Keys
from snnrun.compat.parts import Kind, Many, Part
from snnrun.compat.tables import Fixed, Key, Ours, Refused, Table, Theirs, read

_GONE = "without effect, in the original too; early_output is a regulariser now"
_LOSSES = {
    "TTFS": Kind(
        "ttfs",
        (
            XI,
            Fixed("alpha", 0.0),
            *(Theirs(row.theirs, remark=lambda value, ours: _GONE) for row in (ALPHA, BETA)),
        ),
    ),
    "MSE": Kind("mse", (*TARGETS, Fixed("dialect", "delgrad", "only delgrad there"))),
    "shift_invariant_MSE": Kind("time_invariant_mse", (Key("delta_t", "delta_t"),)),
}
_REGULARISERS = {
    "early_output": Kind("early_output", (ALPHA, BETA)),
    "l2_delay": Kind("small_delays", (ALPHA, Key("use_effective_delays", "effective"))),
}


def _chip(substrate: Any, ours: Ours) -> str:
    simulated = substrate in ("sim", False)
    return "" if simulated else f"there is no {substrate!r} here; sim simulates the network"


def _copies(factor: Any, ours: Ours) -> str:
    alone = factor in (None, False, 1)
    return "" if alone else "taken as 1, as the original does when it simulates"


def _leaks(ours: Ours) -> Iterator[tuple[str, str]]:
    """Yield the layers whose neurons the original does not take."""
    for index, layer in enumerate(ours.get("model.layers")):
        changed = {
            key: value for key, value in (layer["neuron"] or {}).items() if value is not None
        }
        neuron = ours.get("model") | changed
        if neuron["tau_syn"] / neuron["tau_mem"] != neuron["g_leak"]:
            yield f"model.layers.{index}", "g_leak must be tau_syn / tau_mem there"


_OPTIONS = (
    datasets.Option("r_small", "data.r_small"),
    datasets.Option("r_big", "data.r_big"),
    datasets.Option("early", "encoder.early"),
    datasets.Option("late", "encoder.late"),
)
TABLE: Table = (
    Part(
        "dataset_params",
        (
            datasets.DataSet("name", _OPTIONS),
            Theirs("multiply_input_layer", remark=_copies),
            *(Theirs(key, idle=True) for key in ("which", "size", "seed")),
        ),
    ),
    Part("default_neuron_params", layers.DEFAULTS, "facts.neuron"),
    Part(LAYOUT, (datasets.INPUTS, layers.ROW, datasets.WIDTH)),
    Part(
        TRAINING,
        (
            *training.rows("delgrad"),
            Part(
                "loss",
                (by_type(_LOSSES), Many("regulariser", (by_type(_REGULARISERS),), "regularisers")),
                "learning.loss",
            ),
            Key(MAX_WEIGHT, "facts.max_weight", None, off=False),
            Theirs("substrate", "sim", refused=_chip),
            CHIP,
            Theirs(GradientLimit("").theirs),  # read from the neurons only
        ),
    ),
    Refused(_leaks),
)
KEYS = frozenset(row.theirs for row in TABLE if row.theirs)


def translate(top: Keys) -> Ours:
    """Return our config; what is wrong goes to the report of ``top``."""
    ours = Ours()
    read(TABLE, top, ours)
    loss = ours.part("learning.loss").plain
    ours.put("learning.regularisers", loss.pop("regularisers", []))
    layers.gather(ours)
    return ours


def prepare(ours: Ours) -> None:
    """Put what an experiment of ours says where the table finds it."""
    layers.spread(ours)
    loss, terms = ours.get("learning.loss"), ours.get("learning.regularisers")
    if loss["name"] == "ttfs" and loss["alpha"]:
        pull = {"name": "early_output", "alpha": loss["alpha"], "beta": loss["beta"]}
        terms = [*terms, pull]
    ours.put("learning.loss.regularisers", terms)
