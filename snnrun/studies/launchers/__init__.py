"""Where else a command is run: ``--launcher slurm``, ``--launcher dask``.

A launcher starts this very command on other machines, as often as there are to be workers; they
share a sweep as workers on one machine do (:mod:`snnrun.studies.pool`). ``LAUNCHERS`` is the table
of launchers; nothing of theirs is imported here.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ValidationError

from snnrun.config.problems import explain, told
from snnrun.config.reading import document_of
from snnrun.core.named import named
from snnrun.core.registry import Entry, Settings, Table
from snnrun.errors import ConfigError
from snnrun.studies.launchers.settings import DaskSettings, LauncherSettings, SlurmSettings

if TYPE_CHECKING:
    from snnrun.studies.launchers.launcher import Launcher

LAUNCHERS: Table[Entry] = Table(
    "launcher",
    "snnrun.launchers",
    {
        "slurm": Entry(
            SlurmSettings,
            "snnrun.studies.launchers.slurm:Slurm",
            summary="jobs of Slurm, an array of them, through submitit",
        ),
        "dask": Entry(
            DaskSettings,
            "snnrun.studies.launchers.dask:Dask",
            summary="tasks of a Dask cluster",
        ),
    },
    base=LauncherSettings,
)
#: How an option is given on the command line.
OPTION = "--launcher-option"


class _Launched(Settings):
    launcher: Annotated[LauncherSettings, named(LAUNCHERS)]


def launcher_of(
    name: str, section: LauncherSettings | None = None, options: Sequence[str] = ()
) -> "Launcher":
    """Return a launcher.

    Args:
        name: which one.
        section: what a file says of one; it counts if it is the same one.
        options: ``"partition=gpu"`` and the like, which go before what the file says.

    Raises:
        ConfigError: there is no such launcher or option, or what it needs is not installed.
    """
    if wrong := [option for option in options if "=" not in option]:
        raise ConfigError(f"{OPTION}: expected KEY=VALUE, such as partition=gpu, got {wrong[0]!r}")
    said: dict[str, Any] = {}
    if section is not None and LAUNCHERS.name_of(section) == name:
        said = section.model_dump(exclude_unset=True)
    overrides = [f"launcher.{option}" for option in options]
    document = document_of({"launcher": {**said, "name": name}}, "--launcher", overrides)
    problems = list(document.problems)
    try:
        settings = _Launched.model_validate(document.data).launcher
    except ValidationError as error:
        problems += explain(error, document, _Launched)
    if problems:
        raise ConfigError([_reworded(line, options) for line in told(problems).problems])
    launcher: Launcher = LAUNCHERS.entry_of(settings).load()(settings)
    return launcher


def _reworded(line: str, options: Sequence[str]) -> str:
    """Return a line on an option as it was given."""
    found = re.fullmatch(r"override (\d+): (?:launcher(?:\.|: ))?(.*)", line, re.DOTALL)
    if found is None:
        return line.replace("--launcher: launcher.name: ", "--launcher: ")
    return f"{OPTION} {options[int(found[1]) - 1]}: {found[2]}"
