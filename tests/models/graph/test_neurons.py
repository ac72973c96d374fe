"""Groups of neurons and their traces are those of BindsNET and PySNN."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from snnrun.models.graph.adaptive import FadingThresholdLIF
from snnrun.models.graph.connections import Dense
from snnrun.models.graph.current import CurrentLIF
from snnrun.models.graph.fede import Fede
from snnrun.models.graph.group import Input
from snnrun.models.graph.izhikevich import Izhikevich
from snnrun.models.graph.lif import LIF, AdaptiveLIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.traces import TraceSettings

GOLDEN = Path(__file__).parents[2] / "golden/correlation"


def load(name):
    arrays = dict(np.load(GOLDEN / f"{name}.npz"))
    meta = json.loads(str(arrays.pop("meta")))
    return meta, {key: torch.from_numpy(value) for key, value in arrays.items()}


def shown(group, given, *names, learning=True):
    """Return the spikes of all steps, then what the group has by these names, after each."""
    group.learning = learning
    group.reset(given.shape[1], given)
    found = []
    for x in given:
        spikes = group(x)
        found.append([spikes, *(getattr(group, name).clone() for name in names)])
    return [torch.stack(each) for each in zip(*found, strict=True)]


def assert_near(found, golden, atol):
    torch.testing.assert_close(found, golden, rtol=0, atol=atol)


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
    if meta["cls"] == "CurrentLIFNodes":
        constants["refractory"] -= 1.0  # theirs counts down before it is looked at
        return CurrentLIF((6,), tau_current=meta["tc_i_decay"], **constants)
    if "theta_plus" not in meta:
        return LIF((6,), **constants)
    theta = {"plus": meta["theta_plus"], "tau_theta": meta["tc_theta_decay"]}
    return AdaptiveLIF((6,), **constants, **theta)


@pytest.mark.parametrize(
    "name", ["if", "lif", "lif_additive_lbound", "adaptive_lif", "dc_nodes", "dc_nodes_eval"]
)
def test_neurons_of_bindsnet(name):
    meta, golden = load(f"bindsnet_{name}")
    group, learning = bindsnet(meta), meta.get("learning", True)
    names = ["membranes", "trace", *(["theta"] if "theta" in golden else [])]
    spikes, membranes, trace, *theta = shown(group, golden["input"], *names, learning=learning)
    assert torch.equal(spikes, golden["spikes"].to(spikes))
    assert_near(membranes, golden["voltage"], 5e-5)
    assert_near(trace, golden["trace"], 1e-6)
    for each in theta:
        assert_near(each, golden["theta"], 1e-5)


def test_current_based_neurons_of_bindsnet():
    meta, golden = load("bindsnet_current_lif")
    names = ("membranes", "currents", "trace")
    spikes, membranes, currents, trace = shown(bindsnet(meta), golden["input"], *names)
    assert torch.equal(spikes, golden["spikes"].to(spikes))
    assert_near(membranes, golden["voltage"], 5e-5)
    assert_near(currents, golden["i"], 1e-5)
    assert_near(trace, golden["trace"], 1e-6)


def test_one_winner_a_step():
    """Losers are reset and adapt as the winner does; who wins is taken from the file."""
    meta, golden = load("bindsnet_dc_nodes_one_spike")
    group, winners, several = bindsnet(meta), iter(golden["spikes"].float()), []
    group.one_winner = True

    def told(spikes):
        wins, count = next(winners), spikes.sum(1)
        assert torch.equal(wins.sum(1), count.clamp(max=1))
        assert not (wins > spikes).any()
        several.append(int((count > 1).sum()))
        return wins

    group._winners = told
    names = ("membranes", "trace", "theta")
    _, membranes, trace, theta = shown(group, golden["input"], *names)
    assert sum(several) > 5
    assert_near(membranes, golden["voltage"], 5e-5)
    assert_near(trace, golden["trace"], 1e-6)
    assert_near(theta, golden["theta"], 1e-5)


def test_izhikevich_neurons_of_bindsnet():
    meta, golden = load("bindsnet_izhikevich")
    group = Izhikevich(
        (6,), **{name: golden[name] for name in "abcd"}, threshold=meta["thresh"],
        rest=meta["rest"], weights=golden["S"], dt=meta["dt"],
    )  # fmt: skip
    spikes, membranes, recovery = shown(group, golden["input"], "membranes", "recovery")
    assert torch.equal(spikes, golden["spikes"].to(spikes))
    assert_near(membranes, golden["voltage"], 1e-3)  # up to 2043 at a spike
    assert_near(recovery, golden["u"], 1e-4)


def pysnn(meta, golden, shape=(1, 5)):
    """Return the group that a golden file of PySNN is of."""
    euler = meta.get("update_type", "exponential") == "exponential"
    by = {"tau": meta["tau_t"], "euler": True} if euler else {"decay": meta["tau_t"], "mode": "add"}
    trace = TraceSettings(amount=meta["alpha_t"], **by)
    if meta["cls"] == "Input":
        return Input(shape, trace, meta["dt"])
    common = {
        "gain": meta["alpha_v"], "rest": meta["v_rest"], "threshold": meta["thresh"],
        "refractory": meta["duration_refrac"], "trace": trace, "dt": meta["dt"],
    }  # fmt: skip
    if meta["cls"] == "FedeNeuron":
        return Fede(shape, tau=float(meta["tau_v"]), **common)
    tau = golden["tau_v"][0] if "tau_v" in golden else meta.get("tau_v")
    leak = {"tau": float("inf")}
    if meta["cls"] != "IFNeuron":
        leak = {"tau": tau, "euler": True} if euler else {"decay": tau}
    if meta["cls"] != "AdaptiveLIFNeuron":
        return LIF(shape, holds=True, **common, **leak)
    fade = {"tau_threshold" if euler else "threshold_decay": meta["tau_thresh"]}
    plus = meta["alpha_thresh"]
    return FadingThresholdLIF(shape, holds=True, plus=plus, **common, **leak, **fade)


NAMES = sorted(path.stem for path in GOLDEN.glob("pysnn_*f_*.npz"))
NAMES += sorted(path.stem for path in GOLDEN.glob("pysnn_fede_*.npz"))


def test_every_neuron_of_pysnn_is_compared():
    assert len(NAMES) == 15


@pytest.mark.parametrize("name", NAMES)
def test_neurons_of_pysnn(name):
    meta, golden = load(name)
    x = golden["x"] - golden["pre_trace"] if "pre_trace" in golden else golden["x"]
    names = ("membranes", "trace", "left", "thresholds")
    spikes, membranes, trace, left, thresholds = shown(pysnn(meta, golden), x.sum(-1), *names)
    assert torch.equal(spikes, golden["spikes"].to(spikes))
    assert torch.equal(left * meta["dt"], golden["refrac"])
    assert_near(membranes, golden["voltage"], 1e-6)
    assert_near(trace, golden["trace"], 1e-6)
    assert_near(thresholds, golden["thresh"], 1e-6)


@pytest.mark.parametrize("form", ["linear", "exponential"])
def test_input_of_pysnn(form):
    meta, golden = load(f"pysnn_input_{form}")
    _, trace = shown(pysnn(meta, golden), golden["spikes"].float(), "trace")
    assert_near(trace, golden["trace"], 1e-6)


def test_a_cycle_of_fede_neurons_of_pysnn():
    """Its feedback reads spikes of the step before, so that they take one step more."""
    meta, golden = load("pysnn_cyclic_network")
    neuron = {"cls": "FedeNeuron", **meta["neuron"]}
    groups = {
        "in": pysnn({"cls": "Input", "dt": 1.0, **meta["input"]}, {}, (6,)),
        "hidden": pysnn(neuron, {}, (10,)),
        "out": pysnn(neuron, {}, (2,)),
    }
    edges, delay = [], meta["delay"]
    for pre, post, name, steps in [
        ("in", "hidden", "w_c1", delay),
        ("hidden", "out", "w_c2", delay),
        ("out", "hidden", "w_cb", delay + 1),
    ]:
        synapses = Dense(groups[pre].shape, groups[post].shape, delay=steps)
        synapses.weight.data = golden[name]
        edges.append(Edge(pre, post, synapses))
    record = dict.fromkeys(("hidden", "out"), ("membranes", "trace"))
    found = Network(groups, edges).run({"in": golden["spikes_in"][:, :, 0].float()}, record=record)
    for name, place in (("hidden", "1"), ("out", "2")):
        assert golden[f"s{place}"].sum() > 10
        assert torch.equal(found[name], golden[f"s{place}"][:, :, 0].float())
        assert_near(found[f"{name}.membranes"], golden[f"v{place}"][:, :, 0], 1e-6)
        assert_near(found[f"{name}.trace"], golden[f"t{place}"][:, :, 0], 1e-6)
