"""The verbs that run something: parse, call, print. What they do is in ``snnrun.api`` and its like.

Only typer is imported here; a command imports what it needs when it runs, so that help and
completion cost next to nothing. Errors become messages and exit codes in ``snnrun.cli.console``.
"""

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnrun.cli import bench, data, evaluating, lookup, predicting, reproducing, studies, sweeping
from snnrun.cli.app import app
from snnrun.cli.arguments import (
    AtEpoch,
    Config,
    Overrides,
    Processes,
    Quiet,
    RankTimeout,
    RunFolder,
    SavedEpoch,
    Verbose,
    Words,
    chosen_run,
    complete_run,
    one_epoch,
    run_name,
    words_and_overrides,
)
from snnrun.cli.arguments import savepoints as parse_savepoints
from snnrun.cli.console import RUN, command, is_first, loaded_api
from snnrun.cli.launching import Launching, Options, Wait, Where, launch_training
from snnrun.core.disk import is_input
from snnrun.core.shell import typed
from snnrun.errors import ConfigError, DivergedError

if TYPE_CHECKING:
    from snnrun.experiment import Experiment
    from snnrun.runs.folder import RunDir
    from snnrun.training.watchers.progress import Verbosity

#: With all verbs: importing these modules registers theirs.
__all__ = [
    "app",
    "bench",
    "data",
    "evaluating",
    "lookup",
    "predicting",
    "reproducing",
    "studies",
    "sweeping",
]


@command(app, RUN, answers=False)
def train(
    config: Config,
    overrides: Overrides = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run folder, before the date. [CONFIG's name]")
    ] = None,
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Where run folders are made.")
    ] = Path("experiment_results"),
    seeds: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Train with N seeds, in a folder of their own."),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN_DIR", help="The run folder itself; what was begun there goes on."
        ),
    ] = None,
    jobs: sweeping.Jobs = None,
    launcher: Where = None,
    launcher_option: Options = None,
    wait: Wait = False,
    nproc: Processes = 1,
    rank_timeout: RankTimeout = 60.0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train a network from a config file."""
    launching = Launching.of(launcher, launcher_option, wait)
    if folder is not None and (name or seeds):
        raise ConfigError(f"--folder and --{'name' if name else 'seeds'} exclude each other")
    if seeds is not None:
        if nproc > 1:
            raise ConfigError(
                "--seeds and --nproc exclude each other; --jobs trains several seeds at once"
            )
        from snnrun.studies.cases import Plan

        plan = Plan.of_seeds(config, overrides or (), seeds, name and run_name(name))
        sweeping.run_sweep(plan, results, jobs, quiet, launching)
        return
    if jobs and jobs > 1:
        raise ConfigError("--jobs needs --seeds; --nproc trains one network in several processes")
    if is_input(config) and nproc > 1:
        raise ConfigError("several processes cannot read one standard input; name a file")
    name = run_name(name or ("stdin" if is_input(config) else config.stem))
    experiment = lookup.read_experiment(config, overrides or ())
    if launching is not None:
        raise typer.Exit(launch_training(launching, experiment, folder, results, name))
    _launch(nproc, experiment)
    api = loaded_api()

    begin = (
        partial(api.train_or_resume, folder=folder)
        if folder
        else partial(api.train, name=name, results=results)
    )
    verbosity = _verbosity(quiet, verbose)
    run = begin(experiment, verbosity=verbosity, source=config, rank_timeout=rank_timeout)
    _report(run, quiet)


@command(app, RUN)
def inference(
    run_dir: RunFolder,
    words: Words = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    epoch: AtEpoch = None,
    nproc: Processes = 1,
    rank_timeout: RankTimeout = 60.0,
) -> None:
    """Run a trained network and print its accuracy, activity and cost."""
    epochs, overrides = words_and_overrides(words, "EPOCH")
    folder, number = chosen_run(run_dir, one_epoch(epochs, epoch))
    _launch(nproc)
    api = loaded_api()
    from snnrun.evaluation.summary import tables

    result = api.inference(folder, number, split, overrides=overrides, rank_timeout=rank_timeout)
    if not is_first():
        return
    if result.accuracy is not None:
        print(f"After inference, the accuracy is {result.accuracy:.2%}.")
    loss = [] if result.loss is None else [f"loss {result.loss:.6g}"]
    judged = result.experiment.learning.judged_by.by.name
    if judged not in ("accuracy", "loss"):
        loss.append(f"{judged} {result.facts['statistics'][judged]:.4g}")
    print(", ".join([*loss, f"epoch {result.epoch}", f"split {result.split}"]))
    for table in tables(result):
        print("", table, sep="\n")


@command(app, RUN, name="continue", answers=False)
def resume(
    run_dir: RunFolder,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar='[EPOCH] ["S1, S2, ..."] [KEY=VALUE]...',
            help="A saved epoch to go on from, best or last; the last if absent. Epochs to save; "
            "training ends at the last. Settings that change nothing that was learned.",
            show_default=False,
        ),
    ] = None,
    epoch: AtEpoch = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="The epoch to end at.")] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Though an owner on another machine never said it ended."),
    ] = False,
    nproc: Processes = 1,
    rank_timeout: RankTimeout = 60.0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Go on training where a run stopped, bit for bit."""
    others, overrides = words_and_overrides(words, 'EPOCH, "S1, S2, ..."', most=2)
    if len(others) == 1 and ("," in others[0] or epoch):
        others = ["", *others]
    begin, savepoints = [*others, "", ""][:2]
    folder, number = chosen_run(run_dir, one_epoch([begin] if begin else [], epoch))
    points = parse_savepoints(savepoints or None)
    _launch(nproc)
    api = loaded_api()

    run = api.resume(
        folder,
        number,
        points,
        epochs,
        overrides=overrides,
        force=force,
        verbosity=_verbosity(quiet, verbose),
        rank_timeout=rank_timeout,
    )
    _report(run, quiet)


@command(app, RUN)
def replay(run_dir: RunFolder, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Train again up to where numbers went wrong, and name the tensor."""
    folder, _ = chosen_run(run_dir, None)
    api = loaded_api()
    from snnrun.training.replaying import told

    found = api.replay(folder, verbosity=_verbosity(quiet, verbose))
    if not found.diverged:
        print(f"from {found.start} to {found.at}, all numbers stayed finite")
        return
    if not quiet:
        print(told(found))
    place = f"epoch {found.at.epoch}, batch {found.at.batch}"
    raise DivergedError(f"{found.what} in {place}, seed {found.seed}")


@command(app, RUN)
def export(
    run_dir: RunFolder,
    epoch: Annotated[
        str | None,
        typer.Argument(metavar="EPOCH", help="A saved epoch, best or last; the last if absent."),
    ] = None,
    kind: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="fastanddeep, pytorch-sbs or nir.")
    ] = "fastanddeep",
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Or, of nir, a file. [RUN_DIR/exports/FORMAT]"),
    ] = None,
) -> None:
    """Write config, weights and curves of a run as another program names them.

    The format nir is one file, FILE.nir, with the network alone: docs/nir.md.
    """
    folder, number = chosen_run(run_dir, epoch)
    from snnrun.compat import export_run

    for path in export_run(folder, kind, out, number):
        print(path)


@command(app, RUN, name="import", answers=False)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A network in NIR, or of BindsNET.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE",
            help="Settings; data=NAME, encoder=NAME and encoder.steps=N, which NIR does not know.",
        ),
    ] = None,
    written_by: Annotated[
        str,
        typer.Option(
            metavar="LIBRARY",
            help="nir, norse, sinabs, snntorch or spikingjelly; bindsnet, for its .pt files.",
        ),
    ] = "nir",
    dt: Annotated[
        float | None,
        typer.Option(metavar="S", help="Seconds of a step. [the file's, else the library's]"),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the run folder, before the date. [FILE's name]")
    ] = None,
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the run folder is made.")
    ] = Path("experiment_results"),
) -> None:
    """Make a run folder of a network from another program."""
    name = run_name(name or file.stem)
    given = overrides or ()
    if written_by == "bindsnet":
        from snnrun.compat.bindsnet.importing import import_file as import_bindsnet

        run = import_bindsnet(file, given, name=name, results=results)
    else:
        from snnrun.compat.nir.importing import import_file

        run = import_file(file, given, written_by=written_by, dt=dt, name=name, results=results)
    print(f"{run.path}; next: snnrun inference {typed(run.path)}")


@command(app, RUN)
def share(
    run_dir: Annotated[
        Path,
        typer.Argument(
            metavar="RUN_DIR", help="A run folder, or a sweep.", autocompletion=complete_run
        ),
    ],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    epoch: SavedEpoch = None,
) -> None:
    """Copy a run, or a sweep, for others: config, weights, curves, versions, accuracy.

    No samples, no state of the optimiser, no paths and no names of this machine.
    """
    source, number = chosen_run(run_dir, epoch)
    from snnrun.cli.sharing import shared_text
    from snnrun.studies.sharing import share

    print(shared_text(source, folder, share(source, folder, number)))


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
    if not is_first():
        return
    from snnrun.training.watchers.progress import summary

    print(run.path if quiet else summary(run))
