"""Rules of reward change weights as those of BindsNET and PySNN."""

import pytest
import torch

from snnrun.models.graph.connections import Dense
from snnrun.models.graph.group import Input
from snnrun.models.graph.images import Conv2d, Local
from snnrun.models.graph.lif import LIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.reward import MSTDP, MSTDPET, TracedReward
from snnrun.models.graph.traces import TraceSettings
from tests.models.graph.test_neurons import load


def of_bindsnet(meta):
    given = {
        "nu": meta["nu"][0], "a_plus": meta["a_plus"], "a_minus": meta["a_minus"],
        "tau_plus": meta["tc_plus"], "tau_minus": meta["tc_minus"], "lag": not meta["zero_lag"],
    }  # fmt: skip
    return MSTDPET(tau=meta["tc_e_trace"], **given) if "tc_e_trace" in meta else MSTDP(**given)


@pytest.mark.parametrize("name", ["mstdp_lag", "mstdp_zerolag", "mstdpet_zerolag"])
def test_rules_of_bindsnet(name):
    meta, golden = load(f"bindsnet_{name}")
    synapses = Dense((8,), (5,), delay=1, bounds=(meta["wmin"], meta["wmax"]), norm=meta["norm"])
    synapses.weight.data = golden["weight0"].t().contiguous()
    rule = of_bindsnet(meta)
    groups = {"pre": Input((8,)), "post": Input((5,))}
    net = Network(groups, [Edge("pre", "post", synapses, (rule,))])
    spikes = [golden[f"{name}_spikes"].float() for name in groups]
    net.reset(1, spikes[0])
    for t, wanted in enumerate(golden["weight"]):
        given = {name: each[t] for name, each in zip(groups, spikes, strict=True)}
        net.step(given, learn=True, signals={"reward": golden["reward"][t]})
        torch.testing.assert_close(synapses.weight.t(), wanted, rtol=0, atol=2e-6)
        for key, found in {
            "p_plus": rule.plus, "p_minus": rule.minus,
            "eligibility": rule.eligibility[..., 0].transpose(1, 2),
        }.items():  # fmt: skip
            torch.testing.assert_close(found, golden[key][t], rtol=0, atol=1e-6)
        if "eligibility_trace" in golden:
            found = rule.trace[..., 0].transpose(1, 2)
            torch.testing.assert_close(found, golden["eligibility_trace"][t], rtol=0, atol=1e-6)
    synapses.normalise()
    torch.testing.assert_close(synapses.weight.t(), golden["weight_normalized"], rtol=0, atol=2e-6)


def of_pysnn(meta):
    return TracedReward(
        nu=meta["lr"], a_pre=meta["a_pre"], a_post=meta["a_post"], decay=meta["e_trace_decay"]
    )


def test_dense_rule_of_pysnn():
    meta, golden = load("pysnn_mstdpet_linear")
    post, rule = meta["post"], of_pysnn(meta)
    traces = {n: TraceSettings(decay=meta[n]["tau_t"], mode="add") for n in ("pre", "post")}
    groups = {
        "pre": Input((6,), traces["pre"]),
        "post": LIF(
            (4,), decay=post["tau_v"], gain=post["alpha_v"], threshold=post["thresh"],
            refractory=post["duration_refrac"], holds=True, trace=traces["post"],
        ),
    }  # fmt: skip
    synapses = Dense((6,), (4,), delay=meta["delay"])
    synapses.weight.data = golden["weight0"]
    net = Network(groups, [Edge("pre", "post", synapses, (rule,))])
    spikes = golden["spikes_in"].float().flatten(2)
    net.reset(2, spikes)
    for t, wanted in enumerate(golden["weight"]):
        told = {"reward": golden["reward"][t]}
        net.step({"pre": spikes[t]}, learn=True, batched=True, signals=told)
        assert torch.equal(net.group("post").spikes, golden["post_spikes"][t].float().squeeze(1))
        torch.testing.assert_close(rule.trace[..., 0], golden["e_trace"][t], rtol=0, atol=1e-6)
        torch.testing.assert_close(synapses.weight, wanted, rtol=0, atol=1e-6)


def test_delayed_spikes_of_pre_count_as_they_arrive_and_their_traces_as_they_are():
    """By hand: pre spikes at 0, two steps late, post at 1; both traces halve at each step."""
    trace = TraceSettings(decay=0.5)
    groups = {"pre": Input((1,), trace), "post": Input((1,), trace)}
    synapses = Dense((1,), (1,), delay=torch.tensor([[2]]))
    rule = TracedReward(nu=1.0, a_pre=1.0, a_post=10.0, decay=1.0)
    net = Network(groups, [Edge("pre", "post", synapses, (rule,))])
    net.reset(1, torch.zeros(1))
    found = []
    for t in range(4):
        pre, post = (torch.full((1, 1), float(t == at)) for at in (0, 1))
        net.step({"pre": pre, "post": post}, learn=True, signals={"reward": torch.tensor(0.0)})
        found.append(float(rule.trace))
    assert found == [0.0, 0.5, 0.5 - 10 * 0.5, 0.5 - 10 * 0.5]
    assert float(synapses.weight) == 0.0


class Given(Input):
    """Neurons whose spikes and traces are given."""

    def show(self, spikes, trace):
        self.spikes, self.trace = spikes.float(), trace


def test_convolution_rule_of_pysnn():
    meta, golden = load("pysnn_mstdpet_conv2d")
    pre, post, rule = Given((2, 6, 6)), Given((3, 4, 4)), of_pysnn(meta)
    synapses = Conv2d((2, 6, 6), (3, 4, 4), kernel=3)
    synapses.weight.data = golden["weight0"]
    rule.reset(synapses, 2, torch.zeros(1))
    reward = {"reward": torch.tensor(meta["reward"])}
    for t, wanted in enumerate(golden["weight"]):
        for name, group in {"pre": pre, "post": post}.items():
            group.show(golden[f"{name}_spikes"][t], golden[f"{name}_trace"][t])
        synapses.change(rule.change(synapses, pre, post, reward))
        mean = rule.trace.mean((0, 3))
        torch.testing.assert_close(mean, golden["e_trace_mean"][t], rtol=0, atol=1e-6)
        torch.testing.assert_close(synapses.weight, wanted, rtol=0, atol=1e-6)


def small(rule):
    trace = TraceSettings()
    groups = {"pre": Input((8,), trace), "post": Input((5,), trace)}
    return Network(groups, [Edge("pre", "post", Dense((8,), (5,)), (rule,))])


def shown(batch=1, steps=20):
    generator = torch.Generator().manual_seed(1)
    sizes = {"pre": 8, "post": 5}
    return {
        name: (torch.rand(steps, batch, size, generator=generator) < 0.3).double()
        for name, size in sizes.items()
    }


RULES = {
    "mstdp": lambda **given: MSTDP(nu=0.1, **given),
    "mstdpet": lambda **given: MSTDPET(nu=0.1, **given),
    "traces": lambda **given: TracedReward(nu=0.1, **given),
}


@pytest.mark.parametrize("kind", RULES)
def test_every_sample_begins_with_nothing_eligible_and_has_its_own_reward(kind):
    given = shown(batch=3)
    rewards = torch.tensor([0.5, -1.0, 0.0]).expand(20, 3)
    net = small(RULES[kind]()).double()
    net.run(given, learn=True, batched=True, signals={"reward": rewards})
    alone = small(RULES[kind]()).double()
    for sample in range(3):
        one = {name: each[:, sample : sample + 1] for name, each in given.items()}
        alone.run(one, learn=True, signals={"reward": rewards[:, sample]})
    found, wanted = (each.synapses["pre->post"].weight for each in (net, alone))
    torch.testing.assert_close(found, wanted / 3 if kind == "traces" else wanted)
    assert found.abs().max() > 0


@pytest.mark.parametrize("kind", RULES)
def test_a_reward_counts_above_the_average_of_those_before(kind):
    """With a baseline over 2: 4 rewards of 1 count 1, 1/2, 1/4, 1/8."""
    given, net = shown(steps=4), small(RULES[kind](baseline=2)).double()
    net.run(given, learn=True, signals={"reward": torch.ones(4)})
    same = small(RULES[kind]()).double()
    same.run(given, learn=True, signals={"reward": 0.5 ** torch.arange(4.0)})
    found, wanted = (each.synapses["pre->post"].weight for each in (net, same))
    torch.testing.assert_close(found, wanted)
    assert found.abs().max() > 0
    state = net.state_dict()
    assert float(state["rules.pre->post.0.average"]) == 1 - 1 / 16


def test_a_reward_that_nobody_tells_is_missed():
    net = small(MSTDP(nu=0.1, reward="treat")).double()
    with pytest.raises(
        ValueError,
        match="pre -> post: a rule reads the signal 'treat', which nobody tells; told: re",
    ):
        net.run(shown(), learn=True, signals={"reward": torch.ones(20)})
    net.run(shown(), signals={"reward": torch.ones(20)})


def test_without_a_reward_at_a_step_eligibility_goes_on():
    net = small(MSTDPET(nu=0.1)).double()
    net.reset(1, torch.zeros(1).double())
    for t, told in enumerate([{}] * 19 + [{"reward": torch.tensor(1.0)}]):
        assert not net.synapses["pre->post"].weight.any()
        net.step({name: each[t] for name, each in shown().items()}, learn=True, signals=told)
    rule = net.edges[0].rules[0]
    torch.testing.assert_close(net.synapses["pre->post"].weight, 0.1 * rule.trace[0, ..., 0])


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("windows", [Conv2d, Local])
def test_windows_learn_by_reward_as_their_synapses_would_alone(kind, windows):
    """With one place, a window is a dense synapse; rules of shared ones take sums or means."""
    generator, trace = torch.Generator().manual_seed(2), TraceSettings()
    pre, post = (2, 3, 5), (3, 1, 2)
    groups = {"pre": Input(pre, trace), "post": Input(post, trace)}
    synapses = windows(pre, post, kernel=3, stride=2)
    net = Network(groups, [Edge("pre", "post", synapses, (RULES[kind](),))])
    given = {
        name: (torch.rand(20, 1, *shape, generator=generator) < 0.3).float()
        for name, shape in (("pre", pre), ("post", post))
    }
    net.run(given, learn=True, signals={"reward": torch.ones(20)})
    parts = []
    for x in range(2):
        groups = {"pre": Input((2, 3, 3), trace), "post": Input((3, 1, 1), trace)}
        dense = Dense((2, 3, 3), (3, 1, 1))
        one = Network(groups, [Edge("pre", "post", dense, (RULES[kind](),))])
        part = {"pre": given["pre"][..., 2 * x : 2 * x + 3], "post": given["post"][..., x : x + 1]}
        one.run(part, learn=True, signals={"reward": torch.ones(20)})
        parts.append(dense.weight)
    if windows is Local:
        torch.testing.assert_close(synapses.weight, torch.stack(parts, 1).flatten(0, 1))
    else:
        total = sum(parts) / (2 if kind == "traces" else 1)
        torch.testing.assert_close(synapses.weight.flatten(1), total)
