"""All ways in which spikes of neurons that learned without labels are read as a class.

They are told from the spikes for training samples whose classes are known, together: what neurons
stand for (:mod:`.labels`), what their successions stand for (:mod:`.ngrams`), and a regression
(:mod:`.logistic`). One is told from nothing: by the places of neurons (:mod:`.positions`). Whatever
the vote, a sample in which no vote counts gets no answer: one without a spike, or without any that
was seen before; by places, also one in which classes are even.
"""

import torch
from torch import Tensor, nn

from snnrun.core.events import Events
from snnrun.learning.correlation.labels import Labels
from snnrun.learning.correlation.logistic import Logistic
from snnrun.learning.correlation.ngrams import NGrams
from snnrun.learning.correlation.settings import TOLD
from snnrun.models.graph.positions import answers, by_class


class Votes(nn.Module):
    """What is known of neurons, and how it is asked.

    Args:
        neurons, classes: how many.
        ngram: spikes of an n-gram.

    silent: share of the samples that it was told from without a spike, ``[]``.
    spikes: mean number of spikes of one of them, ``[]``.
    """

    silent: Tensor
    spikes: Tensor

    def __init__(self, neurons: int, classes: int, ngram: int = 2) -> None:
        super().__init__()
        self.classes = classes
        self.labels = Labels(neurons, classes)
        self.ngrams = NGrams(neurons, classes, ngram)
        self.logistic = Logistic(neurons, classes)
        for name in ("silent", "spikes"):
            self.register_buffer(name, torch.zeros((), dtype=torch.float64))
        self._seen: list[tuple[Tensor, ...]] = []

    def clear(self) -> None:
        """Forget, and begin to be told."""
        self._seen = []
        self.labels.clear()
        self.ngrams.clear()

    def add(self, spikes: Events, targets: Tensor) -> None:
        """Take in the spikes of samples of classes."""
        counts = spikes.counts()
        rows, neurons = counts.nonzero().unbind(1)
        before = sum(len(seen[-1]) for seen in self._seen)
        self._seen.append((rows + before, neurons, counts[rows, neurons], targets))
        self.labels.add(counts, targets)
        self.ngrams.add(spikes, targets)

    def settle(self) -> None:
        """Conclude from what was told."""
        if not self._seen:
            return
        rows, neurons, counts, targets = map(torch.cat, zip(*self._seen, strict=True))
        self._seen = []
        self.logistic.fit(rows, neurons, counts, targets)
        self.silent.fill_(1 - len(torch.unique(rows)) / len(targets))
        self.spikes.fill_(float(counts.sum()) / len(targets))

    def of(self, vote: str, spikes: Events) -> Tensor:
        """Return the votes ``[batch, classes]``; -inf for all classes of a sample without any."""
        counts = spikes.counts()
        if vote == "ngram":
            found = self.ngrams.votes(spikes)
            none = found.sum(1, keepdim=True) == 0
        elif vote == "rate":
            found = by_class(counts, self.classes)
            none = answers(found)[:, None] < 0
        elif vote == "logistic":
            found = self.logistic.votes(counts)
            none = counts.sum(1, keepdim=True) == 0
        else:
            found = self.labels.votes(counts, weighted=vote == "proportion")
            none = found.sum(1, keepdim=True) == 0
        return torch.where(none, -torch.inf, found)

    def others(self, vote: str, spikes: Events) -> dict[str, Tensor]:
        """Return all votes that were told from samples, but one, by their names."""
        return {name: self.of(name, spikes) for name in TOLD if name != vote}
