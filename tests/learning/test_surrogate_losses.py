"""Losses over time and terms of the spikes: by hand, and against those of other libraries."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from snnrun.learning.surrogate.settings import LOSSES, REGULARISERS
from tests.golden import golden

TIME, BATCH, CLASSES = 4, 5, 3


def loss_of(name, **settings):
    chosen = LOSSES[name].settings(**settings)
    return LOSSES.entry_of(chosen).load()(chosen)


def term_of(name, **settings):
    chosen = REGULARISERS[name].settings(**settings)
    return REGULARISERS.entry_of(chosen).load()(chosen)


def some_outputs():
    random = torch.Generator().manual_seed(2)
    outputs = torch.randn(TIME, BATCH, CLASSES, generator=random, dtype=torch.float64)
    return outputs, torch.tensor([2, 0, 1, 1, 2])


# ---- against other libraries ----


@pytest.fixture(scope="module")
def theirs():
    return golden("stbp/tet")


def ours(theirs, **settings):
    """Loss and gradient ``[batch, time, classes]`` of their outputs."""
    outputs = torch.from_numpy(theirs["out"]).transpose(0, 1).contiguous().requires_grad_()
    loss = loss_of("tet", **settings)(outputs, torch.from_numpy(theirs["y"]))
    loss.backward()
    return loss.item(), outputs.grad.transpose(0, 1).numpy()


@pytest.mark.parametrize("lamb", [0.0, 0.001, 0.05, 0.5, 1.0])
def test_tet_is_that_of_snetx(theirs, lamb):
    loss, gradient = ours(theirs, form="snetx", lamb=lamb)
    assert loss == pytest.approx(theirs[f"ce_lamb{lamb}_loss"].item(), rel=1e-6)
    np.testing.assert_allclose(gradient, theirs[f"ce_lamb{lamb}_gout"], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("form", ["snetx", "paper"])
def test_without_a_second_term_tet_is_that_of_spikingjelly(theirs, form):
    loss, _ = ours(theirs, form=form, lamb=0.0)
    assert loss == pytest.approx(theirs["sj_tet_ce"].item(), rel=1e-6)


# ---- by hand ----


def softmax_loss(scores, label, smoothing=0.0):
    """Cross-entropy of one vector, written out."""
    total = math.log(sum(math.exp(each) for each in scores))
    share = [smoothing / len(scores)] * len(scores)
    share[label] += 1 - smoothing
    return sum(q * (total - score) for q, score in zip(share, scores, strict=True))


@pytest.mark.parametrize(
    ("of", "reduce"),
    [("mean", lambda o: o.mean(0)), ("last", lambda o: o[3]), ("max", lambda o: o.max(0).values)],
)
def test_cross_entropy_by_hand(of, reduce):
    outputs, labels = some_outputs()
    loss = loss_of("cross_entropy", of=of, label_smoothing=0.2)
    scores = reduce(outputs)
    each = [
        softmax_loss(row, label, 0.2)
        for row, label in zip(scores.tolist(), labels.tolist(), strict=True)
    ]
    assert loss(outputs, labels).item() == pytest.approx(sum(each) / BATCH, rel=1e-12)
    assert torch.equal(loss.scores(outputs), scores)


def test_tet_of_the_paper_by_hand():
    outputs, labels = some_outputs()
    found = loss_of("tet", lamb=0.3, means=0.4, label_smoothing=0.1)(outputs, labels)
    every = [
        softmax_loss(outputs[t, n].tolist(), labels[n].item(), 0.1)
        for t in range(TIME)
        for n in range(BATCH)
    ]
    squares = sum((each - 0.4) ** 2 for each in outputs.flatten().tolist())
    expected = 0.7 * sum(every) / (TIME * BATCH) + 0.3 * squares / (TIME * BATCH * CLASSES)
    assert found.item() == pytest.approx(expected, rel=1e-12)


def test_rate_mse_by_hand():
    outputs = torch.tensor([[[1.0, 0.0]], [[0.0, 0.0]]])  # rates 0.5 and 0
    found = loss_of("rate_mse", correct_rate=0.9, incorrect_rate=0.2)(outputs, torch.tensor([0]))
    assert found.item() == pytest.approx((0.4**2 + 0.2**2) / 2)


def test_rate_mse_is_that_of_torch_on_one_hot_targets():
    outputs, labels = some_outputs()
    expected = functional.mse_loss(outputs.mean(0), functional.one_hot(labels, 3).double())
    torch.testing.assert_close(loss_of("rate_mse")(outputs, labels), expected)


# ---- what holds for every loss ----


@pytest.mark.parametrize("name", LOSSES)
def test_a_weighted_sample_counts_so_much_more(name):
    outputs, labels = some_outputs()
    weights = (0.5, 3.0, 1.25)
    found = loss_of(name, class_weights=weights)(outputs, labels)
    plain = loss_of(name)
    each = [
        weights[labels[n]] * plain(outputs[:, n : n + 1], labels[n : n + 1]) for n in range(BATCH)
    ]
    torch.testing.assert_close(found, torch.stack(each).sum() / BATCH)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_finite_differences(name):
    outputs, labels = some_outputs()
    loss = loss_of(name, class_weights=(0.5, 3.0, 1.25))
    assert torch.autograd.gradcheck(
        lambda given: loss(given, labels), outputs.requires_grad_(), atol=1e-8
    )


@pytest.mark.parametrize("name", LOSSES)
def test_good_outputs_cost_less(name):
    labels = torch.tensor([2, 0, 1, 1, 2])
    good = functional.one_hot(labels, CLASSES).double().expand(TIME, -1, -1)
    loss = loss_of(name)
    assert loss(good, labels) < loss(1 - good, labels)
    assert torch.equal(loss.scores(good).argmax(1), labels)


# ---- regularisers ----

#: Two samples, four steps; rates of the two neurons: 0.25 and 1, 0 and 0.5.
SPIKES = torch.tensor(
    [[[1, 1], [0, 1]], [[0, 1], [0, 0]], [[0, 1], [0, 1]], [[0, 1], [0, 0]]]
).double()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"norm": "l1"}, (0.15 + 0.3 + 0.4 + 0) / 4),
        ({"norm": "l2"}, (0.15**2 + 0.3**2 + 0.4**2) / 4),
        ({"over": "layer", "norm": "l1"}, (0 + 0.15) / 2),  # means of the samples: 0.625, 0.25
        ({"over": "layer", "norm": "l2"}, 0.15**2 / 2),
    ],
)
def test_a_band_of_rates_by_hand(settings, expected):
    term = term_of("rate_band", strength=2.0, lower=0.4, upper=0.7, **settings)
    assert term([SPIKES]).item() == pytest.approx(2 * expected)
    assert term([SPIKES, SPIKES]).item() == pytest.approx(4 * expected)


def test_spikes_cost_by_hand():
    assert term_of("spike_count", strength=0.5)([SPIKES]).item() == pytest.approx(0.5 * 7 / 2)


@pytest.mark.parametrize("over", ["neuron", "layer"])
def test_a_band_pulls_silent_neurons_up_and_busy_ones_down(over):
    for spikes, sign in ((torch.zeros(4, 3, 2, 2, 2), -1), (torch.ones(4, 3, 2, 2, 2), 1)):
        given = spikes.requires_grad_()
        term_of("rate_band", strength=1.0, lower=0.2, upper=0.8, over=over)([given]).backward()
        assert (given.grad.sign() == sign).all()


@pytest.mark.parametrize("name", REGULARISERS)
def test_without_layers_that_spike_there_is_no_term(name):
    assert term_of(name, strength=1.0)([]).item() == 0


# ---- refusals ----


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: loss_of("tet", form="snetx", means=0.5), "means is 0.5; expected none where form"),
        (lambda: loss_of("tet", lamb=1.5), "lamb"),
        (lambda: loss_of("rate_mse", class_weights=[-1.0]), "class_weights"),
        (
            lambda: term_of("rate_band", strength=1, lower=0.5, upper=0.2),
            r"upper is 0\.2; expected at least lower = 0\.5",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
