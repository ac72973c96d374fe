"""A group as one flat record, all numbers in full: for CSV files and data frames."""

from typing import TYPE_CHECKING, Any

from snnrun.studies.compare.costs import KINDS
from snnrun.studies.compare.statistics import Spread, Test

if TYPE_CHECKING:
    from snnrun.studies.compare.comparison import Comparison, Group

_SPREAD = ("mean", "deviation", "low", "high")
_TEST = ("pairs", "difference", "p_t", "p_t_holm", "p_flip", "p_flip_holm")


def record_of(group: "Group", whole: "Comparison") -> dict[str, Any]:
    """Return the settings, numbers, tests and costs of a group; None where nothing is known."""
    found: dict[str, Any] = {key: group.settings.get(key) for key in whole.keys}
    found |= {"n": len(group.runs), "seeds": group.seeds}
    for name in whole.metrics:
        found[f"{name}/n"] = len(group.values[name])
        found |= _named(name, _SPREAD, _of_spread(group.spreads.get(name)))
        found |= _named(name, _TEST, _of_test(group.tests.get(name)))
    for kind in KINDS:
        found |= _named(kind.name, _SPREAD[:2], _of_spread(group.cost_spreads.get(kind.name))[:2])
    found["reference"] = group is whole.reference
    found |= {"split": whole.split, "epoch": whole.epoch}
    found["runs"] = [str(run.path) for run in group.runs]
    return found


def _named(name: str, kinds: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    return {f"{name}/{kind}": value for kind, value in zip(kinds, values, strict=True)}


def _of_spread(found: Spread | None) -> tuple[Any, ...]:
    if found is None:
        return (None,) * len(_SPREAD)
    return found.mean, found.deviation, found.low, found.high


def _of_test(found: Test | None) -> tuple[Any, ...]:
    if found is None:
        return (None,) * len(_TEST)
    tests = found.p_t, found.corrected_t, found.p_flip, found.corrected_flip
    return found.n, found.difference, *tests
