"""What configs say about synapses and rules: what is built of it, and what is refused."""

import re

import pytest
import torch
from pydantic import ValidationError

from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.encoders.train_settings import PoissonSettings
from snnrun.errors import DataError
from snnrun.learning.correlation.settings import CorrelationSettings
from snnrun.models.graph.connections import Dense
from snnrun.models.graph.engine import compiled
from snnrun.models.graph.lif import LIF
from snnrun.models.graph.net import build
from snnrun.models.graph.rules import PLASTICITY
from snnrun.models.graph.settings import GraphSettings

TRACE = {"tau": 20.0}


def graph(edge, size=5, more_groups=None, more_edges=None, **post):
    """Return settings of an input and a group E, and what is between them."""
    groups = {
        "X": {"name": "input", "trace": TRACE},
        "E": {"name": "lif", "size": size, "trace": TRACE, **post},
        **(more_groups or {}),
    }
    return GraphSettings(neurons=groups, synapses={"X -> E": edge, **(more_edges or {})})


def made(settings, inputs=8, seed=1):
    """Return the model, and the synapses from X to E."""
    net = build(settings, inputs, 10, torch.Generator().manual_seed(seed))
    return net, net.network.synapses["X->E"]


def events(steps, inputs):
    """Return spikes of two samples."""
    drawn = torch.rand(steps, 2, inputs, generator=torch.Generator().manual_seed(1))
    return Events.of((drawn < 0.5).double())


def test_delays_are_drawn_once_and_saved():
    settings = graph({"delay": {"low": 1, "high": 4}})
    net, synapses = made(settings)
    assert sorted(synapses.delays.unique().tolist()) == [1, 2, 3, 4]
    assert torch.equal(made(settings)[1].delays, synapses.delays)
    other, others = made(settings, seed=2)
    assert not torch.equal(others.delays, synapses.delays)
    other.load_state_dict(net.state_dict())
    assert torch.equal(others.delays, synapses.delays)
    spikes = events(30, 8)
    shown = [each.run(spikes, Random.fresh(2))["E"] for each in (net, other)]
    assert torch.equal(shown[0].starts, shown[1].starts)
    assert net.settings.describe(8, 10) == [("X -> E", "[8 -> 5], dense, delay 1 to 4", 40)]


@pytest.mark.parametrize("steps", [0, 5, -1, 2**20 + 1, 2**62])
def test_delays_that_no_settings_draw_are_not_taken_over(steps):
    """A checkpoint with such a delay ended in a ValueError of the engine."""
    net, _ = made(graph({"delay": {"low": 1, "high": 4}}))
    net.run(events(5, 8), Random.fresh(2))
    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state["network.synapses.X->E.delays"][2, 3] = steps
    message = rf"^model\.network\.synapses\.X->E\.delays holds {steps:,}; expected 1 to 4 steps"
    with pytest.raises(DataError, match=message):
        net.load_state_dict(state)


def test_weights_are_drawn_as_before_whatever_else_is_drawn():
    plain = made(graph({}))[1].weight
    for more in ({"delay": {"low": 1, "high": 4}}, {"bounds": [0, 1]}, {"sign": "excitatory"}):
        assert torch.equal(made(graph(more))[1].weight, plain)
    assert torch.equal(made(graph({"sign": "inhibitory"}))[1].weight, -plain)


def test_weights_keep_their_sign():
    rules = [{"name": "pair", "nu": [10.0, 10.0]}]
    for sign, low, high in (("excitatory", 0, None), ("inhibitory", None, 0)):
        init = {"name": "normal", "std": 1.0}
        _, synapses = made(graph({"sign": sign, "rules": rules, "init": init}))
        assert synapses.bounds == (low, high)
        for change in (torch.full((5, 8), 5.0), torch.full((5, 8), -9.0)):
            synapses.change(change)
            assert (synapses.weight * (1 if sign == "excitatory" else -1) >= 0).all()


def test_a_share_of_synapses():
    settings = graph({"name": "sparse", "share": 0.25}, size=40)
    net, synapses = made(settings, inputs=100)
    share = float(synapses.mask.double().mean())
    assert abs(share - 0.25) < 5 * (0.25 * 0.75 / 4000) ** 0.5
    assert torch.equal(synapses.weight != 0, synapses.mask)
    assert torch.equal(made(settings, inputs=100)[1].mask, synapses.mask)
    assert "network.synapses.X->E.mask" in net.state_dict()


def test_evenly_over_the_root_of_the_synapses_of_a_neuron():
    for edge, size, inputs in (
        ({}, 50, 400),
        ({"name": "conv2d", "filters": 50, "kernel": 10}, None, (4, 12, 12)),
    ):
        init = {"name": "fan_in", "low": -2.0, "high": 2.0}
        weight = made(graph({**edge, "init": init}, size), inputs)[1].weight
        largest = float(weight.abs().max())
        assert 0.099 < largest <= 0.1


@pytest.mark.parametrize("pause", [0.5, 0.4, (1.0, 0.0, 2.0, 0.4, 1.0)])
def test_a_refractory_period_of_no_step_is_refused(pause):
    """It was taken for none."""
    with pytest.raises(ValidationError, match=r"neurons.E.refractory: 0.[45] ms come to no step"):
        graph({}, refractory=pause)
    assert graph({}, refractory=(1.0, 0.0, 2.0, 0.6, 1.0)).neurons["E"].refractory[3] == 0.6


@pytest.mark.parametrize("pause", [1e30, 3e9, (1.0, 0.0, 1e30, 2.0, 1.0)])
def test_a_refractory_period_of_more_steps_than_are_counted_is_refused(pause):
    """It was an OverflowError."""
    with pytest.raises(ValidationError, match=r"neurons.E.refractory: .* too many steps of .* ms"):
        graph({}, refractory=pause)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"euler": True, "decay": 0.9}, "decay: steps of forward Euler follow from tau"),
        ({"euler": True, "tau": 0.4}, "neurons.E.tau: what fades within 0.4 ms grows in forward"),
        ({"euler": True, "tau": (3.0, 2.0, 0.4, 1.0, 1.0)}, "neurons.E.tau: what fades within 0.4"),
        ({"trace": {"euler": True, "decay": 0.9}}, "decay: steps of forward Euler follow from tau"),
        ({"trace": {"euler": True, "tau": 0.4}}, "neurons.E.trace.tau: what fades within 0.4 ms"),
    ],
)
def test_steps_of_forward_euler_follow_from_a_time_constant_that_they_can_follow(said, message):
    """A decay was taken for what a step takes away, or for nothing; short ones grew to infinity."""
    groups = {"X": {"name": "input"}, "E": {"name": "lif", "size": 5, **said}}
    with pytest.raises(ValidationError, match=re.escape(message)):
        GraphSettings(neurons=groups, synapses={"X -> E": {}})


def test_a_group_of_forward_euler_takes_no_decay():
    with pytest.raises(ValueError, match="decay: steps of forward Euler follow from tau"):
        LIF((2,), decay=0.5, euler=True)


@pytest.mark.parametrize("name", ["uniform", "fan_in"])
def test_weights_begin_from_the_lower_number_on(name):
    edge = {"init": {"name": name, "low": 2.0, "high": 1.0}}
    with pytest.raises(ValidationError, match="expected low <= high, got 2 and 1"):
        graph(edge)
    edge["init"]["high"] = 2.0
    assert graph(edge).synapses["X -> E"].init.high == 2


@pytest.mark.parametrize("delay", [60, {"low": 60, "high": 70}])
def test_delays_of_a_whole_sample_are_refused(delay):
    rule = CorrelationSettings(readout="E")
    for longer in (0, 1):
        encoder = PoissonSettings(steps=60 + longer)
        settings = graph({"delay": delay})
        if longer:
            rule.check(settings, encoder)
        else:
            with pytest.raises(ValueError, match=r"X -> E.delay: 60 steps, but a sample has 60"):
                rule.check(settings, encoder)


def test_shapes_are_told_by_synapses():
    edge = {"name": "conv2d", "filters": 4, "kernel": 3, "stride": 2, "padding": 1}
    groups = {
        "P": {"name": "relay", "trace": TRACE},
        "L": {"name": "lif"},
        "I": {"name": "lif"},
    }
    edges = {
        "E -> P": {"name": "max_pool2d", "kernel": 2},
        "P -> L": {"name": "local", "filters": 3, "kernel": 2},
        "L -> I": {"name": "one_to_one", "weight": 2.0},
    }
    settings = graph(edge, None, groups, edges)
    assert settings.shapes((8, 8)) == {
        "X": (8, 8), "E": (4, 4, 4), "P": (4, 2, 2), "L": (3, 1, 1), "I": (3, 1, 1)
    }  # fmt: skip
    assert [row[1:] for row in settings.describe((1, 8, 8), 10)] == [
        ("[1 x 8 x 8 -> 4 x 4 x 4], conv2d, delay 0", 36),
        ("[4 x 4 x 4 -> 4 x 2 x 2], max_pool2d, delay 0", 1),
        ("[4 x 2 x 2 -> 3 x 1 x 1], local, delay 0", 48),
        ("[3 x 1 x 1 -> 3 x 1 x 1], one_to_one, delay 0", 1),
    ]
    net, synapses = made(settings, (1, 8, 8))
    assert synapses.weight.shape == (4, 1, 3, 3)
    assert net.network.synapses["P->L"].weight.shape == (3, 16)
    found = net.run(Events.of(torch.ones(4, 2, 64)), Random.fresh(2))
    assert {name: each.size for name, each in found.items()} == {"E": 64, "P": 16, "L": 3, "I": 3}


@pytest.mark.parametrize("name", ["dense", "conv2d", "local", "sparse"])
def test_frozen_synapses_stay_as_they_are(name):
    window = {} if name in ("dense", "sparse") else {"filters": 2, "kernel": 3}
    edge = {"name": name, "rules": [{"name": "pair"}], "normalise": {"to": 3.0}, **window}
    spikes = events(20, 64)
    for frozen in (False, True):
        size = 5 if not window else None
        settings = graph({**edge, "frozen": frozen}, size, threshold=-64.0)
        net, synapses = made(settings, (8, 8))
        before = synapses.weight.clone()
        net.run(spikes, Random.fresh(2), learning=True)
        assert torch.equal(synapses.weight, before) == frozen
        assert ("frozen" in settings.describe((8, 8), 10)[0][1]) == frozen


def test_what_the_engine_does_not_know_is_left_to_the_twin():
    rule, window = {"rules": [{"name": "pair"}]}, {"filters": 2, "kernel": 3}
    known = [
        {}, rule, {"delay": 3}, {"sign": "excitatory"}, {"name": "sparse"}, {**rule, "decay": 0.1},
        {**rule, "normalise": {"to": 1.0}}, {**rule, "normalise": {"to": 1.0, "every": "epoch"}},
        {**rule, "normalise": {"to": 1.0, "every": "step"}}, {"delay": {"low": 1, "high": 2}},
        {"rules": [{"name": "pair"}, {"name": "hebbian"}]},
        {"name": "conv2d", **window, **rule}, {"name": "local", **window, **rule},
        {"name": "max_pool2d", "kernel": 2},
    ]  # fmt: skip
    unknown = [{"name": "conv2d", **window, "rules": [{"name": "fede"}]}]

    def runs_compiled(edge):
        images = "kernel" in edge
        settings = graph(edge, None if images else 5)
        return compiled(made(settings, (8, 8) if images else 8)[0].network)

    assert [runs_compiled(edge) for edge in known] == [True] * len(known)
    assert [runs_compiled(edge) for edge in unknown] == [False] * len(unknown)


def test_normalised_behind_epochs_by_engine_and_twin():
    """The engine leaves such weights alone behind samples; the rule normalises behind epochs."""
    edge = {"rules": [{"name": "pair"}], "normalise": {"to": 3.0, "every": "epoch"}}
    spikes = events(20, 8)
    weights = []
    for engine in (True, False):
        net, synapses = made(graph(edge, threshold=-64.0))
        assert isinstance(synapses, Dense)
        if not engine:
            net._compiled = lambda: False
        for _ in range(2):
            net.run(spikes, Random.fresh(2), learning=True)
            assert (synapses.weight.sum(1) - 3.0).abs().max() > 0.1
            net.network.normalise("epoch")
            torch.testing.assert_close(synapses.weight.sum(1), torch.full((5,), 3.0).double())
        weights.append(synapses.weight.detach().clone())
    torch.testing.assert_close(*weights)


@pytest.mark.parametrize("name", sorted(PLASTICITY.known))
def test_every_rule_is_built_from_its_defaults_and_changes_something(name):
    edge = {"name": "dense", "bounds": [-2.0, 2.0], "rules": [{"name": name}]}
    net, synapses = made(graph(edge, threshold=-64.0))
    before = synapses.weight.clone()
    spikes = (torch.rand(20, 1, 8, generator=torch.Generator().manual_seed(1)) < 0.3).double()
    net.network.run({"X": spikes}, learn=True, signals={"reward": torch.ones(20)})
    assert not torch.equal(synapses.weight, before)
    assert synapses.weight.isfinite().all()


@pytest.mark.parametrize(
    ("edge", "message"),
    [
        ({"delay": {"low": 4, "high": 1}}, "expected low <= high, got 4 and 1"),
        ({"delay": -1}, "greater than or equal to 0"),
        ({"name": "one_to_one", "weight": 1.0, "delay": {"low": 1, "high": 2}},
         "delay: expected a number of steps; these synapses share one"),
        ({"sign": "inhibitory", "bounds": [0.0, 1.0]},
         "sign: bounds leave no room for inhibitory weights"),
        ({"rules": [{"name": "weight_dependent"}], "sign": "excitatory"},
         "rules.0: needs the upper bound of the weights"),
        ({"name": "sparse", "share": 1.5}, "less than or equal to 1"),
        ({"rules": [{"name": "mstdp", "baseline": 0.5}]}, "greater than or equal to 1"),
        ({"rules": [{"name": "rstdp"}]}, "mstdp"),
    ],
)  # fmt: skip
def test_what_cannot_be(edge, message):
    with pytest.raises(ValidationError) as caught:
        graph(edge)
    assert message in str(caught.value)


def test_rules_need_traces_of_the_groups_that_they_look_at():
    rules = {"rules": [{"name": "fede"}, {"name": "mstdp"}, {"name": "triplet"}]}
    graph(rules, trace=None)
    with pytest.raises(ValidationError, match=r'synapses."X -> E".rules.1: needs a trace of E; it'):
        graph({"rules": [{"name": "fede"}, {"name": "pair"}]}, trace=None)


@pytest.mark.parametrize(
    ("edge", "size", "inputs", "message"),
    [
        ({"name": "conv2d", "filters": 4, "kernel": 3}, [4, 5, 6], (1, 8, 8),
         r"\[1, 8, 8\] gives \[4, 6, 6\], but the group has \[4, 5, 6\]; leave out its size"),
        ({"name": "conv2d", "filters": 4, "kernel": 9}, None, (1, 8, 8),
         "kernel: 9 x 9 is larger than an image of 8 x 8"),
        ({"name": "conv2d", "filters": 4, "kernel": 3}, None, 64,
         r"expected an image, \[channel, height, width\], got \[64\]"),
        ({"name": "one_to_one", "weight": 1.0}, 5, 8,
         "8 neurons on one side and 5 on the other; expected as many"),
        ({"name": "adaptive_max_pool2d"}, [3, 2, 2], (2, 8, 8),
         r"\[2, 8, 8\] and \[3, 2, 2\]: expected as many channels"),
    ],
)  # fmt: skip
def test_shapes_that_do_not_fit(edge, size, inputs, message):
    with pytest.raises(ValueError, match=f'^synapses."X -> E": {message}'):
        graph(edge, size).describe(inputs, 10)


def test_a_size_that_nobody_tells():
    with pytest.raises(ValueError, match=r"^neurons.E.size: is missing, and no synapses tell it$"):
        graph({}, None).describe(8, 10)


def test_a_cycle_is_told_by_the_shortest_delay_that_may_be_drawn():
    groups, back = {"I": {"name": "lif", "size": 5}}, {"I -> E": {"delay": {"low": 0, "high": 9}}}
    with pytest.raises(ValidationError, match="E -> I -> E: a cycle without a delay"):
        graph({}, more_groups=groups, more_edges={"E -> I": {}, **back})
    back["I -> E"]["delay"]["low"] = 1
    graph({}, more_groups=groups, more_edges={"E -> I": {}, **back})


def test_a_reward_that_the_rule_of_learning_does_not_tell():
    model = graph({"rules": [{"name": "mstdp", "reward": "treat"}]})
    with pytest.raises(ValueError, match="mstdp reads the signal 'treat', which nobody tells"):
        CorrelationSettings(readout="E").check(model, None)
    CorrelationSettings(readout="E").check(graph({"rules": [{"name": "pair"}]}), None)


@pytest.mark.parametrize(
    ("synapses", "reached"),
    [
        ({"name": "dense"}, 3 * 12),
        ({"name": "sparse", "share": 0.25}, None),
        ({"name": "all_but_self", "weight": 1.0}, 3 * 11),
        ({"name": "one_to_one", "weight": 1.0}, 3),
    ],
)
def test_operations_are_the_synapses_that_spikes_reach(synapses, reached):
    config = {
        "neurons": {"X": {"name": "input"}, "E": {"name": "lif", "size": 12}},
        "synapses": {"X -> E": {"delay": 1, **synapses}},
    }
    model = build(GraphSettings.model_validate(config), 12, 2, torch.Generator().manual_seed(1))
    x = torch.zeros(5, 1, 12)
    x[0, 0, :3] = 1
    x[4, 0, 5] = 1  # arrives behind the last step
    events = Events.of(x)
    (found,) = model.float().operations(events, model(events))
    made = model.network.synapses["X->E"]
    expected = float(made.mask.sum()) / 12 * 3 if reached is None else reached
    assert found.accumulations == pytest.approx(expected)


CONFIG = {
    "neurons": {"X": {"name": "input"}, "E": {"name": "lif", "size": 3}},
    "synapses": {"X -> E": {"name": "dense"}},
}


@pytest.mark.parametrize("name", ["E.a", "a->b", "", " E", "E b"])
def test_names_that_no_state_can_hold_are_refused(name):
    neurons = {"X": {"name": "input"}, name: {"name": "lif", "size": 3}}
    with pytest.raises(ValidationError, match="is no name of a group; expected letters"):
        GraphSettings.model_validate({**CONFIG, "neurons": neurons})


@pytest.mark.parametrize("name", ["items", "forward", "training", "E_2", "layer-1"])
def test_a_group_may_be_called_as_any_method(name):
    """`nn.ModuleDict` refuses the names of its own methods."""
    neurons = {"X": {"name": "input"}, name: {"name": "lif", "size": 3}}
    config = {"neurons": neurons, "synapses": {f"X -> {name}": {"name": "dense"}}}
    model = build(GraphSettings.model_validate(config), 4, 2, torch.Generator())
    assert f"network.synapses.X->{name}.weight" in model.state_dict()
    assert model(torch.ones(3, 1, 4)).events[name].size == 3


def test_two_edges_between_the_same_groups_are_refused():
    """The second hid the first from the state, and so from every checkpoint."""
    synapses = {"X -> E": {"name": "dense"}, "X->E": {"name": "dense", "delay": 1}}
    with pytest.raises(ValidationError, match='the same groups as "X -> E"; expected one edge'):
        GraphSettings.model_validate({**CONFIG, "synapses": synapses})


def test_a_graph_is_not_shown_values_instead_of_spikes():
    model = GraphSettings.model_validate(CONFIG)
    rule, encoder = CorrelationSettings(readout="E"), PoissonSettings(evaluation="rate")
    with pytest.raises(ValueError, match=r"spikes alone; expected encoder\.evaluation poisson"):
        rule.check(model, encoder)
    rule.check(model, PoissonSettings())
