"""Weights act with few bits, and learn as they are."""

import copy

import pytest
import torch
from pydantic import ValidationError
from torch.nn import functional

from snnrun.learning import RULES
from snnrun.learning.local import rule
from snnrun.models import MODELS
from snnrun.models.quantised import quantised
from tests import batches
from tests.learning import local_cases
from tests.learning.local_cases import LEAKY, LINEAR, SPIKES, TWO
from tests.models.feedforward import cases
from tests.models.feedforward.cases import CLASSES, changing, model_of, numbers, settings_of

GENERIC = [0.31, -0.7, 0.06, 0.0, 0.49, -0.13]
LAYERS = [
    {"name": "conv", "channels": 6, "bits": 3},
    {"name": "lif"},
    {"name": "linear", "size": 8},
    {"name": "lif"},
]


# The largest, 0.7, is the last of 1, 3 and 7 steps.
@pytest.mark.parametrize(
    ("bits", "wanted"),
    [
        (2, [0, -1, 0, 0, 1, 0]),
        (3, [1, -3, 0, 0, 2, -1]),
        (4, [3, -7, 1, 0, 5, -1]),
    ],
)
def test_weights_are_multiples_of_a_step(bits, wanted):
    step = 0.7 / (2 ** (bits - 1) - 1)
    found = quantised(torch.tensor(GENERIC).double(), bits)
    torch.testing.assert_close(found, step * torch.tensor(wanted).double())


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_there_are_as_many_values_as_bits_tell(bits, dtype):
    weights = torch.rand(90, 80, generator=torch.Generator().manual_seed(3), dtype=dtype) - 0.5
    found = quantised(weights, bits)
    assert len(found.unique()) == 2**bits - 1
    step = weights.abs().max() / (2 ** (bits - 1) - 1)
    assert (found - weights).abs().max() <= 0.5001 * step
    assert found.abs().max() == pytest.approx(weights.abs().max().item(), rel=1e-6)


@pytest.mark.parametrize("bits", [None, 32])
def test_all_bits_leave_weights_as_they_are(bits):
    weights = torch.randn(5, 4)
    assert quantised(weights, bits) is weights


def test_weights_of_zero_stay():
    assert torch.equal(quantised(torch.zeros(3), 4), torch.zeros(3))


def test_a_weight_that_is_no_number_spoils_no_other():
    weights = torch.tensor([0.3, float("nan"), -0.5])
    assert torch.equal(quantised(weights, 4).isnan(), weights.isnan())


def test_the_gradient_passes_straight_through():
    weights = torch.tensor(GENERIC, requires_grad=True)
    upstream = torch.arange(6.0) - 2.5
    (quantised(weights, 2) * upstream).sum().backward()
    assert torch.equal(weights.grad, upstream)


# ---- lists of layers ----


def gradients(model, x):
    model.train()(x, numbers()).outputs.square().sum().backward()
    return {name: each.grad for name, each in model.named_parameters()}


def test_layers_act_with_their_own_bits_or_those_of_the_network():
    model = model_of(LAYERS, bits=5)
    layers = [(3, model.layers[0]), (5, model.layers[2]), (5, model.readout[0])]
    for bits, layer in layers:
        kept = layer.weight.detach().clone()
        assert torch.equal(layer.acting, quantised(kept, bits))
        assert torch.equal(layer.weight, kept)
        assert len(layer.acting.unique()) < 2**bits
        assert len(kept.unique()) == kept.numel()


def by_hand(model):
    """A copy whose weights are what those of the network act as."""
    plain = model_of([{k: v for k, v in each.items() if k != "bits"} for each in LAYERS])
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for name, bits in (("layers.0", 3), ("layers.2", 5), ("readout.0", 5)):
        state[f"{name}.weight"] = quantised(state[f"{name}.weight"], bits)
    plain.load_state_dict(state)
    return plain


def test_outputs_and_gradients_are_those_of_weights_rounded_by_hand():
    model, x = model_of(LAYERS, bits=5), changing()
    plain = by_hand(model)
    assert torch.equal(model.eval()(x, numbers()).outputs, plain.eval()(x, numbers()).outputs)
    found, expected = gradients(model, x), gradients(plain, x)
    for name, value in expected.items():
        assert value.any(), name
        torch.testing.assert_close(found[name], value, msg=name)


def test_online_learning_takes_the_weights_as_they_act():
    model, labels = model_of(LAYERS, bits=5), torch.arange(3) % CLASSES
    plain, batch = by_hand(model), batches.batch_of(changing(), labels)
    for each in (model, plain):
        settings = RULES["ottt"].settings()
        RULES.entry_of(settings).load()(settings, each.train()).step(batch)
    for (name, each), other in zip(model.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(each.grad, other.grad, msg=name)


@pytest.mark.parametrize("bits", [None, 32])
def test_networks_of_all_bits_have_the_bits_that_they_had(bits):
    plain = [{k: v for k, v in each.items() if k != "bits"} for each in LAYERS]
    given = [each | {"bits": bits} if each["name"] != "lif" else each for each in plain]
    ours, theirs = model_of(given, bits=bits), model_of(plain)
    found, expected = gradients(ours, changing()), gradients(theirs, changing())
    for name, value in expected.items():
        assert torch.equal(found[name], value), name


def test_tables_tell_the_bits():
    rows = settings_of(LAYERS, bits=5).describe(cases.SHAPE, CLASSES)
    assert rows[0] == ("layers.0", "conv -> [6, 5, 4], 3 bits", 2 * 6 * 9 + 6)
    assert [shape for _, shape, _ in rows[1:]] == [
        "lif -> [6, 5, 4]", "linear -> [8], 5 bits", "lif -> [8]", "linear -> [4], 5 bits",
    ]  # fmt: skip
    whole = settings_of([{"name": "linear", "size": 4, "bits": 32}], bits=5)
    assert whole.describe(cases.SHAPE, CLASSES)[0][1] == "linear -> [4]"
    vgg = MODELS["vgg"].settings(bits=4).describe((3, 32, 32), 10)
    assert vgg[0][1] == "conv -> [64, 32, 32], 4 bits"


# ---- networks of the model `lif` ----

RECURRENT = [TWO[0] | {"recurrent": True}, TWO[1] | {"bits": 6}]


@pytest.mark.parametrize("readout", [LEAKY, SPIKES, LINEAR])
def test_lif_layers_act_with_few_bits(readout):
    model = local_cases.model_of(RECURRENT, readout | {"bits": 2}, bits=3)
    plain = local_cases.model_of(RECURRENT, readout)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for name, tensor in state.items():
        bits = {"layers.0": 3, "layers.1": 6, "readout.": 2}[name[:8]]
        state[name] = quantised(tensor, bits)
        assert len(state[name].unique()) <= 2**bits
    plain.load_state_dict(state)
    x = local_cases.batch_of(False).inputs
    found, expected = model(x), plain(x)
    for one, other in zip(found.membranes, expected.membranes, strict=True):
        assert one.any()
        assert torch.equal(one, other)
    for each in (found, expected):
        each.outputs.square().sum().backward() if each.outputs.requires_grad else None
    for (name, one), other in zip(model.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, msg=name)


@pytest.mark.parametrize("name", ["random_feedback", "eligibility", "eprop", "ottt"])
@pytest.mark.parametrize("kind", ["symmetric", "sign_concordant"])
@pytest.mark.parametrize("readout", [SPIKES, LINEAR])
@pytest.mark.parametrize("narrow", [rule.NARROW, 0], ids=["few units", "many units"])
def test_local_rules_take_the_weights_as_they_act(name, kind, readout, narrow, monkeypatch):
    monkeypatch.setattr(rule, "NARROW", narrow)
    readout = LEAKY if name in ("eprop", "ottt") else readout
    model = local_cases.model_of(TWO, readout, bits=3)
    plain = local_cases.model_of(TWO, readout)
    plain.load_state_dict({n: quantised(each, 3) for n, each in model.state_dict().items()})
    batch = local_cases.batch_of(False)
    found, expected = (
        local_cases.gradients(local_cases.rule_of(name, each, feedback={"kind": kind}), batch)
        for each in (model, plain)
    )
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)
    assert found[0].any()


def test_tables_of_lif_tell_the_bits():
    settings = MODELS["lif"].settings(layers=[{"size": 6}, {"size": 8, "bits": 32}], bits=4)
    shapes = [shape for _, shape, _ in settings.describe(7, 3)]
    assert shapes == ["[7 inputs, 6], 4 bits", "[6 inputs, 8]", "[8 inputs, 3], 4 bits"]


@pytest.mark.parametrize("bits", [1, 0, -4, 33, 2.5, "four"])
@pytest.mark.parametrize("name", ["feedforward", "lif"])
def test_bits_that_there_are_not_are_refused(name, bits):
    layer = {"name": "linear", "size": 3} if name == "feedforward" else {"size": 3}
    for given in ({"layers": [layer | {"bits": bits}]}, {"layers": [layer], "bits": bits}):
        with pytest.raises(ValidationError, match="bits"):
            MODELS[name].settings(**given)


def test_a_copy_keeps_its_bits():
    model = copy.deepcopy(model_of(LAYERS, bits=5))
    x = torch.randn(3, *cases.SHAPE, dtype=torch.float64)
    first = model.layers[0]
    expected = functional.conv2d(x, quantised(first.weight, 3), first.bias)
    assert torch.equal(first.apply_to(x), expected)


@pytest.mark.parametrize("share", [0.1, 0.7], ids=["rare", "many"])
def test_spikes_meet_few_bits_in_every_product(share):
    """Products of enough elements take the sparse form, or go the other way round."""
    layers, readout = [{"size": 24}], {"name": "leaky", "tau": 3.0}
    model = local_cases.model_of(layers, readout, bits=2)
    inputs = len(model.stack[0].weights)
    generator = torch.Generator().manual_seed(2)
    x = (torch.rand(40, 2 + 70000 // (40 * inputs), inputs, generator=generator) < share).double()
    learning = model.stack[0].trained_current(x)
    assert learning.requires_grad
    torch.testing.assert_close(learning.detach(), model.stack[0].current(x).detach())
