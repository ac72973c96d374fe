"""Make a run folder of a network that BindsNET saved, to be evaluated or trained on.

Only synapses and thresholds are taken; which class a neuron stands for, training samples tell anew.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from snnrun.compat.bindsnet.reading import Saved, read
from snnrun.compat.imported import spelled_out, written
from snnrun.compat.runs import digests
from snnrun.config.reading import document_of
from snnrun.data.loader import Use
from snnrun.errors import ConfigError, DataError
from snnrun.experiment import experiment_of
from snnrun.runs.folder import RESULTS, RunDir
from snnrun.runs.tensors import check_fit
from snnrun.training.learner import Learner, build_learner, load_data

Array = NDArray[Any]
#: Of nodes: a trace rises by 1, membranes have no lowest value, and nothing sums what comes in.
_NODES: dict[str, Any] = {"trace_scale": 1.0, "lbound": None, "sum_input": False}
#: Of synapses that learn.
_RULE: dict[str, Any] = {
    "name": "PostPre",
    "decay": 1.0,
    "average_update": 0,
    "continues_update": False,
    "enforce_polarity": False,
    "norm_frequency": "sample",
}
_DEFAULTS: dict[str, Any] = {
    "encoder": {"name": "poisson_intervals", "steps": 250, "max_rate": 128.0},
    "learning": {"name": "correlation", "readout": "Ae"},
    "train": {"epochs": 1, "batch_size": 250, "optimizer": None},
}


def import_file(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    name: str | None = None,
    results: Path = RESULTS,
) -> RunDir:
    """Return a new run folder with the network of a file.

    Args:
        path: the file, of ``Network.save`` or of a state dict.
        overrides: settings such as ``data=mnist``, which go before those of the file.
        name: what the run folder is called, before the date; the file's name by default.
        results: the folder that holds run folders.

    Raises:
        ConfigError: the settings are wrong, or no data set is named.
        DataError: the file cannot be read, or holds another network.
    """
    saved = read(path)
    plain = {**_DEFAULTS, "model": model_of(saved, path)}
    chosen = spelled_out(overrides)
    if "data" not in document_of(plain, str(path), chosen).data:
        raise ConfigError(f"{path} says nothing of data; add data=NAME, such as data=mnist")
    experiment = experiment_of(plain, str(path), chosen)
    learner = build_learner(experiment)
    _take(learner, saved, path)
    loader = learner.loader(
        load_data(experiment).train, experiment, Use("calibration"), experiment.train.batch_size
    )
    with learner.evaluating():
        learner.rule.calibrate(partial(loader.epoch, 0))
    source = {
        "format": "bindsnet",
        "folder": str(path.parent),
        "sha256": digests(path.parent, [path]),
    }
    return written(RunDir.create(results, name or path.stem), experiment, learner, source)


def model_of(saved: Saved, path: Path) -> dict[str, Any]:
    """Return the settings of the model.

    Raises:
        DataError: weights between Ae and Ai are not those of Diehl & Cook, or a node or rule heeds
            what there is not here.
    """
    _refuse_others(saved, path)
    x, e, i = (saved.nodes[name] for name in ("X", "Ae", "Ai"))
    excites, inhibits = saved.weights["Ae_to_Ai"], saved.weights["Ai_to_Ae"]
    size = len(excites)
    eye = np.eye(size, dtype=bool)
    for weights, where, what in ((excites, eye, "Ae_to_Ai"), (inhibits, ~eye, "Ai_to_Ae")):
        inside = weights[where]
        if weights.shape != (size, size) or np.ptp(inside) > 1e-4 or weights[~where].any():
            raise DataError(f"{path}: {what}: expected one weight, one to one or to all others")
    rule = saved.rule
    learning = {
        "name": "dense",
        "delay": 1,
        "bounds": [float(rule.get("low", 0.0)), float(rule.get("high", 1.0))],
        "normalise": {"to": float(rule.get("norm", 78.4))},
        "rules": [{"name": "pair", "nu": [float(nu) for nu in rule.get("nu", (1e-4, 1e-2))]}],
    }
    return {
        "name": "graph",
        "dt": float(x.get("dt", 1.0)),
        "neurons": {
            "X": {"name": "input", "trace": _trace(x)},
            "Ae": {
                "name": "adaptive_lif",
                "size": size,
                **_lif(e),
                "plus": float(e["theta_plus"]),
                "tau_theta": float(e["tc_theta_decay"]),
                "one_winner": bool(e.get("one_spike", True)),
                "trace": _trace({**x, **e}),
            },
            "Ai": {"name": "lif", "size": size, **_lif(i)},
        },
        "synapses": {
            "X -> Ae": learning,
            "Ae -> Ai": {"name": "one_to_one", "delay": 1, "weight": float(excites[0, 0])},
            "Ai -> Ae": {
                "name": "all_but_self",
                "delay": 1,
                "weight": float(inhibits[~eye].mean()),
            },
        },
    }


def _trace(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return the trace of nodes, in our words."""
    mode = "add" if node.get("traces_additive") else "set"
    return {"tau": float(node["tc_trace"]), "mode": mode}


def _refuse_others(saved: Saved, path: Path) -> None:
    """Refuse constants that have another value than the one by which all is computed here.

    Raises:
        DataError: naming the first.
    """
    dt = saved.nodes["X"].get("dt", 1.0)
    parts = [(f"{name}.", own, {**_NODES, "dt": dt}) for name, own in saved.nodes.items()]
    for prefix, own, wanted in (*parts, ("X_to_Ae: ", saved.rule, _RULE)):
        for key, value in wanted.items():
            found = own.get(key, value)
            if found != value:
                raise DataError(f"{path}: {prefix}{key} is {found}; expected {value}")


def _lif(node: Mapping[str, Any]) -> dict[str, float]:
    """Return the constants of nodes, in our words."""
    names = {
        "tau": "tc_decay",
        "rest": "rest",
        "reset": "reset",
        "threshold": "thresh",
        "refractory": "refrac",
    }
    return {ours: float(node[theirs]) for ours, theirs in names.items()}


def _take(learner: Learner, saved: Saved, path: Path) -> None:
    """Put weights and thresholds into a learner.

    Raises:
        DataError: they do not fit the samples.
    """
    theirs = {
        "model.network.synapses.X->Ae.weight": saved.weights["X_to_Ae"].T,
        "model.network.groups.Ae.theta": saved.nodes["Ae"]["theta"],
    }
    state = learner.state_dict()
    tensors = state | {
        name: torch.from_numpy(np.array(each)).to(learner.dtype) for name, each in theirs.items()
    }
    check_fit(path, tensors, state)
    learner.load_state_dict(tensors)
