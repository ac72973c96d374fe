"""Tasks of a Dask cluster.

Dask brings each task to one of its workers, and again to another one where that is gone; the
command takes over what was left. Without a scheduler's address, the cluster is one of processes on
this machine, and ends with the command that started it.
"""

import logging
import os
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from snnrun.core.registry import first_line
from snnrun.errors import DataError
from snnrun.studies.launchers.launcher import Ended, Jobs, Launcher, package
from snnrun.studies.launchers.settings import DaskSettings
from snnrun.studies.launchers.task import Task, Unfinished


class Dask(Launcher):
    """Submits tasks to a scheduler."""

    settings: DaskSettings

    def __init__(self, settings: DaskSettings) -> None:
        super().__init__(settings)
        self._distributed = package("distributed", "dask")
        logging.getLogger("distributed").setLevel(logging.CRITICAL)

    def submit(self, task: Task, number: int, folder: Path, name: str) -> Jobs:
        """Submit the tasks; see :meth:`Launcher.submit`."""
        folder.mkdir(parents=True, exist_ok=True)
        client, own = self._client(number)
        self._check(client, task.folder)
        asked: dict[str, Any] = {"pure": False, "resources": self.settings.resources or None}
        futures, logs = [], []
        for index in range(number):
            key = f"{name}-{index}-{uuid.uuid4().hex[:6]}"
            logs.append((folder / f"{key}.log").absolute())
            each = replace(task, log=str(logs[-1]))
            futures.append(client.submit(each, key=key, **asked))
        if not own:
            self._distributed.fire_and_forget(futures)
        return DaskJobs(client, futures, logs, not own)

    def _client(self, number: int) -> tuple[Any, bool]:
        """Return the connection to the scheduler, and whether that is of our own."""
        settings = self.settings
        if settings.address is None and settings.scheduler_file is None:
            cluster = self._distributed.LocalCluster(
                n_workers=number, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
            )
            return self._distributed.Client(cluster), True
        place = settings.address or settings.scheduler_file
        try:
            found = self._distributed.Client(
                settings.address, scheduler_file=settings.scheduler_file, timeout=settings.timeout
            )
        except (OSError, ValueError) as error:
            raise DataError(
                f"--launcher dask: no scheduler answers at {place}: {first_line(error)}"
            ) from error
        return found, False

    def _check(self, client: Any, folder: str) -> None:
        """Refuse a cluster whose workers do not see the folder of the command."""
        for worker, sees in client.run(os.path.isdir, folder).items():
            if not sees:
                raise DataError(
                    f"--launcher dask: the worker {worker} sees no folder {folder}; the command "
                    "is run there, so it must be one that all machines share"
                )


class DaskJobs(Jobs):
    """Tasks, and the connection to who knows of them."""

    def __init__(
        self, client: Any, futures: Sequence[Any], logs: Sequence[Path], stay: bool
    ) -> None:
        self._client, self._futures, self._logs, self.stay = client, futures, logs, stay
        self.ids = [future.key for future in futures]

    def wait(self) -> list[Ended]:
        """Wait for all tasks."""
        with closing(self._client if self.stay else self._client.cluster):
            return [
                Ended(future.key, _code(future), log)
                for future, log in zip(self._futures, self._logs, strict=True)
            ]


def _code(future: Any) -> int | None:
    """Wait for a task and return the exit code of its command."""
    error = future.exception()
    if error is None:
        return 0
    return error.code if isinstance(error, Unfinished) else None
