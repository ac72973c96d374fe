"""The verbs that look at many runs."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from snnrun.cli.app import app
from snnrun.cli.arguments import Style, complete_run
from snnrun.cli.console import STUDY, command
from snnrun.errors import ConfigError

Places = Annotated[
    list[Path],
    typer.Argument(
        metavar="DIR",
        help="Runs, folders of runs, sweeps, or patterns of these in quotes.",
        autocompletion=complete_run,
    ),
]
Figures = Annotated[
    float, typer.Option(min=0, metavar="MB", help="How much figures may take; 0 for none.")
]


@command(app, STUDY)
def compare(
    places: Places,
    metrics: Annotated[
        str | None,
        typer.Option(metavar="NAME,...", help="Numbers. [what the runs are judged by]"),
    ] = None,
    split: Annotated[str, typer.Option(help="test, validation or train.")] = "test",
    epoch: Annotated[
        str, typer.Option(metavar="EPOCH", help="best (by the validation), last, or a number.")
    ] = "best",
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="The group to test against. May be repeated. [the best]"
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="text, csv, markdown, latex or html. [text]"
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write: .csv, .md, .tex, ..."),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Draw figures into this folder.")
    ] = None,
    style: Style = None,
) -> None:
    """Compare runs: settings that differ, results over seeds, costs."""
    from snnrun.studies.compare import compare

    if style and figures is None:
        raise ConfigError("--style is of figures: expected --figures DIR, too")
    with _look(style):
        found = compare(
            *places,
            metrics=[name.strip() for name in (metrics or "").split(",") if name.strip()],
            split=split,
            epoch=epoch,
            baseline=baseline or (),
        )
        if output is None:
            print(found.to(form or "text"), end="")
        else:
            found.save(output, form)
            print(f"wrote {output}")
        if figures is not None:
            for path in found.figures(figures):
                print(path)


def _look(style: list[str] | None) -> AbstractContextManager[object]:
    """Return the look of figures; matplotlib is imported only where it is asked for."""
    if not style:
        return nullcontext()
    from snnrun.plots.looks import styled

    return styled(*style)


@command(app, STUDY)
def report(
    places: Places,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The page to write.")
    ] = Path("report.html"),
    figures: Figures = 16.0,
) -> None:
    """Write runs as one page: curves, tables, figures, settings, code."""
    from snnrun.studies.report.writing import write_report

    print(write_report(places, output, int(figures * 1e6)))


@command(app, STUDY)
def watch(
    places: Places,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="On this machine; 0 for a free one.")
    ] = 8765,
    figures: Figures = 16.0,
) -> None:
    """Show runs that are trained in a browser, kept up to date."""
    from snnrun.studies.report.collecting import Collection
    from snnrun.studies.report.elements import count
    from snnrun.studies.report.server import Server

    study = Collection(places, int(figures * 1e6), may_be_empty=True)
    study.read_on()
    with Server(study, port) as server:
        shown = count(len(study.runs), "run")
        print(f"{server.address} shows {shown}; Ctrl-C ends it", flush=True)
        server.serve_forever()
