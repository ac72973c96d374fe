"""``--launcher``: this very command, on other machines."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnrun.cli.launch import without
from snnrun.core.shell import typed
from snnrun.errors import ConfigError

if TYPE_CHECKING:
    from snnrun.experiment import Experiment
    from snnrun.studies.launchers.settings import LauncherSettings

#: In the folder of a sweep, or of a run: what its jobs say, and what else launchers keep.
_JOBS = "jobs"


def complete_launcher(incomplete: str) -> list[str]:
    """Complete the name of a launcher."""
    from snnrun.studies.launchers import LAUNCHERS

    return [name for name in LAUNCHERS.names() if name.startswith(incomplete)]


Where = Annotated[
    str | None,
    typer.Option(
        "--launcher",
        metavar="NAME",
        help="Run it elsewhere: slurm or dask; see `snnrun show slurm`.",
        autocompletion=complete_launcher,
    ),
]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--launcher-option", metavar="KEY=VALUE", help="What is asked of machines there. Repeat it."
    ),
]
Wait = Annotated[
    bool, typer.Option("--wait", help="Wait for what was launched, and tell how it ended.")
]


@dataclass(frozen=True)
class Launching:
    """What the command line says of a launcher."""

    name: str
    options: Sequence[str]
    wait: bool

    @classmethod
    def of(cls, name: str | None, options: Sequence[str] | None, wait: bool) -> "Launching | None":
        """Return what was said; None: nothing.

        Raises:
            ConfigError: what only a launcher has is asked for without one.
        """
        if name is not None:
            return cls(name, options or (), wait)
        if options or wait:
            word = "--launcher-option" if options else "--wait"
            raise ConfigError(f"{word} needs --launcher, such as --launcher slurm")
        return None

    def launch(
        self,
        arguments: Sequence[str],
        number: int,
        folder: Path,
        threads: int = 1,
        section: "LauncherSettings | None" = None,
    ) -> int | None:
        """Submit jobs that run ``snnrun`` with these arguments, and wait for them where that is
        wanted, or they would end with this process.

        Args:
            arguments: of each job.
            number: how many jobs.
            folder: of the sweep or run.
            threads: that a job may use, unless the launcher says otherwise.
            section: what a file says of a launcher.

        Returns:
            0: they ended well; else the first other exit code. None: they go on by themselves.

        Raises:
            ConfigError: the launcher cannot be used here.
            DataError: the cluster does not answer.
        """
        from snnrun.studies.launchers import launcher_of
        from snnrun.studies.launchers.task import Task

        launcher = launcher_of(self.name, section, self.options)
        task = Task(arguments, os.getcwd(), threads)
        jobs = launcher.submit(task, number, folder / _JOBS, f"snnrun_{folder.name}")
        print(f"submitted {', '.join(jobs.ids)}; what they say: {folder / _JOBS}", flush=True)
        if jobs.stay and not self.wait:
            return None
        ends = [end for end in jobs.wait() if end.code != 0]
        for end in ends:
            print(f"snnrun: {end}", file=sys.stderr)
        return next((end.code or 1 for end in ends), 0)


def launched_arguments(*options: str) -> list[str]:
    """Return the arguments of this command that jobs get: those that say where it runs are left
    out, and these options too.
    """
    known = ("--launcher", "--launcher-option", *options)
    return without(sys.argv[1:], *known, flags=["--wait"])


def launch_training(
    launching: Launching, experiment: "Experiment", folder: Path | None, results: Path, name: str
) -> int:
    """Let a job train a network, and go on with it wherever it was stopped; return an exit code.

    Args:
        launching: where.
        experiment: what is trained.
        folder: the run folder; None for a new one in ``results``.
        results: the folder that holds run folders.
        name: what a new one is called, before the date.
    """
    from snnrun.runs.folder import RunDir
    from snnrun.studies.launchers import launcher_of

    launcher_of(launching.name, None, launching.options)  # says what is wrong before a folder is
    run = RunDir(folder) if folder else RunDir.create(results, name)
    run.path.mkdir(parents=True, exist_ok=True)
    if not run.config.exists():
        run.write_experiment(experiment)
    arguments = launched_arguments("--folder", "--results", "--name")
    arguments += ["--folder", str(run.path.absolute())]
    code = launching.launch(arguments, 1, run.path)
    if code is None:
        print(f"how it stands: snnrun runs {typed(run.path.parent)}")
    return code or 0
