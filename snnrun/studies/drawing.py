"""What draws the points of a search, and what gives up its runs."""

import hashlib
import warnings

import optuna

from snnrun.studies.search import Search


def sampler(search: Search | None, number: int) -> optuna.samplers.BaseSampler:
    """Return what draws a trial.

    Its seed is a function of the trial's number, so a worker that is started again does not draw
    the first points once more, and one worker alone draws the same points every time.

    Args:
        search: what the sweep says; None: nothing is drawn.
        number: of the trial.
    """
    if search is None:
        return optuna.samplers.RandomSampler()
    words = hashlib.sha256(f"{search.seed} {number}".encode()).digest()
    seed = int.from_bytes(words[:4])
    if search.sampler == "random":
        return optuna.samplers.RandomSampler(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            seed=seed,
            multivariate=True,
            group=any(among.when for among in search.space.values()),
            constant_liar=True,  # what other workers are at counts as bad, so they keep apart
        )


def pruner(search: Search | None) -> optuna.pruners.BasePruner:
    """Return what gives up runs of a search that lag behind the others."""
    if search is None or search.pruner is None:
        return optuna.pruners.NopPruner()
    if search.pruner.name == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=max(1, search.pruner.warmup))
    return optuna.pruners.MedianPruner(search.pruner.startup, search.pruner.warmup)
