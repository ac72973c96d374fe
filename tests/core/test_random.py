"""Random numbers of samples: what they depend on, and what they do not."""

import numpy as np
import pytest
import torch

from snnrun.core.random import Random, generator, key, seed_torch, thinned
from snnrun.kernels.random import reference
from tests.batches import check_samples_stand_alone, random_of

LIKE = torch.zeros(1)
DRAWS = {
    "uniform": lambda random: random.uniform("noise", (2, 3), LIKE),
    "normal": lambda random: random.normal("noise", (2, 3), LIKE),
    "integers": lambda random: random.integers("noise", 10**6, (2, 3)),
    "bernoulli": lambda random: random.bernoulli(
        "noise", torch.full((len(random.samples), 40), 0.5), 6
    ).transpose(0, 1),
    "seeds": lambda random: torch.tensor(random.seeds("noise")),
}


def test_keys_are_what_they_were():
    """A run of an earlier version goes on with the same numbers."""
    assert key(7, "order", 3) == 6409098265416878229
    assert key(7, "train", 0, 0, "layers.0.noise") == 726539111503565932
    assert random_of(1, seed=7).of("layers.0").key("noise") == 726539111503565932


def test_keys_tell_numbers_from_words():
    streams = [(7, "a", 1), (7, "a", "1"), (7, "a1"), (71, "a"), (7, "a", 1, 1), (7, 1, "a")]
    assert len({key(*stream) for stream in streams}) == len(streams)
    assert all(0 <= key(*stream) < 2**63 for stream in streams)


def test_a_generator_is_fresh_each_time():
    first = generator(7, "order", 3)
    drawn = [torch.rand(5, generator=each) for each in (first, first, generator(7, "order", 3))]
    assert not torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn[0], drawn[2])


def test_layers_of_torch_draw_from_the_seed():
    drawn = []
    for seed in (7, 7, 8):
        seed_torch(seed, "layers")
        drawn.append(torch.nn.Linear(3, 4).weight.detach())
        torch.rand(9)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("most", [None, 20, 50])
def test_all_are_taken_where_there_are_few(most):
    assert thinned(20, most, 7, "test").tolist() == list(range(20))


def test_fewer_are_some_of_more():
    few, more = thinned(1000, 30, 7, "test"), thinned(1000, 300, 7, "test")
    assert (len(few), len(more)) == (30, 300)
    assert set(few) < set(more) < set(range(1000))
    assert few.tolist() == sorted(few)
    assert few.tolist() != thinned(1000, 30, 8, "test").tolist()
    assert few.tolist() != thinned(1000, 30, 7, "train").tolist()


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_sample_has_its_numbers_wherever_it_is(draw):
    shown = check_samples_stand_alone(lambda samples, random: draw(random), 7)
    assert len(shown) == 7
    assert len({tuple(row.flatten().tolist()) for row in shown}) == 7


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_what_else_makes_other_numbers(draw):
    """Other parts of a network, and showing the same samples once more."""
    random = random_of(5)
    first = random.of("layers.0")
    others = [first, random.of("layers.1"), random.again(), random.again().again(), first.again()]
    drawn = [tuple(draw(each).flatten().tolist()) for each in (random, *others)]
    assert len(set(drawn)) == len(drawn)
    assert torch.equal(draw(first), draw(random.of("layers").of("0")))


def test_numbers_are_those_of_the_readable_twin():
    random = random_of([4, 0, 9], seed=7, epoch=2)
    place, samples = random.key("noise"), np.array([4, 0, 9])
    for name in ("uniform", "normal"):
        expected = getattr(reference, name)(place, samples, 6).reshape(3, 2, 3)
        np.testing.assert_array_equal(DRAWS[name](random), expected)
    chances = np.full((3, 40), 0.5, np.float32)
    expected = reference.bernoulli(place, chances, samples, 6)
    np.testing.assert_array_equal(DRAWS["bernoulli"](random).transpose(0, 1), expected)


def test_numbers_have_the_type_that_is_asked_for():
    random = random_of(3)
    for like in (torch.zeros(1), torch.zeros(1).double()):
        for draw in (random.uniform, random.normal):
            assert draw("noise", (2,), like).dtype == like.dtype
    assert random.integers("noise", 5).dtype == torch.int64
    assert random.integers("noise", 5).shape == (3,)


def test_numbers_of_a_batch_are_one_for_all_its_samples():
    """They follow from the number of the batch, whatever samples it has, and are none of theirs."""
    batches = random_of([4, 1], number=4), random_of(7, number=4), random_of(7, number=5)
    drawn = [each.batch.normal("noise", (2,), LIKE) for each in batches]
    assert drawn[0].shape == (1, 2)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[1], drawn[2])
    assert not torch.equal(drawn[0][0], batches[0].normal("noise", (2,), LIKE)[0])


def test_fresh_numbers_follow_the_generator_of_torch():
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn += [Random.fresh(2).normal("noise", (3,), LIKE) for _ in range(2)]
    assert torch.equal(drawn[0], drawn[2])
    assert torch.equal(drawn[1], drawn[3])
    assert not torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[4])
