"""Learning by correlations: each sample changes the synapses that it runs through.

The rules at the synapses learn without labels; after each epoch a pass over training samples, in
which nothing changes, tells which class each neuron of the readout stands for (:mod:`.labels`). A
batch is a chunk of samples, one after the other; nothing depends on its size.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.learning.correlation.labels import Labels
from snnrun.learning.correlation.settings import CorrelationSettings
from snnrun.learning.outcome import Outcome
from snnrun.learning.rule import Rule
from snnrun.models.graph.lif import AdaptiveLIF
from snnrun.models.graph.net import GraphNet


class CorrelationRule(Rule):
    """Runs samples through a graph that learns, and reads its answers.

    Args:
        settings: of the rule.
        model: that learns.
    """

    settings: CorrelationSettings
    model: GraphNet

    def __init__(self, settings: CorrelationSettings, model: GraphNet) -> None:
        super().__init__(settings, model)
        neurons = torch.Size(model.network.group(settings.readout).shape).numel()
        self.labels = Labels(neurons, model.classes)

    def step(self, batch: Batch) -> Outcome:
        """Learn from samples, one after the other."""
        given = _events(batch.inputs)
        counts, shown = list[Tensor](), len(given)
        while (done := sum(map(len, counts))) < len(given):
            found = self._learn(given.part(done, len(given)), _part(batch.random, done))
            counts.append(found)
            last = done + len(found) - 1
            if self._too_few(found[-1]):
                shown += self._show_again(given, last, batch.random)
        every = torch.cat(counts)
        statistics = {f"spikes/{self.settings.readout}": float(every.sum()) / len(given)}
        if self.settings.show_again:
            statistics["presentations"] = shown / len(given)
        return Outcome(None, self.labels.votes(every, self.settings.vote), statistics)

    def _learn(self, given: Events, random: Random) -> Tensor:
        """Learn from samples up to the first that stays nearly silent; return counts of spikes."""
        again, readout = self.settings.show_again, self.settings.readout
        watched = readout if again else None
        fewest = again.fewest if again else 0
        spikes = self.model.run(given, random, learning=True, watched=watched, fewest=fewest)
        return spikes[readout].counts()

    def _too_few(self, counts: Tensor) -> bool:
        again = self.settings.show_again
        return again is not None and int(counts.sum()) < again.fewest

    def _show_again(self, given: Events, place: int, random: Random) -> int:
        """Show a sample brighter and brighter, until it is seen; return how often."""
        again = self.settings.show_again
        if again is None or given.again is None:
            return 0
        own = _part(random, place, place + 1)
        for time in range(1, again.most + 1):
            own = own.again()
            brighter = given.again(place, time, 1 + again.more * time)
            if not self._too_few(self._learn(brighter, own)[0]):
                break
        return time

    @torch.no_grad()
    def calibrate(self, batches: Callable[[], Iterator[Batch]]) -> None:
        """Tell from training samples which class each neuron stands for.

        First, an epoch being over, weights are normalised where that is due once an epoch.
        """
        self.model.network.normalise("epoch")
        self.labels.clear()
        left = self.settings.label_samples
        for batch in batches():
            wanted = len(batch) if left is None else min(left, len(batch))
            given = _events(batch.inputs).part(0, wanted)
            spikes = self.model.run(given, _part(batch.random, 0, wanted))
            self.labels.add(spikes[self.settings.readout].counts(), batch.targets[:wanted])
            left = None if left is None else left - wanted
            if left == 0:
                return

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> tuple[Outcome, Record]:
        """Return the outcome of a batch and its record; nothing learns."""
        record = self.model(batch.inputs, batch.random)
        return Outcome(None, self.scores(record), self._statistics(record)), record

    def scores(self, record: Record) -> Tensor:
        """Return the votes ``[batch, classes]``."""
        return self.labels.votes(self._counts(record), self.settings.vote)

    def _counts(self, record: Record) -> Tensor:
        return record.events[self.settings.readout].counts()

    def _statistics(self, record: Record) -> dict[str, float]:
        counts = self._counts(record)
        return {
            f"spikes/{self.settings.readout}": float(counts.sum()) / len(counts),
            "no_answer": float((counts.sum(1) == 0).double().mean()),
        }

    def epoch_statistics(self) -> dict[str, float]:
        """Return mean thresholds, and how many neurons of the readout stand for no class."""
        found = {"unassigned": float((self.labels.assignments < 0).sum())}
        for name in self.model.spiking:
            if isinstance(group := self.model.network.group(name), AdaptiveLIF):
                found[f"theta/{name}"] = float(group.theta.mean())
        return found


def _events(inputs: Events | Tensor) -> Events:
    return inputs if isinstance(inputs, Events) else Events.of(inputs)


def _part(random: Random, begin: int, end: int | None = None) -> Random:
    """Return the random numbers of some of the samples."""
    samples = random.samples[begin:end]
    return Random(
        random.seed, random.use, random.epoch, random.number, samples, random.presentation,
        random.part,
    )  # fmt: skip
