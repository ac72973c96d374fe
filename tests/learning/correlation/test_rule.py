"""The rule that runs a graph: what it reports, warns of, and leaves in checkpoints."""

import warnings

import pytest
import torch

import snnrun
from snnrun.errors import ActivityWarning, ConfigError
from snnrun.experiment import load_config
from snnrun.learning.correlation.health import growth
from tests.graphs import SMALL

OTHERS = {"all", "proportion", "ngram", "logistic"}


@pytest.fixture
def train(tmp_path):
    """A function that trains the small graph with overrides and returns its run."""

    def run(*overrides, name="graph"):
        path = tmp_path / f"{name}.yaml"
        path.write_text(SMALL)
        return snnrun.train(path, overrides, results=tmp_path / "results")

    return run


@pytest.mark.parametrize("vote", sorted(OTHERS))
def test_every_evaluation_reports_all_votes_beside_the_chosen_one(train, vote):
    run = train(f"learning.vote={vote}")
    values = {
        row["name"]: row["value"]
        for row in run.logged()
        if row["split"] == "validation" and row["epoch"] == 2
    }
    told = {name for name in values if name.startswith("accuracy")}
    assert told == {"accuracy"} | {f"accuracy_{each}" for each in OTHERS - {vote}}
    assert all(0.3 < values[name] <= 1 for name in told)


def test_votes_do_not_change_what_is_learned(train):
    one, other = (snnrun.load(train(f"learning.vote={vote}")) for vote in ("all", "logistic"))
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name


def test_a_checkpoint_gives_the_votes_back(train):
    """The table of n-grams has another length in each epoch."""
    run = train("learning.vote=ngram", "train.savepoints=[1]")
    lengths = [len(snnrun.load(run, epoch).rule.votes.ngrams.keys) for epoch in (0, 1, 2)]
    assert len(set(lengths)) == 3
    assert min(lengths) > 0
    answers = snnrun.inference(run)
    assert answers.accuracy == run.curve("test", "accuracy")[1][0]


def test_a_run_that_is_continued_is_the_same(train):
    whole, part = train(), train("train.epochs=1", name="part")
    part = snnrun.resume(part, epochs=2)
    for key in ("accuracy", "accuracy_ngram", "accuracy_logistic", "spikes/E"):
        assert whole.curve("validation", key) == part.curve("validation", key)


@pytest.mark.filterwarnings("ignore::snnrun.errors.ActivityWarning")
def test_weights_of_another_run_are_normalised_as_this_one_says(train):
    """Rows that the other run had normalised stayed so until they changed, silent ones for ever."""
    other = ("model.neurons.E.threshold=150.0", "model.synapses.X -> E.normalise.to=3.0")
    run = train(f"train.start_from={train().path}", *other, name="second")
    sums = snnrun.load(run).model.network.synapses["X->E"].weight.abs().sum(1)
    assert torch.allclose(sums, torch.full_like(sums, 3.0))


@pytest.mark.filterwarnings("ignore::snnrun.errors.ActivityWarning")
def test_weights_are_frozen_where_synapses_say_so(train):
    """What training was told to freeze learned all the same."""
    with pytest.raises(ConfigError, match=r"train\.frozen: must be empty: the learning rule"):
        train("train.frozen=[network.synapses.X->E.weight]")
    run = train("model.synapses.X -> E.frozen=true", "train.epochs=1")
    before, after = (
        snnrun.load(run, epoch).model.network.synapses["X->E"].weight for epoch in (0, 1)
    )
    assert torch.equal(before, after)


# ---- warnings ----


def test_it_warns_of_neurons_without_class_and_of_silent_samples(train):
    with pytest.warns(ActivityWarning) as told:
        run = train("model.neurons.E.threshold=150.0")
    texts = [str(each.message) for each in told]
    assert any("20 of 20 neurons of E spiked for no training sample" in text for text in texts)
    assert any("no neuron of E stands for classes 0, 1, 2, 3" in text for text in texts)
    assert any("100% of the training samples" in text for text in texts)
    rows = {(row["epoch"], row["name"]): row["value"] for row in run.logged()}
    assert rows[2, "unassigned"] == 20
    assert rows[2, "silent_samples"] == 1


@pytest.mark.parametrize("vote", ["ngram", "logistic", "rate"])
def test_votes_that_ask_for_no_classes_miss_none(train, vote):
    """They were warned of neurons and classes that their answers do not depend on."""
    with pytest.warns(ActivityWarning) as told:
        train("model.neurons.E.threshold=150.0", f"learning.vote={vote}")
    texts = [str(each.message) for each in told]
    assert not any("stand" in text for text in texts)
    assert any("100% of the training samples" in text for text in texts)


def test_it_does_not_warn_of_a_healthy_network_or_before_training(train):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ActivityWarning)
        assert train().curve("train", "unassigned")[1][0] > 2


def test_warnings_of_later_epochs_that_differ_in_numbers_alone_are_left_out(train):
    """Each epoch of a long training repeated them."""
    with pytest.warns(ActivityWarning) as told:
        train("model.neurons.E.plus=5.0", "train.epochs=6", "train.early_stopping=null")
    assert [str(each.message).startswith("thresholds") for each in told].count(True) == 1


def test_it_warns_of_thresholds_that_grow_while_spikes_fall(train):
    with pytest.warns(ActivityWarning) as told:
        run = train("model.neurons.E.plus=5.0")
    text = next(str(each.message) for each in told if "grew by" in str(each.message))
    assert text.startswith("thresholds of E grew by ")
    place = "such as 1 instead of 5 (epoch 0, batch 12, seed 3)"
    assert text.endswith(f"a smaller model.neurons.E.plus helps, {place}")
    assert run.curve("train", "theta/E")[1][-1] > 5


def test_growth_alone_and_few_spikes_alone_are_no_matter():
    assert not list(growth("E", 0.05, (0.0, 20.0), (25.0, 13.0)))
    assert not list(growth("E", 0.05, (5.0, 5.0), (25.0, 7.0)))
    assert not list(growth("E", 0.05, (0.0, 20.0), (9.0, 7.0)))
    assert len(list(growth("E", 0.05, (0.0, 20.0), (25.0, 7.0)))) == 1


def test_a_vote_that_there_is_not_is_refused(tmp_path):
    path = tmp_path / "graph.yaml"
    path.write_text(SMALL)
    with pytest.raises(ConfigError, match=r"learning\.vote"):
        load_config(path, ["learning.vote=majority"])
