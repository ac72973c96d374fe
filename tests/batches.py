"""Batches, and the random numbers of their samples, for tests that need no loader."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.random import Random
from snnrun.core.world import World
from snnrun.learning.outcome import Outcome, Totals
from snnrun.learning.rule import Rule
from snnrun.training.means import Means
from snnrun.training.update import Update


def random_of(samples, seed=1, use="train", epoch=0, number=0, presentation=0) -> Random:
    """The numbers of the first so many samples, or of those with these numbers."""
    numbers = np.arange(samples) if isinstance(samples, int) else np.asarray(samples)
    return Random(seed, use, epoch, number, numbers, presentation)


def batch_of(inputs: Tensor, targets: Tensor, constant=False, **place) -> Batch:
    """A batch of the first samples of a split."""
    return Batch(inputs, targets, random_of(len(targets), **place), constant)


def parts(samples: int) -> Iterator[list[range]]:
    """Ways to show so many samples: one by one, three at a time, all at once."""
    for size in (1, 3, samples):
        yield [range(at, min(at + size, samples)) for at in range(0, samples, size)]


#: Another seed, use, epoch or presentation; each draws other numbers of the same samples.
ELSEWHERE = [{"seed": 2}, {"use": "test"}, {"epoch": 1}, {"presentation": 1}]


def check_samples_stand_alone(shown, samples: int) -> Tensor:
    """Check that what is random of a sample is a function of where and which it is, alone.

    Args:
        shown: returns ``[samples, ...]`` of the samples with these numbers, given their
            random numbers.
        samples: how many there are, at least four.

    Returns:
        What it shows of all of them.
    """
    every = range(samples)
    whole = shown(every, random_of(samples))
    for split in parts(samples):
        found = [shown(own, random_of(own, number=5 + at)) for at, own in enumerate(split)]
        assert torch.equal(torch.cat(found), whole), [len(own) for own in split]
    order = [2, 0, 3]
    assert torch.equal(shown(order, random_of(order)), whole[order])
    for place in ELSEWHERE:
        assert not torch.equal(shown(every, random_of(samples, **place)), whole), place
    return whole


def totals(outcome: Outcome, batch: Batch) -> Totals:
    """What an update of one batch in one process comes to."""
    return Totals(batch.whole, outcome.sums, outcome.largest)


def updated(rule: Rule, *batches: Batch) -> tuple[list[Outcome], Totals]:
    """Leave the gradients of an update of some batches in the parameters, in one process."""
    parameters = [each for each in rule.model.parameters() if each.requires_grad]
    update = Update(World(), rule, parameters, len(batches), {})
    update.begin(Means())
    outcomes = []
    for batch in batches:
        update.begin_batch()
        outcomes.append(rule.step(batch))
        update.add(batch, outcomes[-1], {}, finite=True, stop=False)
    return outcomes, update.close()
