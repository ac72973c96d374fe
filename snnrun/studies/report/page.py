"""A report as one page that needs nothing else: no network, no other file.

Its Content-Security-Policy names what may run by its digest, and lets nothing be loaded; one that
is kept up to date may ask the server that it came from.
"""

from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from string import Template
from typing import Any

from snnrun.studies.columns import some
from snnrun.studies.report import origin, sections
from snnrun.studies.report.collecting import Collection
from snnrun.studies.report.elements import Section
from snnrun.studies.report.figures import Figures
from snnrun.studies.report.markup import Markup, as_json, broken, digest, element, escaped, joined
from snnrun.studies.report.results import keys_of, labels, of_run

_FILES = Path(__file__).with_name("web")
_SCRIPTS = (
    "numbers", "lines", "chart", "controls", "curves", "tables", "printing", "live", "start",
)  # fmt: skip
_EVERY = 2000  # ms after which a page asks for what is new
_POINTS = 400_000  # of all curves together
_FEWEST, _MOST = 60, 2000  # of a curve


def page(study: Collection, figures: Figures, live: bool = False) -> str:
    """Return a report.

    Args:
        study: what it tells.
        figures: that it shows.
        live: whether it is to be kept up to date by who serves it.
    """
    every: list[Section | None] = [sections.results(study), sections.curves()]
    if study.runs:
        every += [
            sections.settings(study),
            sections.pictures(study, figures),
            origin.code(study),
            origin.again(study),
        ]
    parts = [part for part in every if part is not None]
    name = some([place.name or str(place) for place in study.places], most=3)
    text = Markup(as_json(numbers(study, live)))
    return Template(_file("page.html")).substitute(
        policy=escaped(policy(live)),
        title=escaped(f"{name}: {'runs' if live else 'report'}, snnrun"),
        style=_file("page.css"),
        heading=broken(name),
        said=escaped(said(study)),
        links=joined(element("a", part.title, href=f"#{part.name}") for part in parts),
        sections=joined(part.markup() for part in parts),
        numbers=element("script", text, type="application/json", id="numbers"),
        script=_script(),
    )


def policy(live: bool) -> str:
    """Return what a browser is to let a page do: run its own script, show what is in it."""
    rules = [
        "default-src 'none'", "img-src data:", f"style-src {digest(_file('page.css'))}",
        f"script-src {digest(_script())}", "base-uri 'none'", "form-action 'none'",
    ]  # fmt: skip
    return "; ".join([*rules, *(["connect-src 'self'"] if live else [])])


def numbers(study: Collection, live: bool) -> dict[str, Any]:
    """Return the curves, thinned so that a page of many runs stays quick."""
    lengths = [len(curve.values) for run in study.runs for curve in run.log.curves.values()]
    most = min(_MOST, max(_FEWEST, _POINTS // max(1, len(lengths))))
    group_of = {run.found.path: group for group, runs in enumerate(study.together) for run in runs}
    judged = dict.fromkeys(run.found.judged_by for run in study.runs)
    return {
        "every": _EVERY if live else None,
        "reading": study.reading,
        "layout": study.layout,
        "thinned": most if max(lengths, default=0) > most else None,
        "first": list(judged | {"accuracy": None, "loss": None}),
        "groups": labels(study),
        "runs": [
            {
                "name": run.found.name,
                "group": group_of[run.found.path],
                "curves": [
                    _curve(key, curve.in_short(most)) for key, curve in run.log.curves.items()
                ],
            }
            for run in study.runs
        ],
    }


def news(study: Collection, since: int) -> dict[str, Any]:
    """Return what came to be known after a reading: cells of tables, points of curves."""
    keys = keys_of(study)
    changed = {}
    for number, run in enumerate(study.runs):
        if run.changed <= since:
            continue
        curves = [(key, curve.since(since)) for key, curve in run.log.curves.items()]
        changed[str(number)] = {
            "cells": [[cell.text, cell.order] for cell in of_run(run, keys)],
            "curves": [_curve(key, points) for key, points in curves if points[0]],
        }
    return {
        "reading": study.reading,
        "layout": study.layout,
        "said": said(study),
        "runs": changed,
    }


def _curve(key: tuple[str, str], points: tuple[list[int], list[float]]) -> dict[str, Any]:
    return {"split": key[0], "name": key[1], "epochs": points[0], "values": points[1]}


def said(study: Collection) -> str:
    """Return in a line what a page is about, and from when."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{sections.standing(study)} · {now} UTC · snnrun {metadata.version('snnrun')}"


def _file(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


def _script() -> str:
    return '"use strict";\n' + "\n".join(_file(f"{name}.js") for name in _SCRIPTS)
