"""A training step of the networks in ``networks.py`` in JAX, one function compiled as a whole.

Images are ``[batch, height, width, channel]``, which its convolutions on CPUs want. Adam is
Kingma, Ba, ICLR (2015), with the constants of torch.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from peers.compilers import jax_layer
from peers.networks import NETS, RATE, Net

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def jax(net: str, x: Any, labels: Any, **weights: Any) -> Callable[[], float]:
    """The layer that was fastest with scans, in buffers that are given back."""
    import jax
    import jax.numpy as jnp

    spec = NETS[net]
    constant = x.ndim == 1 + len(spec.shape)
    images = len(spec.shape) == 3
    given = jnp.asarray(np.moveaxis(x, -3, -1) if images else x)
    targets = jnp.asarray(labels)
    turned = {
        name: jnp.asarray(np.transpose(w, (2, 3, 1, 0)) if w.ndim == 4 else w)
        for name, w in weights.items()
    }

    def loss(parameters: Any, shown: Any, wanted: Any) -> Any:
        outputs = _forward(spec, parameters, shown, constant).mean(0)
        chances = jax.nn.log_softmax(outputs)
        return -jnp.take_along_axis(chances, wanted[:, None], 1).mean()

    def step(parameters: Any, means: Any, squares: Any, count: Any, shown: Any, wanted: Any) -> Any:
        value, slope = jax.value_and_grad(loss)(parameters, shown, wanted)
        means = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, means, slope)
        squares = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, squares, slope)
        count = count + 1
        rate, root = RATE / (1 - BETA1**count), jnp.sqrt(1 - BETA2**count)
        moved = jax.tree.map(
            lambda w, m, v: w - rate * m / (jnp.sqrt(v) / root + EPS), parameters, means, squares
        )
        return moved, means, squares, count, value

    run = jax.jit(step, donate_argnums=(0, 1, 2, 3))
    zeros = jax.tree.map(jnp.zeros_like, turned)
    state = [turned, zeros, jax.tree.map(jnp.zeros_like, turned), jnp.zeros(())]

    def call() -> float:
        *state[:], value = run(*state, given, targets)
        return float(value)

    return call


def _forward(net: Net, parameters: Any, x: Any, constant: bool) -> Any:
    """Return the outputs ``[time, batch, classes]``."""
    import jax.numpy as jnp
    from jax import lax

    layer, number = jax_layer(1), 0
    for each in net.layers:
        if each == "lif":
            x = layer(x)
        elif each == "pool":
            rows, columns, channels = x.shape[-3:]
            split = x.reshape(*x.shape[:-3], rows // 2, 2, columns // 2, 2, channels)
            x = split.mean((-4, -2))
        elif each == "flatten":
            x = jnp.moveaxis(x, -1, -3).reshape(*x.shape[:-3], -1)
        elif each == "seven":
            x = jnp.broadcast_to(x, (*x.shape[:-3], 7, 7, x.shape[-1]))
        else:
            weights, bias = parameters[f"w{number}"], parameters[f"b{number}"]
            if each.kernel:
                around = 2 * [2 * [each.kernel // 2]]
                flat = x.reshape(-1, *x.shape[-3:])
                kinds = ("NHWC", "HWIO", "NHWC")
                made = lax.conv_general_dilated(
                    flat, weights, (1, 1), around, dimension_numbers=kinds
                )
                x = made.reshape(*x.shape[:-1], -1) + bias
            else:
                x = x @ weights.T + bias
            if constant and number == 0:
                x = jnp.broadcast_to(x, (net.steps, *x.shape))
            number += 1
    return x
