"""Steady input is computed once, and that is the same as computing it at every step."""

import pytest
import torch

from snnrun.models.feedforward.layer import at_every_step
from tests.models.feedforward.cases import LAYERS, SHAPE, STEPS, model_of, numbers, steady

CONV = {"name": "conv", "channels": 6}
NETWORKS = {
    "generic": LAYERS,
    "residual before any neuron": [
        {"name": "residual", "combine": "iand", "body": [CONV | {"padding": 1}],
         "shortcut": [CONV | {"kernel": 1}, {"name": "batch_norm"}]},
        {"name": "lif"},
    ],
    "factors of steps": [CONV, {"name": "tebn", "steps": STEPS}, {"name": "lif"}],
    "no neurons": [CONV, {"name": "adaptive_avg_pool", "size": 2}, {"name": "flatten"},
                   {"name": "dropout"}],
    "masks of steps": [{"name": "dropout", "each_step": True}, CONV, {"name": "lif"}],
    "integrators": [CONV, {"name": "lif"}, {"name": "linear", "size": 4}, {"name": "leaky"}],
    "vectors": [{"name": "linear", "size": 7}, {"name": "batch_norm"}, {"name": "lif"}],
}  # fmt: skip


def outcome(layers, image, x, training=True):
    """Outputs, gradients and buffers after one pass for x, which is made of the image."""
    model = model_of(layers).train(training)
    record = model(x, numbers(x.shape[1]))
    generator = torch.Generator().manual_seed(9)
    upstream = torch.randn(record.outputs.shape, generator=generator, dtype=torch.float64)
    wanted = {"image": image, **dict(model.named_parameters())}
    gradients = torch.autograd.grad(
        (record.outputs * upstream).sum(), list(wanted.values()), allow_unused=True
    )
    found = {"outputs": record.outputs, **dict(model.named_buffers())}
    return found | {f"d {n}": g for n, g in zip(wanted, gradients, strict=True) if g is not None}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_the_same(name, training):
    image = steady()[0].clone().requires_grad_()
    once = outcome(NETWORKS[name], image, image.expand(STEPS, *image.shape), training)
    every = outcome(NETWORKS[name], image, image.repeat(STEPS, *[1] * image.dim()), training)
    assert once.keys() == every.keys()
    assert len(once) > 3
    for key, value in every.items():
        torch.testing.assert_close(once[key], value, rtol=1e-9, atol=1e-11, msg=f"{key} differs")


def test_a_norm_of_one_value_a_channel_takes_the_other_steps_to_its_variance():
    """Of one sample of one value there is no variance; of its copies it is 0."""
    layers = [{"name": "linear", "size": 7}, {"name": "batch_norm"}]
    image = steady(batch=1)[0].clone().requires_grad_()
    once = outcome(layers, image, image.expand(STEPS, *image.shape))
    every = outcome(layers, image, image.repeat(STEPS, 1, 1, 1, 1))
    for key, value in every.items():
        torch.testing.assert_close(once[key], value)


def test_layers_without_memory_are_called_once_up_to_the_neurons():
    model, calls = model_of(LAYERS), []
    for name, layer in model.layers.named_children():
        if hasattr(layer, "apply_to"):
            layer.apply_to = lambda x, n=name, f=layer.apply_to: calls.append((n, len(x))) or f(x)
    x = steady()
    model(x, numbers())
    assert calls == [("0", 3), ("2", 3), ("5", 15), ("7", 15)]


def test_nothing_is_copied_along_time():
    x = steady()
    assert at_every_step(lambda one: one.flatten(1), x).untyped_storage().data_ptr() == (
        x.untyped_storage().data_ptr()
    )
    assert at_every_step(torch.exp, x).stride(0) == 0
    assert SHAPE == x.shape[2:]
