"""Acting by reward: what rules are told and when, how actions are chosen, episodes and resuming."""

import json

import numpy as np
import pytest
import torch

import snnrun
from snnrun.core.batch import Batch
from snnrun.core.episodes import Environment, Episodes, Moment
from snnrun.core.random import Random
from snnrun.data.loader import Use
from snnrun.errors import ActivityWarning, ConfigError, DivergedError, Interrupted
from snnrun.experiment import load_config
from snnrun.learning.correlation.control_settings import ExpectationSettings
from snnrun.learning.correlation.expectation import Expectation
from snnrun.models.graph.plasticity import Plasticity
from snnrun.runs.folder import RunDir
from snnrun.training.learner import build_learner, load_data
from snnrun.training.loop import Training
from tests.cli.running import run
from tests.tiny import numbers
from tests.training.stopped import StopAfter

CONFIG = """
seed: 3
data:
  name: gymnasium
  environment: CartPole-v1
  episodes: {train: 4, validation: 2, test: 2}
  low: [-2.4, -3.0, -0.21, -2.0]
  high: [2.4, 3.0, 0.21, 2.0]
encoder: {name: population, neurons: 5, steps: 3}
model:
  name: graph
  neurons:
    in: {name: input}
    out: {name: lif, size: 4, tau: 20.0, rest: 0.0, reset: 0.0, threshold: 1.0, refractory: 1.0}
  synapses:
    in -> out: {init: {low: 0.0, high: 0.3}, rules: [{name: mstdpet, nu: 0.05, baseline: 9}]}
learning: {name: reward_control, readout: out, failure: -1.0, going_on: 0.0}
train: {epochs: 2, batch_size: 2, live_plot: false, tensorboard: false, threads: 1}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "control.yaml"
    path.write_text(CONFIG)
    return path


def test_what_is_foretold_by_hand():
    """v = 0, 0 at first; x = (1, 0), then (0, 1), then the end."""
    chosen = ExpectationSettings(nu=0.5, discount=0.8, trace=0.5)
    foretold, (x, y) = Expectation(chosen, 2), torch.eye(2)
    foretold.begin()
    assert foretold.surpassed(x, 1.0, y) == 1.0
    assert foretold.values.tolist() == [0.25, 0.0]  # 0.5 * 1 * (0.5, 0)
    assert foretold.surpassed(y, 2.0, x) == 2.0 + 0.8 * 0.25
    assert foretold.values.tolist() == pytest.approx([0.25 + 1.1 * 0.25, 1.1 * 0.5])
    value = foretold.values[0].item()
    assert foretold.surpassed(x, -1.0, None) == pytest.approx(-1.0 - value)
    foretold.begin()
    assert not foretold._trace.any()


def test_what_is_foretold_and_is_no_number_ends_the_run():
    """The graph refused to be told of it, which nobody expected."""
    foretold, x = Expectation(ExpectationSettings(), 2), torch.ones(2)
    foretold.values.fill_(1e308)
    foretold.begin()
    with pytest.raises(DivergedError, match=r"^what is foretold of the reward is no longer finite"):
        foretold.surpassed(x, 1.0, x)


def test_a_graph_that_never_acts_of_itself_is_told_of(config, tmp_path):
    """All its actions were drawn by chance, without a word."""
    overrides = ["train.epochs=3", "model.neurons.out.threshold=1e6"]
    with pytest.warns(ActivityWarning) as told:
        snnrun.train(config, overrides, results=tmp_path)
    (text,) = {str(each.message) for each in told}
    assert text.startswith("out is silent: none of its neurons spiked in 5 batches in a row")
    assert text.endswith("(epoch 2, seed 3)")


class Corridor(Environment):
    """Three actions, of which those of the last run are kept; then it ends."""

    def __init__(self):
        self.actions, self.seeds = [], []

    def begin(self, seed):
        self.seeds.append(seed)
        self.actions = []
        return np.array([1.0, 0.0])

    def act(self, action):
        self.actions.append(action)
        seen = np.array([0.0, 1.0]) if len(self.actions) % 2 else np.array([1.0, 0.0])
        return Moment(seen, 5.0, len(self.actions) == 3, False)


class Listener(Plasticity):
    """Keeps what it is told at each step."""

    reads = ("reward",)

    def __init__(self):
        super().__init__()
        self.told = []

    def change(self, synapses, pre, post, signals):
        self.told.append(signals["reward"].item() if "reward" in signals else None)
        return torch.zeros_like(synapses.weight)


def rule_and_corridor(config, *overrides):
    """A network of two inputs, each of which lets the neuron of its action spike."""
    experiment = load_config(
        config,
        ["encoder.neurons=2", "model.neurons.out.size=2", "train.precision=float64", *overrides],
    )
    rule, world = build_learner(experiment).rule, Corridor()
    edge = rule.model.network.edges[0]
    listener = Listener()
    rule.model.network.edges[0] = edge._replace(rules=(listener,))
    edge.synapses.weight.data = torch.tensor(
        [[0.0, 2, 0, 0, 0, 0, 0, 0], [2.0, 0, 0, 0, 0, 0, 0, 0]]
    )
    edge.synapses.weight.data = edge.synapses.weight.data.double()

    def prepare(seen):
        return torch.cat([seen, torch.zeros(1, 6).to(seen)], 1)

    def show(prepared, random):
        return prepared.expand(3, *prepared.shape)

    episodes = Episodes(lambda: world, prepare, show)
    return rule, world, listener, Batch(episodes, torch.zeros(1, 2), random(0))


def random(*samples):
    return Random(1, "train", 0, 0, np.array(samples))


def test_rules_are_told_behind_the_last_step_of_each_action(config):
    rule, world, listener, batch = rule_and_corridor(config, "learning.expectation=null")
    outcome = rule.step(batch)
    assert world.actions == [1, 0, 1]
    assert listener.told == [None, None, 0.0, None, None, 0.0, None, None, -1.0]
    assert outcome.statistics == {"reward": 15.0, "actions": 3.0}
    assert (outcome.loss, outcome.scores) == (None, None)


def test_the_reward_of_the_environment_is_told_unless_another_is_said(config):
    rule, _, listener, batch = rule_and_corridor(
        config, "learning={name: reward_control, readout: out, expectation: null}"
    )
    rule.step(batch)
    assert [each for each in listener.told if each is not None] == [5.0] * 3
    listener.told.clear()
    rule.evaluate(batch)
    assert listener.told == []


def test_rules_are_told_what_surpasses_expectation(config):
    rule, _, listener, batch = rule_and_corridor(config, "learning.expectation={nu: 0.5}")
    rule.step(batch)
    told = [each for each in listener.told if each is not None]
    assert told == [0.0, 0.0, -1.0]
    before = rule.expectation.values.clone()
    assert before[0] < before[1] < 0
    listener.told.clear()
    rule.step(batch)
    told = [each for each in listener.told if each is not None]
    foretold, (x, y, *_) = Expectation(ExpectationSettings(nu=0.5), 8), torch.eye(8)
    foretold.values.copy_(before)
    foretold.begin()
    wanted = [foretold.surpassed(*each) for each in ((x, 0.0, y), (y, 0.0, x), (x, -1.0, None))]
    assert told == pytest.approx(wanted)


def test_where_no_neuron_spikes_actions_are_drawn(config):
    rule, world, _, batch = rule_and_corridor(config)
    rule.model.network.synapses["in->out"].weight.data.zero_()
    drawn = set()
    for episode in range(8):
        batch.random = random(episode)
        rule.evaluate(batch)
        drawn.add(tuple(world.actions))
    assert len(drawn) > 3
    assert len(set(world.seeds)) == 8
    rule.evaluate(batch)
    assert tuple(world.actions) in drawn
    assert world.seeds[-1] == world.seeds[-2]


def test_episodes_are_the_same_in_whatever_batch(config):
    experiment = load_config(config)
    learner, data = build_learner(experiment), load_data(experiment)
    alone = [
        learner.rule.evaluate(batch)[0].statistics["reward"]
        for batch in learner.loader(data.train, experiment, Use("test"), 1).epoch(0)
    ]
    (whole,) = learner.loader(data.train, experiment, Use("test"), 4).epoch(0)
    assert learner.rule.evaluate(whole)[0].statistics["reward"] == pytest.approx(np.mean(alone))
    assert len(set(alone)) > 1


def test_a_run_that_is_stopped_between_episodes_goes_on_as_if_it_were_not(config, tmp_path):
    overrides = ["train.batch_size=1"]
    whole = snnrun.train(config, overrides, results=tmp_path / "whole")
    experiment, part = load_config(config, overrides), RunDir.create(tmp_path, "part")
    part.write_experiment(experiment)
    with pytest.raises(Interrupted, match="epoch 1, batch 2"):
        Training(experiment, [StopAfter(6)]).start(part)
    snnrun.resume(part)
    assert json.dumps(numbers(part)) == json.dumps(numbers(whole))
    one, other = (snnrun.load(run).state_dict() for run in (whole, part))
    assert one["rule.expectation.values"].any()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name
    rewards = whole.curve("test", "reward")[1]
    assert snnrun.inference(whole).facts["statistics"]["reward"] == rewards[0]


def test_observations_may_be_currents(config):
    """The engine takes spikes alone."""
    experiment = load_config(config, ["encoder={name: rate, steps: 3}"])
    learner, data = build_learner(experiment), load_data(experiment)
    (batch, *_) = learner.loader(data.train, experiment, Use("test"), 4).epoch(0)
    assert not batch.inputs.spikes
    assert learner.rule.evaluate(batch)[0].statistics["actions"] > 4


def test_weights_are_normalised_behind_an_epoch_where_they_are_to_be(config):
    edge = "model.synapses.in -> out.normalise={to: 3.0, every: epoch}"
    rule = build_learner(load_config(config, [edge])).rule
    weights = rule.model.network.synapses["in->out"].weight
    assert not torch.allclose(weights.sum(1), torch.full((4,), 3.0))
    rule.calibrate(lambda: iter(()))
    assert torch.allclose(weights.sum(1), torch.full((4,), 3.0))


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("learning.readout=oud", "learning.readout: no group 'oud' .* did you mean 'out'"),
        ("learning.readout=in", "learning.readout: no group 'in' that spikes by itself"),
        ("model.neurons.out.size=3", "learning.readout: out has 3 neurons, .* 2 actions"),
        ("learning.signal=treat", "mstdpet reads the signal 'reward'; told is 'treat'"),
        ("model.synapses={in -> out: {}}", "learning: no rule reads 'reward'"),
        ("learning={name: correlation, readout: out}", "learning: does not learn actions, for a"),
        ("data={name: digits}", "learning: does not learn a class; those that do"),
        ("data.environment=CartPole-v2", "environment: gymnasium makes no"),
    ],
)
def test_what_does_not_fit_is_refused(config, override, told):
    with pytest.raises(ConfigError, match=told):
        load_config(config, [override])


def test_what_is_shared_tells_the_reward(config, tmp_path):
    """It asked for an accuracy that there is none of, and ended in a traceback."""
    trained = snnrun.train(config, results=tmp_path)
    reward = trained.curve("test", "reward")[1][0]
    told = f"{tmp_path / 'copy'}: reward {reward:.4g} on the test set; epoch 2; "
    code, out, _ = run("share", trained.path, tmp_path / "copy")
    assert (code, out[: len(told)]) == (0, told)
    assert f"reward {reward:.4g}" in run("inference", tmp_path / "copy")[1]
