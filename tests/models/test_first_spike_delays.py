"""Delays: against the second generation of the original code, and their own rules by hand."""

import json

import numpy as np
import pytest
import torch

from snnrun.core.random import generator
from snnrun.models.first_spike.arrivals import build_stage
from snnrun.models.first_spike.stages import (
    BiasesSettings,
    ClipSettings,
    DelaySettings,
    MultiplexSettings,
    ShiftSettings,
    SigmoidSettings,
)
from tests.batches import random_of
from tests.golden import FOLDER, golden

CASES = [
    *(f"DelayAxonal_{rest}" for rest in ("sigmoid", "clip", "shift", "share3")),
    *(f"DelaySynaptic_{rest}" for rest in ("sigmoid", "clip", "shift", "share", "3d_input")),
    *(f"DelayDendritic_{rest}" for rest in ("clip", "shift")),
]
POSITIVITY = {"sigmoid": SigmoidSettings, "clip": ClipSettings, "shift": ShiftSettings}


def delay_like(layer: dict, inputs: int, neurons: int):
    """Our stage for a layer as the original describes it."""
    kept = dict(layer["positivity"])
    settings = DelaySettings(
        kind=layer["name"].removeprefix("Delay").lower(),
        mean=layer["delay_mean"],
        std=layer["delay_std"],
        positivity=POSITIVITY[kept.pop("name")](**kept),
        share_inputs=layer.get("presyn_sharing_factor", 1),
        share_neurons=layer.get("postsyn_sharing_factor", 1),
    )
    return build_stage(settings, inputs, neurons, generator(0))


@pytest.mark.parametrize("case", CASES)
def test_delays_equal_the_original(case):
    data = golden(f"first_spike/delay_{case}")
    delay = delay_like(json.loads(str(data["layer"])), int(data["n_pre"]), int(data["n_post"]))
    delay.raw.data = torch.tensor(data["raw_init"])
    delay.constrain()
    np.testing.assert_allclose(delay.raw.detach(), data["raw_after_rectify"], rtol=1e-15)
    np.testing.assert_allclose(delay.effective().detach(), data["effective"], rtol=1e-15)
    times = torch.tensor(data["t_in"], requires_grad=True)
    arrivals = delay(times)
    if arrivals.dim() == 2:  # axonal delays are equal for all neurons
        arrivals = arrivals[:, :, None].expand(data["t_out"].shape)
    np.testing.assert_allclose(arrivals.detach(), data["t_out"], rtol=1e-15)
    arrivals.backward(torch.tensor(data["g_out"]))
    np.testing.assert_allclose(delay.raw.grad, data["dL_draw"], rtol=1e-13)
    np.testing.assert_allclose(times.grad, data["dL_dtin"], rtol=1e-13)


def test_every_golden_delay_is_checked():
    files = (FOLDER / "first_spike").glob("delay_*.npz")
    assert sorted(file.stem.removeprefix("delay_") for file in files) == sorted(CASES)


def raw_of(positivity, values) -> torch.Tensor:
    settings = DelaySettings(kind="axonal", positivity=positivity)
    delay = build_stage(settings, len(values), 2, generator(0))
    delay.raw.data = torch.tensor(values, dtype=torch.float64)[:, None]
    delay.constrain()
    return delay.raw.detach()[:, 0]


def test_clipping_cuts_and_shifting_moves():
    assert raw_of(ClipSettings(), [-0.5, 0.25, 1.5]).tolist() == [0.0, 0.25, 1.5]
    assert raw_of(ShiftSettings(), [-0.5, 0.25, 1.5]).tolist() == [0.0, 0.75, 2.0]
    assert raw_of(ShiftSettings(), [0.5, 0.25, 1.5]).tolist() == [0.5, 0.25, 1.5]
    assert raw_of(SigmoidSettings(), [-0.5, 0.25, 1.5]).tolist() == [-0.5, 0.25, 1.5]


def test_sharing_repeats_whole_blocks():
    """Blocks of inputs share, one after another: not the copies that a multiplex puts together."""
    settings = DelaySettings(kind="synaptic", positivity=ClipSettings(), share_inputs=2)
    delay = build_stage(settings, 4, 3, generator(1))
    effective = delay.effective()
    assert delay.raw.shape == (2, 3)
    assert torch.equal(effective, torch.cat([delay.raw, delay.raw]))


def test_copies_and_biases_in_front_of_neurons_of_their_own_arrivals():
    times = torch.tensor([[[0.5, 0.7], [0.9, 1.1]]], dtype=torch.float64)
    copies = build_stage(MultiplexSettings(factor=2), 2, 2, generator(0))(times)
    biased = build_stage(BiasesSettings(times=(0.3,)), 4, 2, generator(0))(copies)
    assert biased.tolist() == [[[0.5, 0.7], [0.5, 0.7], [0.9, 1.1], [0.9, 1.1], [0.3, 0.3]]]


@pytest.mark.parametrize(
    ("share", "message"),
    [({"share_inputs": 4}, "share_inputs is 4, which does not divide 6"),
     ({"share_neurons": 2}, "share_neurons is 2, which does not divide 3")],
)  # fmt: skip
def test_sharing_must_divide(share, message):
    settings = DelaySettings(kind="synaptic", **share)
    with pytest.raises(ValueError, match=message):
        settings.shape(6, 3)


def test_jitter_is_drawn_for_each_synapse():
    """One spike reaches two neurons at different times, also with one delay for the axon."""
    settings = DelaySettings(kind="axonal", jitter=0.1)
    delay = build_stage(settings, 3, 2, generator(1))
    arrivals = delay(torch.ones(200, 3, dtype=torch.float64), random_of(200))
    assert arrivals.shape == (200, 3, 2)
    spread = (arrivals - 1 - delay.effective()).std().item()
    assert abs(spread - 0.1) < 5 * 0.1 / (2 * 1200) ** 0.5
    assert not torch.equal(arrivals[..., 0], arrivals[..., 1])
