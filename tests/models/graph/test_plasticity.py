"""Rules of synapses change weights as those of BindsNET."""

import pytest
import torch

from snnrun.models.graph.connections import Dense
from snnrun.models.graph.group import Input
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.plasticity import Hebbian, Pair, PowerLaw, WeightDependent
from snnrun.models.graph.traces import TraceSettings
from tests.models.graph.test_neurons import load

RULES = {
    "PostPre": lambda meta: Pair(tuple(meta["nu"])),
    "WeightDependentPostPre": lambda meta: WeightDependent(tuple(meta["nu"])),
    "Hebbian": lambda meta: Hebbian(tuple(meta["nu"])),
    "DiehlAndCook": lambda meta: PowerLaw(meta["nu"][1], meta["x_tar"], meta["mu"]),
}


@pytest.mark.parametrize(
    "name", ["postpre", "postpre_batch3", "wdpostpre", "hebbian", "diehlcook_rule",
             "diehlcook_rule_mu02"]
)  # fmt: skip
def test_rules_of_bindsnet(name):
    meta, golden = load(f"bindsnet_{name}")
    trace = TraceSettings(tau=meta["tc_trace"], mode="add" if meta["traces_additive"] else "set")
    synapses = Dense((8,), (5,), delay=1, bounds=(meta["wmin"], meta["wmax"]), norm=meta["norm"])
    synapses.weight.data = golden["weight0"].t().contiguous()
    groups = {"pre": Input((8,), trace), "post": Input((5,), trace)}
    net = Network(groups, [Edge("pre", "post", synapses, (RULES[meta["rule"]](meta),))])
    pre, post = golden["pre_spikes"].float(), golden["post_spikes"].float()
    net.reset(pre.shape[1], pre)
    for t, wanted in enumerate(golden["weight"]):
        net.step({"pre": pre[t], "post": post[t]}, learn=True, batched=True)
        torch.testing.assert_close(synapses.weight.t(), wanted, rtol=0, atol=2e-6)
        for name in groups:
            torch.testing.assert_close(
                net.group(name).trace, golden[f"{name}_trace"][t], rtol=0, atol=1e-6
            )
    synapses.normalise()
    torch.testing.assert_close(synapses.weight.t(), golden["weight_normalized"], rtol=0, atol=2e-6)
