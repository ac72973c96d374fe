"""SbS layers against what the originals computed, for the same spikes.

The files come from three versions of the original: ``seed`` and ``v1last`` of 2022, ``new`` of
2023. ``pytest -rP`` shows the largest errors, relative to the largest value.
"""

from collections import defaultdict

import pytest
import torch

from snnrun.kernels.sbs.draw import as_images, as_rows, pick
from snnrun.kernels.sbs.layer import (
    Alpha,
    Geometry,
    StepSizes,
    epsilon_t,
    route_spikes,
    sbs_of_spikes,
)
from tests.golden import golden

LAYERS = ["fc", "conv5x5", "pool2x2"]
MOST = {"h": 2e-6, "grad_w": 2e-6, "grad_x": 2e-6, "grad_eps_xy": 1e-4}


def tensors(name):
    """Arrays of a golden file, as tensors."""
    return {key: torch.from_numpy(value) for key, value in golden(f"sbs/{name}").items()}


def geometry_of(data):
    names = ("kernel", "stride", "dilation", "padding")
    return Geometry(*(tuple(data[name].tolist()) for name in names))


def run(data, version):
    """h and its gradients as the given version computes them."""
    first_year = not version.startswith("new")
    eps_xy, alpha = None, None
    if version.startswith("seed"):
        eps_xy = data["eps_xy_2d"]
    elif version.startswith("v1last") or "eps4d" in version:
        eps_xy = data["eps_xy_4d"]
    if "alpha3" in version:
        alpha = Alpha(3, 1.19e-4 if version.startswith("seed") else 1e-20)
    leaves = [
        None if t is None else t.clone().requires_grad_() for t in (data["x"], data["w"], eps_xy)
    ]
    eps_t = epsilon_t(len(data["eps_t"])) if "builtin" in version else data["eps_t"]
    steps = StepSizes(data["eps_0"].item(), eps_t, 0.3 if "forget03" in version else 0.0)
    h = sbs_of_spikes(
        data["spikes"], *leaves, geometry=geometry_of(data), steps=steps,
        step_factor=first_year, alpha=alpha,
    )  # fmt: skip
    h.backward(data["grad_h"])
    grads = (None if leaf is None else leaf.grad for leaf in leaves)
    return dict(zip(("h", "grad_x", "grad_w", "grad_eps_xy"), (h.detach(), *grads), strict=True))


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name):
    data, worst = tensors(name), defaultdict(float)
    versions = [key.removesuffix("_h") for key in data if key.endswith("_h") and key != "grad_h"]
    for version in versions:
        for what, found in run(data, version).items():
            if (wanted := data.get(f"{version}_{what}")) is not None:
                error = ((found - wanted).abs().max() / wanted.abs().max()).item()
                worst[what] = max(worst[what], error)
    print(
        f"{name}: {len(versions)} versions; " + ", ".join(f"{k} {e:.1e}" for k, e in worst.items())
    )
    assert len(versions) >= 4
    assert {what: error for what, error in worst.items() if error > MOST[what]} == {}


def test_draw():
    """The same spikes but for the two corner cases: no spike of chance 0, none of a zero patch."""
    data = tensors("spike_draw")
    rows, positions = as_rows(data["patch"]), data["patch"].shape[2:]
    k = (as_rows(data["random"]).double() * 2**24).ceil().long() - 1  # r = (k + 1) / 2^24
    found = as_images(pick(rows, k.clamp(min=0)), len(data["patch"]), positions)
    odd = found != data["spikes"]
    zero = data["patch"].sum(1, keepdim=True).expand_as(found) == 0
    assert (found[zero] == -1).all()
    assert (odd & ~zero).nonzero().tolist() == [[0, 0, 0, 0]]
    assert data["random"][0, 0, 0, 0] == 0
    assert data["patch"][0, found[0, 0, 0, 0], 0, 0] > 0
    assert (data["patch"][0, : found[0, 0, 0, 0], 0, 0] == 0).all()


def test_routing_of_joint_spikes():
    data = tensors("spike_route")
    _, height, width = data["input_shape"].tolist()
    joint = data["joint_spikes"][:, :, 0, 0]
    found = route_spikes(joint, height, width, geometry_of(data))
    most = data["routed_spikes"].shape[1]
    assert torch.equal(found[:, :most], data["routed_spikes"])
    assert (found[:, most:] == -1).all()


def test_schedules():
    data = tensors("epsilon_t")
    n, after, reduction = int(data["n"]), int(data["cooldown_after"]), data["reduction"].item()
    constant = epsilon_t(n, "constant", after, reduction)
    torch.testing.assert_close(constant, data["seed"])
    torch.testing.assert_close(epsilon_t(n, "root", after, reduction), data["new_as_documented"])
    torch.testing.assert_close(epsilon_t(n), data["new_actual_reduction_ignored"])
