"""What BindsNET saves of Diehl & Cook's network, read without running it.

Two kinds of files, by ``torch.save``: the whole network, as ``Network.save`` writes it, and its
state dict, which holds weights up to 0.3.2 only (``X_to_Ae.w``). Nodes are called X, Ae and Ai.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnrun.errors import DataError
from snnrun.runs.pickles import Object, kind, mapping
from snnrun.runs.torch_files import array, is_tensor, read_file
from snnrun.runs.whole import brief

Array = NDArray[Any]
_NODES = ("Input", "LIFNodes", "DiehlAndCookNodes", "AdaptiveLIFNodes")
_RULES = ("NoOp", "PostPre", "WeightDependentPostPre", "Hebbian")
#: What such a file may name; none of it is looked up, let alone called.
NAMES = frozenset(
    {
        "bindsnet.models.models.DiehlAndCook2015",
        "bindsnet.network.network.Network",
        "bindsnet.network.topology.MulticompartmentConnection",
        "bindsnet.network.topology.Connection",
        "bindsnet.network.topology_features.Weight",
        "builtins.set",
        "builtins.getattr",
        "__builtin__.set",
        "__builtin__.getattr",
        "torch._C._VariableFunctionsClass",
    }
    | {f"bindsnet.network.nodes.{name}" for name in _NODES}
    | {
        f"bindsnet.learning.{part}.{name}"
        for part in ("learning", "MCC_learning")
        for name in _RULES
    }
)
#: What else synapses and their rules heed there.
HEEDED = ("decay", "average_update", "continues_update", "enforce_polarity", "norm_frequency")
EDGES = {"X_to_Ae": ("X", "Ae"), "Ae_to_Ai": ("Ae", "Ai"), "Ai_to_Ae": ("Ai", "Ae")}


class Saved(NamedTuple):
    """A network.

    nodes: for X, Ae and Ai their constants, and theta.
    weights: for each of :data:`EDGES` ``[pre, post]``.
    rule: norm, lowest and highest weight, rates and name of the rule, and what else it heeds, as
        far as the file has them.
    """

    nodes: dict[str, dict[str, Any]]
    weights: dict[str, Array]
    rule: dict[str, Any]


def read(path: Path) -> Saved:
    """Return the network in a file.

    Raises:
        DataError: it is damaged, names what is not expected, or holds another network.
    """
    found = read_file(path, NAMES)
    whole = isinstance(found, Object) and found.state is not None
    try:
        saved = _of_network(found.state) if whole else _of_state(mapping(found))
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise DataError(
            f"{path}: no Diehl & Cook network of BindsNET: {brief(_told(error))}"
        ) from error
    for name, weights in saved.weights.items():
        if not np.isfinite(weights).all():
            raise DataError(f"{path}: {name}: weights are not finite")
    return saved


def _told(error: Exception) -> str:
    return f"no {error.args[0]}" if isinstance(error, KeyError) else str(error)


def _of_state(state: Mapping[str, Any]) -> Saved:
    """Read a state dict."""
    if "X_to_Ae.w" not in state:
        raise ValueError(
            "its state dict has no weights X_to_Ae.w; those of BindsNET 0.3.3 and later have none: "
            "use the file that Network.save writes"
        )
    nodes = {
        node: {
            name.split(".")[1]: array(each)
            for name, each in state.items()
            if name.startswith(f"{node}.") and is_tensor(each)
        }
        for node in ("X", "Ae", "Ai")
    }
    return Saved(nodes, {name: array(state[f"{name}.w"]) for name in EDGES}, {})


def _of_network(state: Mapping[str, Any]) -> Saved:
    """Read a whole network."""
    modules = mapping(state["_modules"])
    nodes = {name: dict(_numbers(modules[name].state)) for name in ("X", "Ae", "Ai")}
    weights, rule = dict[str, Array](), dict[str, Any]()
    for name in EDGES:
        parts = modules[name].state
        features = parts.get("pipeline")
        own = features[0].state if features else parts
        weights[name] = array(own["value"] if features else mapping(parts["_parameters"])["w"])
        if name == "X_to_Ae":
            rule = _rule(own)
    return Saved(nodes, weights, rule)


def _rule(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return norm, bounds and rates of the synapses that learn."""
    found: dict[str, Any] = {"norm": own.get("norm")}
    learning = own.get("learning_rule") or own.get("update_rule")
    state = learning.state if isinstance(learning, Object) else {}
    low, high, nu = (state.get(key, own.get(key)) for key in ("min", "max", "nu"))
    found |= {"low": low, "high": high, "nu": array(nu).tolist() if is_tensor(nu) else nu}
    found |= {key: state.get(key, own.get(key)) for key in HEEDED}
    if isinstance(learning, Object):
        found["name"] = kind(learning).rpartition(".")[2]
    return {key: value for key, value in found.items() if value is not None}


def _numbers(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield constants of nodes: buffers and plain attributes."""
    for name, each in {**state, **mapping(state["_buffers"])}.items():
        if is_tensor(each):
            yield name, array(each)
        elif isinstance(each, int | float | bool):
            yield name, each
