"""The layer of ``layers.py`` for the compilers of JAX and of Numba, as tuned users write it.

With h the membrane before the reset, s = [h >= 1] and psi = 1 / (1 + (pi (h - 1))^2),

    h_t = h_{t-1} (1 - s_{t-1}) / 2 + x_t
    d_t = g_t psi_t + c_t (1 - s_t - h_t psi_t),    c_{t-1} = d_t / 2

where g is the gradient on the spikes and d that on x.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

CHUNK = 4096  # neurons whose steps stay in the cache


def jax_scan(x: Any, upstream: Any) -> tuple[Any, Any]:
    """A scan over the steps with its own backward scan, which is given the membranes."""
    return _jax(x, upstream, _kept(1))


def jax_unrolled(x: Any, upstream: Any) -> tuple[Any, Any]:
    """The same, four steps at a time."""
    return _jax(x, upstream, _kept(4))


def jax_chunks(x: Any, upstream: Any) -> tuple[Any, Any]:
    """Neurons in chunks that stay in the cache; membranes are computed again."""
    return _jax(x, upstream, _chunked)


def _jax(x: Any, upstream: Any, layer_of: Callable[[], Any]) -> tuple[Any, Any]:
    import jax
    import jax.numpy as jnp

    layer = layer_of()

    @jax.jit
    def both(given: Any, gradient: Any) -> Any:
        spikes, back = jax.vjp(layer, given)
        spikes, gradient = jax.lax.optimization_barrier((spikes, gradient))
        return spikes, back(gradient)[0]

    given = jnp.asarray(x.reshape(len(x), -1))
    gradient = jnp.asarray(upstream.reshape(len(x), -1))

    def call() -> Any:
        return jax.block_until_ready(both(given, gradient))

    def arrays(made: Any) -> dict[str, Any]:
        spikes, found = (np.asarray(each).reshape(x.shape) for each in made)
        return {"spikes": spikes, "gradient": found}

    return call, arrays


def jax_steps() -> tuple[Any, Any]:
    """Return one step forward, to (membrane after it, h), and one backward, to (c, d)."""
    import jax.numpy as jnp

    def over(membrane: Any, each: Any) -> Any:
        before = membrane * 0.5 + each
        return jnp.where(before >= 1.0, 0.0, before), before

    def back(carried: Any, given: Any) -> Any:
        before, on_spike = given
        z = jnp.pi * (before - 1.0)
        psi = 1.0 / (1.0 + z * z)
        passed = jnp.where(before >= 1.0, 0.0, 1.0) - before * psi
        found = on_spike * psi + carried * passed
        return 0.5 * found, found

    return over, back


def _kept(unroll: int) -> Callable[[], Any]:
    return lambda: jax_layer(unroll)


def jax_layer(unroll: int) -> Any:
    """Return the layer as a function of x ``[time, ...]`` that JAX differentiates."""
    import jax
    import jax.numpy as jnp

    over, back = jax_steps()

    @jax.custom_vjp
    def layer(x: Any) -> Any:
        return forward(x)[0]

    def forward(x: Any) -> Any:
        def each(membrane: Any, now: Any) -> Any:
            membrane, before = over(membrane, now)
            return membrane, ((before >= 1.0).astype(x.dtype), before)

        return jax.lax.scan(each, jnp.zeros_like(x[0]), x, unroll=unroll)[1]

    def backward(before: Any, on_spikes: Any) -> Any:
        start = jnp.zeros_like(on_spikes[0])
        given = (before, on_spikes)
        return (jax.lax.scan(back, start, given, reverse=True, unroll=unroll)[1],)

    layer.defvjp(forward, backward)
    return layer


def _chunked() -> Any:
    import jax
    import jax.numpy as jnp
    from jax import lax

    over, back = jax_steps()

    def chunks(work: Callable[..., Any], *given: Any) -> Any:
        steps, width = given[0].shape
        size = next(each for each in range(min(CHUNK, width), 0, -1) if width % each == 0)

        def one(number: Any, out: Any) -> Any:
            at = (0, number * size)
            parts = (lax.dynamic_slice(each, at, (steps, size)) for each in given)
            return lax.dynamic_update_slice(out, work(*parts), at)

        return lax.fori_loop(0, width // size, one, jnp.empty_like(given[0]))

    def spikes_of(x: Any) -> Any:
        before = lax.scan(over, jnp.zeros_like(x[0]), x)[1]
        return (before >= 1.0).astype(x.dtype)

    def gradient_of(x: Any, on_spikes: Any) -> Any:
        start = jnp.zeros_like(x[0])
        before = lax.scan(over, start, x)[1]
        return lax.scan(back, start, (before, on_spikes), reverse=True)[1]

    @jax.custom_vjp
    def layer(x: Any) -> Any:
        return chunks(spikes_of, x)

    layer.defvjp(lambda x: (chunks(spikes_of, x), x), lambda x, on: (chunks(gradient_of, x, on),))
    return layer


def numba(x: Any, upstream: Any) -> tuple[Any, Any]:
    """Tiles of neurons in parallel, steps within; membranes are computed again."""
    import numba

    flat, gradient = x.reshape(len(x), -1), upstream.reshape(len(x), -1)
    compiling = numba.njit(parallel=True, fastmath=True, error_model="numpy")
    forward, backward = compiling(_numba_forward), compiling(_numba_backward)
    tile = max(64, min(CHUNK, 96 * 1024 // (4 * len(x)) // 16 * 16))

    def call() -> Any:
        spikes, found = np.empty_like(flat), np.empty_like(flat)
        forward(flat, spikes, tile)
        backward(flat, gradient, found, tile)
        return spikes, found

    def arrays(made: Any) -> dict[str, Any]:
        return {"spikes": made[0].reshape(x.shape), "gradient": made[1].reshape(x.shape)}

    return call, arrays


try:
    from numba import prange
except ImportError:  # another environment
    prange = range


def _numba_forward(given: Any, spikes: Any, tile: int) -> None:
    steps, width = given.shape
    for chunk in prange((width + tile - 1) // tile):
        first, last = chunk * tile, min(width, (chunk + 1) * tile)
        membrane = np.zeros(tile, np.float32)
        for t in range(steps):
            now, fires = given[t, first:last], spikes[t, first:last]
            for i in range(last - first):
                h = np.float32(0.5) * membrane[i] + now[i]
                fires[i] = np.float32(1) if h >= np.float32(1) else np.float32(0)
                membrane[i] = np.float32(0) if h >= np.float32(1) else h


def _numba_backward(given: Any, gradient: Any, found: Any, tile: int) -> None:
    steps, width = given.shape
    for chunk in prange((width + tile - 1) // tile):
        first, last = chunk * tile, min(width, (chunk + 1) * tile)
        membrane, before = np.zeros(tile, np.float32), np.empty((steps, tile), np.float32)
        for t in range(steps):
            now, kept = given[t, first:last], before[t]
            for i in range(last - first):
                h = np.float32(0.5) * membrane[i] + now[i]
                kept[i] = h
                membrane[i] = np.float32(0) if h >= np.float32(1) else h
        membrane[:] = 0
        for t in range(steps - 1, -1, -1):
            kept, on_spike, out = before[t], gradient[t, first:last], found[t, first:last]
            for i in range(last - first):
                h = kept[i]
                z = np.float32(np.pi) * (h - np.float32(1))
                psi = np.float32(1) / (np.float32(1) + z * z)
                stays = np.float32(0) if h >= np.float32(1) else np.float32(1)
                on = on_spike[i] * psi + membrane[i] * (stays - h * psi)
                out[i] = on
                membrane[i] = np.float32(0.5) * on
