"""Rules of synapses change weights as those of BindsNET."""

import math

import pytest
import torch

from snnrun.models.graph.connections import Dense, Single
from snnrun.models.graph.fede_rule import Fede
from snnrun.models.graph.group import Input
from snnrun.models.graph.images import Conv2d, Local
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.plasticity import Hebbian, Pair, PowerLaw, WeightDependent
from snnrun.models.graph.traces import TraceSettings
from snnrun.models.graph.triplet import Triplet
from tests.models.graph.test_neurons import load

RULES = {
    "PostPre": lambda meta: Pair(tuple(meta["nu"])),
    "WeightDependentPostPre": lambda meta: WeightDependent(tuple(meta["nu"])),
    "Hebbian": lambda meta: Hebbian(tuple(meta["nu"])),
    "DiehlAndCook": lambda meta: PowerLaw(meta["nu"][1], meta["x_tar"], meta["mu"]),
}


@pytest.mark.parametrize(
    "name",
    ["postpre", "postpre_batch3", "postpre_additive", "wdpostpre", "hebbian", "diehlcook_rule",
     "diehlcook_rule_mu02"],
)  # fmt: skip
def test_rules_of_bindsnet(name):
    meta, golden = load(f"bindsnet_{name}")
    trace = TraceSettings(tau=meta["tc_trace"], mode="add" if meta["traces_additive"] else "set")
    bounds, decay = (meta["wmin"], meta["wmax"]), meta["weight_decay"]
    synapses = Dense((8,), (5,), delay=1, bounds=bounds, norm=meta["norm"], decay=decay)
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


def small(rules, **options):
    """Return a network of 8 inputs, and 5 neurons whose spikes are given, and its synapses."""
    generator = torch.Generator().manual_seed(1)
    synapses = Dense((8,), (5,), delay=1, **options)
    synapses.weight.data = torch.rand(5, 8, generator=generator)
    groups = {"pre": Input((8,), TraceSettings()), "post": Input((5,), TraceSettings())}
    return Network(groups, [Edge("pre", "post", synapses, rules)]), synapses


def shown(batch, steps=30):
    """Return spikes of both groups, ``[time, batch, neurons]``."""
    generator = torch.Generator().manual_seed(2)
    sizes = {"pre": 8, "post": 5}
    return {
        name: (torch.rand(steps, batch, size, generator=generator) < 0.3).float()
        for name, size in sizes.items()
    }


def test_several_samples_teach_at_once_only_where_that_is_asked_for():
    net, synapses = small((Pair(),))
    before = synapses.weight.clone()
    with pytest.raises(ValueError, match=r"learning from 3 samples at once .* say batched=True"):
        net.run(shown(3), learn=True)
    assert torch.equal(synapses.weight, before)
    net.run(shown(3))
    net.run(shown(3), learn=True, batched=True)
    assert not torch.equal(synapses.weight, before)


def test_changes_of_samples_and_of_rules_add_up():
    """Without bounds, weights after a batch differ by the sum of what each sample changes."""
    given = shown(3)
    for rules in ((Pair(),), (Pair(), Hebbian((0.1, 0.2)))):
        net, synapses = small(rules)
        before = synapses.weight.clone()
        net.run(given, learn=True, batched=True)
        whole, alone = synapses.weight - before, torch.zeros(5, 8)
        for rule in rules:
            for sample in range(3):
                one = {name: each[:, sample : sample + 1] for name, each in given.items()}
                net, synapses = small((rule,))
                net.run(one, learn=True)
                alone += synapses.weight - before
        torch.testing.assert_close(whole, alone)


def test_weights_decay_where_no_rule_is():
    net, synapses = small((), decay=0.01)
    before = synapses.weight.clone()
    net.run(shown(1, steps=10))
    assert torch.equal(synapses.weight, before)
    net.run(shown(1, steps=10), learn=True)
    torch.testing.assert_close(synapses.weight, before * 0.99**10)


def test_synapses_of_one_weight_do_not_learn():
    groups = {"pre": Input((5,), TraceSettings()), "post": Input((5,), TraceSettings())}
    with pytest.raises(ValueError, match="pre -> post: synapses of Single do not learn"):
        Network(groups, [Edge("pre", "post", Single((5,), (5,), kind="one_to_one"), (Pair(),))])


@pytest.mark.parametrize("kind", [Conv2d, Local])
def test_shared_synapses_sum_what_dense_ones_would_change(kind):
    """The pair rule on windows is that on dense synapses, of which windows are a part."""
    pre, post = (2, 5, 5), (3, 2, 2)
    windows = kind(pre, post, kernel=3, stride=2)
    dense = Dense(pre, post)
    owner = owners(windows)
    generator = torch.Generator().manual_seed(3)
    trace = TraceSettings()
    groups = {"pre": Input(pre, trace), "post": Input(post, trace)}
    net = Network(groups, [Edge("pre", "post", dense, (Pair(),))])
    net.reset(2, torch.zeros(1))
    for _ in range(5):
        spikes = [(torch.rand(2, *s, generator=generator) < 0.4).float() for s in (pre, post)]
        net.step(dict(zip(groups, spikes, strict=True)))
    args = (net.group("pre"), net.group("post"), {})
    full, found = Pair().change(dense, *args), Pair().change(windows, *args)
    wanted = torch.zeros(windows.weight.numel() + 1).index_add(0, owner.flatten(), full.flatten())
    torch.testing.assert_close(found.flatten(), wanted[:-1])
    assert found.abs().mean() > 1e-3


def owners(windows):
    """Return for each dense synapse ``[post, pre]`` its weight of windows, or the end."""
    owner = torch.full((windows.filters * windows.places, 50), windows.weight.numel())
    numbers = windows.grid(torch.arange(windows.weight.numel()).view_as(windows.weight))
    numbers = numbers.expand(-1, -1, windows.places)
    seen = windows.seen(torch.arange(50.0).view(1, 2, 5, 5))[0].long()
    for o in range(windows.filters):
        for place in range(windows.places):
            owner[o * windows.places + place, seen[:, place]] = numbers[o, :, place]
    return owner


# ---- triplets ----


def triplets(pre, post, tau_pre, tau_post, tau_slow, nu, adds):
    """Return what a triplet rule changes of one synapse, spike by spike, as papers write it."""

    def trace(times, t, tau, last=True):
        kept = [math.exp(-(t - s) / tau) for s in times if s < t or (last and s == t)]
        return (sum(kept) if adds else max(kept, default=0.0)) if kept else 0.0

    total = 0.0
    for t in pre:
        total -= nu[0] * trace(post, t, tau_post)
    for t in post:
        slow = trace(post, t, tau_slow, last=False)
        total += trace(pre, t, tau_pre) * (nu[1] + nu[2] * slow)
    return total


@pytest.mark.parametrize("adds", [True, False])
@pytest.mark.parametrize("nu", [(1e-4, 0.0, 1e-2), (7e-3, 5e-3, 6e-3)])
def test_triplets(nu, adds):
    given = shown(1, steps=40)
    given = {name: each.double() for name, each in given.items()}
    rule = Triplet(*nu, tau_pre=16.8, tau_post=33.7, tau_slow=114.0, adds=adds)
    net, synapses = small((rule,))
    synapses.weight.data = before = torch.zeros(5, 8).double()
    for _ in range(2):  # a sample does not see the one before
        before = synapses.weight.clone()
        net.run(given, learn=True)
    for o in range(5):
        for i in range(8):
            times = [given[n][:, 0, at].nonzero()[:, 0].tolist() for n, at in zip(
                ("pre", "post"), (i, o), strict=True)]  # fmt: skip
            wanted = triplets(*times, 16.8, 33.7, 114.0, nu, adds)
            assert float((synapses.weight - before)[o, i]) == pytest.approx(wanted, abs=1e-12)


# ---- Fede ----


def test_fede_of_pysnn():
    meta, golden = load("pysnn_fedestdp_linear")
    by = meta["pre"]
    trace = TraceSettings(tau=by["tau_t"], amount=by["alpha_t"], euler=True)
    synapses = Dense((6,), (4,))
    synapses.weight.data = golden["weight0"]
    rule = Fede(meta["lr"], meta["w_init"], meta["a"])
    groups = {"pre": Input((6,), trace), "post": Input((4,))}
    net = Network(groups, [Edge("pre", "post", synapses, (rule,))])
    spikes = golden["spikes_in"].float().flatten(2)
    net.reset(2, spikes)
    for t, wanted in enumerate(golden["weight"]):
        net.step({"pre": spikes[t], "post": torch.zeros(2, 4)}, learn=True, batched=True)
        torch.testing.assert_close(synapses.weight, wanted, rtol=0, atol=1e-6)


def test_fede_leaves_weights_where_nothing_has_spiked():
    """The original divides by the largest trace, so that all weights were NaN from then on."""
    net, synapses = small((Fede(0.1),))
    before = synapses.weight.clone()
    net.run({"pre": torch.zeros(5, 1, 8), "post": torch.ones(5, 1, 5)}, learn=True)
    assert torch.equal(synapses.weight, before)


@pytest.mark.parametrize("kind", [Conv2d, Local])
def test_fede_takes_the_mean_over_shared_places(kind):
    synapses = kind((2, 5, 5), (3, 2, 2), kernel=3, stride=2)
    synapses.weight.data = torch.rand(synapses.weight.shape)
    pre = Input((2, 5, 5))
    pre.trace = torch.rand(4, 2, 5, 5)
    found = Fede(0.1, 0.4, 0.3).change(synapses, pre, Input((3, 2, 2)), {})
    x, d = synapses.seen(pre.trace)[:, None] / pre.trace.max(), synapses.grid(synapses.weight) - 0.4
    each = 0.1 * ((-d).exp() * (x.exp() - 0.3) - d.exp() * ((1 - x).exp() - 0.3))
    mean = each.mean(0) if kind is Local else each.mean((0, 3))[..., None]
    torch.testing.assert_close(found, synapses.gathered(mean))
