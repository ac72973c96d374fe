"""The processes that train one network together; usually one.

Each has a copy of the learner and takes its share of every batch; what they find is summed, so that
all do the same. The first of them writes. Everything below is ``torch.distributed``: gloo on CPUs,
nccl on GPUs.
"""

import os
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed

T = TypeVar("T")


class World:
    """One process alone."""

    rank = 0
    size = 1
    device = torch.device("cpu")

    @property
    def first(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def sum(self, numbers: Tensor) -> None:
        """Sum numbers over all processes, in place."""

    def any(self, flag: bool) -> bool:
        """Tell whether any process says so."""
        return flag

    def gather(self, value: T) -> list[T]:
        """Return what each process has."""
        return [value]

    def told(self, value: T) -> T:
        """Return what the first process has."""
        return value

    def leave(self) -> None:
        """End the connection to the others."""


class Processes(World):
    """Several processes, of which this is one.

    Args:
        timeout: seconds after which a process that does not answer counts as gone.
        device: where numbers that are exchanged lie.
    """

    def __init__(self, timeout: float, device: torch.device) -> None:
        backend = "nccl" if device.type == "cuda" else "gloo"
        distributed.init_process_group(backend, timeout=timedelta(seconds=timeout))
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()
        self.device = device

    def sum(self, numbers: Tensor) -> None:
        """Sum numbers over all processes, in place."""
        distributed.all_reduce(numbers)

    def any(self, flag: bool) -> bool:
        """Tell whether any process says so."""
        said = torch.tensor(int(flag), device=self.device)
        distributed.all_reduce(said, distributed.ReduceOp.MAX)
        return bool(said.item())

    def gather(self, value: T) -> list[T]:
        """Return what each process has, by rank."""
        every: list[Any] = [None] * self.size
        distributed.all_gather_object(every, value)
        return every

    def told(self, value: T) -> T:
        """Return what the first process has."""
        said = [value]
        distributed.broadcast_object_list(said)
        return said[0]

    def leave(self) -> None:
        """End the connection to the others."""
        distributed.destroy_process_group()


def launched() -> int:
    """Return how many processes a launcher such as torchrun started; 1 for none."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1
