"""A LIF layer, forward and backward, as the libraries and compilers that users would take write it.

Hard reset to 0, membrane decay 0.5, threshold 1; where a library has it, arctan surrogate
1 / (1 + (pi u)^2), through the reset too. Where it has not, :data:`LAYERS` says with which keywords
ours computes what the library does. Each function is given x and the gradient on the spikes,
float32 ``[time, batch, neurons]``, and returns a call without arguments that computes spikes and
the gradient on x, and what makes numpy arrays of the two; it imports what only its own environment
has. The backward pass begins when the spikes are all there, as in any network.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from peers import compilers
from peers.process import FRESH, WARM, Peer

Floats = NDArray[np.float32]
Call = Callable[[], Any]
Arrays = Callable[[Any], dict[str, Floats]]


def _torch(layer: Callable[[Any], Any], x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    import torch

    given, gradient = torch.from_numpy(x).requires_grad_(), torch.from_numpy(upstream)

    def call() -> Any:
        spikes = layer(given)
        return spikes, torch.autograd.grad(spikes, given, gradient)[0]

    def arrays(made: Any) -> dict[str, Floats]:
        return {"spikes": made[0].detach().numpy(), "gradient": made[1].numpy()}

    return call, arrays


def snnrun(x: Floats, upstream: Floats, **same: Any) -> tuple[Call, Arrays]:
    from snnrun.kernels.lif.sequence import sequence
    from snnrun.kernels.lif.sequence_reference import SequenceNeuron

    neuron = SequenceNeuron(0.5, **({"surrogate": "arctan", "sharpness": np.pi} | same))
    return _torch(lambda given: sequence(given, neuron).spikes, x, upstream)


def unbind(x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    from peers.unbind import unbind

    return _torch(unbind, x, upstream)


def compiled(x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    import torch
    from peers.unbind import unbind

    return _torch(torch.compile(unbind, dynamic=False), x, upstream)


def spikingjelly(x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    from spikingjelly.activation_based import functional, neuron, surrogate

    layer = neuron.LIFNode(2.0, False, surrogate_function=surrogate.ATan(2.0), step_mode="m")

    def run(given: Any) -> Any:
        functional.reset_net(layer)
        return layer(given)

    return _torch(run, x, upstream)


def snntorch(x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    import snntorch as snn
    import torch
    from snntorch import surrogate

    layer = snn.Leaky(
        0.5, reset_mechanism="zero", reset_delay=False, spike_grad=surrogate.atan(alpha=2.0)
    )

    def run(given: Any) -> Any:
        membrane, spikes = layer.reset_mem(), []
        for each in given.unbind(0):
            fired, membrane = layer(each, membrane)
            spikes.append(fired)
        return torch.stack(spikes)

    return _torch(run, x, upstream)


def norse(x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    """Its surrogate is that of SuperSpike, whose width cannot be chosen."""
    import torch
    from norse.torch import LIFBoxCell, LIFBoxParameters

    cell = LIFBoxCell(LIFBoxParameters(tau_mem_inv=torch.as_tensor(500.0)), dt=1e-3)

    def run(given: Any) -> Any:
        state, spikes = None, []
        for each in given.unbind(0):
            fired, state = cell(2 * each, state)
            spikes.append(fired)
        return torch.stack(spikes)

    return _torch(run, x, upstream)


def sinabs(x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    """Its gradient does not pass the reset; its surrogate is a double exponential."""
    import sinabs.activation as of
    import sinabs.layers as sl

    layer = sl.LIF(
        tau_mem=float(1 / np.log(2)),
        norm_input=False,
        spike_fn=of.SingleSpike,
        reset_fn=of.MembraneReset(),
        surrogate_grad_fn=of.SingleExponential(),
    )

    def run(given: Any) -> Any:
        layer.reset_states()
        return layer(given.transpose(0, 1)).transpose(0, 1)

    return _torch(run, x, upstream)


def snetx(x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    """It imports torchvision, which beside a torch without CUDA needs the door that ours has."""
    import runpy
    import sys

    root = Path(__file__).parents[2]
    sys.path.append(str(root))
    runpy.run_path(str(root / "snnrun/data/torchvision_door.py"))["torchvision"]()
    from snetx.snn.neuron import LIF

    layer = LIF(tau=2.0, alpha=lambda: 2.0)
    return _torch(lambda given: layer(given.transpose(0, 1)).transpose(0, 1), x, upstream)


#: ``held`` decides which are left out where they would not fit into memory.
LAYERS = {
    "snnrun": Peer(snnrun),
    "unbind": Peer(unbind, held=12),
    "compiled": Peer(compiled, held=6, variables=WARM),
    "compiled_fresh": Peer(compiled, held=6, variables=FRESH),
    "spikingjelly": Peer(spikingjelly, "spikingjelly", held=13),
    "snntorch": Peer(snntorch, "snntorch", {"strict": True}, held=14),
    "norse": Peer(
        norse, "norse", {"strict": True, "surrogate": "superspike", "sharpness": 1.0}, 16
    ),
    "sinabs": Peer(
        sinabs,
        "sinabs",
        {"detach": True, "surrogate": "piecewise_exponential", "sharpness": 2.0, "height": 2.0},
        held=14,
    ),
    "snetx": Peer(snetx, "snetx", {"strict": True}, held=14),
    "jax": Peer(compilers.jax_scan, "jax", held=7),
    "jax_unrolled": Peer(compilers.jax_unrolled, "jax", held=7),
    "jax_chunks": Peer(compilers.jax_chunks, "jax", held=6),
    "numba": Peer(compilers.numba, "numba"),
}
