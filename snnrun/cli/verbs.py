"""The command line: parse, call, print. What the verbs do is in ``snnrun.api`` and its like.

Only typer is imported here; a command imports what it needs when it runs, so that help and
completion cost next to nothing. Errors become messages and exit codes in ``snnrun.cli.console``.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnrun.cli.arguments import (
    Config,
    Overrides,
    Processes,
    Quiet,
    RankTimeout,
    RunFolder,
    Verbose,
    complete_config,
    complete_model,
    complete_name,
    complete_run,
    complete_table,
    run_name,
    runs_and_epoch,
)
from snnrun.cli.arguments import savepoints as parse_savepoints
from snnrun.cli.console import Grouped, command
from snnrun.errors import ConfigError
from snnrun.runs.naming import run_and_epoch

if TYPE_CHECKING:
    from snnrun.experiment import Experiment
    from snnrun.runs.folder import RunDir
    from snnrun.training.watchers.progress import Verbosity

app = typer.Typer(
    cls=Grouped,
    help="Train, evaluate and compare spiking neural networks from one config file.",
    epilog="Start with:  snnrun train configs/first_spike_yin_yang.yaml",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
RUN, WRITE, LOOK = "Run", "Write a config", "Look up"


def _version(wanted: bool) -> None:
    if wanted:
        from snnrun.cli.version import version_text

        print(version_text())
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_version),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@command(app, RUN)
def train(
    config: Config,
    overrides: Overrides = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run folder, before the date. [CONFIG's name]")
    ] = None,
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Where run folders are made.")
    ] = Path("experiment_results"),
    nproc: Processes = 1,
    rank_timeout: RankTimeout = 60.0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train a network from a config file."""
    name = run_name(name or config.stem)
    from snnrun.experiment import load_config

    experiment = load_config(config, overrides or ())
    _launch(nproc, experiment)
    from snnrun import api

    run = api.train(
        experiment,
        name=name,
        results=results,
        verbosity=_verbosity(quiet, verbose),
        source=config,
        rank_timeout=rank_timeout,
    )
    _report(run, quiet)


@command(app, RUN)
def inference(
    run_dir: RunFolder,
    epoch: Annotated[
        str | None, typer.Argument(metavar="EPOCH", help="A saved epoch; the last one if absent.")
    ] = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
) -> None:
    """Run a trained network and print its accuracy."""
    folder, number = _chosen(run_dir, epoch)
    from snnrun import api

    result = api.inference(folder, number, split)
    if result.accuracy is not None:
        print(f"After inference, the accuracy is {result.accuracy:.2%}.")
    loss = [] if result.loss is None else [f"loss {result.loss:.6g}"]
    print(", ".join([*loss, f"epoch {result.epoch}", f"split {result.split}"]))


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
    epoch: Annotated[
        str | None, typer.Option(metavar="EPOCH", help="A saved epoch; the last one if absent.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Where to write. [the run folders]"),
    ] = None,
) -> None:
    """Draw the figures of one or more runs, or the table of a sweep.

    Behind a single run, a number is a saved epoch. In DIR, several runs have a folder each.
    """
    from snnrun.studies.folder import draw_table, is_sweep

    run_dirs, epoch = runs_and_epoch(run_dirs, epoch)
    sweeps = [folder for folder in run_dirs if is_sweep(folder)]
    pairs = [_chosen(folder, epoch) for folder in run_dirs if folder not in sweeps]
    epochs = {number for _, number in pairs}
    if len(epochs) > 1:
        raise ConfigError("the run folders name different epochs; draw them one by one")
    for folder in sweeps:
        print(*draw_table(folder, out), sep="\n")
    if not pairs:
        return
    from snnrun import api

    for path in api.evaluate([folder for folder, _ in pairs], epochs.pop(), out=out):
        print(path)


@command(app, RUN, name="continue")
def resume(
    run_dir: RunFolder,
    epoch: Annotated[
        str | None,
        typer.Argument(metavar="EPOCH", help="A saved epoch to go on from; the last if absent."),
    ] = None,
    savepoints: Annotated[
        str | None,
        typer.Argument(metavar='"S1, S2, ..."', help="Epochs to save; training ends at the last."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="The epoch to end at.")] = None,
    nproc: Processes = 1,
    rank_timeout: RankTimeout = 60.0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Go on training where a run stopped, bit for bit."""
    if epoch and "," in epoch and savepoints is None:
        epoch, savepoints = None, epoch
    folder, number = _chosen(run_dir, epoch)
    points = parse_savepoints(savepoints)
    _launch(nproc)
    from snnrun import api

    run = api.resume(
        folder,
        number,
        points,
        epochs,
        verbosity=_verbosity(quiet, verbose),
        rank_timeout=rank_timeout,
    )
    _report(run, quiet)


@command(app, RUN)
def sweep(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="What to change, and how.", autocompletion=complete_config
        ),
    ],
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the folder of the sweep is made.")
    ] = Path("experiment_results"),
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show the table only.")] = False,
) -> None:
    """Train a config with many settings and seeds; finished runs are skipped."""
    from snnrun.studies.plan import load_sweep

    load_sweep(file)
    from snnrun.studies.running import sweep

    folder = sweep(file, results=results, say=(lambda line: None) if quiet else print)
    print((folder / "table.md").read_text(encoding="utf-8"))
    print(*(folder / f"table.{kind}" for kind in ("csv", "pdf")), sep="\n")


@command(app, RUN)
def export(
    run_dir: RunFolder,
    epoch: Annotated[
        str | None, typer.Argument(metavar="EPOCH", help="A saved epoch; the last one if absent.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="fastanddeep or pytorch-sbs.")
    ] = "fastanddeep",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="[RUN_DIR/exports/FORMAT]")
    ] = None,
) -> None:
    """Write config, weights and curves of a run as another program names them."""
    folder, number = _chosen(run_dir, epoch)
    from snnrun.compat import export_run

    for path in export_run(folder, kind, out, number):
        print(path)


@command(app, RUN)
def share(
    run_dir: RunFolder,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    epoch: Annotated[
        str | None, typer.Option(metavar="EPOCH", help="A saved epoch; the last one if absent.")
    ] = None,
) -> None:
    """Copy config, weights and accuracy of a run, small enough to share."""
    source, number = _chosen(run_dir, epoch)
    from snnrun.evaluation.sharing import share
    from snnrun.runs.folder import RunDir

    accuracy = share(RunDir.open(source), folder, number).curve("test", "accuracy")[1][0]
    print(f"{folder}: {accuracy:.2%} on the test set")


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

    print(experiment_text(load_config(config, overrides or ())))


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


def _chosen(run_dir: Path, epoch: str | None) -> tuple[Path, int | None]:
    """Return run folder and epoch; a config that does not load is told of before torch comes in."""
    folder, number = run_and_epoch(run_dir, epoch)
    if (folder / "checkpoints").is_dir():
        from snnrun.runs.folder import RunDir

        RunDir.open(folder).experiment()
    return folder, number


def _launch(processes: int, experiment: "Experiment | None" = None) -> None:
    """Run this very command in several processes, if so many are wanted, and leave with them."""
    if processes == 1 or "RANK" in os.environ:
        return
    if experiment is not None:
        from snnrun.training.together import refuse_several

        refuse_several(experiment)
    from snnrun.cli.launch import launch, without

    raise typer.Exit(launch(processes, without(sys.argv[1:], "--nproc")))


def _verbosity(quiet: bool, verbose: bool) -> "Verbosity":
    if quiet and verbose:
        raise ConfigError("--quiet and --verbose exclude each other")
    return "quiet" if quiet else "verbose" if verbose else "normal"


def _report(run: "RunDir", quiet: bool) -> None:
    """Print the table of a finished run, or just where it lies; once, of several processes."""
    if os.environ.get("RANK", "0") != "0":
        return
    from snnrun.training.watchers.progress import summary

    print(run.path if quiet else summary(run))
