"""Layers with recurrent weights as a LIF network: weights and neurons in turn, then a readout."""

import math
from typing import Any

import numpy as np

from snnrun.compat.nir.reading import Array, Layers
from snnrun.errors import DataError
from snnrun.models.lif.net import decay

_RESETS = {"set": "zero", "subtract": "subtract"}


def lif_network(layers: Layers) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the model as configs write it, and its tensors.

    Raises:
        DataError: the LIF networks here are not like this; names the layer.
    """
    rows = [(at, each) for at, each in enumerate(layers.layers) if each["name"] != "flatten"]
    names = [each["name"] for _, each in rows]
    last = names[-1] if len(names) % 2 == 0 else "linear"
    hidden = (len(names) - 1) // 2
    known = ["linear", "lif"] * hidden + (["linear"] if len(names) % 2 else ["linear", last])
    if names != known or last not in ("linear", "lif", "leaky") or not hidden:
        raise DataError(
            f"with recurrent weights, expected weights and neurons in turn, got {names}"
        )
    if biases := [key for key in layers.tensors if key.endswith(".bias")]:
        raise DataError(f"with recurrent weights, expected no biases, got {biases[0]}")
    made, tensors = [], {}
    for index, ((before, weights), (at, each)) in enumerate(
        zip(rows[: 2 * hidden : 2], rows[1 : 2 * hidden : 2], strict=True)
    ):
        tensors[f"layers.{index}.weights"] = layers.tensors[f"layers.{before}.weight"].T
        if at in layers.recurrent:
            tensors[f"layers.{index}.recurrent"] = layers.recurrent.pop(at).T
        loop = {"recurrent": True} if f"layers.{index}.recurrent" in tensors else {}
        made.append({"size": weights["size"], **loop, **_neuron(each, layers.kind)})
    if layers.recurrent:
        raise DataError("the readout has recurrent weights; expected none")
    tensors["readout.weights"] = layers.tensors[f"layers.{rows[2 * hidden][0]}.weight"].T
    end = layers.layers[rows[-1][0]]
    readout: dict[str, Any] = {"name": "linear"}
    if last == "leaky":
        readout = {"name": "leaky", "tau": tau_of(end["decay"])}
    elif last == "lif":
        readout = {"name": "spikes", **_neuron(end, layers.kind)}
    return {"name": "lif", "layers": made, "readout": readout}, tensors


def tau_of(left: float) -> float:
    """Return the time constant, steps, of which a step leaves exp(-1 / tau); 0: no memory.

    Example:
        >>> tau_of(decay(20.0)), tau_of(0.0), tau_of(1.0)
        (20.0, 0.0, inf)
    """
    if left in (0.0, 1.0):
        return math.inf if left else 0.0
    exact = -1 / math.log(left)
    return next((tau for d in (3, 6, 9, 12) if decay(tau := round(exact, d)) == left), exact)


def _neuron(layer: dict[str, Any], kind: type[np.floating[Any]]) -> dict[str, Any]:
    """Return neurons of a feed-forward network as those of a LIF network.

    Raises:
        DataError: they rest, are set, or begin to be reset elsewhere than there.
    """
    kept = layer["decay"] if layer.get("decay") is not None else 1 - 1 / layer["tau"]
    by = 1 - kept if layer["decay_input"] else 1.0
    for key in ("v_reset", "rest", "delayed", "adaptation"):
        if layer.get(key):
            raise DataError(f"with recurrent weights, neurons have no {key}, got {layer[key]}")
    if layer["reset"] not in _RESETS or not kept or not by:
        raise DataError(f"with recurrent weights, expected a reset and a leak, got {layer}")
    threshold = kind(layer["threshold"] / by)
    if layer["strict"]:  # LIF networks spike at their threshold
        threshold = np.nextafter(threshold, kind(math.inf))
    more = {"surrogate": layer["surrogate"]} if "surrogate" in layer else {}
    return {
        "tau_mem": tau_of(kept),
        "tau_syn": tau_of(layer["current_decay"]),
        "threshold": float(threshold) if layer["strict"] or by != 1 else layer["threshold"],
        "reset": _RESETS[layer["reset"]],
        **more,
    }
