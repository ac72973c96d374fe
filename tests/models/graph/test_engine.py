"""The engine runs graphs as their readable twin does, whatever the graph, chunk and threads."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrun.core.events import Events
from snnrun.kernels.native import native
from snnrun.models.graph.checksums import checksum
from snnrun.models.graph.connections import Dense, Single
from snnrun.models.graph.engine import Engine, compiled
from snnrun.models.graph.group import Input
from snnrun.models.graph.lif import LIF, AdaptiveLIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.plasticity import Hebbian, Pair, PowerLaw, WeightDependent
from snnrun.models.graph.traces import TraceSettings

pytestmark = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
STEPS = 40


def trains(samples, neurons, chance=0.2, steps=STEPS, dtype=torch.float64):
    generator = torch.Generator().manual_seed(7)
    return (torch.rand(steps, samples, neurons, generator=generator) < chance).to(dtype)


def words(samples, steps=STEPS):
    return np.random.default_rng(3).integers(0, 2**32, (samples, steps), dtype=np.uint32)


RULES = {
    "none": (),
    "pair": (Pair((0.01, 0.05)),),
    "weight dependent": (WeightDependent((0.02, 0.05)),),
    "hebbian": (Hebbian((0.01, 0.02)),),
    "power": (PowerLaw(0.05, 0.3, 1.0),),
    "root": (PowerLaw(0.05, 0.2, 0.5),),
}


@dataclass(frozen=True)
class Case:
    """An input, two groups, and edges in a cycle."""

    seed: int
    sizes: tuple[int, int]
    tau: float
    mode: str
    form: str
    rule: str
    adapts: bool
    winner: bool
    delays: tuple[int, int, int]
    spread: int
    norm: float | None
    squares: bool
    refractory: float

    def network(self):
        """Return the network; the same each time."""
        pre, post = self.sizes
        trace = TraceSettings(tau=self.tau, mode=self.mode)
        constants = {
            "tau": float("inf") if self.form == "none" else 8.0, "gain": 0.9, "rest": -0.1,
            "threshold": 0.7, "reset": -0.2, "trace": trace, "refractory": self.refractory,
            "holds": self.form == "held", "euler": self.form == "euler", "lower": -0.5,
        }  # fmt: skip
        theta = {"plus": 0.2, "tau_theta": 50.0, "one_winner": self.winner}
        groups = {
            "in": Input((pre,), trace),
            "one": AdaptiveLIF((post,), **constants, **theta)
            if self.adapts
            else LIF((post,), **constants),
            "two": LIF((post,), **constants),
        }
        rules = RULES[self.rule]
        options = {"bounds": (0.0, 0.6), "norm": self.norm, "squares": self.squares}
        first = self._dense(pre, self.delays[0], options if rules else {})
        back = self._dense(post, self.delays[1], options if rules else {})
        same = {"kind": "one_to_one", "weight": 0.8}
        others = {"kind": "all_but_self", "weight": -0.05}
        edges = [
            Edge("in", "one", first, rules),
            Edge("one", "two", Single((post,), (post,), delay=0, **same)),
            Edge("two", "one", Single((post,), (post,), delay=self.delays[2], **others)),
            Edge("one", "one", back, rules),
        ]
        return Network(groups, edges).double()

    def _dense(self, pre, delay, options):
        generator = torch.Generator().manual_seed(self.seed + pre)
        shape, longest = (self.sizes[1], pre), delay + self.spread
        each = torch.randint(delay, longest + 1, shape, generator=generator)
        made = Dense((pre,), shape[:1], delay=each if self.spread else delay, **options)
        made.weight.data = torch.rand(shape, generator=generator).double() * 0.7
        made.look()
        return made


CASES = st.builds(
    Case,
    seed=st.integers(0, 10**6),
    sizes=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    tau=st.sampled_from([3.0, 20.0]),
    mode=st.sampled_from(["set", "add"]),
    form=st.sampled_from(["exact", "held", "euler", "none"]),
    rule=st.sampled_from(sorted(RULES)),
    adapts=st.booleans(),
    winner=st.booleans(),
    delays=st.tuples(st.integers(0, 3), st.integers(1, 4), st.integers(1, 2)),
    spread=st.sampled_from([0, 0, 1, 6, 50, 2000]),  # of the delays of single synapses
    norm=st.sampled_from([None, 1.5]),
    squares=st.booleans(),
    refractory=st.sampled_from([0.0, 1.0, 4.0]),
)


@settings(max_examples=25, deadline=None)
@given(case=CASES, learning=st.booleans())
def test_any_graph_runs_as_its_twin(case, learning):
    fast, twin = case.network(), case.network()
    assert compiled(fast)
    samples, chosen = 2, words(2)
    given_spikes = trains(samples, fast.group("in").shape[0])
    found = Engine(fast).run(Events.of(given_spikes), chosen, ["one", "two"], learning=learning)
    for sample in range(samples):
        told = torch.from_numpy(chosen[sample].astype(np.int64))[:, None]
        own = given_spikes[:, sample : sample + 1]
        expected = twin.run({"in": own}, learn=learning, words=told)
        for name in ("one", "two"):
            got = found[name].part(sample, sample + 1).dense(own)
            assert torch.equal(got, expected[name]), (name, sample)
    for one, other in zip(fast.state_dict().items(), twin.state_dict().items(), strict=True):
        torch.testing.assert_close(one[1], other[1], rtol=0, atol=1e-12, msg=one[0])


def diehl_cook(neurons=20, inputs=50, dtype=torch.float32):
    """A network as Diehl & Cook's, with random weights."""
    trace, size = TraceSettings(tau=20.0), (neurons,)
    groups = {
        "X": Input((inputs,), trace),
        "E": AdaptiveLIF(size, rest=-65.0, reset=-60.0, threshold=-52.0, refractory=5.0,
                         one_winner=True, trace=trace),
        "I": LIF(size, tau=10.0, rest=-60.0, reset=-45.0, threshold=-40.0, refractory=2.0),
    }  # fmt: skip
    dense = Dense((inputs,), size, delay=1, bounds=(0.0, 1.0), norm=10.0)
    dense.weight.data = torch.rand(neurons, inputs, generator=torch.Generator().manual_seed(1))
    edges = [
        Edge("X", "E", dense, (Pair(),)),
        Edge("E", "I", Single(size, size, kind="one_to_one", weight=22.5, delay=1)),
        Edge("I", "E", Single(size, size, kind="all_but_self", weight=-120.0, delay=1)),
    ]
    return Network(groups, edges).to(dtype)


def state_of(network):
    return [each.clone() for each in network.state_dict().values()]


def test_nothing_depends_on_the_chunk():
    spikes, chosen = trains(12, 50, dtype=torch.float32), words(12)
    whole, parts = diehl_cook(), diehl_cook()
    found = Engine(whole).run(Events.of(spikes), chosen, ["E"], learning=True)
    engine, seen = Engine(parts), []
    for begin, end in itertools.pairwise([0, 1, 5, 12]):
        part = Events.of(spikes[:, begin:end])
        seen.append(engine.run(part, chosen[begin:end], ["E"], learning=True)["E"].dense(spikes))
    assert torch.equal(torch.cat(seen, 1), found["E"].dense(spikes))
    assert all(map(torch.equal, state_of(whole), state_of(parts)))
    assert found["E"].counts().sum() > 20


def test_threads_change_no_bit_where_nothing_learns():
    spikes, chosen, network = trains(30, 50, dtype=torch.float32), words(30), diehl_cook()
    before, found, threads = state_of(network), [], torch.get_num_threads()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            found.append(Engine(network).run(Events.of(spikes), chosen, ["E", "I"]))
    finally:
        torch.set_num_threads(threads)
    for other in found[1:]:
        for name in ("E", "I"):
            assert torch.equal(other[name].places, found[0][name].places)
            assert torch.equal(other[name].starts, found[0][name].starts)
    assert all(map(torch.equal, state_of(network), before))


def test_learning_stops_behind_a_silent_sample():
    spikes, chosen = trains(6, 50, dtype=torch.float32), words(6)
    spikes[:, 3] = 0
    network = diehl_cook()
    found = Engine(network).run(
        Events.of(spikes), chosen, ["E"], learning=True, watched="E", fewest=1
    )
    assert len(found["E"]) == 4


def test_weights_that_changed_from_outside_are_taken_in():
    spikes, chosen, network = trains(2, 50, dtype=torch.float32), words(2), diehl_cook()
    engine = Engine(network)
    assert engine.run(Events.of(spikes), chosen, ["E"])["E"].counts().sum() > 0
    with torch.no_grad():
        network.synapses["X->E"].weight.zero_()
    assert engine.run(Events.of(spikes), chosen, ["E"])["E"].counts().sum() == 0


def test_weights_that_were_written_past_torch_are_taken_in():
    """Versions of tensors do not move with ``data``, nor with numpy: old copies were gone by."""
    spikes, chosen, network = trains(2, 50, dtype=torch.float32), words(2), diehl_cook()
    engine, weight = Engine(network), network.synapses["X->E"].weight
    before = weight.clone()

    def count(learning=False):
        kept = weight.clone()
        found = engine.run(Events.of(spikes), chosen, ["E"], learning=learning)["E"]
        weight.data.copy_(kept)  # nothing of what was learned
        return int(found.counts().sum())

    assert count() > 0
    weight.data.mul_(0)
    assert count() == 0
    weight.detach().numpy()[:] = before
    assert count() > 0
    assert count(learning=True) > 0
    weight.data.mul_(0)
    assert count() == 0
    weight.data.copy_(before)
    assert count(learning=True) > 0


@pytest.mark.parametrize("shape", [(1,), (2, 3), (7, 9), (20, 50), (33, 129)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_checksum_tells_every_bit_and_where_it_stands(shape, dtype):
    values = torch.rand(shape, dtype=dtype, generator=torch.Generator().manual_seed(4))
    flat, before = values.view(-1), checksum(values)
    assert torch.equal(before, checksum(values.clone()))
    bits = flat.view(torch.uint8)
    for place in range(0, len(bits), 5):
        for bit in (1, 128):
            bits[place] ^= bit
            assert not torch.equal(before, checksum(values))
            bits[place] ^= bit
    assert torch.equal(before, checksum(values))
    if shape == (33, 129):
        for axis in (0, 1):
            assert not torch.equal(before, checksum(values.flip(axis)))
            order = torch.arange(shape[axis])
            order[5], order[30] = 30, 5  # those close to each other may escape
            assert not torch.equal(before, checksum(values.index_select(axis, order)))


def test_constants_that_changed_are_told_anew():
    """A tensor that lay where the one before had lain passed for that one; a trace was not seen."""
    group = LIF((2,), decay=0.5, threshold=torch.full((2,), 0.5))
    synapses = Dense((2,), (2,))
    network = Network({"X": Input((2,), TraceSettings()), "E": group}, [Edge("X", "E", synapses)])
    engine = Engine(network)
    assert engine.fits()
    for value in range(200):
        for _ in range(3):
            group.threshold = torch.full((2,), float(value))
        assert not engine.fits()
    engine = Engine(network)
    network.group("X").traced = TraceSettings(tau=3.0)
    assert not engine.fits()


@pytest.mark.parametrize("refractory", [3e9, torch.tensor([3e9, 3e9], dtype=torch.float64)])
def test_a_refractory_period_may_be_longer_than_any_sample(refractory):
    """The engine counts up to 2^20 steps, and refused more, which the twin ran."""
    group = LIF((2,), decay=0.5, threshold=0.5, refractory=refractory)
    synapses = Single((2,), (2,), kind="one_to_one")
    network = Network({"X": Input((2,)), "E": group}, [Edge("X", "E", synapses)])
    spikes = torch.ones(5, 1, 2)
    found = Engine(network).run(Events.of(spikes), words(1, 5), ["E"])["E"]
    assert found.counts().tolist() == [[1, 1]]
    assert network.run({"X": spikes})["E"].sum(0).tolist() == [[1, 1]]


def test_delays_beyond_those_of_the_engine_run_readably():
    """The engine refused them in the middle of a run."""
    edges = [Edge("X", "E", Single((2,), (2,), kind="one_to_one", delay=2**20 + 1))]
    network = Network({"X": Input((2,)), "E": LIF((2,))}, edges)
    assert not compiled(network)
    assert network.run({"X": torch.ones(3, 1, 2)})["E"].sum() == 0


def test_delays_that_are_taken_in_decide_which_group_steps_first():
    """The order was that of the delays before, so a delay of 0 asked for spikes to come."""

    def network(shortest):
        delays = shortest + torch.tensor([[0, 1], [1, 2]])
        synapses = Dense((2,), (2,), delay=delays)
        synapses.weight.data.fill_(1.0)
        groups = {"E": LIF((2,), decay=0.5, threshold=0.5), "X": Input((2,))}
        return Network(groups, [Edge("X", "E", synapses)])

    made, taken = network(0), network(1)
    spikes = torch.zeros(6, 1, 2)
    spikes[0] = 1
    expected = made.run({"X": spikes})["E"]
    engine = Engine(taken)
    taken.load_state_dict(made.state_dict())
    assert not engine.fits()
    found = Engine(taken).run(Events.of(spikes), words(1, 6), ["E"])["E"]
    assert torch.equal(found.dense(spikes), expected)
    assert torch.equal(taken.run({"X": spikes})["E"], expected)
    assert expected.sum() > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"starts": [[0, 2, 1]]}, "starts must ascend"),
        ({"starts": [[0, 1, 9]]}, "starts must ascend, up to the number of places"),
        ({"places": [0, 50]}, "places must lie in 0 to 49"),
        ({"places": [-1, 0]}, "places must lie in 0 to 49"),
    ],
)
def test_spikes_that_do_not_fit_are_refused(change, message):
    lists = {"starts": [[0, 1, 2]], "places": [0, 49]} | change
    given_lists = Events(
        torch.tensor(lists["starts"]), torch.tensor(lists["places"], dtype=torch.int32), 50
    )
    with pytest.raises(ValueError, match=message):
        Engine(diehl_cook()).run(given_lists, words(1, 2), ["E"])


@pytest.mark.parametrize(
    ("group", "synapses", "message"),
    [
        ({"size": 0}, {}, "size must be positive"),
        ({"refractory": -1}, {}, "refractory: expected 0 to"),
        ({"integration": 9}, {}, "integration: must lie in 0 to 3, not 9"),
        ({"sizes": 3}, {}, "a key that is not known"),
        ({}, {"pre": 7}, "expected groups 0 to 1"),
        ({}, {"pre": 1, "post": 0}, "an input receives nothing"),
        ({}, {"pre": 1, "post": 1, "delay": 0}, "without a delay, the first group must come"),
        ({}, {"weights": np.zeros((3, 4), np.float32)}, "weights: does not fit"),
        ({}, {"weights": np.zeros((3, 5))}, "weights: expected a C-contiguous array"),
        ({}, {"rules": [{"kind": 1}]}, "a rule needs dense synapses and traces on both sides"),
    ],
)
def test_graphs_that_cannot_be_are_refused(group, synapses, message):
    groups = [{"size": 5, "input": True}, {"size": 3} | group]
    between = {"pre": 0, "post": 1, "weights": np.zeros((3, 5), np.float32)} | synapses
    with pytest.raises((TypeError, ValueError), match=message):
        native().GraphFloat(groups, [between])
