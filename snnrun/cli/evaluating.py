"""The verb that draws: parse, call, tell each file."""

from pathlib import Path
from typing import Annotated

import typer

from snnrun.cli.app import app
from snnrun.cli.arguments import (
    SavedEpoch,
    Style,
    chosen_run,
    comma_list,
    complete_plots,
    complete_run,
    runs_and_epoch,
    runs_and_overrides,
)
from snnrun.cli.console import RUN, command, loaded_api
from snnrun.errors import ConfigError


@command(app, RUN, name="eval")
def evaluate(
    run_dirs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN_DIR",
            help="Run folders; the curves of several are drawn with their spread. Or sweeps.",
            autocompletion=complete_run,
        ),
    ],
    epoch: SavedEpoch = None,
    plots: Annotated[
        str | None,
        typer.Option(
            "--plots",
            "-p",
            metavar="NAME,...",
            help="Only these figures, such as raster,curves.",
            autocompletion=complete_plots,
        ),
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", metavar="KIND,...", help="Of pdf, png and svg.")
    ] = "pdf,png",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Where to write. [the run folders]"),
    ] = None,
    tell: Annotated[
        bool, typer.Option("--list", help="Tell which figures there are, and draw none.")
    ] = False,
    style: Style = None,
) -> None:
    """Draw the figures of one or more runs, or the table of a sweep.

    Behind a single run, a number, best or last is a saved epoch; settings that change nothing that
    was learned, such as data.download=true, may follow. In DIR, several runs have a folder each.
    """
    from snnrun.cli.figures import list_figures, telling
    from snnrun.plots.looks import styled
    from snnrun.studies.folder import draw_table, is_sweep

    run_dirs, overrides = runs_and_overrides(run_dirs)
    run_dirs, epoch = runs_and_epoch(run_dirs, epoch)
    sweeps = [folder for folder in run_dirs if is_sweep(folder)]
    pairs = [chosen_run(folder, epoch) for folder in run_dirs if folder not in sweeps]
    epochs = {number for _, number in pairs}
    if len(epochs) > 1:
        raise ConfigError("the run folders name different epochs; draw them one by one")
    names, kinds = comma_list(plots), comma_list(formats)
    if names and sweeps:
        raise ConfigError(f"{sweeps[0]} is a sweep, of which all is drawn; --plots is for runs")
    if tell:
        print(list_figures([folder for folder, _ in pairs], names))
        return
    with styled(*style or ()), telling() as said:
        for folder in sweeps:
            print(*draw_table(folder, out, kinds), sep="\n")
        if pairs:
            loaded_api().evaluate(
                [folder for folder, _ in pairs],
                epochs.pop(),
                out=out,
                plots=names,
                formats=kinds,
                overrides=overrides,
                telling=said,
            )
