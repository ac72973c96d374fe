"""Learning by correlations: each sample changes the synapses that it runs through.

The rules at the synapses learn without labels, unless signals tell them something of these
(:mod:`.signals`); after each epoch a pass over training samples, in which nothing changes, tells
which class each neuron of the readout stands for (:mod:`.votes`). A batch is a chunk of samples,
one after the other; nothing depends on its size.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from snnrun.core.batch import Batch
from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.learning.correlation.health import growth, silence, unassigned
from snnrun.learning.correlation.settings import BY_CLASS, CorrelationSettings
from snnrun.learning.correlation.signals import Lessons
from snnrun.learning.correlation.votes import Votes
from snnrun.learning.outcome import Outcome, right
from snnrun.learning.rule import Rule
from snnrun.models.graph.lif import AdaptiveLIF
from snnrun.models.graph.net import GraphNet
from snnrun.models.graph.signals import Lesson


class CorrelationRule(Rule):
    """Runs samples through a graph that learns, and reads its answers.

    Args:
        settings: of the rule.
        model: that learns.

    busiest: spikes of a sample when there were most, after an epoch, and the mean threshold then.
    """

    settings: CorrelationSettings
    model: GraphNet
    busiest: Tensor

    def __init__(self, settings: CorrelationSettings, model: GraphNet) -> None:
        super().__init__(settings, model)
        neurons = torch.Size(model.network.group(settings.readout).shape).numel()
        self.votes = Votes(neurons, model.classes, settings.ngram)
        self.lessons = Lessons(settings.signals, settings.readout, model)
        self.register_buffer("busiest", torch.zeros(2, dtype=torch.float64))
        self._learned = False

    def step(self, batch: Batch) -> Outcome:
        """Learn from samples, one after the other."""
        self._learned = True
        given, shown, done = _events(batch.inputs), len(batch), 0
        lessons = self.lessons.of(batch.targets, given.steps, batch.random)
        spikes, scores = 0, list[Tensor]()
        while done < len(given):
            left = given.part(done, len(given))
            found = self._learn(left, lessons[done:], batch.random.some(done))
            scores.append(self._scores(found))
            counts = found.counts()
            spikes, done = spikes + int(counts.sum()), done + len(found)
            if self._too_few(counts[-1]):
                shown += self._show_again(given, done - 1, batch)
        statistics = {f"spikes/{self.settings.readout}": spikes / len(given)}
        if self.settings.show_again:
            statistics["presentations"] = shown / len(given)
        return Outcome(None, torch.cat(scores), statistics)

    def _learn(self, given: Events, lessons: Sequence[Lesson], random: Random) -> Events:
        """Learn from samples up to the first that stays nearly silent; return their spikes."""
        again, readout = self.settings.show_again, self.settings.readout
        watched = readout if again else None
        fewest = again.fewest if again else 0
        spikes = self.model.run(
            given, random, learning=True, watched=watched, fewest=fewest, lessons=lessons
        )
        return spikes[readout]

    def _too_few(self, counts: Tensor) -> bool:
        again = self.settings.show_again
        return again is not None and int(counts.sum()) < again.fewest

    def _show_again(self, given: Events, place: int, batch: Batch) -> int:
        """Show a sample brighter and brighter, until it is seen; return how often."""
        again = self.settings.show_again
        if again is None or given.again is None:
            return 0
        own, target = batch.random.some(place, place + 1), batch.targets[place : place + 1]
        for time in range(1, again.most + 1):
            own = own.again()
            brighter = given.again(place, time, 1 + again.more * time)
            lessons = self.lessons.of(target, given.steps, own)
            if not self._too_few(self._learn(brighter, lessons, own).counts()[0]):
                break
        return time

    @torch.no_grad()
    def calibrate(self, batches: Callable[[], Iterator[Batch]]) -> None:
        """Tell from training samples which class each neuron stands for.

        First, an epoch being over, weights are normalised where that is due once an epoch.
        """
        self.model.network.normalise("epoch")
        self.votes.clear()
        left = self.settings.label_samples
        for batch in batches():
            wanted = len(batch) if left is None else min(left, len(batch))
            given = _events(batch.inputs).part(0, wanted)
            spikes = self.model.run(given, batch.random.some(0, wanted))
            self.votes.add(spikes[self.settings.readout], batch.targets[:wanted])
            left = None if left is None else left - wanted
            if left == 0:
                break
        self.votes.settle()
        self._look()

    def _look(self) -> None:
        """Warn of what is amiss, once anything was learned."""
        readout = self.settings.readout
        remarks = list(silence(readout, self.votes))
        if self.settings.vote in BY_CLASS:
            remarks = [*unassigned(readout, self.votes), *remarks]
        spikes, (most, before) = float(self.votes.spikes), self.busiest.tolist()
        if isinstance(group := self.model.network.group(readout), AdaptiveLIF):
            theta = float(group.theta.mean())
            plus = float(torch.as_tensor(group.plus).mean())
            remarks += growth(readout, plus, (before, theta), (most, spikes))
            if spikes > most:
                self.busiest.copy_(torch.tensor([spikes, theta]))
        for remark in remarks if self._learned else ():
            self.warn(remark)

    def expect(self, tensors: Mapping[str, Tensor]) -> None:
        """Make room for the table of n-grams."""
        keys = tensors.get("votes.ngrams.keys")
        self.votes.ngrams.make_room(0 if keys is None else keys.numel())

    @torch.no_grad()
    def evaluate(self, batch: Batch) -> tuple[Outcome, Record]:
        """Return the outcome of a batch and its record; nothing learns."""
        record = self.model(batch.inputs, batch.random)
        return Outcome(None, self.scores(record), self._statistics(record, batch.targets)), record

    def scores(self, record: Record) -> Tensor:
        """Return the votes ``[batch, classes]``."""
        return self._scores(record.events[self.settings.readout])

    def _scores(self, spikes: Events) -> Tensor:
        like = next(self.model.parameters())
        return self.votes.of(self.settings.vote, spikes).to(like.dtype)

    def _statistics(self, record: Record, targets: Tensor) -> dict[str, float]:
        spikes = record.events[self.settings.readout]
        counts, samples = spikes.counts(), len(spikes)
        return {
            f"spikes/{self.settings.readout}": float(counts.sum()) / samples,
            "no_answer": float((counts.sum(1) == 0).double().mean()),
            **{
                f"accuracy_{name}": right(votes, targets) / samples
                for name, votes in self.votes.others(self.settings.vote, spikes).items()
            },
        }

    def epoch_statistics(self) -> dict[str, float]:
        """Return mean thresholds, how many neurons of the readout stand for no class, and the share
        of the samples that tell it without a spike.
        """
        found = {
            "unassigned": float((self.votes.labels.assignments < 0).sum()),
            "silent_samples": float(self.votes.silent),
        }
        for name in self.model.spiking:
            if isinstance(group := self.model.network.group(name), AdaptiveLIF):
                found[f"theta/{name}"] = float(group.theta.mean())
        return found


def _events(inputs: Events | Tensor) -> Events:
    return inputs if isinstance(inputs, Events) else Events.of(inputs)
