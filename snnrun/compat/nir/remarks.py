"""What our files say beside their nodes: metadata, which other programs pass over.

::

    graph   writer, dt, epoch, config: the experiment without its model, as JSON
    neuron  snnrun: its settings, as JSON
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from snnrun.experiment import Experiment
from snnrun.models.feedforward.neuron import NeuronSettings

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
    try:
        return NeuronSettings.model_validate_json(remark) if remark else None
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
        found = json.loads(str(remarks.get(CONFIG, "{}")))
    except ValueError:
        return {}
    known = ("seed", "data", "encoder", "train", "learning")
    return {key: found[key] for key in known if key in found} if isinstance(found, dict) else {}
