"""Synaptic operations, counted by hand."""

import pytest
import torch

from snnrun.core.record import Record
from snnrun.models import MODELS
from snnrun.models.operations import Operations, of_input, of_spikes, of_values
from tests.models.feedforward.cases import model_of


def built(name, shape, classes, **given):
    settings = MODELS[name].settings(**given)
    generator = torch.Generator().manual_seed(2)
    model = MODELS.entry_of(settings).load()(settings, shape, classes, generator)
    return model.eval()


def image(*spikes, steps=2, shape=(1, 3, 4)):
    """An image in steps, of one sample, with spikes at (step, row, column)."""
    x = torch.zeros(steps, 1, *shape, dtype=torch.float64)
    for step, row, column in spikes:
        x[step, 0, 0, row, column] += 1
    return x


def counted(model, x):
    with torch.no_grad():
        return {each.key: each[1:] for each in model.operations(x, model(x))}


# ---- the three ways to count ----


def test_a_spike_costs_its_fan_out_and_means_of_spikes_count_one_by_one():
    x = torch.tensor([[[0.25, 0.0]], [[0.5, 0.25]]])  # 1, 0; 2, 1 spikes in patches of four
    assert of_spikes("a", x, 7, 0.25) == Operations("a", 7 * 4, 0)
    pixels = x.view(2, 1, 1, 1, 2)
    assert of_spikes("a", pixels, torch.tensor([[5, 3]]), 0.25) == Operations("a", 3 * 5 + 3, 0)


def test_values_cost_every_connection_at_each_step_or_once():
    x = torch.tensor([[[0.5, 0.0]], [[0.7, 0.3]], [[0.0, 0.0]]])
    assert of_values("a", x, 7) == Operations("a", 0, 3 * 2 * 7)
    steady = x[:1].view(1, 1, 1, 1, 2).expand(5, 1, 1, 1, 2)
    assert of_values("a", steady, torch.tensor([[5, 3]])) == Operations("a", 0, 8)


def test_samples_of_whole_numbers_are_spikes_and_the_others_values():
    x = torch.tensor([[[1.0, 0.0], [0.5, 0.0]], [[-2.0, 1.0], [1.0, 1.0]]])
    assert of_input("a", x, 10) == Operations("a", 10 * (1 + 2 + 1), 2 * 2 * 10)
    apart = [of_input("a", x[:, [n]], 10) for n in (0, 1)]
    assert [each[1:] for each in apart] == [(40, 0), (0, 40)]


def test_a_steady_image_of_whole_numbers_spikes_at_every_step():
    x = torch.tensor([[[1.0, 0.0, 1.0], [0.5, 0.0, 1.0]]]).expand(4, 2, 3)
    assert of_input("a", x, 10) == Operations("a", 4 * 2 * 10, 3 * 10)


# ---- feed-forward networks ----


def test_a_convolution_reaches_less_at_its_borders():
    """3x3 kernels over 3x4 pixels, padding 1: a corner is seen by 4 positions, the middle by 9."""
    layers = [{"name": "conv", "channels": 5, "padding": 1}, {"name": "lif"}]
    model = model_of(layers, (1, 3, 4))
    x = image((0, 0, 0), (1, 1, 1), (1, 0, 2))
    with torch.no_grad():
        record = model.eval()(x)
    first, readout = model.operations(x, record)
    assert first == Operations("layers.0", 5 * (4 + 9 + 6), 0)
    assert readout == Operations("readout", 4 * record.spikes[0].sum().item(), 0)


def test_strides_gaps_and_groups():
    """Along 4 columns, kernel 2, dilation 2, stride 2: only position 0, which sees 0 and 2."""
    conv = {"name": "conv", "channels": 6, "kernel": [1, 2], "stride": [1, 2]}
    layers = [conv | {"dilation": [1, 2], "groups": 2}, {"name": "lif"}]
    model = model_of(layers, (2, 3, 4)).eval()
    x = image((0, 0, 0), (0, 1, 1), (1, 2, 2), (1, 2, 3), shape=(2, 3, 4))
    assert counted(model, x)["layers.0"] == (3 * 2, 0)


def test_the_formula_counts_what_a_convolution_does():
    """All ones: as many as the products of a convolution of ones with a kernel of ones."""
    layers = [{"name": "conv", "channels": 6, "kernel": [3, 2], "padding": [1, 0], "stride": 2}]
    model = model_of([*layers, {"name": "lif"}], (2, 7, 6)).eval()
    ones = torch.ones(1, 1, 2, 7, 6, dtype=torch.float64)
    kernel = torch.ones(6, 2, 3, 2, dtype=torch.float64)
    expected = torch.nn.functional.conv2d(ones[0], kernel, None, 2, (1, 0)).sum().item()
    assert counted(model, ones)["layers.0"] == (expected, 0)
    assert counted(model, 0.5 * ones)["layers.0"] == (0, expected)


def test_spikes_pass_pools_and_sums_one_by_one():
    """Each hidden spike costs 5 at the sum behind an average pool, and 4 at the readout."""
    residual = {"name": "residual", "body": [{"name": "linear", "size": 3}, {"name": "lif"}]}
    layers = [
        {"name": "conv", "channels": 1, "kernel": 1, "init": "kaiming"}, {"name": "lif"},
        {"name": "avg_pool"}, {"name": "flatten"}, {"name": "linear", "size": 3}, {"name": "lif"},
        residual,
    ]  # fmt: skip
    model = model_of(layers, (1, 2, 6)).eval()
    model.layers[0].weight.data[:] = 1.0
    model.layers[0].bias.data[:] = 0.0
    x = image((0, 0, 1), (0, 1, 1), (1, 1, 4), shape=(1, 2, 6))
    with torch.no_grad():
        record = model(x)
        found = {each.key: each for each in model.operations(x, record)}
    spikes = [each.sum().item() for each in record.spikes]
    assert spikes[0] == 3
    assert found["layers.4"][1:] == (3 * 3, 0)
    assert found["layers.6.body.0"][1:] == (3 * spikes[1], 0)
    assert found["readout"][1:] == (4 * (spikes[1] + spikes[2]), 0)


def test_behind_a_norm_there_are_values():
    layers = [{"name": "conv", "channels": 2}, {"name": "lif"}, {"name": "batch_norm"}]
    model = model_of([*layers, {"name": "linear", "size": 3}, {"name": "lif"}], (1, 3, 4)).eval()
    assert counted(model, image((0, 0, 1), steps=3))["layers.3"] == (0, 3 * 4 * 3)


def test_where_it_learns_nothing_is_counted():
    model = model_of([{"name": "linear", "size": 3}, {"name": "lif"}], (1, 3, 4)).train()
    x = image()
    assert model.operations(x, model(x)) == []


# ---- the others ----


def test_lif_layers_from_spikes_or_from_rates():
    model = built("lif", 3, 2, layers=[{"size": 4}, {"size": 5}])
    x = torch.zeros(10, 1, 3)
    x[2, 0, 1] = x[3, 0, 1] = x[3, 0, 2] = 1
    spikes = [torch.zeros(10, 1, 4), torch.zeros(10, 1, 5)]
    spikes[0][:2] = 1
    spikes[1][5, 0, 3] = 1
    expected = {"layers.0": (3 * 4, 0), "layers.1": (8 * 5, 0), "readout": (1 * 2, 0)}
    for record in (Record(spikes=spikes), Record(rates=[each.mean(0) for each in spikes])):
        found = {each.key: each[1:] for each in model.operations(x, record)}
        assert found == {key: pytest.approx(each) for key, each in expected.items()}


def test_a_first_spike_counts_once_for_each_neuron_and_so_does_a_bias():
    before = [{"name": "multiplex", "factor": 3}, {"name": "delay", "kind": "synaptic"}]
    layers = [{"size": 7, "before": before, "bias_times": [0.3, 0.9]}, {"size": 2}]
    model = built("first_spike", 3, 2, layers=layers)
    never = torch.inf
    x = torch.tensor([[0.2, never, 1.0], [never, never, 0.4]])
    hidden = torch.tensor([[1.0, never, 2.0, never, never, never, never], [never] * 7])
    first, second = model.operations(x, Record(times=[hidden, torch.ones(2, 2)]))
    assert first == Operations("layers.0", 7 * (3 * 3 + 2 * 2), 0)
    assert second == Operations("layers.1", 2 * 2, 0)


def sbs(*layers, **given):
    return built("sbs", (2, 3, 4), 5, layers=[*layers, {"name": "sbs", "neurons": 5}], **given)


def test_an_sbs_spike_moves_every_neuron_of_its_group():
    """2x2 patches of 3x4 pixels: six groups, of which two see something."""
    first = {"name": "sbs", "neurons": 4, "kernel": 2, "spikes": 11}
    model = sbs(first, spikes=9)
    x = torch.zeros(1, 2, 3, 4)
    x[0, 1, 0, 1] = 0.7
    found = model.operations(x, Record(activities=[torch.ones(1, 4, 2, 3), torch.ones(1, 5, 1, 1)]))
    assert found[0] == Operations("layers.0", 0, 2 * 11 * 4)
    assert found[1] == Operations("layers.1", 0, 1 * 9 * 5)


def test_joint_sbs_spikes_reach_the_groups_that_see_them():
    """A quarter of the spikes come from a corner, one group; the others from where two look."""
    first = {"name": "sbs_pooling", "kernel": 2, "spikes": 8, "joint_spikes": True}
    model = sbs(first)
    x = torch.zeros(1, 2, 3, 4)
    x[0, 1, 0, 0], x[0, 0, 0, 1] = 0.5, 1.5
    found = model.operations(x, Record(activities=[torch.ones(1, 2, 2, 3), torch.ones(1, 5, 1, 1)]))
    assert found[0][2] == pytest.approx(2 * 1 + 6 * 2)


def test_nnmf_multiplies_back_and_forth():
    model = built("sbs", (2, 3, 4), 5, layers=[{"name": "nnmf", "neurons": 5, "iterations": 7}])
    x = torch.rand(3, 2, 3, 4)
    (found,) = model.operations(x, Record(activities=[torch.ones(3, 5, 1, 1)]))
    assert found == Operations("layers.0", 0, 3 * 7 * 2 * (24 * 5))


def test_feed_forward_layers_tell_where_they_spike():
    """A threshold that learns is that of now; of presets it is set for all neurons at once."""
    layers = [{"name": "lif", "learn_threshold": True}, {"name": "linear", "size": 3}]
    model = model_of([*layers, {"name": "lif", "threshold": 0.9}], (1, 3, 4))
    model.layers[0].threshold.data[()] = 0.7
    first, second = model.spiking_layers()
    assert (first.key, first.tuned, second.key, second.threshold) == (
        "layers.0",
        "",
        "layers.2",
        0.9,
    )
    assert first.threshold == pytest.approx(0.7)
    at, half = first.threshold, first.threshold + 1 / 2.0  # arctan of sharpness 2: 1 / (1 + 1)
    assert first.derivative(torch.tensor([at, half])).tolist() == pytest.approx([1.0, 0.5])
    preset = built("sew_resnet", (1, 8, 8), 3, width=2).spiking_layers()
    assert {layer.tuned for layer in preset} == {"neuron"}
