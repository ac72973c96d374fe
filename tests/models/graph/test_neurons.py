"""Groups of neurons and their traces are those of BindsNET and PySNN."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from snnrun.models.graph.group import Input
from snnrun.models.graph.lif import LIF, AdaptiveLIF
from snnrun.models.graph.traces import TraceSettings

GOLDEN = Path(__file__).parents[2] / "golden/correlation"


def load(name):
    arrays = dict(np.load(GOLDEN / f"{name}.npz"))
    meta = json.loads(str(arrays.pop("meta")))
    return meta, {key: torch.from_numpy(value) for key, value in arrays.items()}


def shown(group, given, learning=True):
    """Return spikes, membranes and traces of all steps."""
    group.learning = learning
    group.reset(given.shape[1], given)
    found = []
    for x in given:
        spikes = group(x)
        membranes = getattr(group, "membranes", spikes)
        found.append((spikes, membranes, group.trace.clone(), getattr(group, "theta", spikes) + 0))
    return [torch.stack(each) for each in zip(*found, strict=True)]


def bindsnet(meta):
    """Return the group that a golden file of BindsNET is of."""
    trace = TraceSettings(
        tau=meta["tc_trace"], mode="add" if meta.get("traces_additive") else "set"
    )
    constants = {
        "tau": meta.get("tc_decay", float("inf")), "reset": meta["reset"], "trace": trace,
        "rest": meta.get("rest", meta["reset"]), "threshold": meta["thresh"],
        "refractory": float(meta["refrac"]), "lower": meta.get("lbound"),
    }  # fmt: skip
    if "theta_plus" not in meta:
        return LIF((6,), **constants)
    theta = {"plus": meta["theta_plus"], "tau_theta": meta["tc_theta_decay"]}
    return AdaptiveLIF((6,), **constants, **theta)


@pytest.mark.parametrize(
    "name", ["if", "lif", "lif_additive_lbound", "adaptive_lif", "dc_nodes", "dc_nodes_eval"]
)
def test_neurons_of_bindsnet(name):
    meta, golden = load(f"bindsnet_{name}")
    group = bindsnet(meta)
    spikes, membranes, trace, theta = shown(group, golden["input"], meta.get("learning", True))
    assert torch.equal(spikes, golden["spikes"].to(spikes))
    torch.testing.assert_close(membranes, golden["voltage"], rtol=0, atol=5e-5)
    torch.testing.assert_close(trace, golden["trace"], rtol=0, atol=1e-6)
    if "theta" in golden:
        torch.testing.assert_close(theta, golden["theta"], rtol=0, atol=1e-5)


def pysnn(meta, golden):
    """Return the group that a golden file of PySNN is of."""
    euler = meta.get("update_type", "exponential") == "exponential"
    by = {"tau": meta["tau_t"], "euler": True} if euler else {"decay": meta["tau_t"], "mode": "add"}
    trace = TraceSettings(amount=meta["alpha_t"], **by)
    if meta["cls"] == "Input":
        return Input((5,), trace, meta["dt"])
    tau = golden.get("tau_v", torch.tensor(meta.get("tau_v", float("inf"))))
    leak = {"tau": float("inf")}
    if meta["cls"] != "IFNeuron":
        leak = {"tau": float(tau), "euler": True} if euler else {"decay": tau}
    return LIF(
        (1, 5), gain=meta["alpha_v"], rest=meta["v_rest"], threshold=meta["thresh"],
        refractory=meta["duration_refrac"], holds=True, trace=trace, dt=meta["dt"], **leak,
    )  # fmt: skip


NAMES = sorted(path.stem for path in GOLDEN.glob("pysnn_[il]*f_*.npz"))


@pytest.mark.parametrize("name", NAMES)
def test_neurons_of_pysnn(name):
    meta, golden = load(name)
    group = pysnn(meta, golden)
    spikes, membranes, trace, _ = shown(group, golden["x"].sum(-1))
    assert torch.equal(spikes, golden["spikes"].to(spikes))
    torch.testing.assert_close(membranes, golden["voltage"], rtol=0, atol=1e-6)
    torch.testing.assert_close(trace, golden["trace"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("form", ["linear", "exponential"])
def test_input_of_pysnn(form):
    meta, golden = load(f"pysnn_input_{form}")
    *_, trace, _ = shown(pysnn(meta, golden), golden["spikes"].float().flatten(2))
    torch.testing.assert_close(trace, golden["trace"].flatten(2), rtol=0, atol=1e-6)
