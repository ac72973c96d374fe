"""What a forward pass leaves behind: everything that rules, plots and statistics read."""

from dataclasses import dataclass, field

from torch import Tensor

from snnrun.core.events import Events


@dataclass
class Record:
    """The activity of every layer, in order; the last entry is the label layer.

    times: first-spike times ``[batch, neurons]`` in units of tau_syn, ``inf`` = no spike.
    spikes: spike trains ``[time, batch, ...]``, 0 or 1, of models that advance in steps; a layer
        of images has its own axes, of others one, the neurons.
    membranes: membranes of the same shapes, of models that advance in steps.
    rates: share of the steps with a spike, ``[batch, neurons]``, of the layers that spike; of many
        models only where nothing is learned.
    outputs: what the scores are made of, at every step, ``[time, batch, classes]``; None of models
        that have no such thing.
    activities: latent activities ``[batch, neurons, rows, columns]`` of Spike-By-Spike networks.
    received: what reached each layer of weights, ``[time, batch, ...]``, by its key; of models that
        need it to count operations, where nothing is learned.
    events: spikes as lists, of the groups of a graph, by their names.
    """

    times: list[Tensor] = field(default_factory=list)
    spikes: list[Tensor] = field(default_factory=list)
    membranes: list[Tensor] = field(default_factory=list)
    rates: list[Tensor] = field(default_factory=list)
    outputs: Tensor | None = None
    activities: list[Tensor] = field(default_factory=list)
    received: dict[str, Tensor] = field(default_factory=dict)
    events: dict[str, Events] = field(default_factory=dict)
