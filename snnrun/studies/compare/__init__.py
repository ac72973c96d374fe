"""Compare runs: the settings that differ, results over seeds, what they cost, figures.

>>> import snnrun
>>> found = snnrun.compare("experiment_results/digits_*", metrics=["accuracy"])  # doctest: +SKIP
>>> print(found)  # doctest: +SKIP
>>> found.save("table.tex")  # doctest: +SKIP
"""

from collections.abc import Sequence
from pathlib import Path

from snnrun.studies.compare.building import comparison
from snnrun.studies.compare.comparison import Comparison
from snnrun.studies.compare.numbers import epoch_from, split_from
from snnrun.studies.gathering import gather

__all__ = ["Comparison", "compare"]


def compare(
    *places: Path | str,
    metrics: Sequence[str] = (),
    split: str = "test",
    epoch: int | str = "best",
    baseline: Sequence[str] = (),
) -> Comparison:
    """Compare runs.

    Args:
        places: run folders, folders of runs or of sweeps, patterns of these.
        metrics: names of numbers; none: what the runs are judged by.
        split: test, validation or train.
        epoch: ``"best"``, by the validation; ``"last"``; or a number.
        baseline: ``"KEY=VALUE"`` that name the group which others are tested against; none: the
            best.

    Raises:
        ConfigError: the runs cannot be compared, or no run has such a number.
        DataError: a place holds no run, none is finished, or a file of one is damaged.
    """
    return comparison(
        gather([Path(place) for place in places]),
        [metrics] if isinstance(metrics, str) else metrics,
        split_from(split),
        epoch_from(str(epoch)),
        [baseline] if isinstance(baseline, str) else baseline,
    )
