"""Blocks of snetx: outputs, gradients and running statistics of one pass in training."""

import numpy as np
import pytest
import torch

from snnrun.core.random import Random
from snnrun.core.threads import threads
from snnrun.models.feedforward.layer import Shown
from tests.golden import golden
from tests.models.feedforward.cases import model_of

NEURON = {"tau": 2.0, "threshold": 1.0, "surrogate": {"name": "triangular"}}
NORM, LIF = {"name": "batch_norm"}, {"name": "lif"}


def conv(channels, kernel=3):
    return {"name": "conv", "channels": channels, "kernel": kernel, "padding": kernel // 2,
            "bias": False}  # fmt: skip


SEW = [conv(4), NORM, LIF, conv(4), NORM, LIF]
MS_A = [LIF, conv(4), NORM, LIF, conv(4), NORM]
MS_C = [conv(1, 1), NORM, LIF, conv(1), NORM, LIF, conv(4, 1), NORM]
#: Their name of a block -> our layers, and where in the body their convolutions lie.
BLOCKS = {
    "sew_basic": ([{"name": "residual", "body": SEW}], (0, 3)),
    "ms_basic_A": ([{"name": "residual", "body": MS_A}], (1, 4)),
    "ms_bottleneck_C": ([{"name": "residual", "body": MS_C}, LIF], (0, 3, 6)),
}


def names_of(block):
    """Our names of their parameters and buffers."""
    if block == "tebn2d":
        own = {"bn.model.weight": "0.weight", "bn.model.bias": "0.bias"}
        own |= {f"bn.model.running_{each}": f"0.running_{each}" for each in ("mean", "var")}
        return own | {"weight": "0.factors"}
    found = {}
    for number, index in enumerate(BLOCKS[block][1], start=1):
        found[f"conv{number}.0.model.weight"] = f"0.body.{index}.weight"
        for each in ("weight", "bias", "running_mean", "running_var"):
            found[f"conv{number}.1.{each}"] = f"0.body.{index + 1}.{each}"
    return found


@pytest.mark.parametrize("block", [*BLOCKS, "tebn2d"])
def test_a_block_of_snetx(block):
    data = golden("stbp/blocks")
    theirs = {k.removeprefix(f"{block}."): v for k, v in data.items() if k.startswith(f"{block}.")}
    layers = BLOCKS[block][0] if block in BLOCKS else [{"name": "tebn", "steps": 3}]
    stack = model_of(layers, (4, 6, 6), neuron=NEURON).layers.float()
    parameters, names = dict(stack.named_parameters()), names_of(block)
    given = {k.removeprefix("param."): v for k, v in theirs.items() if k.startswith("param.")}
    assert {names[key] for key in given} == parameters.keys()
    for key, value in given.items():
        own = parameters[names[key]]
        own.data = torch.from_numpy(value).reshape(own.shape)
    x, g = (torch.from_numpy(theirs[key]).transpose(0, 1) for key in "xg")
    x.requires_grad_()
    with threads(2):  # as they ran: sums on one thread have other last digits
        y = stack(x, Shown(x.shape[1], Random.fresh(x.shape[1])))
        (y * g).sum().backward()
    close(y.transpose(0, 1), theirs["y"], 2e-6)
    close(x.grad.transpose(0, 1), theirs["gx"], 2e-5)
    for key in given:
        close(parameters[names[key]].grad, theirs[f"grad.{key}"].reshape(-1), 2e-5)
    buffers = dict(stack.named_buffers())
    assert len(buffers) == sum("running" in key for key in theirs)
    for key, value in theirs.items():
        if key.startswith("buf_after.") and "running" in key:
            close(buffers[names[key.removeprefix("buf_after.")]], value, 1e-6)


def close(found, wanted, tolerance):
    found = found.detach().numpy().reshape(wanted.shape)
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * np.abs(wanted).max())
