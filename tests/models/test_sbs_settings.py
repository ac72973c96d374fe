"""What a config may say about Spike-By-Spike networks: shapes, presets, layers, refusals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from snnrun.kernels.sbs.layer import Geometry
from snnrun.learning.sbs.settings import MseKlSettings, SbsRuleSettings, SoftmaxSettings
from snnrun.models.sbs.layers import SbsLayerSettings
from snnrun.models.sbs.settings import SbsSettings
from snnrun.models.window import WindowSettings
from tests.models.sbs_cases import CLASSES, LAYERS, SHAPE, settings_of

SIZES = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(st.tuples(st.integers(1, 9), st.integers(1, 9)), SIZES, SIZES, SIZES, SIZES)
def test_positions_are_those_of_the_kernels(size, kernel, stride, dilation, padding):
    padding = (padding[0] - 1, padding[1] - 1)
    window = WindowSettings(kernel=kernel, stride=stride, dilation=dilation, padding=padding)
    geometry = Geometry(kernel, stride, dilation, padding)
    try:
        expected = geometry.output_size(*size)
    except ValueError:
        with pytest.raises(ValueError, match="kernel: reaches over"):
            window.positions((3, *size))
    else:
        assert window.positions((3, *size)) == expected


def test_one_number_stands_for_both_axes():
    window = WindowSettings(kernel=3, stride=[2, 1], padding=1)
    assert (window.kernel, window.stride, window.padding) == ((3, 3), (2, 1), (1, 1))
    assert WindowSettings().kernel_size((9, 4, 5)) == (4, 5)


def test_layers_are_described():
    settings = settings_of(eps_xy={"per": "offset"})
    assert settings.describe(SHAPE, CLASSES) == [
        ("layers.0", "[2, 7, 6] -> [6, 3, 5], weights [12, 6], eps_xy [3, 5, 3, 2]", 72 + 90),
        ("layers.1", "[6, 3, 5] -> [6, 3, 2]", 0),
        ("layers.2", "[6, 3, 2] -> [7, 2, 1], weights [24, 7], eps_xy [2, 1, 2, 2]", 168 + 8),
        ("layers.3", "[7, 2, 1] -> [5, 1, 1], weights [14, 5], eps_xy [1, 1, 2, 1]", 70 + 2),
    ]


def test_the_published_network():
    layers = [
        {"neurons": 32, "kernel": 5},
        {"name": "average_pooling", "kernel": 2, "stride": 2},
        {"neurons": 64, "kernel": 5},
        {"name": "average_pooling", "kernel": 2, "stride": 2},
        {"neurons": 96, "kernel": 3},
        {"neurons": 10, "kernel": 1},
    ]
    rows = SbsSettings(layers=layers).describe((1, 24, 24), 10)
    assert [count for *_, count in rows] == [25 * 32, 0, 800 * 64, 0, 576 * 96, 96 * 10]


def test_vectors_are_channels():
    assert settings_of().input_shape(SHAPE) == SHAPE
    assert settings_of().input_shape((13,)) == (13, 1, 1)
    with pytest.raises(ValueError, match=r"takes images \[channel, height, width\], not samples"):
        settings_of().input_shape((2, 3))


PRESETS = {
    "eps_t.schedule": ("constant", "root"),
    "eps_xy.per": ("position", "none"),
    "eps_xy.initial": (0.1, 1.0),
    "noise": ((1.0, 1.01), (1.0, 1.1)),
    "alpha_floor": (1.19e-4, 1e-20),
    "errors_by_step_size": (True, False),
}
RULES = {
    "loss.reduction": ("mean", "sum"),
    "gradient_scale": ("none", "first_update"),
    "gradient_mean": (False, True),
    "threshold_per_channel": (False, True),
}


def value(settings, path):
    for key in path.split("."):
        settings = getattr(settings, key)
    return settings


@pytest.mark.parametrize(("year", "column"), [(2022, 0), (2023, 1)])
def test_dialects(year, column):
    model, rule = settings_of(dialect=year), SbsRuleSettings(dialect=year)
    for settings, presets in ((model, PRESETS), (rule, RULES)):
        for path, values in presets.items():
            assert value(settings, path) == values[column], path


def test_the_newer_dialect_is_the_default():
    assert settings_of() == settings_of(dialect=2023)
    assert SbsRuleSettings() == SbsRuleSettings(dialect=2023)


def test_what_is_said_goes_before_the_dialect():
    eps = settings_of(dialect=2022, eps_xy={"mean": True}, noise=(0.5, 2.0))
    assert (eps.eps_xy.per, eps.eps_xy.mean, eps.noise) == ("position", True, (0.5, 2.0))
    assert settings_of(dialect=2022, eps_t={"schedule": "root"}).eps_t.schedule == "root"
    rule = SbsRuleSettings(dialect=2022, loss={"mse": 0.0})
    assert rule.loss == MseKlSettings(mse=0.0, reduction="mean")
    other = SbsRuleSettings(dialect=2022, loss={"name": "softmax_cross_entropy"})
    assert other.loss == SoftmaxSettings()


def test_a_layer_may_differ_from_the_network():
    changes = {"spikes": 5, "forgetting": 0.3, "eps_t": {"cooldown_after": 2}}
    layer = SbsLayerSettings(neurons=4, **changes)
    eps = {"eps_xy": {"per": "position", "initial": 0.3}, "eps_t": {"schedule": "constant"}}
    network = settings_of(alpha_iterations=2, **eps)
    own = layer.inference(network)
    assert (own.spikes, own.forgetting, own.eps_t.cooldown_after) == (5, 0.3, 2)
    assert (own.eps_0, own.alpha_iterations, own.eps_xy) == (0.7, 2, network.eps_xy)
    assert own.eps_t.schedule == "constant"
    still = SbsLayerSettings(neurons=4, eps_xy={"trainable": False, "lr": 0.3}).inference(network)
    assert still.eps_xy == network.eps_xy.model_copy(update={"trainable": False, "lr": 0.3})


def changed(index, **changes):
    return [layer | (changes if i == index else {}) for i, layer in enumerate(LAYERS)]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (changed(0, kernel=8), r"layers\.0\.kernel: reaches over 8 rows, but the input has 7"),
        (changed(2, dilation=3), r"layers\.2\.kernel: reaches over 4 rows, but the input has 3"),
        (changed(3, kernel=[2, 2]), r"layers\.3\.kernel: reaches over 2 columns, but the input"),
        (changed(3, neurons=6), r"layers: the last layer gives \[6, 1, 1\], but 5 classes need"),
        (LAYERS[:3], r"the last layer gives \[7, 2, 1\], but 5 classes need \[5, 1, 1\]"),
        (changed(1, padding=[0, 2]), r"layers\.1\.padding: at most half the kernel, which is \[1"),
        (changed(1, dilation=2), r"layers\.1\.dilation: must be 1 for average pooling"),
        ([*LAYERS, {"name": "reconstruction"}, LAYERS[3]], "must be the last layer, behind"),
        ([*LAYERS[:2], {"name": "reconstruction"}], r"layers\.2\.name: reconstruction must be"),
    ],
)
def test_layers_that_do_not_fit(layers, message):
    with pytest.raises(ValueError, match=message):
        settings_of(layers).describe(SHAPE, CLASSES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise": (2.0, 1.0)}, "must ascend and hold no negative number"),
        ({"noise": (-1.0, 1.0)}, "must ascend and hold no negative number"),
        ({"noise": (0.0, 0.0)}, "must ascend and hold no negative number"),
        ({"noise": (1.0, float("inf"))}, "finite number"),
        ({"dialect": 2024}, "Input should be 2022 or 2023"),
        ({"dialect": [2022]}, "Input should be 2022 or 2023"),
        ({"spikes": 0}, "greater than or equal to 1"),
        ({"spikes": 12.5}, "valid integer"),
        ({"layers": changed(0, kernel=[3, 3, 3])}, "at most 2 items"),
        ({"layers": changed(0, kernel=[3, 0])}, "kernel.1: Input should be greater than or equal"),
        ({"layers": changed(0, stride=[1])}, r"stride.1: Field required"),
        ({"layers": []}, "at least 1 item"),
    ],
)
def test_values_that_are_refused(changes, message):
    with pytest.raises(ValidationError, match=message):
        settings_of(**changes)
