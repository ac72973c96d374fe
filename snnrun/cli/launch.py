"""Start the processes that train one network together, on this machine; ``--nproc N``.

Each is the same command with the variables that ``torchrun`` sets. Signals go to the first, which
tells the others; whatever becomes of them, its exit code is that of all.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import FrameType

_GRACE = 10.0  # seconds that the others have to end after the first


def launch(processes: int, arguments: Sequence[str]) -> int:
    """Run ``snnrun`` with these arguments in so many processes and return the exit code."""
    command = [sys.executable, "-m", "snnrun", *arguments]
    environment = _environment(processes)
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []  # signals that come before all processes are there

    def pass_on(number: int, frame: FrameType | None) -> None:
        if len(children) == processes:
            children[0].send_signal(number)
        else:
            early.append(number)

    before = {which: signal.signal(which, pass_on) for which in _passed()}
    try:
        for rank in range(processes):
            if early:
                break
            children.append(_start(command, environment, rank))
        if early:
            print(f"snnrun: {signal.Signals(early[0]).name}; nothing was begun", file=sys.stderr)
            return 128 + early[0]
        first = children[0]
        while first.poll() is None:
            for child in children:
                child.poll()  # a dead one is reaped, so that the first can tell
            time.sleep(0.05)
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
        _end(children if early else children[1:], 0.0 if early else _GRACE)
    if first.returncode < 0:
        name = signal.Signals(-first.returncode).name
        print(
            f"snnrun: the process that writes was ended by {name}; "
            "the newest checkpoint counts, see: snnrun continue",
            file=sys.stderr,
        )
        return 128 - first.returncode
    return first.returncode


def _start(
    command: Sequence[str], environment: Mapping[str, str], rank: int
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        env={**environment, "RANK": str(rank), "LOCAL_RANK": str(rank)},
        stdin=None if rank == 0 else subprocess.DEVNULL,
        stdout=None if rank == 0 else subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C comes through here, once
    )


def _environment(processes: int) -> dict[str, str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = {
        "OMP_NUM_THREADS": str(max(1, (cores or 1) // processes)),
        **os.environ,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "SNNRUN_PARENT": str(os.getpid()),
    }
    if sys.platform == "linux":
        found.setdefault("GLOO_SOCKET_IFNAME", "lo")
    return found


def free_port() -> int:
    """Return a port that nobody uses, below those that the system deals out by itself.

    One of these could be dealt out again before the first process listens.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


def _passed() -> list[signal.Signals]:
    names = ("SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP")
    found = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return [each for each in found if signal.getsignal(each) != signal.SIG_IGN]


def _end(children: Sequence["subprocess.Popen[bytes]"], grace: float) -> None:
    """Wait so many seconds for processes to end, then end them."""
    deadline = time.monotonic() + grace
    for child in children:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def without(arguments: Sequence[str], *options: str, flags: Sequence[str] = ()) -> list[str]:
    """Return arguments without options and their values.

    Args:
        arguments: of a command.
        options: such as ``--nproc``.
        flags: options that have no value.

    Example:
        >>> without(["train", "a.yaml", "--nproc", "2", "-q"], "--nproc", flags=["-q"])
        ['train', 'a.yaml']
        >>> without(["train", "--nproc=2", "a.yaml"], "--nproc")
        ['train', 'a.yaml']
    """
    kept, skip = [], False
    for word in arguments:
        if skip:
            skip = False
        elif word in options:
            skip = True
        elif word.partition("=")[0] not in options and word not in flags:
            kept.append(word)
    return kept
