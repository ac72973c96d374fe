"""Networks as graphs of groups of neurons and connections that learn from spike times.

Groups hold the state of a batch of samples, and :class:`Network` steps them: any group may receive
from any other, also in cycles with delays, and every connection may have rules of its own. Time is
in ms, delays are in steps, activity is ``[time, batch, *shape]``, weights are ``[post, pre]``.
Nothing is differentiated. Who needs a kind of neuron, connection or rule that is not here inherits
from :class:`Group`, :class:`Connection` or :class:`Plasticity`.

Example: two inputs that spike one after the other; pair STDP strengthens the earlier one's synapse,
which alone lets the neuron spike, and weakens that of the one that follows.
    >>> import torch
    >>> from snnrun.nn import graph
    >>> trace = graph.TraceSettings(tau=10.0)
    >>> groups = {
    ...     "X": graph.Input((2,), trace),
    ...     "E": graph.LIF((1,), tau=20.0, threshold=0.5, trace=trace),
    ... }
    >>> synapses = graph.Dense((2,), (1,), delay=1, bounds=(0.0, 1.0))
    >>> synapses.weight.data = torch.tensor([[0.6, 0.3]])
    >>> rule = graph.Pair(nu=(0.1, 0.1))
    >>> network = graph.Network(groups, [graph.Edge("X", "E", synapses, (rule,))])
    >>> x = torch.zeros(6, 1, 2)  # [time, batch, inputs]
    >>> x[1, 0, 0] = x[3, 0, 1] = 1.0
    >>> found = network.run({"X": x}, learn=True, record={"E": ("membranes", "trace")})
    >>> found["E"][:, 0, 0].tolist()
    [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    >>> [round(each, 3) for each in found["E.trace"][:, 0, 0].tolist()]
    [0.0, 0.0, 1.0, 0.905, 0.819, 0.741]
    >>> [round(each, 3) for each in synapses.weight[0].tolist()]
    [0.69, 0.21]
"""

from snnrun.models.graph.adaptive import ALIF, FadingThresholdLIF
from snnrun.models.graph.conductance import ConductanceLIF
from snnrun.models.graph.connections import Connection, Dense, Single, Weighted
from snnrun.models.graph.current import CurrentLIF
from snnrun.models.graph.fede import Fede
from snnrun.models.graph.fede_rule import Fede as FedeRule
from snnrun.models.graph.group import Arrival, Group, Input
from snnrun.models.graph.images import Conv2d, Local
from snnrun.models.graph.izhikevich import Izhikevich
from snnrun.models.graph.lif import LIF, AdaptiveLIF
from snnrun.models.graph.network import Edge, Network
from snnrun.models.graph.plasticity import (
    Hebbian,
    Pair,
    Plasticity,
    PowerLaw,
    WeightDependent,
)
from snnrun.models.graph.pooling import AdaptiveMaxPool2d, MaxPool2d
from snnrun.models.graph.relay import Relay
from snnrun.models.graph.reward import MSTDP, MSTDPET, TracedReward
from snnrun.models.graph.sparse import Sparse
from snnrun.models.graph.traces import TraceSettings
from snnrun.models.graph.triplet import Triplet

__all__ = [
    "ALIF", "LIF", "MSTDP", "MSTDPET", "AdaptiveLIF", "AdaptiveMaxPool2d", "Arrival",
    "ConductanceLIF", "Connection", "Conv2d", "CurrentLIF", "Dense", "Edge", "FadingThresholdLIF",
    "Fede", "FedeRule", "Group", "Hebbian", "Input", "Izhikevich", "Local", "MaxPool2d", "Network",
    "Pair", "Plasticity", "PowerLaw", "Relay", "Single", "Sparse", "TraceSettings", "TracedReward",
    "Triplet", "WeightDependent", "Weighted",
]  # fmt: skip
