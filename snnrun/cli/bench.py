"""The verb that times the kernels of this machine."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from snnrun.cli.app import app
from snnrun.cli.console import LOOK, command
from snnrun.errors import ConfigError, DataError


def complete_kernel(incomplete: str) -> list[str]:
    """Complete the name of a kernel."""
    from snnrun.studies.bench.kernels import KERNELS

    return [name for name in KERNELS if name.startswith(incomplete)]


@command(app, LOOK)
def bench(
    kernel: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Time this one; may be repeated, or several between commas. [all]",
            autocompletion=complete_kernel,
        ),
    ] = None,
    threads: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="On so many; may be repeated. [1, 2, 4, ... and the cores]"),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick/--full",
            help="Under a minute; or, in minutes, with large inputs, on every number of threads.",
        ),
    ] = True,
    kind: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="text, csv, json or markdown. [by FILE, else text]"
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to this file.")
    ] = None,
    kept: Annotated[
        Path | None,
        typer.Option("--from", metavar="CSV", help="Show a table kept as csv; time nothing."),
    ] = None,
) -> None:
    """Time the compiled kernels beside their readable twins, on this machine."""
    from snnrun.studies.bench import formats, kernels
    from snnrun.studies.bench.table import read_csv

    write = formats.chosen(kind, output)
    if output is not None and (output.is_dir() or not output.parent.is_dir()):
        raise DataError(f"{output}: expected a file in a folder that is there")
    if kept is not None:
        if kernel or threads or not quick:
            raise ConfigError("bench: --from times nothing, so it takes no kernels and threads")
        table = read_csv(kept)
    else:
        asked = kernels.chosen(kernel or ())
        from snnrun.studies.bench import running

        effort = running.QUICK if quick else running.FULL
        table = running.bench(asked, running.thread_counts(threads or (), effort), effort, _say)
    if output is None:
        print(write(table), end="")
        return
    from snnrun.runs.files import write_text

    try:
        write_text(output, write(table))
    except DataError:
        print(write(table), end="")  # it took a while to make
        raise
    print(f"wrote {output}")


def _say(text: str) -> None:
    """Tell somebody who looks on what is being done."""
    if sys.stderr.isatty():
        print(f"bench: {text}", file=sys.stderr)
