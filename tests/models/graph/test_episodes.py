"""Episodes: samples in portions, by the engine as by its twin, and as the same samples whole."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from snnrun.core.events import Events
from snnrun.kernels.native import native
from snnrun.models.graph.engine import Engine, compiled
from snnrun.models.graph.episodes import TwinEpisode
from snnrun.models.graph.signals import Lesson
from tests.models.graph.test_engine_kinds import CASES, IN, PLAIN, STEPS, fit

pytestmark = pytest.mark.skipif(native() is None, reason="the kernels are not compiled")
NAMES = ["one", "two"]


def sample(seed):
    """Return spikes and words of a sample."""
    generator = torch.Generator().manual_seed(seed)
    shown = (torch.rand(STEPS, 1, *IN, generator=generator) < 0.15).double()
    words = np.random.default_rng(seed).integers(0, 2**32, (1, STEPS), dtype=np.uint32)
    return shown, words


def portions(episode, shown, words, ends, told):
    """Show a sample in portions that end at steps; return the spikes of the groups."""
    found = []
    for begin, end in zip([0, *ends], ends, strict=False):
        part = Events.of(shown[begin:end].flatten(2))
        found.append(episode.show(part, words[:, begin:end], told[begin]))
    episode.end(told[STEPS])
    return [torch.cat([each[name].dense(shown) for each in found]) for name in NAMES]


def assert_alike(one, other, **within):
    for (name, a), b in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
        if not name.endswith("ready"):
            torch.testing.assert_close(a, b, msg=name, **within)


@settings(max_examples=20, deadline=None)
@given(case=CASES, learning=st.booleans(), cuts=st.sets(st.integers(1, STEPS - 1), max_size=6))
@example(case=replace(PLAIN, delayed=True, rules=("mstdpet",)), learning=True, cuts={3, 4, 20})
def test_the_engine_runs_portions_as_the_twin(case, learning, cuts):
    assume(fit(case))
    fast, twin = case.network(), case.network()
    assume(compiled(fast))
    ends, engine = [*sorted(cuts), STEPS], Engine(fast)
    values = np.random.default_rng(case.seed).normal(size=(2, STEPS + 1))
    told = [{"reward": reward, "other": other} for reward, other in values.T]
    for seed in (case.seed, case.seed + 1):
        found = portions(engine.begin(learning, NAMES), *sample(seed), ends, told)
        expected = portions(TwinEpisode(twin, "in", learning), *sample(seed), ends, told)
        assert all(map(torch.equal, found, expected))
    assert_alike(fast, twin, rtol=1e-11, atol=1e-11)
    if learning:
        left = [network.group("one").trace for network in (fast, twin)]
        torch.testing.assert_close(*left, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("rule", ["pair", "triplet", "fede"])
@pytest.mark.parametrize("learning", [True, False])
def test_a_sample_in_portions_is_the_sample(rule, learning):
    case = replace(PLAIN, neurons="winner", delayed=True, rules=(rule,), norm=3.0)
    whole, parted = case.network(), case.network()
    told = [{}] * (STEPS + 1)
    engines = Engine(whole), Engine(parted)
    for seed in range(3):
        shown, words = sample(seed)
        given_spikes = Events.of(shown.flatten(2))
        expected = engines[0].run(given_spikes, words, NAMES, learning=learning)
        course = engines[1].begin(learning, NAMES)
        found = portions(course, shown, words, [1, 7, 8, STEPS], told)
        for name, each in zip(NAMES, found, strict=True):
            assert torch.equal(each, expected[name].dense(shown))
    assert found[0].any()
    assert_alike(whole, parted, rtol=0, atol=0)


def test_what_else_is_asked_drops_an_episode():
    """It ended it: rules saw its last step, weights were normalised."""
    case = replace(PLAIN, rules=("pair", "mstdpet"), norm=3.0)
    fast, twin = case.network(), case.network()
    engine, (shown, words) = Engine(fast), sample(0)
    given_spikes = Events.of(shown.flatten(2))
    for course in (engine.begin(True, NAMES), TwinEpisode(twin, "in", True)):
        course.show(given_spikes, words, {})
        course.show(given_spikes, words, {"reward": 1.0})
    engine.run(given_spikes, words, NAMES)
    assert_alike(fast, twin, rtol=1e-11, atol=1e-11)
    for course in (engine.begin(True, NAMES), TwinEpisode(twin, "in", True)):
        course.end({"reward": 9.0})  # of no step
    assert_alike(fast, twin, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("learning", [True, False])
@pytest.mark.parametrize("rule", ["pair", "mstdpet"])
def test_weights_that_are_taken_in_know_nothing_of_an_episode_that_was_dropped(rule, learning):
    """They learned of its last step, were normalised, and thresholds became those it had."""
    case = replace(PLAIN, neurons="winner", delayed=True, norm=3.0, rules=(rule,))
    network, other = case.network(), case.network()
    loaded = copy.deepcopy(network.state_dict())
    engine, (shown, words) = Engine(network), sample(0)
    course, given_spikes = engine.begin(True, NAMES), Events.of(shown.flatten(2))
    course.show(given_spikes, words, {})
    course.show(given_spikes, words, {"reward": 1.0})
    network.load_state_dict(loaded)
    lessons = [Lesson({"reward": torch.ones(STEPS, dtype=torch.float64)})]
    found = [
        each.run(given_spikes, words, NAMES, learning=learning, lessons=lessons)
        for each in (engine, Engine(other))
    ]
    for name in NAMES:
        assert torch.equal(*(each[name].places for each in found))
    for name, each in network.state_dict().items():
        assert torch.equal(each, other.state_dict()[name]), name
        assert learning or torch.equal(each, loaded[name]), name


def test_signals_that_are_no_numbers_are_refused():
    network, (shown, words) = PLAIN.network(), sample(0)
    for course in (Engine(network).begin(True, NAMES), TwinEpisode(network, "in", True)):
        with pytest.raises(ValueError, match="the signal 'reward' is nan; expected a number"):
            course.show(Events.of(shown.flatten(2)), words, {"reward": math.nan})
        with pytest.raises(ValueError, match="the signal 'reward' is nan; expected a number"):
            course.end({"reward": math.nan})
