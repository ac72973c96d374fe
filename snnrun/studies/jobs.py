"""Several workers of one sweep on this machine: ``snnrun sweep FILE --jobs N``.

Each is the same command in a process of its own, with its share of the cores. Signals go on to all
of them; a worker that dies ends nothing, for what it was at is taken over by the others.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from snnrun.core.signals import NAMES, heeded
from snnrun.training.stopping import PARENT

#: Says to a worker that others draw the tables and say how it ended.
WORKER = "SNNRUN_WORKER"


def is_worker() -> bool:
    """Tell whether this process is one of several workers that one command started."""
    return WORKER in os.environ


def run_workers(jobs: int, arguments: Sequence[str]) -> int:
    """Run ``snnrun`` with these arguments in so many processes, and return the exit code.

    Returns:
        Of the workers that did not end well, the first exit code; 0: all did.
    """
    command = [sys.executable, "-m", "snnrun", *arguments]
    workers: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        early.append(number)
        for worker in workers:
            worker.send_signal(number)

    before = {which: signal.signal(which, pass_on) for which in heeded()}
    try:
        for number in range(jobs):
            if early:
                break
            environment = _environment(jobs, number)
            workers.append(subprocess.Popen(command, env=environment, start_new_session=True))
        while any(worker.poll() is None for worker in workers):
            time.sleep(0.05)
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
    if early and not workers:
        print(f"snnrun: {NAMES[signal.Signals(early[0])]}; nothing was begun", file=sys.stderr)
        return 128 + early[0]
    return next(filter(None, map(_code, workers, range(jobs))), 0)


def _code(worker: "subprocess.Popen[bytes]", number: int) -> int:
    """Return the exit code of a worker; tell of one that was killed."""
    if worker.returncode < 0:
        name = signal.Signals(-worker.returncode).name
        print(
            f"snnrun: worker {number + 1} was ended by {name}; the same command does what is left",
            file=sys.stderr,
        )
        return 128 - worker.returncode
    return worker.returncode


def _environment(jobs: int, number: int) -> Mapping[str, str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = {
        "OMP_NUM_THREADS": str(max(1, (cores or 1) // jobs)),
        **os.environ,
        PARENT: str(os.getpid()),
        WORKER: str(number + 1),
    }
    if gpus := _gpus():
        found["CUDA_VISIBLE_DEVICES"] = gpus[number % len(gpus)]
    return found


def _gpus() -> list[str]:
    """Return the names of the GPUs that there are for this process, of which a worker gets one."""
    if named := os.environ.get("CUDA_VISIBLE_DEVICES"):
        return [each for each in named.split(",") if each]
    try:
        return [str(index) for index, _ in enumerate(os.listdir("/proc/driver/nvidia/gpus"))]
    except OSError:
        return []
