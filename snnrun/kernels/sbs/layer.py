"""Spike-By-Spike layers as differentiable torch functions.

    sbs            draw spikes from the input, let them move h, give out h
    sbs_of_spikes  the same for given spikes
    sbs_pooling    with the fixed weights of pooling
    draw_spikes    the very spikes that ``sbs`` and ``sbs_pooling`` use

The dynamics stand in :mod:`snnrun.kernels.sbs.reference`, the draw in
:mod:`snnrun.kernels.sbs.draw`, patches in :mod:`snnrun.kernels.sbs.geometry`, step sizes in
:mod:`snnrun.kernels.sbs.steps`, the gradient in :mod:`snnrun.kernels.sbs.gradients`, the weights of
positions (alpha) in :mod:`snnrun.kernels.sbs.alpha`; :mod:`snnrun.kernels.sbs.passes` chooses
between compiled kernels and twins. Images are ``[batch, channel, height, width]``, float32 or
float64, finite and not negative. Spikes are always drawn in single precision.
"""

import torch
from torch import Tensor

from snnrun.kernels.sbs import passes as sbs_pass
from snnrun.kernels.sbs.alpha import Alpha, alpha_weights
from snnrun.kernels.sbs.check import check
from snnrun.kernels.sbs.draw import Draw, as_images, as_rows, route
from snnrun.kernels.sbs.geometry import Geometry
from snnrun.kernels.sbs.gradients import Answer, with_gradient
from snnrun.kernels.sbs.passes import Layer
from snnrun.kernels.sbs.steps import StepSizes, epsilon_t

__all__ = [
    "Alpha", "Draw", "Geometry", "StepSizes", "alpha_weights", "draw_spikes", "epsilon_t",
    "route_spikes", "sbs", "sbs_of_spikes", "sbs_pooling",
]  # fmt: skip


def sbs(
    x: Tensor,
    weights: Tensor,
    eps_xy: Tensor | None = None,
    *,
    geometry: Geometry,
    steps: StepSizes,
    draw: Draw,
    step_factor: bool = False,
    alpha: Alpha | None = None,
) -> Tensor:
    """Return h ``[batch, N, X, Y]`` of a layer after T spikes for each population.

    Where a patch is all zero there are no spikes, and h stays 1/N.

    Args:
        x: the layer's input, ``[batch, channel, height, width]``; gets a gradient.
        weights: W, ``[S, N]``, columns sum to 1; gets a gradient.
        eps_xy: ``[X, Y]`` or ``[X, Y, Kx, Ky]``, which get a gradient, or ``[S, X, Y]``, which
            gets none; None: 1.
        geometry: of the patches.
        steps: the other step sizes; T is the length of ``steps.eps_t``.
        draw: which random numbers the spikes come from.
        step_factor: the gradient on x has the factor e / (1 + e) of the first year's code.
        alpha: weigh the positions; None: all alike.

    Raises:
        TypeError: x and weights are not both float32 or both float64.
        ValueError: shapes do not fit, the kernel is larger than its input, or x has negative
            or infinite values or is not a number.

    >>> even = torch.full((4, 2), 0.25)
    >>> geometry, steps = Geometry((2, 2)), StepSizes(1.0, epsilon_t(5))
    >>> sbs(torch.ones(1, 1, 2, 2), even, geometry=geometry, steps=steps, draw=Draw(1)).flatten()
    tensor([0.5000, 0.5000])
    """
    layer = Layer(x, geometry, draw, steps, eps_xy)
    check(layer, weights)
    return _credited(layer, weights, step_factor, alpha)


def sbs_of_spikes(
    spikes: Tensor,
    x: Tensor,
    weights: Tensor,
    eps_xy: Tensor | None = None,
    *,
    geometry: Geometry,
    steps: StepSizes,
    step_factor: bool = False,
    alpha: Alpha | None = None,
) -> Tensor:
    """Return h as :func:`sbs` does, for given spikes ``[batch, T, X, Y]``; -1 ends them.

    Raises:
        TypeError, ValueError: as :func:`sbs`; or spikes of another shape, or beyond S.
    """
    layer = Layer(x, geometry, spikes, steps, eps_xy)
    check(layer, weights)
    layer = layer._replace(source=as_rows(spikes))
    return _credited(layer, weights, step_factor, alpha)


def sbs_pooling(
    x: Tensor,
    eps_xy: Tensor | None = None,
    *,
    geometry: Geometry,
    steps: StepSizes,
    draw: Draw,
    step_factor: bool = False,
    alpha: Alpha | None = None,
) -> Tensor:
    """Return h ``[batch, channel, X, Y]`` of SbS pooling.

    W[s, i] is 1 / (Kx Ky) where s is of channel i, else 0, so a spike moves the h of its own
    channel only. Arguments and errors are those of :func:`sbs`.
    """
    layer = Layer(x, geometry, draw, steps, eps_xy)
    check(layer, None)
    return _credited(layer, None, step_factor, alpha)


def draw_spikes(x: Tensor, geometry: Geometry, steps: int, draw: Draw) -> Tensor:
    """Return the spikes that the layers draw: int64 ``[batch, steps, X, Y]``, patch indices.

    -1 where there are no more: joint spikes reach populations in different numbers, and a patch
    that is all zero has none.
    """
    layer = Layer(x, geometry, draw, StepSizes(1.0, x.new_ones(steps)), None)
    check(layer, None)
    return as_images(sbs_pass.spikes(layer), len(x), layer.size())


def route_spikes(joint: Tensor, height: int, width: int, geometry: Geometry) -> Tensor:
    """Give joint spikes ``[batch, T]`` of whole images to the populations that see them.

    Args:
        joint: indices of the flattened ``[channel, height, width]``.
        height, width: of the images.
        geometry: of the patches.

    Returns:
        Patch indices ``[batch, T, X, Y]`` in order of time, -1 after the last one.
    """
    size = geometry.output_size(height, width)
    return as_images(route(joint, (height, width), geometry), len(joint), size)


def _credited(
    layer: Layer, weights: Tensor | None, step_factor: bool, alpha: Alpha | None
) -> Tensor:
    """Run the layer, and give out h with its gradient; weights None: pooling."""
    x, geometry = layer.x, layer.geometry
    with torch.no_grad():
        h = sbs_pass.pooled(layer) if weights is None else sbs_pass.forward(layer, weights)
        if alpha is not None:
            h = h * alpha_weights(h, weights, x, geometry, alpha)
    answer = Answer(h, geometry, layer.steps.eps_0, step_factor)
    return with_gradient(x, weights, layer.eps_xy, answer)
