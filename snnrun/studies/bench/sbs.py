"""Spike-By-Spike layers: one as the second of the published MNIST network, its patches 5 x 5."""

import torch
from torch import Tensor

from snnrun.kernels.sbs import gradients_reference as gradients_twin
from snnrun.kernels.sbs import reference as twin
from snnrun.kernels.sbs.draw import as_images, as_rows, spike_rows
from snnrun.kernels.sbs.geometry import fold_rows, patch_rows
from snnrun.kernels.sbs.gradients import Answer, with_gradient
from snnrun.kernels.sbs.layer import Draw, Geometry, StepSizes, epsilon_t, sbs
from snnrun.studies.bench.work import Results, Work

CHANNELS, SIDE, NEURONS = 32, 10, 64
GEOMETRY, DRAW = Geometry((5, 5)), Draw(7)
PLACES = 6 * 6
INPUTS = GEOMETRY.inputs(CHANNELS)


def operations_of_spike(neurons: int) -> int:
    """Return the operations of a spike: a_i, their sum, e a_i / A, h_i; and 5 for all neurons."""
    return 4 * neurons + 5


def given(batch: int) -> tuple[Tensor, Tensor]:
    """Return images and weights."""
    random = torch.Generator().manual_seed(0)
    x = torch.rand(batch, CHANNELS, SIDE, SIDE, generator=random)
    weights = 1 + torch.rand(INPUTS, NEURONS, generator=random)
    return x, weights / weights.sum(0)


def forward_work(large: bool) -> Work:
    """Spikes drawn for each population, and h after them."""
    batch, spikes = (24, 1600) if large else (2, 800)
    (x, weights), steps = given(batch), StepSizes(1.0, epsilon_t(spikes))

    def readable() -> Results:
        drawn = spike_rows(x, GEOMETRY, spikes, DRAW)
        h = twin.h_rows(drawn, weights, torch.ones(len(drawn), 1), steps)
        return {"h": as_images(h, batch, (6, 6))}

    count = batch * PLACES * spikes
    arrays = x.numel() + weights.numel() + batch * PLACES * NEURONS
    return Work(
        f"{batch} images, {INPUTS} x {NEURONS}, {spikes:,} spikes", count, "spike",
        4 * arrays / count, operations_of_spike(NEURONS),
        ours=lambda: {"h": sbs(x, weights, geometry=GEOMETRY, steps=steps, draw=DRAW)},
        twin=readable, tolerances={"h": 1e-3},
    )  # fmt: skip


def gradient_work(large: bool) -> Work:
    """What the layer passes back."""
    batch = 24 if large else 8
    x, weights = given(batch)
    random = torch.Generator().manual_seed(1)
    h = torch.rand(batch, NEURONS, 6, 6, generator=random)
    upstream = torch.rand(h.shape, generator=random) - 0.5
    h = h / h.sum(1, keepdim=True)
    leaves = x.requires_grad_(), weights.requires_grad_()

    def ours() -> Results:
        made = with_gradient(*leaves, None, Answer(h, GEOMETRY, 1.0, step_factor=False))
        on_x, on_weights = torch.autograd.grad(made, leaves, upstream)
        return {"on x": on_x, "on weights": on_weights}

    def readable() -> Results:
        with torch.no_grad():
            shares, rows = gradients_twin.shares_of(patch_rows(x, GEOMETRY)), as_rows(h)
            signal = rows * as_rows(upstream)
            explained = gradients_twin.mixed(rows, signal, weights)
            quotient = gradients_twin.quotient(explained)
            on_weights = gradients_twin.weight_gradient(shares, rows, signal, explained)
            return {"on x": fold_rows(quotient, x.shape, GEOMETRY), "on weights": on_weights}

    count = batch * PLACES * INPUTS
    arrays = 2 * (x.numel() + weights.numel() + h.numel())
    return Work(
        f"{batch} images, {INPUTS} x {NEURONS}", count, "input of a population",
        4 * arrays / count, operations=4 * 2 * NEURONS,  # four matrix products
        ours=ours, twin=readable,
        tolerances={"on x": 1e-4, "on weights": 1e-4},
    )  # fmt: skip
