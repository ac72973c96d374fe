"""What a measure is: it looks at a trained network at work and keeps what a figure needs.

A measure sees every batch of a split once, and keeps no more than it must: counts, histograms, a
few chosen samples. What needs further passes (noise, a grid of inputs, fewer spikes) it makes at
the end, from the subject. It runs in evaluation mode, without gradients, and leaves the subject as
it is. What it keeps depends on no batch size.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnrun.core.capabilities import Capability

if TYPE_CHECKING:  # the table is read where torch is not wanted
    from snnrun.core.batch import Batch
    from snnrun.core.record import Record
    from snnrun.core.world import World
    from snnrun.data import Dataset
    from snnrun.data.loader import Loader, Share
    from snnrun.experiment import Experiment
    from snnrun.learning.outcome import Outcome
    from snnrun.runs.folder import RunDir
    from snnrun.training.learner import Learner

Arrays = dict[str, NDArray[Any]]
Numbers = NDArray[np.int64]
#: Bytes that a measure may keep of what grows with samples, neurons or classes, so that all that
#: are made of a split stay within 64 MB.
ROOM = 8 * 2**20


@dataclass(frozen=True)
class MeasureEntry:
    """A measure: where it is built, what it keeps, what model, data or rule must offer for it."""

    target: str
    summary: str
    needs: frozenset[Capability] = frozenset()

    def load(self) -> "Callable[[Subject], Measure]":
        """Import and return the class."""
        module, attribute = self.target.split(":")
        build: Callable[[Subject], Measure] = getattr(import_module(module), attribute)
        return build


def _alone() -> "World":
    """Return the world of a single process."""
    from snnrun.core.world import World

    return World()


@dataclass
class Subject:
    """A trained network and the samples that it is shown.

    run: where it was saved.
    numbers: of the samples within the split, ascending.
    size: how many of them may be shown at once.
    world: the processes that show them together.
    """

    run: "RunDir"
    learner: "Learner"
    experiment: "Experiment"
    dataset: "Dataset"
    split: str
    epoch: int
    numbers: Numbers
    size: int
    world: "World" = field(default_factory=_alone)

    def loader(self, numbers: Numbers | None = None, share: "Share | None" = None) -> "Loader":
        """Return what makes batches of the samples, or of some of them; whole ones, or a share."""
        from snnrun.data.loader import Share, Use

        only = self.numbers if numbers is None else numbers
        source = self.dataset.split(self.split)
        return self.learner.loader(
            source, self.experiment, Use(self.split), self.size, only=only, keep=False,
            share=share or Share(),
        )  # fmt: skip

    def batches(self, numbers: Numbers | None = None) -> "Iterator[Batch]":
        """Yield batches of the samples, with the random numbers that they had in training."""
        return self.loader(numbers).epoch(self.epoch)

    def seen(self) -> "Iterator[tuple[Batch, Outcome, Record]]":
        """Show the samples; yield what each part of a batch came to, in all processes alike.

        Each process shows a share of every batch.
        """
        from snnrun.data.loader import Share

        loader = self.loader(share=Share(self.world.rank, self.world.size))
        for batch in loader.epoch(self.epoch):
            own = self._shown(batch) if len(batch) else None
            yield from (each for each in self.world.gather(own) if each is not None)

    def _shown(self, batch: "Batch") -> "tuple[Batch, Outcome, Record]":
        """Show a batch; what decides updates, as functions of this process, is left out."""
        outcome, record = self.learner.rule.evaluate(batch)
        return batch, replace(outcome, sums={}, largest={}), record

    def some(self, most: int) -> Numbers:
        """Return the numbers of all samples, or of ``most`` drawn from the seed, ascending.

        Fewer are some of more.
        """
        from snnrun.core.random import thinned

        whole = len(self.numbers)
        return self.numbers[thinned(whole, most, self.experiment.seed, "some", self.split)]


class Measure:
    """Keeps what a figure needs; the arrays of a split may come to 64 MB, of all measures."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    def add(self, batch: "Batch", outcome: "Outcome", record: "Record") -> None:
        """See what one batch did; nothing learns."""
        return

    def arrays(self) -> Arrays:
        """Return what there is to keep, after all batches."""
        return {}


class Selective(Measure):
    """A measure that keeps something of single samples: of all, or of as many as there is room for.

    Args:
        subject: who is measured.
        each: bytes that a sample takes.
        most: samples that are kept at most, however small they are.
    """

    def __init__(self, subject: Subject, each: int, most: int | None = None) -> None:
        super().__init__(subject)
        fitting = max(1, ROOM // each)
        #: The numbers of the samples that are kept, ascending.
        self.chosen = subject.some(fitting if most is None else min(fitting, most))

    def rows(self, batch: "Batch") -> NDArray[np.bool_]:
        """Tell which samples of a batch are kept, ``[batch]``."""
        return np.isin(batch.random.samples, self.chosen, assume_unique=True)
