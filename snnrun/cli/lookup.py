"""The verbs that write, check and explain configs, and tell what there is."""

from pathlib import Path
from typing import Annotated

import typer

from snnrun.cli.app import app
from snnrun.cli.arguments import Config, Overrides, complete_model, complete_name, complete_table
from snnrun.cli.console import LOOK, WRITE, command
from snnrun.errors import ConfigError


@command(app, WRITE)
def new(
    model: Annotated[str, typer.Argument(metavar="MODEL", autocompletion=complete_model)],
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The file to make; stdout if absent.")
    ] = None,
) -> None:
    """Write a commented config to start from."""
    from snnrun.cli.starter import starter

    text = starter(model)
    if file is None:
        print(text, end="")
        return
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise ConfigError(f"{file} exists; it was left as it is") from None
    print(f"wrote {file}; next: snnrun train {file}")


@command(app, WRITE)
def validate(config: Config, overrides: Overrides = None) -> None:
    """Check a config; print it with every default, and its layers."""
    from snnrun.cli.describe import experiment_text
    from snnrun.experiment import load_config
    from snnrun.weighing import check_memory, memory_text

    experiment = load_config(config, overrides or ())
    check_memory(experiment)
    print(f"{experiment_text(experiment)}\n\n{memory_text(experiment)}")


@command(app, WRITE)
def schema(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write; stdout if absent.")
    ] = None,
) -> None:
    """Print the JSON schema of configs, for editors."""
    from snnrun.cli.schema import schema_text
    from snnrun.runs.files import write_text

    if output is None:
        print(schema_text())
    else:
        write_text(output, schema_text() + "\n")
        print(f"wrote {output}")


@command(app, LOOK, name="list")
def list_(
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="models|rules|datasets|encoders|plots|...", autocompletion=complete_table
        ),
    ] = None,
) -> None:
    """List models, rules, data sets, encoders, plots, ..."""
    from snnrun.cli.describe import list_text

    print(list_text(table))


@command(app, LOOK)
def show(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="From `snnrun list`.", autocompletion=complete_name),
    ],
) -> None:
    """Show the settings, defaults and paper of one of them."""
    from snnrun.cli.describe import show_text

    print(show_text(name))


@command(app, LOOK)
def runs(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where they lie; sweeps in it too.")
    ] = Path("experiment_results"),
) -> None:
    """List the runs in a folder: how they stand, and what they reach."""
    from snnrun.studies.listing import listing

    print(listing(folder))


@command(app, LOOK)
def doctor() -> None:
    """Tell what is installed: kernels, devices, data."""
    from snnrun.cli.doctor import report

    print(report())
