"""Jobs of Slurm, through submitit.

submitit keeps what a job does in a file, and lets Slurm run that. When Slurm tells the job that its
time is up, by ``SIGUSR2``, it asks what it runs for a ``checkpoint``, keeps that in the file's
place, and puts the job back into the queue. Here the checkpoint is the same command, after the one
that runs was told to save: a worker takes over what it left.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnrun.core.registry import first_line
from snnrun.errors import ConfigError, Interrupted
from snnrun.studies.launchers.launcher import Ended, Jobs, Launcher, package
from snnrun.studies.launchers.settings import SlurmSettings
from snnrun.studies.launchers.task import Task, Unfinished

if TYPE_CHECKING:
    from submitit import Job
    from submitit.core.utils import DelayedSubmission

_EVERY = 5.0  # seconds between two looks at the queue
_CODE = re.compile(r"the command ended with code (\d+)")


class Slurm(Launcher):
    """Submits an array of jobs."""

    settings: SlurmSettings

    def __init__(self, settings: SlurmSettings) -> None:
        super().__init__(settings)
        self._submitit = package("submitit", "slurm")
        if settings.executor == "slurm" and shutil.which("sbatch") is None:
            raise ConfigError(
                "--launcher slurm: there is no sbatch on this machine; expected one from which "
                "jobs are submitted to Slurm; --launcher-option executor=local tries it without"
            )

    def submit(self, task: Task, number: int, folder: Path, name: str) -> Jobs:
        """Submit the jobs; see :meth:`Launcher.submit`."""
        settings, local = self.settings, self.settings.executor == "local"
        make = self._submitit.LocalExecutor if local else self._submitit.SlurmExecutor
        executor = make(folder, max_num_timeout=settings.requeues)
        executor.update_parameters(**(self._for_local() if local else self._for_slurm(name)))
        requeued = Requeued(task.arguments, task.folder, settings.cpus)
        try:
            jobs = executor.submit_array([requeued] * number)
        except self._submitit.core.utils.FailedJobError as error:
            raise ConfigError(f"--launcher slurm: {_reason(error)}") from error
        return SlurmJobs(jobs, local)

    def _for_local(self) -> dict[str, Any]:
        settings = self.settings
        return {
            "timeout_min": settings.minutes,
            "signal_delay_s": settings.warning_seconds,
            "gpus_per_node": settings.gpus,
            "setup": list(settings.setup),
        }

    def _for_slurm(self, name: str) -> dict[str, Any]:
        settings = self.settings
        said = {
            "job_name": name,
            "partition": settings.partition,
            "account": settings.account,
            "time": settings.minutes,
            "cpus_per_task": settings.cpus,
            "gpus_per_node": settings.gpus or None,
            "mem": settings.memory and f"{round(1024 * settings.memory)}M",
            "array_parallelism": settings.at_once,
            "signal_delay_s": settings.warning_seconds,
            "setup": list(settings.setup) or None,
            "additional_parameters": {"requeue": True, **settings.extra},
        }
        return {key: value for key, value in said.items() if value is not None}


@dataclass(frozen=True)
class Requeued(Task):
    """A command that is told to save when the job is to end, and that goes on in the next one."""

    _running: "list[subprocess.Popen[bytes]]" = field(default_factory=list, compare=False)

    def __call__(self) -> None:
        """Run the command.

        Raises:
            Unfinished: it did not end well.
            SystemExit: it was stopped from outside, so that the job counts as not done.
        """
        self._running.append(self.begin())
        code = self._running[-1].wait()
        if code == Interrupted.TERMINATED:
            raise SystemExit(code)
        if code:
            raise Unfinished(code if code > 0 else 128 - code)

    def command(self) -> list[str]:
        """Return the command, deaf to what Slurm tells all processes of the job."""
        return ["/bin/sh", "-c", f"trap '' USR2; exec {shlex.join(super().command())}"]

    def checkpoint(self) -> "DelayedSubmission":
        """Let the command save, and return what the job does when it runs again."""
        from submitit.helpers import DelayedSubmission

        for process in self._running:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGUSR1)
            with suppress(ChildProcessError):  # this interrupts wait(), which is to reap it
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        return DelayedSubmission(Requeued(self.arguments, self.folder, self.threads))


class SlurmJobs(Jobs):
    """Jobs as submitit knows them."""

    def __init__(self, jobs: "Sequence[Job[None]]", local: bool) -> None:
        self._jobs, self._local = jobs, local
        self.ids = [job.job_id for job in jobs]

    def wait(self) -> list[Ended]:
        """Wait until none is in the queue; one that goes back to it is."""
        while self._is_waiting():
            time.sleep(0.2 if self._local else _EVERY)
        return [Ended(job.job_id, _code(job), job.paths.stderr) for job in self._jobs]

    def _is_waiting(self) -> bool:
        if self._local:
            return not all(job.done() for job in self._jobs)
        number = self.ids[0].partition("_")[0]
        command = ["squeue", "--noheader", "--jobs", number, "--format", "%i"]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        if told.returncode:  # Slurm forgets jobs that ended, or does not answer for a while
            return "Invalid job id" not in told.stderr
        return bool(told.stdout.strip())


def _code(job: "Job[None]") -> int | None:
    """Return the exit code of what a job ran; None: it was gone before that ended."""
    if not job.paths.result_pickle.exists():
        return None
    if (error := job.exception()) is None:
        return 0
    found = _CODE.search(str(error))
    return int(found[1]) if found else 1


def _reason(error: Exception) -> str:
    """Return what sbatch says, without what is said around it."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [line for line in lines if line.startswith("sbatch: error: ")]
    return "; ".join(line.removeprefix("sbatch: error: ") for line in said) or first_line(error)
