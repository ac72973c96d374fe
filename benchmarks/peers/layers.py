"""A LIF layer, forward and backward, as the libraries and compilers that users would take write it.

Hard reset to 0, membrane decay 0.5, threshold 1, arctan surrogate 1 / (1 + (pi u)^2), through the
reset too. Each function of :data:`LAYERS` is given x and the gradient on the spikes, float32
``[time, batch, neurons]``, and returns a call without arguments that computes spikes and gradient
on x, and the two as numpy arrays; it imports what only its own environment has.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Call = Callable[[], Any]
Arrays = Callable[[Any], tuple[Floats, Floats]]


def _torch(layer: Callable[[Any], Any], x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    import torch

    given, gradient = torch.from_numpy(x).requires_grad_(), torch.from_numpy(upstream)

    def call() -> Any:
        spikes = layer(given)
        return spikes, torch.autograd.grad(spikes, given, gradient)[0]

    return call, lambda made: tuple(each.detach().numpy() for each in made)


def snnrun(x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    from snnrun.kernels.lif.sequence import sequence
    from snnrun.kernels.lif.sequence_reference import SequenceNeuron

    neuron = SequenceNeuron(0.5, surrogate="arctan", sharpness=np.pi)
    return _torch(lambda given: sequence(given, neuron).spikes, x, upstream)


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
    """Its surrogate is another, so its gradient is not compared."""
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
    """Its gradient does not pass the reset, and its surrogate is another: it is not compared."""
    import sinabs.activation as of
    import sinabs.layers as sl

    layer = sl.LIF(
        tau_mem=float(1 / np.log(2)),
        norm_input=False,
        spike_fn=of.SingleSpike,
        reset_fn=of.MembraneReset(),
    )

    def run(given: Any) -> Any:
        layer.reset_states()
        return layer(given.transpose(0, 1)).transpose(0, 1)

    return _torch(run, x, upstream)


def jax(x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    """A scan that computes membranes again, with its own backward scan."""
    import jax
    import jax.numpy as jnp

    def over(membrane: Any, each: Any) -> Any:
        before = membrane * 0.5 + each
        return jnp.where(before >= 1.0, 0.0, before), before

    def back(carried: Any, given: Any) -> Any:
        before, on_spike = given
        psi = 1.0 / (1.0 + (jnp.pi * (before - 1.0)) ** 2)
        passed = jnp.where(before >= 1.0, 0.0, 1.0) - before * psi
        found = on_spike * psi + carried * passed
        return 0.5 * found, found

    @jax.jit
    def both(given: Any, gradient: Any) -> Any:
        unroll = min(4, len(given))
        start = jnp.zeros_like(given[0])
        before = jax.lax.scan(over, start, given, unroll=unroll)[1]
        spikes = (before >= 1.0).astype(given.dtype)
        scanned = jax.lax.scan(back, start, (before, gradient), reverse=True, unroll=unroll)
        return spikes, scanned[1]

    given, gradient = jnp.asarray(x), jnp.asarray(upstream)
    return lambda: jax.block_until_ready(both(given, gradient)), lambda made: tuple(
        np.asarray(each) for each in made
    )


def numba(x: Floats, upstream: Floats) -> tuple[Call, Arrays]:
    """Neurons in parallel, steps within, in tiles of neurons."""
    import numba

    @numba.njit(parallel=True, fastmath=True)
    def both(given: Any, gradient: Any, spikes: Any, found: Any) -> None:
        steps, width = given.shape
        tile = 256
        for chunk in numba.prange((width + tile - 1) // tile):
            first, last = chunk * tile, min(width, (chunk + 1) * tile)
            before = np.empty((steps, last - first), np.float32)
            membrane = np.zeros(last - first, np.float32)
            for t in range(steps):
                for i in range(last - first):
                    h = np.float32(0.5) * membrane[i] + given[t, first + i]
                    before[t, i] = h
                    fires = h >= 1
                    spikes[t, first + i] = 1 if fires else 0
                    membrane[i] = 0 if fires else h
            membrane[:] = 0
            for t in range(steps - 1, -1, -1):
                for i in range(last - first):
                    h = before[t, i]
                    z = np.float32(np.pi) * (h - 1)
                    psi = 1 / (1 + z * z)
                    passed = (np.float32(0) if h >= 1 else np.float32(1)) - h * psi
                    on = gradient[t, first + i] * psi + membrane[i] * passed
                    found[t, first + i] = on
                    membrane[i] = np.float32(0.5) * on

    flat, gradient = x.reshape(len(x), -1), upstream.reshape(len(x), -1)
    spikes, found = np.empty_like(flat), np.empty_like(flat)

    def call() -> Any:
        both(flat, gradient, spikes, found)
        return spikes, found

    return call, lambda made: tuple(each.reshape(x.shape) for each in made)


#: name -> layer, what its environment needs, and whether its gradient is ours too
LAYERS: dict[str, tuple[Callable[[Floats, Floats], tuple[Call, Arrays]], list[str], bool]] = {
    "snnrun": (snnrun, [], True),
    "spikingjelly": (spikingjelly, ["torch==2.13.0", "torchvision", "spikingjelly==2.0.0"], True),
    "snntorch": (snntorch, ["torch==2.13.0", "snntorch==1.0.0"], True),
    "norse": (norse, ["torch==2.13.0", "norse==1.1.0"], False),
    "sinabs": (sinabs, ["torch==2.13.0", "sinabs==3.1.3"], False),
    "jax": (jax, ["jax"], True),
    "numba": (numba, ["numba"], True),
}
