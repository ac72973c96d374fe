"""What neurons stand for, and the votes of BindsNET, as its own arrays have them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from snnrun.core.events import Events
from snnrun.learning.correlation.logistic import Logistic
from snnrun.learning.correlation.ngrams import combined
from snnrun.learning.correlation.votes import Votes
from snnrun.learning.outcome import predictions

GOLDEN = Path(__file__).parents[2] / "golden/correlation/bindsnet_evaluation.npz"
SILENT = 3  # a sample


@pytest.fixture(scope="module")
def golden():
    return dict(np.load(GOLDEN))


@pytest.fixture(scope="module")
def spikes(golden):
    return Events.of(torch.from_numpy(golden["spikes"]).transpose(0, 1))


def told(spikes, labels, chunk=60, ngram=2):
    """Votes that were told in batches of a size."""
    votes = Votes(spikes.size, 4, ngram)
    for begin in range(0, len(spikes), chunk):
        votes.add(spikes.part(begin, begin + chunk), torch.from_numpy(labels[begin:][:chunk]))
    votes.settle()
    return votes


@pytest.fixture(scope="module", params=[60, 7])
def votes(golden, spikes, request):
    return told(spikes, golden["labels"], request.param)


def test_rates_proportions_and_classes_of_neurons(golden, votes):
    found = votes.labels
    np.testing.assert_allclose(found.rates, golden["rates"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.proportions, golden["proportions"], atol=1e-5)
    assert found.assignments[0] == -1  # it never spikes
    np.testing.assert_array_equal(found.assignments[1:], golden["assignments"][1:])


def test_the_table_of_ngrams(golden, votes):
    """BindsNET has a row for each n-gram that it saw."""
    table = votes.ngrams
    grams, classes = table.keys // 4, table.keys % 4
    neurons = torch.stack([grams // 12, grams % 12], 1).numpy()
    found = {tuple(each): np.zeros(4) for each in neurons}
    for key, index, count in zip(neurons, classes, table.counts, strict=True):
        found[tuple(key)][index] = count
    expected = dict(zip(map(tuple, golden["ngram_keys"]), golden["ngram_values"], strict=True))
    assert found.keys() == expected.keys()
    for key, counts in expected.items():
        np.testing.assert_array_equal(found[key], counts)


@pytest.mark.parametrize("vote", ["all", "proportion", "ngram"])
def test_votes(golden, spikes, votes, vote):
    found = predictions(votes.of(vote, spikes))
    np.testing.assert_array_equal(
        found, golden[f"pred_{vote}"] if vote != "ngram" else known(golden)
    )
    part = votes.of(vote, spikes.part(20, 40))
    assert torch.equal(part, votes.of(vote, spikes)[20:40])


def known(golden):
    """BindsNET takes a silent sample to be of class 0 here; ours gets no answer."""
    found = golden["pred_ngram"].copy()
    assert found[SILENT] == 0
    found[SILENT] = -1
    return found


@pytest.mark.parametrize("vote", ["all", "proportion", "ngram", "logistic"])
def test_a_silent_sample_gets_no_answer(spikes, votes, vote):
    assert votes.of(vote, spikes)[SILENT].tolist() == [-torch.inf] * 4


def test_longer_ngrams_by_hand():
    """Neurons 0 and 1, nothing, neuron 1, neuron 2; then a sample of a single step."""
    train = torch.zeros(4, 2, 3)
    for step, sample, neuron in [(0, 0, 0), (0, 0, 1), (2, 0, 1), (3, 0, 2), (1, 1, 2)]:
        train[step, sample, neuron] = 1
    grams, samples = combined(Events.of(train), 3)
    assert grams.tolist() == [0 * 9 + 1 * 3 + 2, 1 * 9 + 1 * 3 + 2]
    assert samples.tolist() == [0, 0]


def test_the_logistic_vote_is_that_of_scikit_learn(golden, spikes, votes):
    counts = golden["spikes"].sum(1)
    other = LogisticRegression(max_iter=10000, tol=1e-8).fit(counts, golden["labels"])
    np.testing.assert_allclose(votes.logistic.weight, other.coef_, atol=2e-3)
    bias = votes.logistic.bias - votes.logistic.bias.mean()
    np.testing.assert_allclose(bias, other.intercept_ - other.intercept_.mean(), atol=2e-3)
    heard = np.delete(np.arange(60), SILENT)
    found = predictions(votes.of("logistic", spikes))[heard]
    np.testing.assert_array_equal(found, other.predict(counts)[heard])


@pytest.mark.parametrize("classes", [[2], [1, 3], [0, 2, 3]])
def test_the_logistic_vote_of_classes_that_were_seen(classes):
    """Scikit-learn wants two classes, and gives one row for two."""
    targets = torch.tensor(classes * 5)
    vote = Logistic(neurons=6, classes=4)
    samples = torch.arange(len(targets))
    vote.fit(samples, targets, torch.full_like(targets, 3), targets)  # neuron c for class c
    counts = 3 * torch.eye(6)[targets]
    assert predictions(vote.votes(counts)).tolist() == targets.tolist()
    unknown = sorted(set(range(4)) - set(classes))
    assert (vote.votes(-counts)[:, unknown] < vote.votes(-counts)[:, classes].min()).all()
    assert all(each.isfinite().all() for each in vote.state_dict().values())


def test_what_was_told_is_counted_and_can_be_forgotten(golden, spikes):
    votes = told(spikes, golden["labels"])
    assert votes.silent == pytest.approx(1 / 60)
    assert votes.spikes == pytest.approx(golden["spikes"].sum() / 60)
    votes.clear()
    assert len(votes.ngrams.keys) == 0
    assert predictions(votes.of("all", spikes)).tolist() == [-1] * 60


def test_a_state_fits_whatever_was_seen(golden, spikes):
    votes, other = told(spikes, golden["labels"]), told(spikes.part(0, 5), golden["labels"][:5])
    assert len(other.ngrams.keys) != len(votes.ngrams.keys)
    other.load_state_dict(votes.state_dict())
    for vote in ("all", "proportion", "ngram", "logistic"):
        assert torch.equal(votes.of(vote, spikes), other.of(vote, spikes))
