"""What launchers have in common, and what they return."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from snnrun.errors import ConfigError
from snnrun.studies.launchers.settings import LauncherSettings
from snnrun.studies.launchers.task import Task


@dataclass(frozen=True)
class Ended:
    """How a job ended.

    id: as it was told when the job was submitted.
    code: the exit code of its command; None: it was gone before that ended.
    log: the file that tells more.
    """

    id: str
    code: int | None
    log: Path

    def __str__(self) -> str:
        how = "was gone before it was done" if self.code is None else f"ended with {self.code}"
        lines = self.log.read_text(errors="replace").split("\n") if self.log.is_file() else []
        said = next((line for line in reversed(lines) if line.startswith("snnrun: ")), "")
        return f"job {self.id} {how}: {said.removeprefix('snnrun: ') or f'see {self.log}'}"


class Jobs(ABC):
    """Jobs that were submitted.

    ids: of the jobs.
    stay: whether they go on without the process that submitted them.
    """

    ids: Sequence[str]
    stay = True

    @abstractmethod
    def wait(self) -> list[Ended]:
        """Wait until all have ended, and return how."""


class Launcher(ABC):
    """Runs a command elsewhere.

    Args:
        settings: what is asked of the machines.
    """

    def __init__(self, settings: LauncherSettings) -> None:
        self.settings = settings

    @abstractmethod
    def submit(self, task: Task, number: int, folder: Path, name: str) -> Jobs:
        """Let so many jobs do the task, and return without waiting for them.

        Args:
            task: what each does.
            number: how many.
            folder: for what they say, and what else the launcher keeps.
            name: that people see in lists of jobs.

        Raises:
            ConfigError: the cluster takes no such jobs.
            DataError: it does not answer.
        """


def package(name: str, launcher: str) -> Any:
    """Import and return what a launcher needs.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"--launcher {launcher} needs {error.name}, which is not installed: "
            f'pip install "snnrun[{launcher}]"'
        ) from error
