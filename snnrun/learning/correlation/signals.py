"""Signals that a graph is told while it learns: rewards, labels, clamped spikes.

At a step at which a reward is not told, rules change nothing, and averages of rewards stay.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from snnrun.core.random import Random
from snnrun.learning.correlation.signal_settings import (
    SIGNALS,
    ClampSettings,
    GroupSignalSettings,
    RewardSettings,
    SignalSettings,
)
from snnrun.models.graph.net import GraphNet
from snnrun.models.graph.signals import Judge, Lesson, Reward, Telling


class Place(NamedTuple):
    """Where a signal stands: the group that it is about, its shape, the number of classes."""

    group: str
    shape: tuple[int, ...]
    classes: int


class Sample(NamedTuple):
    """A sample that is learned from: its class, its steps, its random numbers."""

    label: int
    steps: int
    random: Random


class Signal:
    """What a graph is told of samples that it learns from.

    Args:
        settings: of the signal.
        place: where it stands.
    """

    def __init__(self, settings: Any, place: Place) -> None:
        self.settings, self.place = settings, place

    def told(self, sample: Sample) -> Tensor | Telling | None:
        """Return what rules read: ``[time]``, or what tells it step by step; None: nothing."""
        return None

    def clamps(self, sample: Sample) -> Tensor | None:
        """Return what spikes of the group must be, ``[time, 1, *shape]``; None: all are free.

        That is 1 where a neuron must spike, -1 where it must not, 0 where it is free.
        """
        return None


class Label(Signal):
    """The class."""

    def told(self, sample: Sample) -> Tensor:
        """Return the number of the class at every step."""
        return torch.full((sample.steps,), float(sample.label))


class Rewards(Signal):
    """What answers are worth."""

    def __init__(self, settings: RewardSettings, place: Place) -> None:
        super().__init__(settings, place)
        self.reward = Reward(
            place.group, place.classes, settings.when, settings.correct, settings.wrong,
            settings.undecided,
        )  # fmt: skip

    def told(self, sample: Sample) -> Telling:
        """Return what judges a sample."""
        return Judge(self.reward, sample.label, sample.steps)


class Clamp(Signal):
    """Neurons of the true class spike, now and then; those of others may be kept silent."""

    settings: ClampSettings

    def clamps(self, sample: Sample) -> Tensor:
        """Return what spikes must be, ``[time, 1, *shape]``, int8."""
        size = torch.Size(self.place.shape).numel() // self.place.classes
        own = torch.zeros(self.place.classes, size, dtype=torch.bool)
        own[sample.label] = self._chosen(sample, size)
        whole = torch.zeros(sample.steps, self.place.classes, size, dtype=torch.int8)
        if self.settings.others == "silent":
            whole[:] = -1
            whole[:, sample.label] = 0
        whole[self.settings.every - 1 :: self.settings.every, own] = 1
        return whole.view(sample.steps, 1, *self.place.shape)

    def _chosen(self, sample: Sample, size: int) -> Tensor:
        """Return which neurons of the class must spike, ``[size]``."""
        wanted, chosen = self.settings.neurons, torch.ones(size, dtype=torch.bool)
        if wanted is not None and wanted < size:
            drawn = sample.random.uniform("clamp", (size,), torch.zeros(0))[0]
            chosen[drawn.argsort()[wanted:]] = False
        return chosen


class Lessons:
    """All signals of a rule, and what they come to for a sample.

    Args:
        settings: of the signals, by name.
        readout: the group of those that name none.
        model: that is told.
    """

    def __init__(
        self, settings: Mapping[str, SignalSettings], readout: str, model: GraphNet
    ) -> None:
        self.signals: dict[str, Signal] = {}
        for name, each in settings.items():
            named = each.group if isinstance(each, GroupSignalSettings) else None
            group = named or readout
            place = Place(group, model.network.group(group).shape, model.classes)
            self.signals[name] = SIGNALS.entry_of(each).load()(each, place)

    def of(self, targets: Tensor, steps: int, random: Random) -> list[Lesson]:
        """Return the lesson of each sample; none where there are no signals.

        Args:
            targets: their classes, ``[batch]``.
            steps: of each.
            random: their random numbers.
        """
        if not self.signals:
            return []
        return [
            self._of(Sample(label, steps, random.some(at, at + 1)))
            for at, label in enumerate(targets.tolist())
        ]

    def _of(self, sample: Sample) -> Lesson:
        signals, clamps = dict[str, Tensor | Telling](), dict[str, Tensor]()
        for name, each in self.signals.items():
            if (told := each.told(sample)) is not None:
                signals[name] = told
            if (clamped := each.clamps(sample)) is not None:
                clamps[each.place.group] = clamped
        return Lesson(signals, clamps)
