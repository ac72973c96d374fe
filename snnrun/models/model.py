"""What every model is: a torch module that turns encoded samples into a record of its activity."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from snnrun.core.aligning import aligned
from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.core.record import Record
from snnrun.core.world import World
from snnrun.models.operations import Operations


class Spiking(NamedTuple):
    """A layer that spikes.

    key: what configs call it, below ``model``, such as ``layers.0``.
    threshold: the membrane at which its neurons spike.
    derivative: the surrogate derivative by the membrane, as a share of its height; None: it has
        none.
    tuned: the key below which configs set its threshold; empty: its own.
    """

    key: str
    threshold: float
    derivative: Callable[[Tensor], Tensor] | None = None
    tuned: str = ""


class Model(nn.Module, ABC):
    """A network of spiking neurons; ``settings`` is what it was built from.

    What it keeps beside its parameters is a buffer, so that it is saved, shared and restored. Where
    learning and evaluation differ, ``self.training`` says which it is.

    described: name, shape and number of parameters of each layer, as the settings describe them;
        whoever builds the model fills it in. Without it, its own tensors are told.
    """

    settings: Any
    described: Sequence[tuple[str, str, int]] = ()

    def __repr__(self) -> str:
        own = [(name, str([*each.shape]), each.numel()) for name, each in self.named_parameters()]
        rows = [(name, shape, f"{count:,}") for name, shape, count in self.described or own]
        count = sum(each.numel() for each in self.parameters())
        lines = aligned(rows, right=[2]) if rows else []
        return "\n".join([f"{type(self).__name__}: {count:,} parameters", *lines])

    @abstractmethod
    def forward(self, x: Tensor, random: Random | None = None) -> Record:
        """Return what all layers do for the input ``x``, of the kind that the settings name.

        Args:
            x: input of a batch.
            random: the random numbers of its samples; None: numbers that follow torch's own
                generator.
        """

    @abstractmethod
    def scores(self, record: Record) -> Tensor:
        """Return scores ``[batch, classes]``; the largest wins."""

    def spiking_layers(self) -> list[Spiking]:
        """Return the layers that spike, those of a record's ``spikes`` from the first on.

        Entries of a record beyond these are of layers that only add up. Of a model that names none,
        rules cannot tell which layers are silent.
        """
        return []

    def layer_names(self, record: Record) -> tuple[str, ...]:
        """Return what configs call the layers that the entries of a record's lists are of.

        Behind those that spike, there is a readout; of a model that names none, layers are counted.
        """
        lists = (record.times, record.spikes, record.membranes, record.rates, record.activities)
        number = max(map(len, lists))
        keys = [layer.key for layer in self.spiking_layers()]
        last = ["readout"] if keys and len(keys) < number else []
        counted = [f"layers.{index}" for index in range(len(keys), number - len(last))]
        return (*keys, *counted, *last)

    def operations(self, x: Tensor, record: Record) -> list[Operations]:
        """Return what a batch takes at each layer of weights, in order; of nothing known, nothing.

        Args:
            x: input of the batch.
            record: what a rule's evaluation of it left behind, which may hold no more than that
                rule needs.
        """
        return []

    def spikes(self, x: Any, record: Record) -> dict[str, float]:
        """Return how many spikes each layer sends in a batch; of nothing known, nothing.

        Args:
            x: input of the batch, whose steps rates are shares of.
            record: what a rule's evaluation of it left behind.
        """
        keys, sums = [layer.key for layer in self.spiking_layers()], list[float]()
        if record.times:
            sums = [each.isfinite().sum().item() for each in record.times]
        elif record.rates:
            steps = x.steps if isinstance(x, Events) else len(x)
            sums = [steps * each.sum(dtype=torch.float64).item() for each in record.rates]
        named = [*keys, *(f"layers.{index}" for index in range(len(keys), len(sums)))]
        return dict(zip(named, sums, strict=False))

    def learning_numbers(self) -> int:
        """Return how many numbers of the parameters learn: those with gradients, unless a rule
        changes others itself.
        """
        return sum(each.numel() for each in self.parameters() if each.requires_grad)

    def targets(self) -> dict[str, tuple[float, Callable[[float], None]]]:
        """Return what schedules may change: what each number is at first, and how to set it.

        Their names are those that the settings list.
        """
        return {}

    def taken_over(self) -> None:
        """Look at the state that was taken from another run, whose settings may be others."""

    def join(self, world: World) -> bool:
        """Let layers that take numbers of whole batches in training sum them over processes.

        Returns:
            Whether there are any. Then each process runs every batch, its share empty or not.
        """
        return False

    def parameter_groups(self) -> Iterator[dict[str, Any]]:
        """Yield what there is to train, as optimisers take it; a group may bring its own ``lr``."""
        learning = [parameter for parameter in self.parameters() if parameter.requires_grad]
        if learning:
            yield {"params": learning}
