"""What the compiled engine is told of lessons: signals and clamped spikes of many samples."""

from collections.abc import Iterable, Sequence
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from snnrun.models.graph.signals import Judge, Lesson, Telling, When, refuse_nan

Signal = NDArray[np.float64] | dict[str, Any]


def known(lessons: Sequence[Lesson], names: Iterable[str], inputs: Iterable[str]) -> bool:
    """Whether the engine can be told lessons.

    Args:
        lessons: of samples.
        names: of the signals that rules read.
        inputs: groups that it cannot clamp.
    """
    if any(name in lesson.clamps for lesson in lessons for name in inputs):
        return False
    return all(_alike([lesson.signals.get(name) for lesson in lessons]) for name in names)


def _alike(signals: Sequence[Tensor | Telling | None]) -> bool:
    """Whether signals of samples are all arrays, or all the same reward for what a group does."""
    first = signals[0] if signals else None
    if isinstance(first, Judge):
        return all(isinstance(each, Judge) and each.reward == first.reward for each in signals)
    arrays = all(isinstance(each, Tensor) and each.dim() == 1 for each in signals)
    return first is not None and arrays


def signals(lessons: Sequence[Lesson], names: Iterable[str], groups: Sequence[str]) -> list[Signal]:
    """Return the signals of samples: arrays ``[samples, steps]``, or what a reward is for.

    Args:
        lessons: of samples.
        names: of the signals that rules read.
        groups: in the order of the engine.
    """
    for lesson in lessons:
        refuse_nan(lesson)
    return [_signal([lesson.signals[name] for lesson in lessons], groups) for name in names]


def _signal(told: Sequence[Tensor | Telling], groups: Sequence[str]) -> Signal:
    judges = [each for each in told if isinstance(each, Judge)]
    if not judges:
        return torch.stack([each for each in told if isinstance(each, Tensor)]).double().numpy()
    reward = judges[0].reward
    return {
        "group": groups.index(reward.group),
        "classes": reward.classes,
        "labels": np.array([judge.label for judge in judges]),
        "when": get_args(When).index(reward.when),
        "correct": reward.correct,
        "wrong": reward.wrong,
        "undecided": reward.undecided,
    }


def clamps(lessons: Sequence[Lesson], groups: Sequence[str]) -> dict[int, NDArray[np.int8]]:
    """Return what spikes of groups must be, int8 ``[samples, steps, neurons]``, by their place."""
    clamped = dict.fromkeys(name for lesson in lessons for name in lesson.clamps)
    found = {}
    for name in clamped:
        like = next(lesson.clamps[name] for lesson in lessons if name in lesson.clamps)
        every = [lesson.clamps.get(name, torch.zeros_like(like)) for lesson in lessons]
        clamped_spikes = torch.stack([each[:, 0].flatten(1) for each in every])
        found[groups.index(name)] = clamped_spikes.sign().to(torch.int8).numpy()
    return found
