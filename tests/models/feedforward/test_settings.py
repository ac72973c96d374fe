"""What a config may say about a feed-forward network: shapes, sizes and what does not fit."""

import math

import pytest
import torch
from pydantic import ValidationError

from snnrun.core.capabilities import Capability
from snnrun.models import MODELS
from snnrun.models.feedforward.layers import LAYERS as KINDS
from snnrun.models.feedforward.neuron import NeuronSettings
from tests.models.feedforward.cases import CLASSES, LAYERS, SHAPE, model_of, settings_of

CONV, LIF = {"name": "conv", "channels": 6}, {"name": "lif"}


def test_layers_shapes_and_sizes_are_described():
    assert settings_of().describe(SHAPE, CLASSES) == [
        ("layers.0", "conv -> [6, 7, 5]", 6 * 1 * 6 + 6),
        ("layers.1", "batch_norm -> [6, 7, 5]", 12),
        ("layers.2", "avg_pool -> [6, 3, 5]", 0),
        ("layers.3", "lif -> [6, 3, 5]", 2),
        ("layers.4.body.0", "conv -> [6, 3, 5]", 6 * 6 * 9 + 6),
        ("layers.4.body.1", "batch_norm -> [6, 3, 5]", 12),
        ("layers.4.body.2", "lif -> [6, 3, 5]", 0),
        ("layers.4", "residual -> [6, 3, 5]", 0),
        ("layers.5", "max_pool -> [6, 3, 2]", 0),
        ("layers.6", "dropout -> [6, 3, 2]", 0),
        ("layers.7", "linear -> [8]", 36 * 8 + 8),
        ("layers.8", "lif -> [8]", 0),
        ("readout", "linear -> [4]", 36),
    ]


#: A layer of every kind, for images of the shape SHAPE.
EVERY = {
    "conv": {"channels": 6, "stride": 2, "bias": False, "dilation": [2, 1]},
    "linear": {"size": 5},
    "batch_norm": {},
    "tebn": {"steps": 5},
    "lif": {"learn_tau": True},
    "leaky": {"decay": 0.7},
    "avg_pool": {"kernel": 3, "stride": 2, "padding": 1},
    "max_pool": {"stride": 1},
    "adaptive_avg_pool": {"size": [3, 2]},
    "flatten": {},
    "relu": {},
    "dropout": {},
    "residual": {"body": [CONV | {"kernel": 1}], "shortcut": [CONV | {"kernel": 1}]},
}


def test_every_kind_is_among_these():
    assert EVERY.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", EVERY)
def test_what_a_layer_says_of_itself_is_so(kind):
    layers = [{"name": kind, **EVERY[kind]}, {"name": "linear", "size": CLASSES}]
    model = model_of(layers)
    rows = settings_of(layers).describe(SHAPE, CLASSES)
    assert sum(count for *_, count in rows) == sum(each.numel() for each in model.parameters())
    seen = []
    model.layers[0].register_forward_hook(lambda *call: seen.append(call[2].shape))
    model(torch.rand(5, 3, *SHAPE, dtype=torch.float64))
    assert rows[-2][1].endswith(f"-> {list(seen[0][2:])}")
    assert seen[0][:2] == (5, 3)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([LIF, {"name": "linear", "size": 3}, LIF, CONV],
         r"^layers\.3\.name: conv takes images .*, but its input is \[3\]"),
        ([CONV, {"name": "max_pool", "kernel": [2, 9]}],
         r"^layers\.1\.kernel: reaches over 9 columns, but the input has 4"),
        ([CONV | {"groups": 3}], r"^layers\.0\.groups: 3 do not divide the 2 input channels"),
        ([CONV | {"channels": 5, "groups": 2}], r"groups: 2 do not divide the 5 output channels"),
        ([{"name": "avg_pool", "padding": 2}], r"layers\.0\.padding: at most half the kernel"),
        ([LIF, {"name": "residual", "body": [LIF, CONV]}],
         r"^layers\.1\.body: gives \[6, 5, 4\], but the shortcut \[2, 7, 6\]"),
        ([{"name": "residual", "body": [LIF], "shortcut": [LIF, {"name": "flatten"}, CONV]}],
         r"^layers\.0\.shortcut\.2\.name: conv takes images"),
        ([LIF, {"name": "linear", "size": 3}], r"^layers: the last layer gives \[3\], but 4 cla"),
        ([LIF | {"learn_tau": True, "tau": 1.0}], r"^layers\.0\.learn_tau: needs a decay between"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(layers, message):
    with pytest.raises(ValueError, match=message):
        settings_of(layers).describe(SHAPE, CLASSES)


def test_the_network_may_end_in_its_own_readout():
    own = settings_of([CONV, LIF, {"name": "linear", "size": 4}]).describe(SHAPE, CLASSES)
    assert [name for name, *_ in own] == ["layers.0", "layers.1", "layers.2"]
    spiking = [{"name": "linear", "size": 4}, LIF]
    assert len(settings_of(spiking, output="as_is").describe(SHAPE, CLASSES)) == 2
    assert settings_of(spiking).describe(SHAPE, CLASSES)[-1][0] == "readout"
    with pytest.raises(ValueError, match=r"gives \[2, 7, 6\], but 4 classes need \[4\]"):
        settings_of([LIF], output="as_is").describe(SHAPE, CLASSES)


def test_vectors_are_images_of_one_pixel():
    settings = settings_of([{"name": "linear", "size": 6}, LIF])
    assert settings.input_shape((9,)) == (9, 1, 1)
    assert settings.input_shape((2, 7, 6)) == (2, 7, 6)
    with pytest.raises(ValueError, match=r"not samples of \[3, 4\]"):
        settings.input_shape((3, 4))


def test_a_layer_may_differ_from_the_network():
    settings = settings_of(
        [LIF, LIF | {"tau": 5.0, "reset": "none", "surrogate": {"name": "erf"}}],
        neuron={"decay": 0.3, "threshold": 0.6, "detach": True},
    )
    plain, own = (layer.neuron(settings.neuron) for layer in settings.layers)
    assert plain == settings.neuron
    assert own.membrane_decay == 0.8  # of its tau, which goes before the decay of the network
    assert (own.threshold, own.detach, own.reset) == (0.6, True, "none")
    assert type(own.surrogate).__name__ == "ErfSettings"


def test_the_default_neuron_is_snetx_and_learns_like_the_arc_tangent_of_spikingjelly():
    neuron = NeuronSettings()
    assert (neuron.membrane_decay, neuron.decay_input, neuron.reset) == (0.5, False, "set")
    assert neuron.surrogate.sharpness == math.pi
    assert NeuronSettings(tau=math.inf).membrane_decay == 1.0


def test_all_settings_come_back_from_what_is_written():
    settings = settings_of(LAYERS, output="as_is")
    assert MODELS["feedforward"].settings(**settings.model_dump()) == settings


def test_wrong_names_inside_a_body_are_told_with_the_nearest():
    with pytest.raises(ValidationError, match="unknown layer 'cov'; did you mean 'conv'"):
        settings_of([{"name": "residual", "body": [{"name": "cov"}]}])


def test_it_offers_what_rules_for_gradients_ask_for():
    offers = MODELS["feedforward"].settings.offers
    assert {Capability.GRADIENTS, Capability.OUTPUTS, Capability.SPIKES} <= offers
    assert Capability.LIF_LAYERS not in offers
