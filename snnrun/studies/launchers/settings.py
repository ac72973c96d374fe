"""What may be said of launchers, read without the packages that they need."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from snnrun.core.registry import Settings

#: Parameters of sbatch that other settings say, or that requeuing rests on -> what says them.
_SAID = {
    "partition": "partition", "account": "account", "time": "minutes", "cpus-per-task": "cpus",
    "gpus-per-node": "gpus", "mem": "memory", "signal": "warning_seconds", "array": "--jobs",
    "output": "the folder of the sweep", "error": "the folder of the sweep",
    "open-mode": "the folder of the sweep", "ntasks-per-node": "a worker, which is one task",
    "nodes": "a worker, which is one task", "requeue": "requeues", "no-requeue": "requeues",
}  # fmt: skip
_EARLY = 60  # seconds by which Slurm may warn a job before it was asked to


class LauncherSettings(Settings):
    """What is asked of the machines; see the class that inherits."""


class SlurmSettings(LauncherSettings):
    """Each worker is a job, or a task of an array of jobs.

    Some time before its limit a job is told, by ``SIGUSR2``; the worker saves, and the job goes
    back to the queue, under its number.
    """

    partition: Annotated[str | None, Field(description="of the cluster; null: its default")] = None
    account: Annotated[str | None, Field(description="that is charged; null: the default")] = None
    minutes: Annotated[int, Field(ge=1, description="time limit of a job, each time it runs")] = 60
    cpus: Annotated[int, Field(ge=1, description="of each worker")] = 1
    gpus: Annotated[int, Field(ge=0, description="of each worker")] = 0
    memory: Annotated[
        float | None, Field(gt=0, description="GB for each worker; null: the cluster's default")
    ] = None
    at_once: Annotated[int | None, Field(ge=1, description="jobs at most; null: any number")] = None
    warning_seconds: Annotated[
        int,
        Field(
            ge=5, description="before the limit in which a worker saves; more than a batch takes"
        ),
    ] = 120
    requeues: Annotated[
        int, Field(ge=0, description="how often a job may come to its limit and go on")
    ] = 100
    extra: Annotated[
        dict[str, str | int | float | Literal[True]],
        Field(
            default_factory=dict,
            description="other parameters of sbatch, such as {qos: long, constraint: a100}",
        ),
    ]
    setup: Annotated[
        tuple[str, ...], Field(description="lines of shell before a worker, as: module load cuda")
    ] = ()
    executor: Annotated[
        Literal["slurm", "local"],
        Field(description="local: processes of this machine in the place of jobs, to try it out"),
    ] = "slurm"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for key in self.extra:
            if (plain := key.replace("_", "-").lstrip("-")) in _SAID:
                raise ValueError(f"extra: {plain} is said by {_SAID[plain]}")
        early = 0 if self.executor == "local" else _EARLY
        least = (self.warning_seconds + early) // 60 + 1
        if self.minutes < least:
            raise ValueError(
                f"minutes: must be {least} or more with warning_seconds = {self.warning_seconds}, "
                f"for Slurm may warn {early} s before that; got {self.minutes}"
            )
        return self


class DaskSettings(LauncherSettings):
    """Each worker is a task of a Dask cluster that is there; or of one for as long as it takes."""

    address: Annotated[
        str | None,
        Field(
            description="of the scheduler, such as tcp://host:8786; null, without scheduler_file: "
            "a cluster on this machine while the command runs"
        ),
    ] = None
    scheduler_file: Annotated[
        str | None, Field(description="or the file that it wrote (dask scheduler --scheduler-file)")
    ] = None
    resources: Annotated[
        dict[str, float],
        Field(
            default_factory=dict,
            description="what each worker takes of those that Dask workers name, as {GPU: 1}",
        ),
    ]
    timeout: Annotated[
        float, Field(gt=0, description="seconds in which the scheduler must answer")
    ] = 30.0

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.address is not None and self.scheduler_file is not None:
            raise ValueError("scheduler_file: expected either this or address")
        return self
