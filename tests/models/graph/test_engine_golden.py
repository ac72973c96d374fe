"""The engine changes weights as the rules of BindsNET do, and spikes as PySNN's cycle does."""

import numpy as np
import pytest
import torch

from snnrun.core.events import Events
from snnrun.kernels.native import native
from snnrun.models.graph.connections import Dense
from snnrun.models.graph.engine import Engine, compiled
from snnrun.models.graph.group import Input
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.relay import Relay
from snnrun.models.graph.signals import Lesson
from snnrun.models.graph.traces import TraceSettings
from tests.models.graph.test_neurons import load, pysnn
from tests.models.graph.test_plasticity import RULES
from tests.models.graph.test_reward import of_bindsnet

pytestmark = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
REWARDED = ["mstdp_lag", "mstdp_zerolag", "mstdpet_zerolag"]
PAIRS = ["postpre", "postpre_additive", "wdpostpre", "hebbian", "diehlcook_rule"]
PAIRS += ["diehlcook_rule_mu02"]


def given_spikes(pre, post, synapses, rule, trace):
    """Return a network in which both groups spike as its input tells, and nothing else arrives."""
    groups = {
        "in": Input((pre + post,)),
        "pre": Relay((pre,), trace),
        "post": Relay((post,), trace),
    }
    ones = torch.eye(pre + post)
    edges = [Edge("pre", "post", synapses, (rule,))]
    for name, rows in (("pre", ones[:pre]), ("post", ones[pre:])):
        told = Dense((pre + post,), (len(rows),))
        told.weight.data = rows.contiguous()
        edges.append(Edge("in", name, told))
    return Network(groups, edges)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", [*PAIRS, *REWARDED])
def test_rules_of_bindsnet(name, dtype):
    meta, golden = load(f"bindsnet_{name}")
    steps = len(golden["weight"])
    synapses = Dense(
        (8,), (5,), delay=steps, bounds=(meta["wmin"], meta["wmax"]), norm=meta["norm"],
        decay=meta.get("weight_decay", 0.0),
    )  # fmt: skip
    synapses.weight.data = golden["weight0"].t().contiguous()
    rule = of_bindsnet(meta) if name in REWARDED else RULES[meta["rule"]](meta)
    mode = "add" if meta.get("traces_additive") else "set"
    trace = TraceSettings(tau=meta.get("tc_trace", 20.0), mode=mode)
    network = given_spikes(8, 5, synapses, rule, trace).to(dtype)
    assert compiled(network)
    spikes = torch.cat([golden["pre_spikes"].float(), golden["post_spikes"].float()], 2)
    lessons = [Lesson({"reward": golden["reward"]})] if name in REWARDED else []
    words = np.zeros((1, steps), np.uint32)
    Engine(network).run(Events.of(spikes), words, ["post"], learning=True, lessons=lessons)
    wanted = golden["weight_normalized"].to(dtype)
    torch.testing.assert_close(synapses.weight.t(), wanted, rtol=0, atol=2e-6)


def test_a_cycle_of_fede_neurons_of_pysnn():
    meta, golden = load("pysnn_cyclic_network")
    neuron, delay = {"cls": "FedeNeuron", **meta["neuron"]}, meta["delay"]
    groups = {
        "in": pysnn({"cls": "Input", "dt": 1.0, **meta["input"]}, {}, (6,)),
        "hidden": pysnn(neuron, {}, (10,)),
        "out": pysnn(neuron, {}, (2,)),
    }
    edges = []
    for pre, post, name, steps in [
        ("in", "hidden", "w_c1", delay),
        ("hidden", "out", "w_c2", delay),
        ("out", "hidden", "w_cb", delay + 1),
    ]:
        synapses = Dense(groups[pre].shape, groups[post].shape, delay=steps)
        synapses.weight.data = golden[name].contiguous()
        edges.append(Edge(pre, post, synapses))
    network = Network(groups, edges)
    assert compiled(network)
    given = golden["spikes_in"][:, :, 0].float()
    words = np.zeros((given.shape[1], len(given)), np.uint32)
    found = Engine(network).run(Events.of(given), words, ["hidden", "out"])
    for name, place in (("hidden", "1"), ("out", "2")):
        assert torch.equal(found[name].dense(given), golden[f"s{place}"][:, :, 0].float())
