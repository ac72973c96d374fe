"""The engine runs neurons, synapses and rules of every kind, mixed, as their readable twins do."""

import copy
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from snnrun.core.events import Events
from snnrun.kernels.native import native
from snnrun.models.graph.adaptive import ALIF, FadingThresholdLIF
from snnrun.models.graph.conductance import ConductanceLIF
from snnrun.models.graph.connections import Dense, Single, size
from snnrun.models.graph.current import CurrentLIF
from snnrun.models.graph.engine import Engine, compiled
from snnrun.models.graph.fede import Fede
from snnrun.models.graph.fede_rule import Fede as FedeRule
from snnrun.models.graph.group import Input
from snnrun.models.graph.images import Conv2d, Local
from snnrun.models.graph.izhikevich import Izhikevich
from snnrun.models.graph.lif import LIF, AdaptiveLIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.plasticity import Hebbian, Pair, PowerLaw, WeightDependent
from snnrun.models.graph.pooling import AdaptiveMaxPool2d, MaxPool2d
from snnrun.models.graph.relay import Relay
from snnrun.models.graph.reward import MSTDP, MSTDPET, TracedReward
from snnrun.models.graph.signals import Judge, Lesson, Reward
from snnrun.models.graph.sparse import Sparse
from snnrun.models.graph.traces import TraceSettings
from snnrun.models.graph.triplet import Triplet

pytestmark = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
STEPS, IN, OUT = 30, (2, 5, 4), (3, 4, 3)

RULES = {
    "pair": lambda: Pair((0.01, 0.05)),
    "weight dependent": lambda: WeightDependent((0.02, 0.05)),
    "hebbian": lambda: Hebbian((0.01, 0.02)),
    "power": lambda: PowerLaw(0.05, 0.2, 0.5),
    "triplet": lambda: Triplet(0.01, 0.02, 0.04),
    "triplet that adds": lambda: Triplet(0.01, 0.02, 0.04, adds=True),
    "mstdp": lambda: MSTDP(nu=0.02, lag=False),
    "mstdp that lags": lambda: MSTDP(nu=0.02, baseline=5.0),
    "mstdpet": lambda: MSTDPET(nu=0.1, lag=False, baseline=7.0),
    "mstdpet that lags": lambda: MSTDPET(nu=0.1, reward="other"),
    "traced": lambda: TracedReward(nu=0.05, a_post=0.5, decay=0.8),
    "fede": lambda: FedeRule(0.002, 0.3, 0.2),
}
NEURONS = {
    "lif": lambda n, trace: LIF(OUT, **lif(n), trace=trace),
    "held": lambda n, trace: LIF(OUT, **lif(n), holds=True, trace=trace),
    "euler": lambda n, trace: LIF(OUT, **lif(n), euler=True, trace=trace),
    "adaptive": lambda n, trace: AdaptiveLIF(OUT, **lif(n), **raised(n), trace=trace),
    "winner": lambda n, trace: AdaptiveLIF(OUT, **lif(n), one_winner=True, trace=trace),
    "alif": lambda n, trace: ALIF(OUT, **lif(n), **raised(n), trace=trace),
    "fading": lambda n, trace: FadingThresholdLIF(
        OUT, **lif(n), plus=n(0.3), threshold_decay=n(0.99), trace=trace
    ),
    "fading euler": lambda n, trace: FadingThresholdLIF(
        OUT, **lif(n), plus=n(3.0), tau_threshold=n(60.0), trace=trace
    ),
    "current": lambda n, trace: CurrentLIF(OUT, **lif(n), tau_current=n(3.0), trace=trace),
    "conductance": lambda n, trace: ConductanceLIF(OUT, **conducting(n), trace=trace),
    "conductance euler": lambda n, trace: ConductanceLIF(
        OUT, **conducting(n), euler=True, trace=trace
    ),
    "fede": lambda n, trace: Fede(OUT, **(lif(n) | {"gain": n(3.0)}), trace=trace),
    "izhikevich": lambda n, trace: Izhikevich(
        OUT, a=n(0.02), b=n(0.2), d=n(6.0), rest=-62.0, trace=trace
    ),
    "relay": lambda n, trace: Relay(OUT, trace),
}


def lif(n):
    return {"tau": n(8.0), "gain": n(0.9), "rest": n(-0.1), "threshold": n(0.7), "lower": -0.5,
            "reset": n(-0.2), "refractory": n(2.0)}  # fmt: skip


def raised(n):
    return {"plus": n(0.2), "tau_theta": n(50.0)}


def conducting(n):
    return lif(n) | raised(n) | {"excites_to": n(2.0), "inhibits_to": n(-0.6), "threshold": n(0.3)}


def varied(listed, seed):
    """Return what makes a constant: the number, or as many around it as there are neurons."""
    generator = torch.Generator().manual_seed(seed)

    def constant(value):
        around = 1 + 0.2 * torch.rand(OUT, generator=generator, dtype=torch.float64)
        return value * around if listed else value

    return constant


@dataclass(frozen=True)
class Case:
    """An input, two groups, and edges in a cycle."""

    seed: int
    neurons: str
    listed: bool
    forward: str
    back: str
    delayed: bool
    rules: tuple[str, ...]
    mode: str
    euler: bool
    bounded: bool
    decay: float
    every: str
    norm: float | None
    squares: bool

    def network(self):
        """Return the network; the same each time."""
        trace = TraceSettings(tau=6.0, mode=self.mode, euler=self.euler)
        scale = 20.0 if self.neurons in ("izhikevich", "fede") else 1.0
        groups = {
            "in": Input(IN, trace),
            "one": NEURONS[self.neurons](varied(self.listed, self.seed), trace),
            "two": LIF(OUT, tau=5.0, threshold=0.7, trace=trace),
        }
        edges = [
            self._edge("in", "one", self.forward, IN, 0, scale),
            Edge("one", "two", Single(OUT, OUT, kind="one_to_one", weight=0.8)),
            Edge("two", "one", Single(OUT, OUT, kind="all_but_self", weight=-0.05, delay=1)),
            self._edge("one", "one", self.back, OUT, 1, scale),
        ]
        return Network(groups, edges).double()

    def _edge(self, pre, post, kind, shape, shortest, scale):
        generator = torch.Generator().manual_seed(self.seed + shortest)
        size_of = {"dense": (size(OUT), size(shape)), "sparse": (size(OUT), size(shape))}
        kernel = 2 if shape == IN else 3
        size_of |= {"local": (36, shape[0] * kernel**2), "conv2d": (3, shape[0], kernel, kernel)}
        weights = torch.rand(size_of[kind], generator=generator).double() * 0.5 * scale
        delay = torch.randint(shortest, 5, size_of[kind], generator=generator)
        options = {"bounds": (0.0, 0.4 * scale) if self.bounded else (None, None)}
        options |= {"norm": self.norm and self.norm * scale, "squares": self.squares}
        options |= {"every": self.every, "decay": self.decay}
        options |= {"delay": delay if self.delayed else shortest}
        if kind in ("local", "conv2d"):
            options |= {"kernel": kernel, "padding": 0 if shape == IN else 1}
        if kind == "sparse":
            options["mask"] = torch.rand(size_of[kind], generator=generator) < 0.3
        types = {"dense": Dense, "sparse": Sparse, "local": Local, "conv2d": Conv2d}
        made = types[kind](shape, OUT, **options)
        made.weight.data = made.placed(weights)
        return Edge(pre, post, made, tuple(RULES[name]() for name in self.rules))


PLAIN = Case(seed=1, neurons="lif", listed=False, forward="dense", back="dense", delayed=False,
             rules=("mstdp",), mode="set", euler=False, bounded=False, decay=0.0, every="sample",
             norm=None, squares=False)  # fmt: skip

CASES = st.builds(
    Case,
    seed=st.integers(0, 10**6),
    neurons=st.sampled_from(sorted(NEURONS)),
    listed=st.booleans(),
    forward=st.sampled_from(["dense", "sparse", "local", "conv2d"]),
    back=st.sampled_from(["dense", "sparse", "local", "conv2d"]),
    delayed=st.booleans(),
    rules=st.lists(st.sampled_from(sorted(RULES)), max_size=2).map(tuple),
    mode=st.sampled_from(["set", "add"]),
    euler=st.booleans(),
    bounded=st.booleans(),
    decay=st.sampled_from([0.0, 0.0, 0.001]),
    every=st.sampled_from(["sample", "sample", "step", "epoch"]),
    norm=st.sampled_from([None, 3.0]),
    squares=st.booleans(),
)


def fit(case):
    """Whether rules have the bounds that they need, and fede's no large weights to exponentiate."""
    bounds = case.bounded or not {"weight dependent", "power"} & set(case.rules)
    return bounds and not ("fede" in case.rules and case.neurons in ("izhikevich", "fede"))


@settings(max_examples=25, deadline=None)
@given(case=CASES, learning=st.booleans())
@example(case=replace(PLAIN, rules=(), bounded=True, norm=3.0), learning=True)
def test_any_kind_runs_as_its_twin(case, learning):
    assume(fit(case))
    fast, twin = case.network(), case.network()
    shared = "conv2d" in (case.forward, case.back) and "fede" in case.rules
    assert compiled(fast) is not shared
    assume(not shared)
    generator = torch.Generator().manual_seed(case.seed)
    shown = (torch.rand(STEPS, 3, *IN, generator=generator) < 0.15).double()
    words = np.random.default_rng(3).integers(0, 2**32, (3, STEPS), dtype=np.uint32)
    rewards = {
        name: np.random.default_rng(index).normal(size=(3, STEPS))
        for index, name in enumerate(("reward", "other"))
    }
    lessons = [
        Lesson({name: torch.from_numpy(each[k]) for name, each in rewards.items()})
        for k in range(3)
    ]
    engine = Engine(fast)
    assert engine.can_teach(lessons, learning)
    given_spikes = Events.of(shown.flatten(2))
    found = engine.run(given_spikes, words, ["one", "two"], learning=learning, lessons=lessons)
    for sample in range(3):
        told = torch.from_numpy(words[sample].astype(np.int64))[:, None]
        own = shown[:, sample : sample + 1]
        expected = twin.run({"in": own}, learn=learning, words=told, **lessons[sample]._asdict())
        for name in ("one", "two"):
            got = found[name].part(sample, sample + 1).dense(own)
            assert torch.equal(got, expected[name].flatten(2)), (name, sample)
    for one, other in zip(fast.state_dict().items(), twin.state_dict().items(), strict=True):
        if not one[0].endswith("ready"):
            torch.testing.assert_close(one[1], other[1], rtol=1e-11, atol=1e-11, msg=one[0])
    for name in ("in", "one", "two") if learning else ():
        for left in ("trace", "membranes"):
            if hasattr(twin.group(name), left):
                shown_of = [getattr(network.group(name), left) for network in (fast, twin)]
                torch.testing.assert_close(*shown_of, rtol=1e-10, atol=1e-10, msg=(name, left))


def behind(pool):
    """A network of a pool, and synapses that learn by the traces that it passes on."""
    trace = TraceSettings(tau=6.0)
    groups = {
        "in": Input((1, 6, 8), trace),
        "P": Relay((1, 3, 4), trace),
        "E": LIF((1, 6, 8), **lif(lambda value: value), trace=trace),
        "F": Fede((5,), **(lif(lambda value: value) | {"gain": 4.0}), trace=trace),
        "Z": Izhikevich((4,), rest=-62.0, weights=torch.rand(4, 4) * 5.0),
    }
    generator = torch.Generator().manual_seed(2)
    learns = Dense((1, 3, 4), (5,), delay=1)
    learns.weight.data = torch.rand(5, 12, generator=generator) * 9
    conv = Conv2d((1, 6, 8), (1, 6, 8), kernel=3, padding=1)
    conv.weight.data = torch.rand(1, 1, 3, 3, generator=generator) * 0.5
    drives = Dense((5,), (4,), delay=1)
    drives.weight.data = torch.full((4, 5), 40.0)
    edges = [
        Edge("in", "E", conv),
        Edge("E", "P", pool),
        Edge("P", "F", learns, (Pair((0.01, 0.05)), TracedReward(nu=0.05))),
        Edge("F", "Z", drives),
    ]
    return Network(groups, edges).double()


@pytest.mark.parametrize("delay", [0, 2])
@pytest.mark.parametrize("kind", ["max", "adaptive", "uneven"])
def test_pools_pass_traces_of_winners_on_as_in_the_twin(kind, delay):
    torch.manual_seed(0)
    pre, post = (1, 6, 8), (1, 3, 4)
    if kind == "max":
        pool = MaxPool2d(pre, post, kernel=2, weight=0.5, delay=delay)
    else:
        pool = AdaptiveMaxPool2d(pre, post, weight=0.5, delay=delay)
    network = behind(pool)
    if kind == "uneven":
        network.groups["P"].shape = (1, 4, 3)
        pool.post = (1, 4, 3)
    twin = copy.deepcopy(network)
    assert compiled(network)
    generator = torch.Generator().manual_seed(3)
    shown = (torch.rand(STEPS, 2, *pre, generator=generator) < 0.15).double()
    words, names = np.zeros((2, STEPS), np.uint32), ["E", "P", "F", "Z"]
    lessons = [Lesson({"reward": torch.linspace(-1, 1, STEPS)})] * 2
    for learning in (True, False):
        found = Engine(network).run(
            Events.of(shown.flatten(2)), words, names, learning=learning, lessons=lessons
        )
        for sample, lesson in enumerate(lessons):
            own = shown[:, sample : sample + 1]
            expected = twin.run({"in": own}, learn=learning, **lesson._asdict())
            for name in names:
                got = found[name].part(sample, sample + 1).dense(own)
                assert torch.equal(got, expected[name].flatten(2)), (name, sample)
        assert all(each.counts().sum() > 2 for each in found.values())
    before, after = twin.synapses["P->F"].weight, network.synapses["P->F"].weight
    torch.testing.assert_close(after, before, rtol=0, atol=1e-11)


@pytest.mark.parametrize("when", ["every_step", "spike", "sample"])
@pytest.mark.parametrize("silent", [False, True])
def test_rewards_and_clamps_are_those_of_the_twin(when, silent):
    case = replace(PLAIN, back="sparse", delayed=True, rules=("mstdpet", "mstdp that lags"))
    fast, twin = case.network(), case.network()
    generator = torch.Generator().manual_seed(1)
    shown = (torch.rand(STEPS, 4, *IN, generator=generator) < 0.1).double()
    words = np.zeros((4, STEPS), np.uint32)
    reward = Reward("one", 3, when, correct=0.7, wrong=-0.4, undecided=0.1)
    clamp = torch.zeros(STEPS, 1, *OUT, dtype=torch.int8)
    clamp[::4, :, 1, 2:] = 1
    clamp[:, :, 2] = -1 if silent else 0
    lessons = [
        Lesson(
            {"reward": Judge(reward, label, STEPS), "other": torch.ones(STEPS)},
            {"one": clamp} if label else {},
        )
        for label in (0, 1, 2, 1)
    ]
    engine, given_spikes = Engine(fast), Events.of(shown.flatten(2))
    assert engine.can_teach(lessons, learning=True)
    found = engine.run(given_spikes, words, ["one", "two"], learning=True, lessons=lessons)
    for sample, lesson in enumerate(lessons):
        own = shown[:, sample : sample + 1]
        expected = twin.run({"in": own}, learn=True, **lesson._asdict())
        for name in ("one", "two"):
            got = found[name].part(sample, sample + 1).dense(own)
            assert torch.equal(got, expected[name].flatten(2)), (name, sample)
    for one, other in zip(fast.state_dict().items(), twin.state_dict().items(), strict=True):
        if not one[0].endswith("ready"):
            torch.testing.assert_close(one[1], other[1], rtol=1e-11, atol=1e-11, msg=one[0])
    assert found["one"].counts().sum() > 50


def test_a_signal_of_a_users_own_is_left_to_the_twin():
    engine = Engine(PLAIN.network())
    told = Lesson({"reward": torch.ones(STEPS)})
    judged = Lesson({"reward": Judge(Reward("one", 3, "spike"), 0, STEPS)})
    other = Lesson({"reward": Judge(Reward("one", 3, "sample"), 0, STEPS)})
    assert engine.can_teach([told, told], learning=True)
    for lessons in ([told, judged], [judged, other], [Lesson()], []):
        assert not engine.can_teach(lessons, learning=True)
        assert engine.can_teach(lessons, learning=False)
    clamped = told._replace(clamps={"in": torch.zeros(STEPS, 1, *IN)})
    assert not engine.can_teach([clamped], learning=False)


def test_signals_that_are_no_numbers_are_refused_and_clamps_count_by_their_sign():
    network = PLAIN.network()
    shown, words = torch.zeros(STEPS, 1, *IN).double(), np.zeros((1, STEPS), np.uint32)
    clamp = torch.zeros(STEPS, 1, *OUT)
    clamp[::5] = 2.5
    told = Lesson({"reward": torch.ones(STEPS)}, {"one": clamp})
    found = Engine(network).run(
        Events.of(shown.flatten(2)), words, ["one"], learning=True, lessons=[told]
    )
    assert found["one"].dense(shown)[::5].all()
    broken = Lesson({"reward": torch.full((STEPS,), torch.nan)})
    with pytest.raises(ValueError, match="the signal 'reward' is nan at some steps"):
        Engine(network).run(
            Events.of(shown.flatten(2)), words, ["one"], learning=True, lessons=[broken]
        )
    with pytest.raises(ValueError, match="the signal 'reward' is nan at some steps"):
        network.run({"in": shown}, learn=True, **broken._asdict())
