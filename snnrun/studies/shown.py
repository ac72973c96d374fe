"""Which numbers the runs of a sweep will log of the test split, known before any of them runs."""

from collections.abc import Iterator, Sequence

import numpy as np

from snnrun.core.registry import near
from snnrun.data.loader import Use
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment
from snnrun.studies.cases import Case
from snnrun.training.learner import build_learner, load_data, training_values
from snnrun.training.means import EvaluationMeans


def refuse_unknown(shows: Sequence[str], cases: Sequence[Case]) -> None:
    """Refuse names of which no run of a sweep will log a number.

    Raises:
        ConfigError: with the nearest name that there is.
    """
    left, known = dict.fromkeys(shows), dict[str, None]()
    for experiment in _apart(cases):
        known |= dict.fromkeys(numbers_of(experiment))
        left = {name: None for name in left if name not in known}
        if not left:
            return
    raise ConfigError([_unknown(name, list(known)) for name in left])


def numbers_of(experiment: Experiment) -> list[str]:
    """Return the names of what an experiment logs of the test split.

    The untrained network is shown one sample.
    """
    learner, dataset = build_learner(experiment), load_data(experiment)
    learner.encoder.fit(training_values(dataset))
    loader = learner.loader(dataset.test, experiment, Use("shown"), 1, only=np.arange(1))
    means = EvaluationMeans()
    with learner.evaluating():
        for batch in loader.epoch(0):
            means.add(learner.rule.evaluate(batch)[0], batch.targets)
    return list(means.values())


def _apart(cases: Sequence[Case]) -> Iterator[Experiment]:
    """Yield the experiments that differ in more than their seed."""
    seen: list[Experiment] = []
    for case in cases:
        plain = case.experiment.model_copy(update={"seed": 0})
        if plain not in seen:
            seen.append(plain)
            yield plain


def _unknown(name: str, known: list[str]) -> str:
    guess = near(name, known)
    hint = f"; did you mean {guess!r}?" if guess else "."
    return f"shows: no run logs {name!r} of the test split{hint} There are: {', '.join(known)}"
