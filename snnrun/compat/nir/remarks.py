"""What our files say beside their nodes: metadata, which other programs pass over.

::

    graph   writer, dt, epoch, config: the experiment without its model, as JSON
    neuron  snnrun: its settings, as JSON
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from snnrun.errors import DataError
from snnrun.experiment import Experiment
from snnrun.models.feedforward.neuron import NeuronSettings
from snnrun.runs.whole import MOST, parse_json

NEURON, CONFIG, EPOCH = "snnrun", "config", "epoch"
_TRAIN = ("augment", "precision", "eval_batch_size")


def remark_of(neuron: NeuronSettings) -> dict[str, Any]:
    """Return the metadata of a neuron."""
    return {NEURON: json.dumps(neuron.model_dump(mode="json"))}


def neuron_in(remark: Any) -> NeuronSettings | None:
    """Return the neuron of metadata; None where it is of another program, or damaged.

    Example:
        >>> neuron_in(remark_of(NeuronSettings(tau=3.0))["snnrun"]).tau
        3.0
        >>> neuron_in('{"tua": 3.0}')
    """
    if not isinstance(remark, str | bytes):
        return None
    try:
        return NeuronSettings.model_validate_json(remark)
    except ValidationError:
        return None


def graph_remarks(experiment: Experiment, epoch: int, dt: float) -> dict[str, Any]:
    """Return the metadata of a graph; plug-ins of the experiment are not named."""
    from importlib.metadata import version

    whole = experiment.model_dump(mode="json")
    config = {key: whole[key] for key in ("seed", "data", "encoder")}
    config["train"] = {key: whole["train"][key] for key in _TRAIN}
    if whole["learning"]["name"] == "surrogate":
        config["learning"] = whole["learning"]
    return {
        "writer": f"snnrun {version('snnrun')}",
        "dt": dt,
        EPOCH: epoch,
        CONFIG: json.dumps(config),
    }


def config_in(remarks: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a graph's metadata say of an experiment; nothing, of another program's."""
    try:
        found = parse_json(str(remarks.get(CONFIG, "{}")).encode("utf-8", "replace"))
    except ValueError:
        return {}
    if not isinstance(found, dict) or not isinstance(found.get("train", {}), dict):
        return {}
    known = ("seed", "data", "encoder", "train", "learning")
    return {key: found[key] for key in known if key in found}


def epoch_in(remarks: Mapping[str, Any]) -> int:
    """Return the epoch that a file of ours was written of; 1 of another, or a damaged one."""
    try:
        epoch = int(remarks.get(EPOCH, 1))
    except (ValueError, TypeError, OverflowError):
        return 1
    return epoch if 1 <= epoch <= MOST else 1


def step_in(remarks: Mapping[str, Any]) -> float | None:
    """Return the step, in seconds, that a graph's metadata name; None where they name none.

    Raises:
        DataError: it is none.
    """
    if "dt" not in remarks:
        return None
    try:
        dt = float(remarks["dt"])
    except (ValueError, TypeError):
        dt = math.nan
    if not 0 < dt < math.inf:
        raise DataError(f"metadata.dt is {remarks['dt']}; expected seconds, more than 0")
    return dt
