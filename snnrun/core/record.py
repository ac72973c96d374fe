"""What a forward pass leaves behind: everything that rules, plots and statistics read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor

from snnrun.core.aligning import aligned
from snnrun.core.events import Events

#: Field -> its axes, and the unit of its numbers.
FIELDS = {
    "times": ("[batch, neurons]", "tau_syn, inf = no spike"),
    "spikes": ("[time, batch, ...]", "1 = a spike"),
    "membranes": ("[time, batch, ...]", "unit of the threshold"),
    "rates": ("[batch, neurons]", "spikes a step"),
    "outputs": ("[time, batch, classes]", "unit of the scores"),
    "activities": ("[batch, neurons, rows, columns]", "shares of 1 a group"),
    "received": ("[time, batch, ...]", "as the layer before gives it"),
    "events": ("[time, batch, neurons]", "spikes, as lists"),
}
_MOST = 6  # layers of a field that are told one by one


class Entry(NamedTuple):
    """A tensor of a record, or spikes as lists.

    field: where it lies, such as ``times``.
    layer: what configs call its layer; empty: no single one.
    axes: what its axes are.
    unit: of its numbers.
    """

    field: str
    layer: str
    values: Tensor | Events
    axes: str
    unit: str


@dataclass(repr=False)
class Record:
    """The activity of every layer for a batch of samples.

    Lists have an entry for each layer, from the input on; the last is that of the readout, or of
    the label layer. What a model has nothing of is empty, so which fields there are follows from
    the model:

    =====================  ==============================================================
    first_spike            times
    lif                    spikes, membranes, outputs
    feedforward, vgg, ...  spikes, outputs; in evaluation mode membranes, received; rates
                           where torch makes no gradients
    sbs                    activities
    graph                  rates, events
    =====================  ==============================================================

    times: first spikes ``[batch, neurons]``, in units of tau_syn; ``inf`` = no spike.
    spikes: spike trains ``[time, batch, ...]``, 1 in a step with a spike, else 0; a layer of images
        has its own axes, others one, the neurons.
    membranes: membranes of the same shapes, in the unit of the thresholds, before a spike resets
        them.
    rates: spikes of a neuron in a step, ``[batch, neurons]``, 0 to 1, of the layers that spike; of
        many models only where nothing is learned.
    outputs: what the scores are made of, at every step, ``[time, batch, classes]``; None of models
        that have no such thing.
    activities: latent activities ``[batch, neurons, rows, columns]`` of Spike-By-Spike networks;
        those of a group sum to 1.
    received: what reached each layer of weights, ``[time, batch, ...]``, by its key; of models that
        need it to count operations, where nothing is learned.
    events: spikes as lists, of the groups of a graph, by their names.
    layers: what configs call the layers that the entries of the lists are of, below ``model``; none
        where the model was called alone.

    Example:
        >>> import torch
        >>> record = Record(times=[torch.tensor([[0.5, torch.inf]])], layers=("layers.0",))
        >>> record
        Record of 1 sample
        times  layers.0  [1, 2]  float32  [batch, neurons]; tau_syn, inf = no spike
        >>> record.named("times")["layers.0"]
        tensor([[0.5000,    inf]])
    """

    times: list[Tensor] = field(default_factory=list)
    spikes: list[Tensor] = field(default_factory=list)
    membranes: list[Tensor] = field(default_factory=list)
    rates: list[Tensor] = field(default_factory=list)
    outputs: Tensor | None = None
    activities: list[Tensor] = field(default_factory=list)
    received: dict[str, Tensor] = field(default_factory=dict)
    events: dict[str, Events] = field(default_factory=dict)
    layers: tuple[str, ...] = field(default=(), compare=False)

    def named(self, name: str) -> dict[str, Tensor | Events]:
        """Return what lies in a field by the names of its layers, such as ``layers.0``.

        Raises:
            KeyError: there is no such field, or nothing in it.
        """
        found = {entry.layer: entry.values for entry in self.entries() if entry.field == name}
        if not found:
            there = ", ".join(dict.fromkeys(entry.field for entry in self.entries()))
            raise KeyError(f"the record has no {name}; it has {there or 'nothing'}")
        return found

    def entries(self) -> Iterator[Entry]:
        """Yield all that there is, field by field, from the input on."""
        for name, (axes, unit) in FIELDS.items():
            for layer, values in self._of(getattr(self, name)):
                yield Entry(name, layer, values, axes, unit)

    def _of(self, part: Any) -> Iterator[tuple[str, Tensor | Events]]:
        if isinstance(part, Mapping):
            yield from part.items()
        elif isinstance(part, list):
            for index, values in enumerate(part):
                yield self.layers[index] if index < len(self.layers) else str(index), values
        elif part is not None:
            yield "", part

    def __repr__(self) -> str:
        rows = list[tuple[str, ...]]()
        for name in dict.fromkeys(entry.field for entry in self.entries()):
            same = [entry for entry in self.entries() if entry.field == name]
            rows += _rows(same)
        number = max((_samples(entry) for entry in self.entries()), default=0)
        head = f"Record of {number} sample" + "s" * (number != 1)
        return "\n".join([head, *(aligned(rows) if rows else ())])


def _rows(entries: list[Entry]) -> Iterator[tuple[str, ...]]:
    """Yield the lines of a field; of many layers, those of the first ones and of the last."""
    left = len(entries) - _MOST
    for index, each in enumerate(entries):
        if left > 0 and 3 <= index < len(entries) - 1:
            if index == 3:
                yield "", f"... {left + 2} more", "", "", ""
            continue
        name, told = (each.field, f"{each.axes}; {each.unit}") if not index else ("", "")
        kind = str(_tensor(each.values).dtype).removeprefix("torch.")
        yield name, each.layer, str(_shape(each.values)), kind, told


def _tensor(values: Tensor | Events) -> Tensor:
    return values.places if isinstance(values, Events) else values


def _shape(values: Tensor | Events) -> list[int]:
    if isinstance(values, Events):
        return [values.steps, len(values), values.size]
    return list(values.shape)


def _samples(entry: Entry) -> int:
    axes, shape = entry.axes.strip("[]").split(", "), _shape(entry.values)
    place = axes.index("batch")
    return shape[place] if place < len(shape) else 0
