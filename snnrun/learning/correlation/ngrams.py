r"""What successive spikes stand for: how often each n-gram of neurons was seen in each class.

An n-gram takes a neuron from each of n successive steps in which any neuron spikes. Of steps with
several spikes, each combination is one. A sample to be told votes, with :math:`g_{uc}` times that
n-gram u was seen in class c,

.. math:: v_c = \sum_{u} g_{uc}

over the n-grams u of its spikes, one behind the other, of one step by the number of the neuron,
but the last: so BindsNET counts (Hazan et al., Frontiers in Neuroinformatics 12 (2018)).
"""

from typing import Any

import torch
from torch import Tensor, nn

from snnrun.core.events import Events


class NGrams(nn.Module):
    """The table of n-grams: only what was seen, so its length is not known before.

    Args:
        neurons, classes: how many.
        length: n.

    keys: int64 ``[seen]``, ascending: the neurons and the class, as the digits of a number.
    counts: int64 ``[seen]``, how often.
    """

    keys: Tensor
    counts: Tensor

    def __init__(self, neurons: int, classes: int, length: int = 2) -> None:
        super().__init__()
        self.neurons, self.classes, self.length = neurons, classes, length
        for name in ("keys", "counts"):
            self.register_buffer(name, torch.zeros(0, dtype=torch.int64))

    def clear(self) -> None:
        """Forget."""
        self.keys, self.counts = self.keys[:0], self.counts[:0]

    def add(self, spikes: Events, targets: Tensor) -> None:
        """Take in the spikes of samples of classes."""
        grams, samples = combined(spikes, self.length)
        keys = grams * self.classes + targets[samples]
        both = torch.cat([self.keys, keys])
        weights = torch.cat([self.counts, torch.ones_like(keys)])
        self.keys, places = torch.unique(both, return_inverse=True)
        self.counts = torch.zeros_like(self.keys).index_add_(0, places, weights)

    def votes(self, spikes: Events) -> Tensor:
        """Return the votes, float64 ``[batch, classes]``; all 0 where nothing is known."""
        found = torch.zeros(len(spikes), self.classes, dtype=torch.float64)
        grams, samples = in_a_row(spikes, self.length)
        if not len(self.keys):
            return found
        for index in range(self.classes):
            wanted = grams * self.classes + index
            places = torch.searchsorted(self.keys, wanted).clamp(max=len(self.keys) - 1)
            seen = torch.where(self.keys[places] == wanted, self.counts[places], 0)
            found[:, index].index_add_(0, samples, seen.double())
        return found

    def make_room(self, length: int) -> None:
        """Have so many entries, to be loaded."""
        for name in ("keys", "counts"):
            setattr(self, name, getattr(self, name).new_zeros(length))

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *more: Any) -> None:
        """Load a table of any length."""
        if f"{prefix}keys" in state:
            self.make_room(len(state[f"{prefix}keys"]))
        super()._load_from_state_dict(state, prefix, *more)


def combined(spikes: Events, length: int) -> tuple[Tensor, Tensor]:
    """Return the n-grams of successive steps with spikes, as numbers, and the samples they are of.

    Example:
        >>> spikes = Events.of(torch.tensor([[[1.0, 1.0]], [[0.0, 0.0]], [[0.0, 1.0]]]))
        >>> combined(spikes, 2)
        (tensor([1, 3]), tensor([0, 0]))
    """
    places, samples, steps = _spikes(spikes)
    moments, of = torch.unique_consecutive(samples * spikes.steps + steps, return_inverse=True)
    sizes = torch.bincount(of, minlength=len(moments))
    starts = sizes.cumsum(0) - sizes
    follows = torch.zeros_like(sizes)  # spikes at the next moment, if it is of the same sample
    same = moments[1:] // spikes.steps == moments[:-1] // spikes.steps
    follows[:-1] = sizes[1:] * same
    grams = places
    for _ in range(length - 1):
        times = follows[of]
        first = starts.roll(-1)[of].repeat_interleave(times)
        rank = torch.arange(len(first)) - (times.cumsum(0) - times).repeat_interleave(times)
        grams = grams.repeat_interleave(times) * spikes.size + places[first + rank]
        of = of.repeat_interleave(times) + 1
    return grams, moments[of] // spikes.steps


def in_a_row(spikes: Events, length: int) -> tuple[Tensor, Tensor]:
    """Return the n-grams of spikes one behind the other, without the last of each sample, as
    numbers, and the samples they are of.

    Example:
        >>> spikes = Events.of(torch.tensor([[[1.0, 1.0]], [[0.0, 0.0]], [[0.0, 1.0]]]))
        >>> in_a_row(spikes, 2)
        (tensor([1]), tensor([0]))
    """
    places, samples, _ = _spikes(spikes)
    number = max(0, len(places) - length)
    grams = torch.zeros(number, dtype=torch.int64)
    for index in range(length):
        grams = grams * spikes.size + places[index : index + number]
    inside = samples[:number] == samples[length : length + number]
    return grams[inside], samples[:number][inside]


def _spikes(spikes: Events) -> tuple[Tensor, Tensor, Tensor]:
    """Return the neuron, the sample and the step of each spike, int64."""
    counts = spikes.starts.diff(dim=1).flatten()
    rows = torch.repeat_interleave(torch.arange(len(counts)), counts)
    first = int(spikes.starts[0, 0]) if len(spikes) else 0
    places = spikes.places[first : first + len(rows)].long()
    return places, rows // spikes.steps, rows % spikes.steps
