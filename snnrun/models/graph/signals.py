"""What a network is told from outside while it runs: signals for rules, and clamped spikes.

A signal is known before the sample runs, ``[time]`` or ``[time, batch]``, or it depends on what a
group does, and is asked for behind each step, before the rules. A clamp makes neurons spike, or
keeps them silent, as all others see them: synapses, traces, rules; membranes take no notice.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import torch
from torch import Tensor

from snnrun.core.registry import near
from snnrun.models.graph.positions import answers, by_class

if TYPE_CHECKING:  # rules know signals as they come
    from snnrun.models.graph.group import Group

When = Literal["every_step", "spike", "sample"]
#: What rules are told of a step, by name, each ``[]`` or ``[batch]``.
Signals = Mapping[str, Tensor]


class Telling(ABC):
    """A signal that depends on what a group does.

    group: its name.
    """

    group: str

    @abstractmethod
    def tell(self, step: int, spikes: Tensor, counts: Tensor) -> Tensor | None:
        """Return the signal of a step, ``[]`` or ``[batch]``; None: it is not told at this step.

        Args:
            step: which, from 0.
            spikes: of the group in this step, 0 or 1, ``[batch, *shape]``.
            counts: how often its neurons spiked in this sample, this step included; of that shape.
        """


@dataclass(frozen=True)
class Reward:
    r"""What answers of a group are worth, whose neurons stand for classes (:mod:`.positions`).

    With the label c of a sample of T steps, the spikes :math:`S_i(t)` and the answer :math:`a(t)`
    by the spikes of steps 0 to t, the reward is

    .. math::
       \text{every step:}\quad & r(t) = \begin{cases} \text{correct} & a(t) = c \\
          \text{undecided} & \text{no answer} \\ \text{wrong} & \text{else} \end{cases} \\
       \text{sample:}\quad & \text{the same, told at } t = T - 1 \text{ only} \\
       \text{spike:}\quad & r(t) = \text{correct} \sum_{i \in c} S_i(t)
          + \text{wrong} \sum_{i \notin c} S_i(t), \text{ told where the group spikes}

    group: its name.
    classes: how many.
    when, correct, wrong, undecided: of the equations.
    """

    group: str
    classes: int
    when: When
    correct: float = 1.0
    wrong: float = -1.0
    undecided: float = 0.0


class Judge(Telling):
    """Tells the reward of one sample.

    Args:
        reward: what answers are worth.
        label: the true class.
        steps: of the sample.
    """

    def __init__(self, reward: Reward, label: int, steps: int) -> None:
        self.reward, self.label, self.steps, self.group = reward, label, steps, reward.group

    def tell(self, step: int, spikes: Tensor, counts: Tensor) -> Tensor | None:
        """Return the reward ``[1]``; None at steps without one."""
        reward = self.reward
        if reward.when == "spike":
            return self._of_spikes(by_class(spikes, reward.classes))
        if reward.when == "sample" and step < self.steps - 1:
            return None
        answer = int(answers(by_class(counts, reward.classes)))
        if answer < 0:
            return counts.new_tensor([reward.undecided])
        return counts.new_tensor([reward.correct if answer == self.label else reward.wrong])

    def _of_spikes(self, totals: Tensor) -> Tensor | None:
        if not totals.any():
            return None
        right = totals[:, self.label]
        return self.reward.correct * right + self.reward.wrong * (totals.sum(1) - right)


class Lesson(NamedTuple):
    """What is told of samples, by name.

    signals: tensors, ``[time]`` or ``[time, batch]``; or what is asked behind each step.
    clamps: of groups, ``[time, batch or 1, *shape]``: 1 where a neuron must spike, -1 where it must
        not, 0 where it is free.
    """

    signals: Mapping[str, Tensor | Telling] = {}
    clamps: Mapping[str, Tensor] = {}


class Told:
    """A lesson as it goes, from the first step of samples on.

    Args:
        lesson: what is told.
        groups: of the network, by name.

    Raises:
        ValueError: the lesson names a group that there is not, or tells nan.
    """

    def __init__(self, lesson: Lesson, groups: Mapping[str, "Group"]) -> None:
        refuse_nan(lesson)
        self.lesson, self.groups = lesson, groups
        self._counts: dict[str, Tensor] = {}
        for name in self._watched():
            if name not in groups:
                guess = near(name, groups)
                hint = f"did you mean {guess!r}?" if guess else f"known: {', '.join(groups)}"
                raise ValueError(f"no group {name!r} to look at or to clamp; {hint}")

    def _watched(self) -> Iterator[str]:
        yield from self.lesson.clamps
        for signal in self.lesson.signals.values():
            if isinstance(signal, Telling):
                yield signal.group

    def clamp(self, step: int) -> None:
        """Tell groups which of their neurons are not free at a step."""
        for name, clamps in self.lesson.clamps.items():
            self.groups[name].clamp = clamps[step]

    def signals(self, step: int) -> dict[str, Tensor]:
        """Return what rules are told of a step, once all groups have made it."""
        found: dict[str, Tensor | None] = {}
        asked = [each for each in self.lesson.signals.values() if isinstance(each, Telling)]
        for name in dict.fromkeys(each.group for each in asked):
            spikes = self.groups[name].spikes
            self._counts[name] = self._counts.get(name, torch.zeros_like(spikes)) + spikes
        for name, signal in self.lesson.signals.items():
            if isinstance(signal, Telling):
                spikes, counts = self.groups[signal.group].spikes, self._counts[signal.group]
                found[name] = signal.tell(step, spikes, counts)
            else:
                found[name] = signal[step]
        return {name: each for name, each in found.items() if each is not None}


def refuse_nan(lesson: Lesson) -> None:
    """Refuse signals that are no number at some step.

    Raises:
        ValueError: naming the first.
    """
    for name, signal in lesson.signals.items():
        if isinstance(signal, Tensor) and signal.isnan().any():
            raise ValueError(f"the signal {name!r} is nan at some steps; expected numbers")


def unknown_signal(name: str, told: Iterable[str]) -> str:
    """Say that a rule reads a signal that nobody tells, and which was most likely meant.

    Example:
        >>> unknown_signal("reward", ["rewards"])
        "reads the signal 'reward', which nobody tells; did you mean 'rewards'?"
    """
    guess, known = near(name, told), ", ".join(told) or "none"
    hint = f"did you mean {guess!r}?" if guess else f"told: {known}"
    return f"reads the signal {name!r}, which nobody tells; {hint}"
