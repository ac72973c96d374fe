"""The verbs that look at many runs."""

from pathlib import Path
from typing import Annotated

import typer

from snnrun.cli.app import app
from snnrun.cli.arguments import complete_run
from snnrun.cli.console import LOOK, command

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


@command(app, LOOK)
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


@command(app, LOOK)
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
