"""Feed-forward networks: beside plain torch, what they leave behind, and that they learn."""

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy, max_pool2d

from snnrun.errors import DataError
from snnrun.kernels.lif.sequence_reference import SequenceNeuron, SequenceReset, sequence
from snnrun.models.feedforward.layer import Shown
from snnrun.models.feedforward.net import build
from tests.golden import golden
from tests.models.feedforward.cases import (
    BATCH,
    CLASSES,
    LAYERS,
    SHAPE,
    STEPS,
    changing,
    model_of,
    numbers,
    settings_of,
    steady,
)

CONV, LIF = {"name": "conv", "channels": 6}, {"name": "lif"}


# ---- beside plain torch ----


def by_torch(model, x):
    """Outputs of the network LAYERS, without dropout, from modules of torch, step by step."""
    named = {name: each for name, each in model.named_parameters()}

    def part(kind, name, *sizes, **options):
        made = kind(*sizes, **options).double()
        for own, _ in list(made.named_parameters()):
            delattr(made, own)
            setattr(made, own, named[f"{name}.{own}"])
        return made

    def fire(steps, *constants, reset=SequenceReset.SET):
        plain = SequenceNeuron(
            *constants, reset=reset, surrogate="arctan", sharpness=2.0, height=1.0
        )
        return sequence(torch.stack(steps), plain).spikes

    def normed(steps, name):  # one norm for all of them
        norm = part(nn.BatchNorm2d, name, 6)
        return norm(torch.cat(list(steps))).split(BATCH)

    decay, b = 1 - torch.sigmoid(named["layers.3.leak"]), 1 - 1 / 1.7
    conv = part(nn.Conv2d, "layers.0", 2, 6, (3, 2), padding=(1, 0), groups=2)
    steps = normed([conv(each) for each in x], "layers.1")
    spikes = fire(
        [avg_pool2d(each, (2, 1)) for each in steps], decay, 0.0, 1.0, named["layers.3.threshold"]
    )
    conv = part(nn.Conv2d, "layers.4.body.0", 6, 6, 3, padding=1)
    steps = normed([conv(each) for each in spikes], "layers.4.body.1")
    both = spikes + fire(list(steps), b, 0.0, 1.0, 0.4)
    rows = part(nn.Linear, "layers.7", 36, 8)
    steps = [rows(max_pool2d(each, (1, 2)).flatten(1)) for each in both]
    last = fire(steps, b, 0.0, 1.0, 0.4, reset=SequenceReset.SUBTRACT)
    out = part(nn.Linear, "readout.0", 8, CLASSES)
    return torch.stack([out(each) for each in last])


@pytest.mark.parametrize("x", [steady(), changing()], ids=["steady", "changing"])
def test_outputs_and_gradients_are_those_of_plain_torch(x):
    model = model_of([layer for layer in LAYERS if layer["name"] != "dropout"])
    model.layers.insert(6, nn.Module())  # so that numbers are those of LAYERS
    model.layers[6].forward = lambda x, shown: x
    parameters = list(model.parameters())
    outputs, wanted = model(x).outputs, by_torch(model, x)
    torch.testing.assert_close(outputs, wanted, rtol=1e-9, atol=1e-11)
    generator = torch.Generator().manual_seed(9)
    upstream = torch.randn(outputs.shape, generator=generator, dtype=torch.float64)
    found, right = (
        torch.autograd.grad((each * upstream).sum(), parameters) for each in (outputs, wanted)
    )
    for one, other in zip(found, right, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-10)
        assert one.abs().max() > 0 or one.shape == (6,)  # a bias before a norm moves nothing


@pytest.mark.parametrize("case", ["1h", "1s", "0h", "0s"])
def test_time_constants_learn_like_those_of_spikingjelly(case):
    """Its ParametricLIFNode, ATan(2), from 1 / tau = sigmoid(w) on."""
    data, decays = golden("stbp/spikingjelly_lif"), case[0] == "1"
    reset = {"h": "set", "s": "subtract"}[case[1]]
    neuron = {"tau": 2.0, "decay_input": decays, "reset": reset, "learn_tau": True,
              "surrogate": {"name": "arctan", "sharpness": math.pi, "height": 1.0}}  # fmt: skip
    layer = model_of([LIF], (6, 1, 1), neuron=neuron).layers[0]
    assert layer.leak.item() == pytest.approx(float(data[f"plif{case}_w"]), abs=1e-7)
    x = (torch.from_numpy(data["x"]) * (2 if decays else 1)).requires_grad_()
    spikes = layer.float()(x, Shown(4))
    (spikes * torch.from_numpy(data["gs"])).sum().backward()
    assert np.array_equal(spikes.detach().numpy(), data[f"plif{case}_spk"])
    assert layer.leak.grad.item() == pytest.approx(float(data[f"plif{case}_gw"]), rel=1e-5)
    np.testing.assert_allclose(x.grad, data[f"plif{case}_gx"], rtol=2e-6, atol=2e-6)


# ---- what is left behind ----


def test_the_record():
    model, x = model_of(), changing()
    sizes = [(6, 3, 5), (6, 3, 5), (8,)]
    record = model(x, numbers())
    assert [each.shape for each in record.spikes] == [(STEPS, BATCH, *size) for size in sizes]
    assert record.membranes == record.rates == []
    assert record.outputs.shape == (STEPS, BATCH, CLASSES)
    assert torch.equal(model.scores(record), record.outputs.mean(0))
    for spikes in record.spikes:
        assert set(spikes.unique().tolist()) == {0.0, 1.0}
        assert torch.autograd.grad(spikes.sum(), model.layers[0].weight, retain_graph=True)


def test_rates_are_kept_where_nothing_is_learned():
    with torch.no_grad():
        record = model_of()(changing(), numbers())
    for spikes, rates in zip(record.spikes, record.rates, strict=True):
        assert torch.equal(rates, spikes.mean(0).flatten(1))


def test_membranes_are_kept_where_nothing_is_learned():
    model = model_of().eval()
    with torch.no_grad():
        record = model(changing())
    *hidden, outputs = record.membranes
    assert outputs is record.outputs
    assert [each.shape for each in hidden] == [each.shape for each in record.spikes]
    assert torch.equal(hidden[-1] >= 0.4, record.spikes[-1] > 0)


def test_integrators_give_their_membranes():
    model = model_of([{"name": "linear", "size": 4}, {"name": "leaky", "decay": 0.3}]).eval()
    x = changing()
    currents, kept = model.layers[0](x, Shown(BATCH)), 0
    for current, found in zip(currents, model(x).outputs, strict=True):
        kept = 0.3 * kept + current
        torch.testing.assert_close(found, kept)


def test_no_sample_depends_on_its_batch_where_nothing_is_learned():
    model, x = model_of().eval(), changing(batch=5)
    with torch.no_grad():
        whole, part = model(x).outputs, model(x[:, 1:3]).outputs
    torch.testing.assert_close(whole[:, 1:3], part, rtol=1e-12, atol=1e-14)


def test_the_sharpness_is_a_target_of_schedules():
    own = LIF | {"surrogate": {"name": "erf", "sharpness": 3.0}}
    model = model_of([LIF, {"name": "residual", "body": [own]}])
    first, change = model.targets()["surrogate.sharpness"]
    assert first == 2.0
    change(5.0)
    sharp = [model.layers[0], model.layers[1].body[0]]
    assert [each.constants().sharpness for each in sharp] == [5.0, 7.5]
    assert [each.constants().surrogate for each in sharp] == ["arctan", "erf"]


def test_constants_are_told_to_the_kernel():
    sigmoid = {"name": "sigmoid", "sharpness": 1.5, "height": 0.8}
    neuron = {"decay": 0.3, "current_decay": 0.6, "decay_input": True, "threshold": 0.7,
              "reset": "none", "v_reset": -0.2, "rest": 0.1, "detach": True, "delayed": True,
              "strict": True, "adaptation": 0.4, "adaptation_decay": 0.8,
              "surrogate": sigmoid}  # fmt: skip
    assert model_of([LIF], neuron=neuron).layers[0].constants() == SequenceNeuron(
        0.3, 0.6, 0.7, 0.7, -0.2, 0.1, 0.1, SequenceReset.NONE, True, True, True,
        adaptation=0.4, adaptation_decay=0.8, surrogate="sigmoid", sharpness=1.5, height=0.8,
    )  # fmt: skip


def test_it_runs_in_the_precision_of_its_weights():
    record = model_of().float()(changing().float(), numbers())
    assert {each.dtype for each in (*record.spikes, record.outputs)} == {torch.float32}


def test_the_factors_of_another_number_of_steps_are_refused():
    model = model_of([CONV, {"name": "tebn", "steps": 4}, LIF])
    with pytest.raises(DataError, match=r"layers\.1: tebn has factors for 4 steps, but .* has 5"):
        model(changing())


@pytest.mark.parametrize(
    ("combine", "table"), [("add", [0, 1, 1, 2]), ("and", [0, 0, 0, 1]), ("iand", [0, 1, 0, 0])]
)
@pytest.mark.parametrize("same", [True, False])
def test_body_and_shortcut_are_combined(combine, table, same):
    """Of body 0, 0, 1, 1 and shortcut 0, 1, 0, 1; once where they are the same at every step."""
    swap = {"name": "linear", "size": 4, "bias": False}
    block = {"name": "residual", "body": [swap], "shortcut": [swap], "combine": combine}
    residual = model_of([block], (4, 1, 1)).layers[0]
    residual.body[0].weight.data = torch.eye(4, dtype=torch.float64)[[0, 2, 1, 3]]
    residual.shortcut[0].weight.data = torch.eye(4, dtype=torch.float64)
    x = torch.tensor([0.0, 1.0, 0.0, 1.0], dtype=torch.float64)[None, :, None, None]
    x = x.expand(3, *x.shape) if same else x.repeat(3, 1, 1, 1, 1)
    found = residual(x, Shown(1))
    assert found[:, 0].tolist() == [table] * 3
    assert (found.stride(0) == 0) == same


# ---- weights ----


def test_a_seed_gives_the_same_weights_and_they_are_saved_whole():
    one, other, third = model_of(), model_of(), model_of(seed=4)
    x = changing()
    one(x, numbers())
    other.load_state_dict(one.state_dict())
    third.load_state_dict(one.state_dict())
    with torch.no_grad():
        outputs = [each.eval()(x).outputs for each in (one, other, third)]
    assert torch.equal(outputs[0], outputs[1])
    assert torch.equal(outputs[0], outputs[2])
    fresh, again, different = model_of(), model_of(), model_of(seed=4)
    for name, value in fresh.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    assert not torch.equal(fresh.layers[0].weight, different.layers[0].weight)


def test_initial_weights():
    """At 5 standard errors."""
    wide = {"name": "conv", "channels": 40, "kernel": 5, "groups": 2, "padding": 2}
    model = model_of([wide, wide | {"init": "kaiming"}, LIF])
    uniform, normal = (model.layers[index].weight for index in (0, 1))
    bound = 1 / math.sqrt(25 * 1)
    assert uniform.abs().max() <= bound
    assert abs(uniform.std().item() / (bound / math.sqrt(3)) - 1) < 5 / math.sqrt(2000)
    assert abs(normal.std().item() / math.sqrt(2 / (40 * 25)) - 1) < 5 / math.sqrt(2 * 20_000)


def test_norms_begin_at_the_threshold_if_they_are_to():
    layers = [{"name": "batch_norm", "weight": 0.5, "by_threshold": True}, LIF]
    model = build(settings_of(layers), SHAPE, CLASSES, torch.Generator())
    assert model.layers[0].weight.tolist() == [0.2, 0.2]


# ---- dropout ----


def dropped(model, x, random):
    return model.layers(x, Shown(x.shape[1], random)) == 0


def test_a_sample_has_one_mask_whatever_its_batch():
    model, x = model_of([{"name": "dropout", "chance": 0.3}]), 1 + changing(batch=6)
    mask = dropped(model, x, numbers(6))
    assert torch.equal(mask, mask[:1].expand_as(mask))
    assert not torch.equal(mask[0, 0], mask[0, 1])
    part = dropped(model, x[:, 2:5], numbers(3, first=2))
    assert torch.equal(part, mask[:, 2:5])
    kept = model.layers(x, Shown(6, numbers(6)))[~mask]
    torch.testing.assert_close(kept, x[~mask] / 0.7)
    assert not dropped(model.eval(), x, numbers(6)).any()


def test_masks_of_steps_and_of_layers_differ():
    """And as many values are left out as should be, at 5 standard errors."""
    layer = {"name": "dropout", "chance": 0.3, "each_step": True}
    model, x = model_of([layer, {"name": "residual", "body": [layer]}]), 1 + changing(batch=40)
    shown = Shown(40, numbers(40))
    first, second = (each(x, shown) == 0 for each in (model.layers[0], model.layers[1].body))
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first, second)
    assert abs(first.double().mean() - 0.3) < 5 * math.sqrt(0.21 / first.numel())


# ---- learning ----


def test_a_small_network_learns_digits():
    digits = load_digits()
    images = torch.from_numpy(digits.images[:600] / 16).float()[:, None]
    labels = torch.from_numpy(digits.target[:600]).long()
    layers = [
        CONV | {"padding": 1}, {"name": "batch_norm"}, LIF, {"name": "avg_pool"},
        {"name": "linear", "size": 40}, LIF,
    ]  # fmt: skip
    model = model_of(layers, (1, 8, 8), 10, neuron={}).float()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(4):
        for chosen in torch.arange(600).split(100):
            x = images[chosen].expand(4, *images[chosen].shape)
            loss = cross_entropy(model.scores(model(x)), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    assert losses[0] > 2
    assert sum(losses[-6:]) / 6 < 1
