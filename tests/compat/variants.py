"""Experiments in which one setting is another, and what a network answers."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import numpy as np
import torch
from pydantic import BaseModel, ValidationError

from snnrun.core.random import Random
from snnrun.experiment import Experiment
from snnrun.training.learner import Learner, build_learner, load_data, training_values

Path = tuple[str | int, ...]
_FOR_NONE = (0.3, 1, 2, True)
SAMPLES = 12


def variants(experiment: Experiment, part: str) -> Iterator[tuple[str, Experiment]]:
    """Yield every experiment that differs in one setting of a part, and the name of that setting.

    Whatever number, switch or word there is becomes another one that a config may say.
    """
    for path, kind, value in _leaves(getattr(experiment, part), (part,)):
        for other in _others(kind, value):
            plain = experiment.model_dump()
            at: Any = plain
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = other
            try:
                made = Experiment.model_validate(plain)
            except ValidationError:
                continue
            if made != experiment:
                yield f"{'.'.join(map(str, path))}={other!r}", made


def _leaves(settings: BaseModel, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    for name, field in type(settings).model_fields.items():
        value, inside = getattr(settings, name), (*path, name)
        many = value.items() if isinstance(value, dict) else enumerate(_list(value))
        parts = [(key, each) for key, each in many if isinstance(each, BaseModel)]
        if isinstance(value, BaseModel):
            yield from _leaves(value, inside)
        elif parts:
            for key, each in parts:
                yield from _leaves(each, (*inside, key))
        elif name != "name":
            yield inside, field.annotation, value


def _list(value: Any) -> Any:
    return value if isinstance(value, tuple) else ()


def _others(kind: Any, value: Any) -> list[Any]:
    """Return other values that a setting may have; those that it may not have are refused later."""
    words = [word for word in _words(kind) if word != value]
    if isinstance(value, bool):
        return [not value, *words]
    if isinstance(value, int):
        return [value + 1, *words]
    if isinstance(value, float):
        return [value * 1.25 + 0.125, value * 0.5, None, *words]
    if isinstance(value, tuple) and value and all(isinstance(each, int | float) for each in value):
        return [(*value[:-1], value[-1] + 1)]
    return [*words, *(_FOR_NONE if value is None else ())]


def _words(kind: Any) -> list[Any]:
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [word for each in get_args(kind) for word in _words(each)]


def answers(learner: Learner, experiment: Experiment) -> torch.Tensor:
    """Return the scores of some samples of the test split, with noise that follows from a seed."""
    source = load_data(experiment).test
    numbers = np.arange(min(SAMPLES, len(source)))
    values = torch.from_numpy(source.read(numbers)[0]).to(learner.dtype)
    with learner.evaluating():
        _, record = learner.show(values, Random(7, "test", 0, 0, numbers))
        return learner.rule.scores(record)


def same_answers(one: Experiment, other: Experiment) -> bool:
    """Whether two experiments make networks of the same tensors that give the same answers."""
    first, second = build_learner(one), build_learner(other)
    first.encoder.fit(training_values(load_data(one)))
    state = first.state_dict()
    if {name: each.shape for name, each in state.items()} != {
        name: each.shape for name, each in second.state_dict().items()
    }:
        return False
    second.load_state_dict(state)
    return torch.equal(answers(first, one), answers(second, other))
