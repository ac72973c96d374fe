"""The parts of a page that tell where its runs come from: code, machine, commands."""

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from snnrun.config.dumping import inline
from snnrun.core.shell import typed
from snnrun.studies.columns import some
from snnrun.studies.report.collecting import Collection, Known
from snnrun.studies.report.elements import Section, table
from snnrun.studies.report.markup import element, plain

#: What belongs to a run, and not to what it ran on.
_OF_A_RUN = ("time", "command", "continued", "started_from")


def code(study: Collection) -> Section:
    """Return versions, commit and machine; runs that ran on the same share a column."""
    kinds: dict[str, tuple[dict[str, str], list[str]]] = {}
    for run in study.runs:
        facts = dict(_facts(run.environment))
        kinds.setdefault(repr(facts), (facts, []))[1].append(run.found.name)
    keys = list(dict.fromkeys(key for facts, _ in kinds.values() for key in facts))
    if not keys:
        none = element("p", "No run tells what it ran on.", class_="note")
        return Section("code", "Code and machine", [none])
    names = [some(runs, most=3) for _, runs in kinds.values()] if len(kinds) > 1 else ["all runs"]
    rows = [[key, *(facts.get(key, "") for facts, _ in kinds.values())] for key in keys]
    return Section("code", "Code and machine", [table(["", *names], rows)])


def again(study: Collection) -> Section:
    """Return the commands that repeat what was done."""
    commits = dict.fromkeys(commit for run in study.runs if (commit := _commit(run)))
    before = [f"git checkout {commit}" for commit in commits]
    for run in study.runs:
        before += [f"# {run.found.name}", *_commands(run)]
    config = typed(study.runs[0].found.path / "config.yaml")
    places = " ".join(map(typed, study.places))
    return Section(
        "again",
        "The same again",
        [
            element("p", "What was typed:"),
            element("pre", "\n".join(before)),
            element("p", "The config of a run holds every default, and trains it again:"),
            element("pre", f"snnrun train {config}"),
            element("p", "This page:"),
            element("pre", f"snnrun report {places} -o report.html"),
        ],
    )


def _facts(environment: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield what an environment tells, line by line.

    Example:
        >>> list(_facts({"python": "3.12", "git": {"dirty": False}, "gpus": [], "time": "now"}))
        [('python', '3.12'), ('git: dirty', 'no')]
    """
    for key, value in environment.items():
        if key in _OF_A_RUN or value in (None, [], {}):
            continue
        if isinstance(value, dict):
            yield from (
                (f"{plain(key)}: {plain(inner)}", _word(each)) for inner, each in value.items()
            )
        else:
            yield plain(key), _word(value)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else inline(value)


def _commit(run: Known) -> str | None:
    """Return the commit of a run, and whether it was all of the code."""
    git = run.environment.get("git")
    if not isinstance(git, dict) or not isinstance(git.get("commit"), str):
        return None
    return shlex.quote(git["commit"]) + ("  # and changes on top of it" if git.get("dirty") else "")


def _commands(run: Known) -> list[str]:
    """Return what was typed to begin a run, and to go on with it."""
    told = [run.environment, *run.environment.get("continued", [])]
    commands = [each.get("command") for each in told]
    return [shlex.join(map(plain, each)) for each in commands if isinstance(each, list) and each]
