"""The verbs that write, check and explain configs, and tell what there is."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

from snnrun.cli.app import app
from snnrun.cli.arguments import (
    ConfigOrRun,
    Overrides,
    complete_model,
    complete_name,
    complete_run,
    complete_shipped,
    complete_table,
)
from snnrun.cli.console import LOOK, STUDY, WRITE, command, is_first, loaded_api
from snnrun.core.shell import typed
from snnrun.errors import ConfigError

if TYPE_CHECKING:
    from snnrun.experiment import Experiment


@command(app, WRITE)
def new(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL", help="From `snnrun list models`.", autocompletion=complete_model
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The file to make; stdout if absent.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="NAME", help="The data; the first that fit, if absent.")
    ] = None,
    rule: Annotated[
        str | None, typer.Option(metavar="NAME", help="The rule; that of the model, if absent.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="NAME",
            help="In place of MODEL: a config that comes with snnrun, to be copied.",
            autocompletion=complete_shipped,
        ),
    ] = None,
) -> None:
    """Write a commented config to start from."""
    from snnrun.config.shipped import copy_of, names

    if source is not None:
        if file is not None:
            raise ConfigError(f"--from {source} stands in place of MODEL; leave out {model}")
        _write(copy_of(source), Path(model) if model else None)
        return
    if model is None:
        raise ConfigError("expected MODEL, such as first_spike; or --from NAME")
    if model in names():
        raise ConfigError(f"{model} is a config that comes with snnrun: snnrun new --from {model}")
    from snnrun.cli.starter import fitting, starter
    from snnrun.plugins import describe

    text, known = starter(model, data, rule), describe(fitting(model, data, rule)).values()
    files = [_nearby(each["file"]) for each in known if "file" in each]
    _write(text, file, "".join(f" --plugin {typed(each)}" for each in files))


def _nearby(file: str) -> str:
    """Return a file as it is called from here, if it lies in the working folder."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _write(text: str, file: Path | None, options: str = "") -> None:
    """Write a config to a new file, or show it; what is next needs these options."""
    if file is None:
        print(text, end="")
        return
    from snnrun.runs.files import write_text

    if os.path.lexists(file):
        raise ConfigError(f"{file} exists; it was left as it is")
    write_text(file, text)
    verb = "sweep" if re.search(r"^configs?:", text, re.M) else "train"
    print(f"wrote {file}; next: snnrun {verb} {typed(file)}{options}")


@command(app, WRITE)
def validate(
    config: ConfigOrRun,
    overrides: Overrides = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Learn from some batches, to see what one takes.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print no settings, only what would run.")
    ] = False,
) -> None:
    """Check a config; print it with every default, its layers, and what would run."""
    from snnrun.cli.describe import experiment_text
    from snnrun.weighing import check_memory, memory_text

    experiment = read_experiment(config, overrides or ())
    check_memory(experiment)
    if not quiet:
        print(f"{experiment_text(experiment)}\n\n{memory_text(experiment)}\n")
    print(loaded_api().validate(experiment, measure=measure))


def read_experiment(config: Path, overrides: Sequence[str]) -> "Experiment":
    """Return the experiment of a config, or of a run folder, and tell what overrides took away."""
    from snnrun.experiment import load_config
    from snnrun.runs.folder import RunDir

    if (config / "config.yaml").is_file() and (config / "checkpoints").is_dir():
        return RunDir(config, overrides).experiment()
    _refuse_component(config)
    notes: list[str] = []
    experiment = load_config(config, overrides, notes=notes)
    if is_first():
        print(*(f"snnrun: {note}\n" for note in notes), sep="", end="", file=sys.stderr)
    return experiment


def _refuse_component(config: Path) -> None:
    """Tell of a name that is none of a config, but of a data set or model, how to get one."""
    from snnrun.config.shipped import located
    from snnrun.data import DATASETS
    from snnrun.models import MODELS

    name = str(config)
    if os.path.lexists(located(config)) or name not in {*DATASETS, *MODELS}:
        return
    what = "data set" if name in DATASETS else "model"
    words = f"MODEL --data {name}" if name in DATASETS else name
    raise ConfigError(
        f"{name} is a {what}, no config: `snnrun new {words} FILE` writes one, "
        "`snnrun list configs` tells which come along"
    )


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
            metavar="models|rules|datasets|encoders|plots|configs|...",
            autocompletion=complete_table,
        ),
    ] = None,
) -> None:
    """List models, rules, data sets, encoders, plots, ...; or configs that come along."""
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


@command(app, STUDY)
def runs(
    places: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DIR...",
            help="Runs, folders of runs or sweeps, or patterns of these; experiment_results.",
            autocompletion=complete_run,
        ),
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(metavar="STATE", help="Only those that stand so: finished. May be repeated."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION",
            help="Only those: model.name=lif, 'test>90%', 'age<2h'. May be repeated.",
        ),
    ] = None,
    sort: Annotated[
        str, typer.Option(metavar="KEY,...", help="In this order; -test: the best first.")
    ] = "",
    columns: Annotated[
        str, typer.Option(metavar="KEY,...", help="What to show: run,test,'model.*'.")
    ] = "",
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, metavar="N", help="The first N only.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="text|csv|json", help="CSV and JSON are whole.")
    ] = "text",
) -> None:
    """List runs: how they stand, what they reach, in what they differ."""
    from snnrun.runs.folder import RESULTS
    from snnrun.studies.choosing import Choice
    from snnrun.studies.listing import listing

    choice = Choice(state or (), where or (), sort, limit)
    width = get_terminal_size().columns if sys.stdout.isatty() else None
    print(listing(places or [RESULTS], choice, columns, form, width), end="")


@command(app, LOOK)
def doctor() -> None:
    """Tell what is installed: kernels, devices, data."""
    from snnrun.cli.doctor import report

    print(report())
