"""The parts of a page that tell what runs reached, and with which settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from snnrun.config.dumping import inline
from snnrun.studies.report.collecting import Collection, Known
from snnrun.studies.report.elements import Section, count, folded, listed, sortable, table
from snnrun.studies.report.figures import Figure, Figures
from snnrun.studies.report.markup import Markup, broken, element
from snnrun.studies.report.results import labels, of_groups, of_runs

_ABREAST = 6  # groups that have a column each, and a config that is not folded twice


def results(study: Collection) -> Section:
    """Return how the runs stand, and what they reach."""
    if not study.runs:
        return Section("runs", "Runs", [element("p", "There is none yet.", class_="note")])
    notes = _notes(study)
    parts = [listed(notes)] if notes else []
    if len(study.together) < len(study.runs):
        parts += [sortable(of_groups(study), "of-groups"), element("h3", "Each run")]
    return Section("runs", "Runs", [*parts, sortable(of_runs(study), "of-runs")])


def curves() -> Section:
    """Return the place of the curves, which the page draws itself."""
    without = element("noscript", element("p", "Curves need JavaScript.", class_="note"))
    return Section("over-epochs", "Curves", [element("div", without, id="curves")])


def settings(study: Collection) -> Section:
    """Return the settings: those that differ, those that do not, and whole configs."""
    parts = [_differing(study)] if study.differ else []
    shared = _shared([run.found.settings for run in study.runs])
    rows = [[element("code", broken(key)), inline(value)] for key, value in shared.items()]
    among = " that all runs have" if len(study.together) > 1 else ""
    parts.append(folded(f"{len(shared)} settings{among}", table(["setting", "value"], rows)))
    configs = []
    for label, (first, *others) in zip(labels(study), study.together, strict=True):
        title = f"config.yaml of {first.found.name} ({label})"
        configs.append(folded(title, _but_for_the_seed(others), element("pre", first.config())))
    if len(configs) > _ABREAST:
        configs = [folded(f"{len(configs)} configs", *configs)]
    return Section("settings", "Settings", [*parts, *configs])


def pictures(study: Collection, figures: Figures) -> Section | None:
    """Return the figures of the runs; None where there are none."""
    of_run: dict[int, list[Figure]] = {}
    for figure in figures.shown:
        of_run.setdefault(figure.run, []).append(figure)
    parts = []
    for number, shown in of_run.items():
        name = study.runs[number].found.name
        grid = element("div", *(_picture(figure, name) for figure in shown), class_="pictures")
        parts.append(
            folded(f"{name}: {count(len(shown), 'figure')}", grid, opened=len(of_run) <= 2)
        )
    if figures.left_out:
        title = f"{count(len(figures.left_out), 'figure')} left out; --figures MB takes more"
        parts.append(folded(title, listed(figures.left_out)))
    return Section("figures", "Figures", parts) if parts else None


def standing(study: Collection) -> str:
    """Return in a line how many runs there are, and how they stand."""
    states: dict[str, int] = {}
    for run in study.runs:
        state = str(run.found.summary.get("state", "unknown"))
        states[state] = states.get(state, 0) + 1
    told = ", ".join(f"{number} {state}" for state, number in states.items())
    return f"{count(len(study.runs), 'run')}: {told}"


def _notes(study: Collection) -> list[str]:
    """Return what went wrong: in runs, and in reading them."""
    told = list[str]()
    for run in study.runs:
        state, reason = run.found.summary.get("state"), run.status.get("reason")
        if reason and state not in ("finished", "running"):
            told.append(f"{run.found.name}: {state}: {reason}")
        told += [f"{run.found.name}: {text}" for text in [*run.damaged, run.log.damaged] if text]
    return told


def _differing(study: Collection) -> Markup:
    """Return the settings that differ: of few groups beside each other, of many below."""
    names = labels(study)
    keys = [element("code", broken(key)) for key in study.differ]
    told = [[_values(group, key) for group in study.together] for key in study.differ]
    if len(names) <= _ABREAST:
        return table(
            ["setting", *names], [[key, *row] for key, row in zip(keys, told, strict=True)]
        )
    columns = zip(*told, strict=True)
    return table(["group", *keys], [[n, *row] for n, row in zip(names, columns, strict=True)])


def _values(group: Sequence[Known], key: str) -> str:
    values = [run.found.settings[key] for run in group if key in run.found.settings]
    return ", ".join(dict.fromkeys(map(inline, values)))


def _shared(every: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings that are the same everywhere.

    Example:
        >>> _shared([{"a": 1, "b": 2}, {"a": 1, "b": 3}, {"a": 1}])
        {'a': 1}
    """
    first, *others = every
    return {
        key: value
        for key, value in first.items()
        if all(key in each and each[key] == value for each in others)
    }


def _but_for_the_seed(others: Sequence[Known]) -> Markup | None:
    if not others:
        return None
    told = (f"{run.found.name} (seed {run.found.settings.get('seed', '?')})" for run in others)
    return element("p", f"The same but for the seed: {', '.join(told)}", class_="note")


def _picture(figure: Figure, run: str) -> Markup:
    width, height = figure.size or (None, None)
    said = f"{figure.name} of {run}"
    image = element("img", src=figure.source, alt=said, width=width, height=height)
    return element("figure", image, element("figcaption", figure.name))
