"""Rewards, labels and clamped spikes: what they come to, and that a training is told them."""

import copy
import json

import numpy as np
import pytest
import torch

import snnrun
from snnrun.core.random import Random
from snnrun.data.loader import Use
from snnrun.errors import ConfigError, Interrupted
from snnrun.experiment import load_config
from snnrun.learning.correlation.signal_settings import ClampSettings, LabelSettings, RewardSettings
from snnrun.learning.correlation.signals import Clamp, Label, Place, Rewards, Sample
from snnrun.models.graph.signals import Lesson, Told
from snnrun.runs.folder import RunDir
from snnrun.training.learner import build_learner, load_data
from snnrun.training.loop import Training
from tests.cli.running import run as command
from tests.forgetting import forgotten
from tests.tiny import numbers
from tests.training.stopped import StopAfter

REWARDED = """
seed: 1
data: {name: xor}
encoder: {name: poisson, steps: 30, chance: 0.3}
model:
  name: graph
  neurons:
    X: {name: input, trace: {tau: 20.0}}
    H: {name: lif, size: 6, tau: 20.0, rest: 0.0, threshold: 1.0, refractory: 1.0, trace: {}}
    out: {name: lif, size: 4, tau: 20.0, rest: 0.0, threshold: 1.0, refractory: 1.0, trace: {}}
  synapses:
    X -> H:
      delay: {low: 1, high: 3}
      init: {low: 0.0, high: 1.0}
      rules: [{name: mstdpet, nu: 0.1, baseline: 20}]
    H -> out: {delay: 1, init: {low: 0.0, high: 0.9}, rules: [{name: mstdpet_traces, nu: 0.1}]}
learning:
  name: correlation
  readout: out
  vote: rate
  signals: {reward: {name: reward, correct: 1.0, wrong: -0.5, undecided: 0.1}}
train: {epochs: 2, batch_size: 2, live_plot: false, tensorboard: false, threads: 1}
"""


@pytest.fixture
def config(tmp_path):
    """A function that writes the config, with other text in it, and returns its path."""

    def write(*changes):
        text = REWARDED
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "rewarded.yaml"
        path.write_text(text)
        return path

    return write


def sample(label, steps=4, number=0):
    return Sample(label, steps, Random(1, "train", 0, 0, np.array([number])))


# ---- what they come to ----


#: Spikes of four neurons, two of each class, at four steps: silent, right, even, wrong.
SPIKES = torch.tensor([[0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0]]).float()[:, None]


@pytest.mark.parametrize(
    ("when", "wanted"),
    [
        ("every_step", [0.1, 2.0, 0.1, -3.0]),
        ("sample", [None, None, None, -3.0]),
        ("spike", [None, 2.0, -3.0, -3.0]),
    ],
)
def test_rewards_by_hand(when, wanted):
    settings = RewardSettings(correct=2.0, wrong=-3.0, undecided=0.1, when=when)
    judge = Rewards(settings, Place("out", (4,), 2)).told(sample(1))
    told = [judge.tell(t, SPIKES[t], SPIKES[: t + 1].sum(0)) for t in range(4)]
    assert [None if each is None else pytest.approx(each.item()) for each in told] == wanted


def test_every_spike_has_its_reward_where_several_come_at_once():
    settings = RewardSettings(correct=2.0, wrong=-3.0, when="spike")
    judge = Rewards(settings, Place("out", (2, 3), 3)).told(sample(1))
    spikes = torch.tensor([[[1.0, 0, 1], [1, 0, 1]]])  # flat: classes 0, 0, 1, 1, 2, 2
    assert judge.tell(0, spikes, spikes).tolist() == [2 * 2.0 - 2 * 3.0]


def test_a_label_is_told_at_every_step():
    assert Label(LabelSettings(), Place("out", (4,), 2)).told(sample(1)).tolist() == [1.0] * 4


def test_clamps_by_hand():
    clamp = Clamp(ClampSettings(every=2), Place("out", (4,), 2)).clamps(sample(1))
    assert clamp[:, 0].tolist() == [[0] * 4, [0, 0, 1, 1]] * 2
    silent = ClampSettings(every=3, others="silent")
    clamp = Clamp(silent, Place("out", (2, 2), 2)).clamps(sample(0))
    free, forced = [[0, 0], [-1, -1]], [[1, 1], [-1, -1]]
    assert clamp[:, 0].tolist() == [free, free, forced, free]


def test_some_neurons_of_a_class_are_drawn_by_the_number_of_the_sample():
    clamp = Clamp(ClampSettings(neurons=2), Place("out", (30,), 3))
    every = [clamp.clamps(sample(1, number=n)) for n in range(20)]
    assert all(each.sum() == each[:, 0, 10:20].sum() == 2 * 4 for each in every)
    assert torch.equal(every[5], clamp.clamps(sample(1, number=5)))
    assert (sum(every)[0, 0, 10:20] > 0).all()
    more = Clamp(ClampSettings(neurons=11), Place("out", (30,), 3)).clamps(sample(1))
    assert more.sum() == 10 * 4


# ---- a training is told them ----


def learner_and_batch(path):
    experiment = load_config(path)
    learner, data = build_learner(experiment), load_data(experiment)
    loader = learner.loader(data.train, experiment, Use("train", learning=True), 4)
    return learner, next(iter(loader.epoch(0)))


def rewards_of(spikes, label):
    """Rewards at every step of spikes ``[time, neurons]``, as the config above has them."""
    totals = spikes.view(len(spikes), 2, 2).sum(2).cumsum(0)
    ahead = totals[:, label] - totals[:, 1 - label]
    right, wrong, even = ((ahead > 0).double(), (ahead < 0).double(), (ahead == 0).double())
    return 1.0 * right - 0.5 * wrong + 0.1 * even


def test_a_training_changes_weights_by_the_rewards_of_what_it_did(config):
    """The same network, told the rewards of the spikes of the first, changes alike."""
    learner, batch = learner_and_batch(config())
    learner.model.double()
    twin = copy.deepcopy(learner.model.network)
    learner.rule.step(batch)
    again, told = copy.deepcopy(twin), set()
    for at, label in enumerate(batch.targets.tolist()):
        inputs = {
            "X": batch.inputs.part(at, at + 1).dense(torch.zeros(1).double())[..., None, None]
        }
        rewards, before = torch.zeros(30).double(), None
        while before is None or not torch.equal(before, rewards):  # at least a step more is right
            before, trial = rewards, copy.deepcopy(again)
            found = trial.run(inputs, learn=True, signals={"reward": rewards})
            rewards = rewards_of(found["out"][:, 0], label)
        again, told = trial, told | set(rewards.tolist())
    assert len(told) == 3  # right, wrong and undecided all came up
    for name, tensor in learner.model.network.state_dict().items():
        torch.testing.assert_close(tensor, again.state_dict()[name], rtol=0, atol=1e-13, msg=name)
    changed = learner.model.network.synapses["H->out"].weight - twin.synapses["H->out"].weight
    assert changed.abs().max() > 0.01


def test_averages_of_rewards_are_saved_and_no_number_depends_on_the_chunk(config, tmp_path):
    whole = snnrun.train(config(), results=tmp_path / "whole")
    average = snnrun.load(whole).model.network.rules["X->H"][0].average
    assert average.abs() > 0.01
    path = config(("batch_size: 2", "batch_size: 1"))
    parts = snnrun.train(path, results=tmp_path / "parts")
    assert numbers_of(parts) == numbers_of(whole)
    for name, tensor in snnrun.load(whole).state_dict().items():
        assert torch.equal(tensor, snnrun.load(parts).state_dict()[name]), name


def numbers_of(run):
    """Every logged number but the step, which counts batches."""
    return [{key: row[key] for key in ("epoch", "split", "name", "value")} for row in run.logged()]


def test_a_training_that_is_stopped_in_an_epoch_goes_on_as_if_it_were_not(config, tmp_path):
    path = config(("batch_size: 2", "batch_size: 1"))
    whole = snnrun.train(path, results=tmp_path / "whole")
    experiment, part = load_config(path), RunDir.create(tmp_path, "part")
    part.write_experiment(experiment)
    with pytest.raises(Interrupted, match="epoch 1, batch 3"):
        Training(experiment, [StopAfter(7)]).start(part)
    snnrun.resume(part)
    assert json.dumps(numbers(part)) == json.dumps(numbers(whole))
    for name, tensor in snnrun.load(whole).state_dict().items():
        assert torch.equal(tensor, snnrun.load(part).state_dict()[name]), name


def clamped(config, **changes):
    teach = "{name: clamp, every: 3, others: silent}"
    return config(("signals: {", f"signals: {{teach: {teach}, "), *changes.items())


@pytest.mark.filterwarnings("ignore::snnrun.errors.ActivityWarning")
def test_with_others_silent_every_answer_of_the_training_is_right(config, tmp_path):
    still = {"high: 0.9}": "high: 1e-9}", "mstdpet_traces, nu: 0.1": "mstdpet_traces, nu: 0.0"}
    run = snnrun.train(clamped(config, **still), results=tmp_path)
    assert run.curve("train", "accuracy")[1] == [1.0, 1.0]
    assert run.curve("train", "spikes/out")[1] == [2 * 10, 2 * 10]
    assert run.curve("validation", "spikes/out")[1] == [0.0] * 3


def test_what_is_shown_again_is_told_its_own_label(config):
    changes = {"vote: rate": "vote: rate\n  show_again: {fewest: 1000, most: 2}"}
    learner, batch = learner_and_batch(clamped(config, **changes))
    seen, lessons_of = [], learner.rule.lessons.of

    def noted(targets, steps, random):
        samples = random.samples.tolist()
        seen.extend(
            (y, n, random.presentation) for y, n in zip(targets.tolist(), samples, strict=True)
        )
        return lessons_of(targets, steps, random)

    learner.rule.lessons.of = noted
    learner.rule.step(batch)
    labels, samples = batch.targets.tolist(), batch.random.samples.tolist()
    wanted = [(y, n, time) for y, n in zip(labels, samples, strict=True) for time in range(3)]
    assert sorted(seen) == sorted(wanted)


def test_spikes_that_are_clamped_reach_synapses_traces_and_rules_but_no_membranes(config):
    network = learner_and_batch(config())[0].model.network
    x, clamps = torch.zeros(5, 1, 4, 1, 1), torch.zeros(5, 1, 6)
    clamps[1] = 1.0
    found = network.run(
        {"X": x}, clamps={"H": clamps}, record={"H": ("membranes", "trace"), "out": ("membranes",)}
    )
    assert found["H"][:, 0].sum(1).tolist() == [0, 6, 0, 0, 0]
    assert not found["H.membranes"].any()
    assert found["H.trace"][1].tolist() == [[1.0] * 6]
    arrived = network.synapses["H->out"].weight.sum(1)
    spikes = found["out"][2, 0]
    assert torch.equal(spikes, (arrived >= 1).float())
    assert spikes.any()
    silent = network.run({"X": x}, clamps={"H": clamps, "out": -torch.ones(5, 1, 4)})
    assert not silent["out"].any()


def test_lessons_of_groups_that_there_are_not_are_refused(config):
    network = learner_and_batch(config())[0].model.network
    with pytest.raises(
        ValueError, match="no group 'oud' to look at or to clamp; did you mean 'out"
    ):
        network.run({"X": torch.zeros(1, 1, 4, 1, 1)}, clamps={"oud": torch.zeros(1, 1, 4)})
    judge = Rewards(RewardSettings(), Place("Z", (4,), 2)).told(sample(1))
    with pytest.raises(ValueError, match="no group 'Z' to look at or to clamp; known: X"):
        Told(Lesson({"reward": judge}), {"X": network.group("X")})


# ---- what a config may not say ----


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "learning.signals={rewards: {name: reward}}",
            r"learning.signals: model.synapses.X -> H.rules.0: mstdpet reads the signal 'reward', "
            "which nobody tells; did you mean 'rewards'",
        ),
        ("learning.signals={}", "'reward', which nobody tells; learning.signals tells: none"),
        (
            "learning.signals={reward: {name: reward}, treat: {name: reward}}",
            "learning.signals.treat: no rule reads it; they read: reward",
        ),
        (
            "model.synapses={X -> H: {rules: [{name: mstdp}], frozen: true}, H -> out: {}}",
            "learning.signals.reward: no rule reads it; they read: none",
        ),
        ("learning.signals.reward.group=oud", "signals.reward.group: no group 'oud' .*'out'"),
        (
            "learning.signals.reward.group=X",
            "no group 'X' that spikes by itself; known: H, odd, out",
        ),
        (
            "learning.signals.reward={name: reward, group: odd}",
            "signals.reward.group: odd has 7 neurons, .* 2 classes; expected .* 6 or 8",
        ),
        ("model.neurons.out.size=5", "learning.vote: out has 5 neurons, .* such as 4 or 6"),
        (
            "learning.signals={reward: {name: reward}, a: {name: clamp}, "
            "b: {name: clamp, group: out}}",
            "learning.signals.b: acts on out, as a does",
        ),
        ("learning.signals.reward.name=teacher", "unknown signal 'teacher'; here it is clamp"),
    ],
)
def test_signals_that_do_not_fit_are_refused(config, override, told):
    odd = ("    out: {", "    odd: {name: lif, size: 7}\n    out: {")
    path = config(odd)
    load_config(path)
    with pytest.raises(ConfigError, match=told):
        load_config(path, [override])


# ---- somebody else's ----

OWN = """
import torch
from typing import ClassVar
from snnrun.extending import Entry, PlasticitySettings, SignalSettings


class NoveltySettings(SignalSettings):
    "A number that falls from step to step."
    begin: float = 1.0


class FollowSettings(PlasticitySettings):
    "Weights grow by a signal and by the label."
    traces: ClassVar = ()

    @property
    def reads(self):
        return ("novelty", "label")

    def build(self):
        from snnrun.extending.parts import Plasticity

        class Follow(Plasticity):
            reads = ("novelty", "label")

            def change(self, synapses, pre, post, signals):
                amount = signals["novelty"] * (1 + signals["label"])
                return amount * torch.ones_like(synapses.weight)

        return Follow()


def novelty(settings, place):
    from snnrun.extending.parts import Signal

    class Novelty(Signal):
        def told(self, sample):
            return settings.begin * 0.5 ** torch.arange(sample.steps)

    return Novelty(settings, place)


COMPONENTS = {
    "signals": {"novelty": Entry(NoveltySettings, "own:novelty", summary="falls")},
    "plasticity": {"follow": Entry(FollowSettings, "own:Follow", summary="follows")},
}
"""


@pytest.mark.filterwarnings("ignore::snnrun.errors.ActivityWarning")  # weights of any size
def test_signals_of_a_plug_in(config, tmp_path):
    """Four samples, two of each class: the weight grows by 2 (1 + 0) and 2 (1 + 1) for each."""
    rules = "rules: [{name: mstdpet_traces, nu: 0.1}]"
    path = config(
        ("seed: 1", "seed: 1\nplugins: [own]"),
        (rules, "rules: [{name: follow}]"),
        ("signals: {", "signals: {novelty: {name: novelty}, label: {name: label}, "),
        ("epochs: 2", "epochs: 1"),
    )
    path.with_name("own.py").write_text(OWN)
    with forgotten(tmp_path):
        code, out, err = command("train", path, "--quiet", "--results", tmp_path / "runs")
        assert code == 0, err
        done = tmp_path / "runs" / out.strip().split("/")[-1]
        before, after = (snnrun.load(done, epoch) for epoch in (0, 1))
    grown, first = (each.model.network.synapses["H->out"].weight for each in (after, before))
    torch.testing.assert_close(grown - first, torch.full((4, 6), 12.0), rtol=0, atol=1e-4)
