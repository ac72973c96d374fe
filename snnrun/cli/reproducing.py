"""The verb ``reproduce``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnrun.cli.app import app
from snnrun.cli.console import STUDY, command
from snnrun.cli.launch import without
from snnrun.errors import ConfigError, SnnrunError

if TYPE_CHECKING:
    from snnrun.studies.reproducing.running import Reproduction


def _complete_paper(incomplete: str) -> list[str]:
    from snnrun.studies.reproducing.papers import names

    return [name for name in names() if name.startswith(incomplete)]


@command(app, STUDY, answers=False)
def reproduce(
    paper: Annotated[
        str | None,
        typer.Argument(
            metavar="PAPER",
            help="Which paper, or a folder with a paper.yaml; all are listed if absent.",
            autocompletion=_complete_paper,
        ),
    ] = None,
    table: Annotated[
        str | None, typer.Option(metavar="NAME", help="One of its tables; all if absent.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=1, metavar="N", help="Workers on this machine, each with own runs.")
    ] = 1,
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the folder of the paper is made.")
    ] = Path("experiment_results/papers"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be trained; write nothing.")
    ] = False,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="One seed, few epochs: tries the way, reproduces nothing."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show the tables only.")] = False,
) -> None:
    """Train what a paper reports, and put ours beside theirs.

    The same command again, here or on any machine that sees the folder, takes the next runs that
    nobody has, and goes on with those that were stopped.
    """
    from snnrun.studies.reproducing import listing, papers
    from snnrun.studies.reproducing.running import Reproduction

    if paper is None:
        if table is not None:
            raise ConfigError("--table needs the PAPER that it is of")
        print(listing.papers_text([papers.paper(name) for name in papers.names()], results))
        return
    found = papers.paper(paper)
    reproduction = Reproduction.of(found, found.chosen(table), results, quick)
    if dry_run:
        print(listing.dry_text(reproduction))
        return
    _train(reproduction, jobs, quiet)


def _train(reproduction: "Reproduction", jobs: int, quiet: bool) -> None:
    """Be a worker at all sweeps, or start several of this very command, and print the tables."""
    from snnrun.studies.jobs import is_worker, run_workers

    code, failure = 0, None
    if jobs > 1:
        code = run_workers(jobs, without(sys.argv[1:], "--jobs"))
    else:
        try:
            reproduction.train((lambda line: None) if quiet else _say)
        except SnnrunError as error:
            failure = error
    if not is_worker() and any(task.rows() for task in reproduction.tasks):
        files = reproduction.write()
        print(reproduction.text(), *files, sep="\n")
    if failure:
        raise failure
    if code:
        raise typer.Exit(code)


def _say(line: str) -> None:
    print(line, flush=True)
