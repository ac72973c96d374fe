"""The processes that train one network together; usually one.

Each has a copy of the learner and takes its share of every batch; what they find is summed, so that
all do the same. The first of them writes. Everything below is ``torch.distributed``: gloo on CPUs,
nccl on GPUs.
"""

import math
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed

T = TypeVar("T")
TIMEOUT = 60.0  #: seconds after which a process that does not answer counts as gone
_GRACE = 2.0  # seconds that a process takes to be seen dead after its connection broke


class ProcessLost(Exception):
    """A process of several is gone, or does not answer; the text says which."""


class World:
    """One process alone.

    timeout: seconds after which a process that does not answer counts as gone.
    seconds: spent on exchange so far.
    """

    rank = 0
    size = 1
    timeout = math.inf
    device = torch.device("cpu")
    seconds = 0.0

    def __deepcopy__(self, memo: object) -> "World":
        """Return one process alone: whoever tries something with a copy tries it alone."""
        return World()

    @property
    def first(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def sum(self, numbers: Tensor) -> None:
        """Sum numbers over all processes, in place.

        Raises:
            ProcessLost: another process is gone.
        """

    def any(self, flag: bool) -> bool:
        """Tell whether any process says so."""
        return flag

    def gather(self, value: T) -> list[T]:
        """Return what each process has, by rank."""
        return [value]

    def from_first(self, value: T) -> T:
        """Return what the first process has."""
        return value

    def copy_from_first(self, tensors: Sequence[Tensor]) -> None:
        """Make tensors equal to those of the first process, in place."""

    def leave(self) -> None:
        """End the connection to the others."""


@dataclass(frozen=True)
class _Peer:
    rank: int
    process: int
    host: str

    @property
    def state(self) -> str:
        """What became of it, as far as can be seen from here; empty if nothing."""
        if self.host != socket.gethostname():
            return ""
        try:
            stat = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii")
        except OSError:
            return "is gone" if Path("/proc/self").exists() else ""
        return {"Z": "is gone", "X": "is gone", "T": "is stopped"}.get(
            stat.rpartition(")")[2].split()[0], ""
        )


class Processes(World):
    """Several processes, of which this is one, as ``torchrun`` starts them.

    Args:
        timeout: seconds after which a process that does not answer counts as gone.
        device: where numbers that are exchanged lie.
    """

    def __init__(self, timeout: float = TIMEOUT, device: torch.device | None = None) -> None:
        self.device = device or torch.device("cpu")
        self.timeout = timeout
        backend = "nccl" if self.device.type == "cuda" else "gloo"
        with self._exchange():
            distributed.init_process_group(backend, timeout=timedelta(seconds=timeout))
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()
        own = _Peer(self.rank, os.getpid(), socket.gethostname())
        self._peers = [own]
        self._peers = self.gather(own)
        self._broken = False

    def sum(self, numbers: Tensor) -> None:
        """Sum numbers over all processes, in place."""
        with self._exchange():
            distributed.all_reduce(numbers)

    def any(self, flag: bool) -> bool:
        """Tell whether any process says so."""
        said = torch.tensor(int(flag), device=self.device)
        with self._exchange():
            distributed.all_reduce(said, distributed.ReduceOp.MAX)
        return bool(said.item())

    def gather(self, value: T) -> list[T]:
        """Return what each process has, by rank."""
        every: list[Any] = [None] * self.size
        with self._exchange():
            distributed.all_gather_object(every, value)
        return every

    def from_first(self, value: T) -> T:
        """Return what the first process has."""
        said = [value]
        with self._exchange():
            distributed.broadcast_object_list(said)
        return said[0]

    def copy_from_first(self, tensors: Sequence[Tensor]) -> None:
        """Make tensors equal to those of the first process, in place."""
        with self._exchange():
            for tensor in tensors:
                there = tensor.detach().to(self.device).contiguous()
                distributed.broadcast(there, 0)
                tensor.detach().copy_(there)

    def leave(self) -> None:
        """End the connection to the others."""
        if not self._broken:
            distributed.destroy_process_group()

    @contextmanager
    def _exchange(self) -> Iterator[None]:
        before = time.perf_counter()
        try:
            yield
            self.seconds += time.perf_counter() - before
        except RuntimeError as error:  # what torch.distributed raises, of several kinds
            self._broken = True
            raise ProcessLost(self._who(error)) from error

    def _who(self, error: RuntimeError) -> str:
        """Say which process is gone, or that it cannot be seen."""
        deadline = time.monotonic() + _GRACE
        while time.monotonic() < deadline:
            for peer in getattr(self, "_peers", ()):
                if peer.state and peer.process != os.getpid():
                    return f"process {peer.rank} (number {peer.process}) {peer.state}"
            time.sleep(0.05)
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        return f"another process does not answer within {self.timeout:g} s ({first})"


def launched() -> int:
    """Return how many processes a launcher such as torchrun started; 1 for none."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def is_first() -> bool:
    """Tell whether this is the only process, or the first of several."""
    return launched() == 1 or os.environ["RANK"] == "0"


def join(timeout: float = TIMEOUT, gpu: bool = False) -> World:
    """Return the processes that a launcher started, or one process alone.

    Args:
        timeout: see :class:`Processes`.
        gpu: whether they train on GPUs, one each.

    Raises:
        ProcessLost: the others do not answer.
    """
    if launched() == 1:
        return World()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if gpu else None
    if device:
        torch.cuda.set_device(device)
    return Processes(timeout, device)
