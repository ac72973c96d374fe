"""The layer of 2022 under its own names."""

import inspect

import pytest
import torch

from snnrun.kernels.sbs.layer import Draw, Geometry, StepSizes, sbs
from snnrun.models.sbs.first_generation import SbS

DEFAULTS = {
    "epsilon_xy_intitial": 0.1,
    "epsilon_0": 1.0,
    "weight_noise_amplitude": 0.01,
    "is_pooling_layer": False,
    "strides": (1, 1),
    "dilation": (1, 1),
    "padding": (0, 0),
    "alpha_number_of_iterations": 0,
    "number_of_cpu_processes": 1,
}
REQUIRED = [
    "number_of_input_neurons", "number_of_neurons", "input_size", "forward_kernel_size",
    "number_of_spikes", "epsilon_t",
]  # fmt: skip


def layer_of(**changes):
    torch.manual_seed(1)
    given = {
        "number_of_input_neurons": 2,
        "number_of_neurons": 5,
        "input_size": [8, 7],
        "forward_kernel_size": [3, 2],
        "number_of_spikes": 20,
        "epsilon_t": torch.linspace(1, 0.2, 20),
        "epsilon_xy_intitial": 0.3,
        "epsilon_0": 0.8,
        "strides": [2, 1],
        "padding": [1, 0],
        "alpha_number_of_iterations": 2,
        "number_of_cpu_processes": 3,
    }
    return SbS(**(given | changes))


def test_arguments_and_their_defaults():
    found = inspect.signature(SbS).parameters
    assert list(found) == [*REQUIRED, *DEFAULTS]
    assert {name: found[name].default for name in DEFAULTS} == DEFAULTS


def test_attributes():
    layer = layer_of()
    found = {
        "number_of_input_neurons": layer.number_of_input_neurons,
        "number_of_neurons": layer.number_of_neurons,
        "number_of_spikes": layer.number_of_spikes,
        "epsilon_0": layer.epsilon_0,
        "kernel_size": layer.kernel_size,
        "stride": layer.stride,
        "dilation": layer.dilation,
        "padding": layer.padding,
        "output_size": layer.output_size,
        "alpha_number_of_iterations": layer.alpha_number_of_iterations,
        "number_of_cpu_processes": layer.number_of_cpu_processes,
    }
    assert found == {
        "number_of_input_neurons": 2,
        "number_of_neurons": 5,
        "number_of_spikes": 20,
        "epsilon_0": 0.8,
        "kernel_size": (3, 2),
        "stride": (2, 1),
        "dilation": (1, 1),
        "padding": (1, 0),
        "output_size": (4, 6),
        "alpha_number_of_iterations": 2,
        "number_of_cpu_processes": 3,
    }
    layer.set_h_init_to_uniform()
    assert layer.h_initial.tolist() == pytest.approx([0.2] * 5)
    assert torch.equal(layer.epsilon_t, torch.linspace(1, 0.2, 20))
    assert layer.epsilon_xy.shape == (4, 6)
    assert layer.epsilon_xy.unique().tolist() == pytest.approx([0.3])
    assert layer.weights.shape == (12, 5)
    assert layer.weights.dtype == layer.epsilon_xy.dtype == torch.float32


def test_it_is_the_layer_of_the_kernels():
    layer, x = layer_of(alpha_number_of_iterations=0), torch.rand(3, 2, 8, 7, requires_grad=True)
    found = layer(x, Draw(5, torch.arange(2, 5)))
    expected = sbs(
        x,
        layer.weights,
        layer.epsilon_xy,
        geometry=Geometry((3, 2), (2, 1), (1, 1), (1, 0)),
        steps=StepSizes(0.8, torch.linspace(1, 0.2, 20)),
        draw=Draw(5, torch.arange(2, 5)),
        step_factor=True,
    )
    assert torch.equal(found, expected)
    gradients = [torch.autograd.grad(h.square().sum(), x)[0] for h in (found, expected)]
    assert torch.equal(*gradients)
    assert layer_of().alpha.floor == 1.19e-4
    weights = layer_of()(x.detach()).sum(1)
    torch.testing.assert_close(weights.sum((1, 2)), torch.ones(3))
    assert weights.std() > 0


def test_every_call_draws_new_spikes():
    layer, x = layer_of(), torch.rand(3, 2, 8, 7)
    torch.manual_seed(6)
    one, two = layer(x), layer(x)
    torch.manual_seed(6)
    assert torch.equal(layer(x), one)
    assert not torch.equal(one, two)


def test_pooling_weights_are_fixed():
    layer = layer_of(is_pooling_layer=True, number_of_neurons=2)
    expected = [[1 / 6, 0]] * 6 + [[0, 1 / 6]] * 6
    torch.testing.assert_close(layer.weights.detach(), torch.tensor(expected))
    assert not layer.weights.requires_grad


def test_methods_of_weights_and_step_sizes():
    layer = layer_of(weight_noise_amplitude=2.0)
    assert layer.weights.max() / layer.weights.min() > 1.5
    layer.threshold_weights(0.09)
    assert layer.weights.min() == torch.tensor(0.09)
    layer.norm_weights()
    torch.testing.assert_close(layer.weights.sum(0).detach(), torch.ones(5))
    layer.epsilon_xy.data[0, 0] = 0.1
    layer.threshold_epsilon_xy(0.2)
    assert layer.epsilon_xy.min() == torch.tensor(0.2)
    layer.mean_epsilon_xy()
    assert layer.epsilon_xy.unique().tolist() == pytest.approx([0.3 - 0.1 / 24])


def test_a_step_size_for_each_spike():
    with pytest.raises(ValueError, match=r"epsilon_t: expected shape \[20\], one for each spike"):
        layer_of(epsilon_t=torch.ones(7))


def test_weights_and_step_sizes_are_assigned_as_there():
    """Their programs put arrays of their files into a layer by plain assignment."""
    layer, weights = layer_of(), torch.rand(12, 5, dtype=torch.float64)
    parameter = layer.weights
    layer.weights, layer.epsilon_xy = weights, torch.full((4, 6), 0.25)
    assert layer.weights is parameter
    assert torch.equal(layer.weights, weights.float())
    assert layer.epsilon_xy.unique().tolist() == [0.25]
    assert layer.epsilon_xy.requires_grad
    with pytest.raises(ValueError, match=r"weights: expected shape \[12, 5\], got \[5, 12\]"):
        layer.weights = weights.T


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"number_of_neurons": 0}, "number_of_neurons: expected at least 1, got 0"),
        (
            {"is_pooling_layer": True},
            "number_of_neurons: pooling has one for each of the 2 input neurons, got 5",
        ),
    ],
)
def test_numbers_of_neurons_that_do_not_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        layer_of(**changes)


def test_constants_can_be_set():
    x, draw = torch.rand(2, 2, 8, 7), Draw(5)
    changed = layer_of()
    changed.epsilon_0, changed.alpha_number_of_iterations = 0.25, 0
    made = layer_of(epsilon_0=0.25, alpha_number_of_iterations=0)
    assert torch.equal(changed(x, draw), made(x, draw))
    with pytest.raises(ValueError, match="eps_0"):
        changed.epsilon_0 = -1.0
