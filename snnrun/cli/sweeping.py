"""The verb ``sweep``, and what ``train --seeds`` makes of a config."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnrun.cli.app import app
from snnrun.cli.arguments import complete_config, config_file
from snnrun.cli.console import STUDY, command
from snnrun.cli.launch import without
from snnrun.cli.launching import Launching, Options, Wait, Where, launched_arguments
from snnrun.errors import ConfigError

if TYPE_CHECKING:
    from snnrun.studies.cases import Plan

Jobs = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Workers, here or by --launcher, each with its own runs."
    ),
]


@command(app, STUDY, answers=False)
def sweep(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="What to change, and how; or the name of a sweep that comes with snnrun.",
            autocompletion=complete_config,
            callback=config_file,
        ),
    ],
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="CONFIG",
            help="To start from, where FILE names none.",
            autocompletion=complete_config,
            callback=config_file,
        ),
    ] = None,
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the folder of the sweep is made.")
    ] = Path("experiment_results"),
    jobs: Jobs = None,
    launcher: Where = None,
    launcher_option: Options = None,
    wait: Wait = False,
    status: Annotated[
        bool, typer.Option("--status", help="Show how it stands; train nothing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show the table only.")] = False,
) -> None:
    """Train a config with many settings and seeds.

    The same command again, here or on any machine that sees the folder, takes the next runs that
    nobody has, and goes on with those that were stopped.
    """
    from snnrun.studies.cases import Plan

    plan = Plan.read(file, config)
    if status:
        from snnrun.studies.status import watch

        watch(plan, results / plan.name)
        return
    run_sweep(plan, results, jobs, quiet, Launching.of(launcher, launcher_option, wait))


def run_sweep(
    plan: "Plan",
    results: Path,
    jobs: int | None,
    quiet: bool,
    launching: Launching | None = None,
) -> None:
    """Be a worker of a sweep, or start several of this very command, here or elsewhere, and print
    the table.
    """
    from snnrun.studies.jobs import is_worker, run_workers
    from snnrun.studies.running import Worker

    folder = results / plan.name
    code = 0
    if launching is not None:
        ended = _launch(launching, plan, folder, jobs)
        if ended is None:
            return
        code = ended
    elif jobs and jobs > 1:
        Worker.of(plan, folder)  # says what is wrong once
        code = run_workers(jobs, without(sys.argv[1:], "--jobs"))
    else:
        Worker.of(plan, folder, (lambda line: None) if quiet else _say).work()
    if not is_worker() and (folder / "table.md").is_file():
        print((folder / "table.md").read_text(encoding="utf-8"))
        print(*(folder / f"table.{kind}" for kind in ("csv", "pdf")), sep="\n")
    if code:
        raise typer.Exit(code)


def _launch(launching: Launching, plan: "Plan", folder: Path, jobs: int | None) -> int | None:
    """Let workers be started elsewhere; return how they ended, or None: nobody waits for it."""
    from snnrun.studies.launchers import launcher_of
    from snnrun.studies.running import Worker

    if jobs is None:
        raise ConfigError(f"--launcher {launching.name} needs --jobs N: how many workers")
    section = plan.settings.launcher
    launcher_of(launching.name, section, launching.options)
    Worker.of(plan, folder)
    code = launching.launch(launched_arguments("--jobs"), jobs, folder, section=section)
    if code is None:
        verb, *words = launched_arguments("--jobs")
        status = [verb, *words, "--status"] if verb == "sweep" else ["runs", str(folder)]
        print(f"how it stands: snnrun {shlex.join(status)}")
    return code


def _say(line: str) -> None:
    print(line, flush=True)
