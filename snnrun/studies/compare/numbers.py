"""The numbers of a run at one epoch of a split."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from snnrun.core.registry import near
from snnrun.errors import ConfigError, DataError, SnnrunError
from snnrun.runs.evaluation import file_of, read, stored
from snnrun.runs.folder import RunDir
from snnrun.studies.gathering import Found

SPLITS = ("test", "validation", "train")
#: The epoch with the best validation, the last one, or a number.
Epoch = Literal["best", "last"] | int
Numbers = dict[str, float]
#: How the names of accuracies begin that are reached with noise; its strength follows.
NOISY = "accuracy_noise_"


def split_from(text: str) -> str:
    """Return the split that a text names.

    Raises:
        ConfigError: none, with the nearest name.
    """
    if text not in SPLITS:
        guess = near(text, SPLITS)
        hint = f"; did you mean {guess!r}?" if guess else "."
        raise ConfigError(f"no split called {text!r}{hint} There are: {', '.join(SPLITS)}")
    return text


def epoch_from(text: str) -> Epoch:
    """Return which epoch a text names.

    Raises:
        ConfigError: none.
    """
    named: dict[str, Epoch] = {"best": "best", "last": "last"}
    if text in named:
        return named[text]
    if not text.isdecimal():
        raise ConfigError(f"epoch: expected best, last or a number, got {text!r}")
    return int(text)


def epoch_of(run: Found, epoch: Epoch) -> int:
    """Return the number of an epoch of a run; where the best is not known, it is the last."""
    last = int(run.summary.get("epoch", 0))
    if epoch == "best":
        best = run.best.get("epoch")
        return int(best) if best is not None and math.isfinite(best) else last
    return last if epoch == "last" else epoch


def numbers_of(run: Found, split: str, epoch: int) -> Numbers:
    """Return what a run knows of a split after an epoch: what it logged, or inference left.

    Raises:
        DataError: its log is damaged.
    """
    noisy = _with_noise(run, split, epoch)
    if split == "test":
        tested = run.summary.get("test", {}).get(str(epoch))
        if tested is not None:
            return _finite(tested) | noisy
    logged = {
        row["name"]: row["value"]
        for row in RunDir(run.path).logged()
        if row["split"] == split and row["epoch"] == epoch
    }
    if not logged:
        _, facts = read(file_of(run.path, epoch, split))
        logged = dict(facts.get("statistics", {}))
    return _finite(logged) | noisy


def _with_noise(run: Found, split: str, epoch: int) -> Numbers:
    """Return the accuracies with noise in the input, as far as they were measured of an epoch."""
    if not file_of(run.path, epoch, split).is_file():
        return {}
    try:
        found = stored(RunDir(run.path), epoch, split).of("input_noise")
        pairs = zip(found["strengths"], found["right"] / found["samples"], strict=True)
        return {f"{NOISY}{strength:g}": float(share) for strength, share in pairs}
    except (SnnrunError, KeyError, TypeError, ValueError):  # not measured, or not of these weights
        return {}


def _finite(numbers: Mapping[str, float | None]) -> Numbers:
    return {n: float(v) for n, v in numbers.items() if v is not None and math.isfinite(v)}


def default_metrics(runs: Sequence[Found]) -> list[str]:
    """Return what all runs are judged by.

    Raises:
        ConfigError: some are judged by something else.
    """
    names = dict.fromkeys(run.judged_by for run in runs)
    if len(names) > 1:
        told = ", ".join(names)
        raise ConfigError(
            f"the runs are judged by several numbers: {told}; say which to compare: --metrics NAME"
        )
    return list(names)


def refuse_unknown(metrics: Sequence[str], logged: Sequence[Numbers], where: str) -> None:
    """Refuse numbers that no run has.

    Args:
        metrics: their names.
        logged: what each run has.
        where: split and epoch.

    Raises:
        ConfigError: with the nearest name that there is.
        DataError: the runs have no numbers there at all.
    """
    known = list(dict.fromkeys(name for numbers in logged for name in numbers))
    if not known:
        raise DataError(f"no run has any numbers of {where}")
    problems = []
    for name in metrics:
        if name not in known:
            guess = near(name, known)
            hint = f"; did you mean {guess!r}?" if guess else "."
            problems.append(
                f"metrics: no run logs {name!r} of {where}{hint} There are: {', '.join(known)}"
            )
    if problems:
        raise ConfigError(problems)
