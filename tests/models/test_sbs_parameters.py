"""Weights and step sizes of Spike-By-Spike layers: groups, what must hold of them, backups."""

import re

import pytest
import torch

from snnrun.errors import DataError
from snnrun.models.sbs.layer import SbsLayer
from snnrun.models.sbs.spiking import Place
from snnrun.models.sbs.weights import Learning, normalised, uniform
from tests.models.sbs_cases import LAYERS, SHAPE, model_of


def test_learning_rates_of_weights_and_step_sizes():
    layers = [LAYERS[0] | {"lr": 0.3}, *LAYERS[1:]]
    model = model_of(layers, eps_xy={"per": "position", "lr": 0.02})
    groups = list(model.parameter_groups())
    assert [group.get("lr") for group in groups] == [0.3, None, 0.02]
    assert [len(group["params"]) for group in groups] == [1, 2, 3]
    still = model_of(eps_xy={"per": "position", "trainable": False})
    assert [len(group["params"]) for group in still.parameter_groups()] == [3]


def test_initial_weights_are_uniform_before_they_are_normalised():
    """At 5 standard errors, for so many inputs that the sum of a column is nearly its mean."""
    drawn = uniform((40_000, 3), (1.0, 1.5), torch.Generator().manual_seed(1))
    torch.testing.assert_close(drawn.sum(0), torch.ones(3, dtype=torch.float64))
    relative = drawn * 40_000 * 1.25
    assert relative.min() > 0.99
    assert relative.max() < 1.51
    assert abs(relative.std().item() / (0.5 / 12**0.5) - 1) < 5 / 120_000**0.5


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda w: w[3].fill_(float("nan")),
            r"layers\.2\.weights: nan at \[3, 0\]; expected numbers",
        ),
        (lambda w: w[1, 4].fill_(float("inf")), r"layers\.2\.weights: inf at \[1, 4\]"),
        (lambda w: w[1, 4].fill_(-0.1), r"layers\.2\.weights: -0\.1 at \[1, 4\]; expected"),
        (lambda w: w[1, 4].fill_(3e38), r"3e\+38 at \[1, 4\]; .* from 0 to 1e\+20"),
        (
            lambda w: w[:, 2].fill_(0),
            r"layers\.2\.weights: column 2 sums to 0; expected a positive",
        ),
    ],
    ids=["nan", "inf", "negative", "too large", "zero column"],
)
def test_weights_that_are_no_probabilities_are_refused(spoil, message):
    state = {name: tensor.clone() for name, tensor in model_of().state_dict().items()}
    spoil(state["layers.2.weights"])
    with pytest.raises(DataError, match=message):
        model_of(seed=4).load_state_dict(state)


@pytest.mark.parametrize("value", [-0.5, 1e21])
def test_step_sizes_that_no_layer_takes_are_refused(value):
    """They were read, and inference ended in what the kernel says of them."""
    model = model_of(eps_xy={"per": "position"})
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    name = next(name for name in state if name.endswith("epsilon_xy"))
    state[name][1, 2] = value
    message = rf"{name}: {value:g} at [1, 2]; expected numbers from 0 to 1e+20"
    with pytest.raises(DataError, match=re.escape(message)):
        model.load_state_dict(state)


def test_weights_that_are_probabilities_are_taken():
    model, other = model_of(), model_of(seed=4)
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.layers[2].weights, model.layers[2].weights)


def test_weights_are_kept_probabilities():
    layer = model_of().layers[0]
    layer.weights.data *= torch.linspace(0.5, 3, 6)
    layer.weights.data[4, 1] = 1e-4
    expected = normalised(normalised(layer.weights.detach()).clamp(min=0.02))
    layer.constrain_weights(0.02)
    torch.testing.assert_close(layer.weights.detach(), expected)
    layer.weights.requires_grad_(False)
    layer.weights.data *= 2
    layer.constrain_weights(0.5)
    torch.testing.assert_close(layer.weights, 2 * expected)


def test_step_sizes_are_kept_above_their_threshold_then_averaged():
    eps = {"per": "position", "initial": 0.4, "threshold": 0.1}
    for mean in (False, True):
        layer = model_of(eps_xy=eps | {"mean": mean}).layers[0]
        assert layer.epsilon_xy.unique().tolist() == [0.4]
        layer.epsilon_xy.data[1, 2] = -3.0
        layer.constrain_epsilon_xy()
        expected = torch.full((3, 5), 0.4, dtype=torch.float64)
        expected[1, 2] = 0.1
        if mean:
            expected = expected.mean().expand(3, 5)
        torch.testing.assert_close(layer.epsilon_xy.detach(), expected)
    layer = model_of(eps_xy=eps | {"trainable": False, "initial": 0.05}).layers[0]
    layer.constrain_epsilon_xy()
    assert layer.epsilon_xy.unique().tolist() == [0.05]


def test_backups():
    layer = model_of(eps_xy={"per": "position"}).layers[0]
    with pytest.raises(RuntimeError, match=r"no backup of weights; call backup_weights\(\) first"):
        layer.restore_weights()
    before = layer.weights.detach().clone(), layer.epsilon_xy.detach().clone()
    layer.backup_weights()
    layer.backup_epsilon_xy()
    layer.initialize_weights(noise_amplitude=3.0)
    layer.initialize_epsilon_xy(0.9)
    assert not torch.equal(layer.weights, before[0])
    assert layer.epsilon_xy.unique().tolist() == [0.9]
    layer.restore_weights()
    layer.restore_epsilon_xy()
    assert torch.equal(layer.weights, before[0])
    assert torch.equal(layer.epsilon_xy, before[1])


def test_a_layer_stands_alone():
    place = Place(model_of().layers[0].place.constants, SHAPE, model_of().layers[0].geometry)
    layer = SbsLayer(place, 9, Learning())
    assert layer.weights.shape == (12, 9)
    assert torch.allclose(layer.weights, torch.full((12, 9), 1 / 12, dtype=torch.float64))
