"""Slurm for the tests: Debian's daemons on one node, with ports of their own.

They are processes of the user that runs the tests. The variable ``SLURM_CONF``, which whatever they
start inherits, names a file in a folder of their own: by it all of them are found, and no others.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
_PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
_CONF = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthInfo=socket={folder}/munge,cred_expire=10
CommunicationParameters=NoCtldInAddrAny
MessageTimeout=60
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1
SlurmdParameters=config_overrides
NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2
PartitionName=main Nodes=node Default=YES
"""  # a job that was put back waits for cred_expire, which is 120 s where nothing is said


class Slurm:
    """A cluster of one node with two processors.

    Args:
        folder: of its own, with a short path, for there are sockets in it.

    Attributes:
        environment: of commands that are to find it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, conf = folder, folder / "slurm.conf"
        self._begun: list[subprocess.Popen[bytes]] = []
        self._logs: list[Path] = []
        foreign = ("SLURM", "SBATCH", "SRUN")  # where the tests are a job themselves
        kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        self.environment = {**kept, "SLURM_CONF": str(conf)}
        conf.write_text(
            _CONF.format(
                host=socket.gethostname().partition(".")[0],
                user=pwd.getpwuid(os.geteuid()).pw_name,
                ports=_free_ports(2),
                folder=folder,
            )
        )

    def start(self) -> None:
        """Start the daemons, and wait until a job would be run."""
        here = self._folder
        (here / "spool").mkdir()
        (here / "key").touch(mode=0o600)
        (here / "key").write_bytes(os.urandom(128))
        files = {
            "socket": "munge",
            "key-file": "key",
            "pid-file": "munged.pid",
            "seed-file": "seed",
        }
        options = [f"--{option}={here / name}" for option, name in files.items()]
        self._daemon("munged", "--foreground", "--force", *options)  # --force: the folder is ours
        self.until("there is munge", (here / "munge").exists)
        self._daemon("slurmctld", "-D")
        self._daemon("slurmd", "-D", "-N", "node")
        self.until("the node is idle", lambda: self.ask("sinfo", "-ho", "%T") == "idle")

    def _daemon(self, program: str, *words: str) -> None:
        found = shutil.which(program, path=_PLACES)
        assert found is not None
        self.begin(found, *words, log=self._folder / f"{program}.log")

    def begin(
        self, *command: str, log: Path, cwd: Path | None = None, **variables: str
    ) -> "subprocess.Popen[bytes]":
        """Start a process that finds it, and that ends with it at the latest."""
        self._logs.append(log)
        with log.open("wb") as output:
            self._begun.append(
                subprocess.Popen(
                    command,
                    cwd=cwd or self._folder,
                    env={**self.environment, **variables},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            )
        return self._begun[-1]

    def ask(self, program: str, *words: str) -> str:
        """Return what a program of Slurm says."""
        return subprocess.run(
            [program, *words], env=self.environment, stdout=subprocess.PIPE, text=True, timeout=90
        ).stdout.strip()

    def until(self, what: str, condition: Callable[[], bool], seconds: float = 300.0) -> None:
        """Wait until something holds; tell what was said meanwhile if it does not."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s: {what}\n{self.said()}"
            time.sleep(0.1)

    def said(self) -> str:
        """Return the last lines of what each process said that was started here."""
        lasts = {log.name: log.read_text().splitlines()[-30:] for log in self._logs}
        return "\n".join("\n".join([f"---- {name}", *lines]) for name, lines in lasts.items())

    def processes(self) -> list[int]:
        """Return what belongs to it: daemons, jobs, and commands that were given to it."""
        mark, found = f"SLURM_CONF={self._folder / 'slurm.conf'}".encode(), []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it ended, or is not ours
                if mark in (path / "environ").read_bytes().split(b"\0"):
                    found.append(int(path.name))
        return found

    def end(self) -> None:
        """End all that belongs to it."""
        end = time.monotonic() + 30
        while found := self.processes():
            assert time.monotonic() < end, f"these do not end: {found}"
            for process in found:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.1)
        for each in self._begun:
            each.wait()


@contextmanager
def slurm() -> Iterator[Slurm]:
    """Give a cluster; skip where there is none to be had."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=_PLACES) is None]
    if absent:
        pytest.skip(f"needs {', '.join(absent)}: apt-get install munge slurm-wlm")
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="slurm"))
        stack.callback(shutil.rmtree, folder)
        made = Slurm(folder)
        stack.callback(made.end)
        made.start()
        yield made


def _free_ports(number: int) -> list[int]:
    """Return ports of which no process has one at the moment."""
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in found]
