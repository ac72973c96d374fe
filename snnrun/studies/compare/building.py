"""Make a comparison of runs: groups, numbers, costs, tests."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from snnrun.studies.compare.baseline import baseline_of
from snnrun.studies.compare.comparison import Comparison, Group, Settings
from snnrun.studies.compare.costs import cost_notes, cost_of, cost_spreads
from snnrun.studies.compare.labels import labels_of, telling
from snnrun.studies.compare.numbers import (
    Epoch,
    Numbers,
    default_metrics,
    epoch_of,
    numbers_of,
    refuse_unknown,
)
from snnrun.studies.compare.runs import chosen, seed_of
from snnrun.studies.compare.statistics import Test, holm, paired, spread_of
from snnrun.studies.gathering import Found, differing
from snnrun.studies.merit import Better, better


def comparison(
    runs: Sequence[Found],
    metrics: Sequence[str] = (),
    split: str = "test",
    epoch: Epoch = "best",
    baseline: Sequence[str] = (),
) -> Comparison:
    """Compare runs.

    Args:
        runs: any number of them.
        metrics: names of numbers; none: what the runs are judged by.
        split: test, validation or train.
        epoch: best, by the validation; last; or a number.
        baseline: ``KEY=VALUE`` that name the group which others are tested against; none: the best.

    Raises:
        ConfigError: they cannot be compared, or no run has such a number.
        DataError: none is finished, or a file of one is damaged.
    """
    found, notes = chosen(runs)
    every = [run for group in found for run in group]
    names = tuple(dict.fromkeys(metrics)) or tuple(default_metrics(every))
    known = {run.path: numbers_of(run, split, epoch_of(run, epoch)) for run in every}
    at = f"epoch {epoch}" if isinstance(epoch, int) else f"the {epoch} epoch"
    refuse_unknown(names, list(known.values()), f"the {split} split, {at}")
    keys = differing([group[0] for group in found])
    settings = [
        {k: group[0].settings[k] for k in keys if k in group[0].settings} for group in found
    ]
    told = telling(settings, keys)
    ordered = _in_order(list(zip(found, settings, strict=True)), told)
    labels = labels_of([own for _, own in ordered], told)
    groups = [
        _group(group, own, label, names, known, split, epoch)
        for (group, own), label in zip(ordered, labels, strict=True)
    ]
    ways = ways_of(names, every)
    whole = Comparison(
        tuple(groups), names, ways, split, epoch, tuple(keys), tuple(told), groups[0], tuple(notes)
    )
    return _tested(whole, baseline)


def ways_of(names: Sequence[str], runs: Sequence[Found]) -> dict[str, Better]:
    """Return which way numbers are better; those of which nobody knows are left out."""
    rules = [str(run.settings.get("learning.name")) for run in runs]
    return {name: way for name in names if (way := better(name, rules))}


def _in_order(
    groups: list[tuple[list[Found], Settings]], keys: Sequence[str]
) -> list[tuple[list[Found], Settings]]:
    """Return groups by the numbers that tell them apart; where others do, as they are."""
    values = [[settings.get(key) for key in keys] for _, settings in groups]
    if not all(isinstance(value, int | float) for row in values for value in row):
        return groups
    return [groups[place] for place in sorted(range(len(groups)), key=values.__getitem__)]


def _group(
    runs: Sequence[Found],
    settings: Settings,
    label: str,
    metrics: Sequence[str],
    known: Mapping[Path, Numbers],
    split: str,
    epoch: Epoch,
) -> Group:
    values = {
        name: {seed_of(run): known[run.path][name] for run in runs if name in known[run.path]}
        for name in metrics
    }
    costs = tuple(cost_of(run, epoch_of(run, epoch), split) for run in runs)
    spreads = {name: spread_of(list(own.values())) for name, own in values.items() if own}
    return Group(
        label, settings, tuple(runs), values, costs, spreads, cost_spreads=cost_spreads(costs)
    )


def _tested(whole: Comparison, baseline: Sequence[str]) -> Comparison:
    """Return a comparison with its tests against the reference, and all that is to be noted."""
    reference = baseline_of(whole, baseline) if baseline else whole.best(whole.metrics[0])
    reference = reference or whole.groups[0]
    tests = [dict[str, Test]() for _ in whole.groups]
    for name in whole.metrics:
        found = [
            (own, test)
            for own, group in zip(tests, whole.groups, strict=True)
            if group is not reference and (test := _test(group, reference, name))
        ]
        by_t = holm([test.p_t for _, test in found])
        by_flip = holm([test.p_flip for _, test in found])
        for (own, test), t, flip in zip(found, by_t, by_flip, strict=True):
            own[name] = replace(test, corrected_t=t, corrected_flip=flip)
    groups = tuple(
        replace(group, tests=own) for group, own in zip(whole.groups, tests, strict=True)
    )
    place = whole.groups.index(reference)
    notes = (*whole.notes, *_notes(whole), *_unpaired(groups, groups[place], whole.metrics))
    return replace(whole, groups=groups, reference=groups[place], notes=notes)


def _test(group: Group, reference: Group, metric: str) -> Test | None:
    own, other = group.values[metric], reference.values[metric]
    seeds = sorted(own.keys() & other.keys())
    if len(seeds) < 2:
        return None
    return paired([own[seed] for seed in seeds], [other[seed] for seed in seeds])


def _notes(whole: Comparison) -> list[str]:
    runs = [
        (run, epoch_of(run, whole.epoch), cost)
        for group in whole.groups
        for run, cost in zip(group.runs, group.costs, strict=True)
    ]
    unknown = sum("epoch" not in run.best for run, *_ in runs)
    notes = []
    if whole.epoch == "best" and unknown:
        notes.append(f"of {unknown} runs the best epoch is not known; their last one counts")
    for name in whole.metrics:
        lacking = sum(len(group.runs) - len(group.values[name]) for group in whole.groups)
        if lacking:
            notes.append(f"{lacking} of {len(runs)} runs have no {name}")
    return notes + cost_notes(runs, whole.split)


def _unpaired(groups: Sequence[Group], reference: Group, metrics: Sequence[str]) -> list[str]:
    """Say which groups were not tested, for want of seeds that match, or of numbers."""
    if len(groups) == 1:
        return ["there is one group alone: nothing to test"]
    others = [group for group in groups if group is not reference]
    without = [group for group in others if not all(name in group.tests for name in metrics)]
    if not without:
        return []
    names = [group.label for group in without]
    which = "any group" if len(without) == len(others) else "; ".join(names[:3])
    more = f" and {len(without) - 3} more" if which != "any group" and len(without) > 3 else ""
    seeds = ", ".join(map(str, reference.seeds))
    why = f"fewer than two of its seeds are those of {reference.label} ({seeds})"
    if all(len({*group.seeds} & {*reference.seeds}) > 1 for group in without):
        lacking = [name for name in metrics if any(name not in group.tests for group in without)]
        why = f"both it and {reference.label} have {', '.join(lacking)} of fewer than two seeds"
    return [f"no test of {which}{more}: {why}"]
