"""Online learning through time of lists of layers, beside a twin, the kernel of `lif`, and BPTT."""

import pytest
import torch
from torch.nn import functional

from snnrun.errors import ActivityWarning
from snnrun.learning import RULES
from snnrun.learning.activity import PATIENCE
from snnrun.models import MODELS
from tests import batches
from tests.models.feedforward.cases import (
    BATCH,
    CLASSES,
    SHAPE,
    STEPS,
    changing,
    model_of,
    settings_of,
    steady,
)

SMOOTH = {"name": "cross_entropy", "label_smoothing": 0.2}
NEURON = {
    "tau": 1.7, "threshold": 0.05, "current_decay": 0.3, "decay_input": True, "rest": -0.02,
    "surrogate": {"name": "arctan", "sharpness": 2.0, "height": 0.75},
}  # fmt: skip
CONV = {"name": "conv", "channels": 6, "padding": 1}
LAYERS = [
    CONV | {"groups": 2, "stride": [2, 1]},
    {"name": "avg_pool", "kernel": [2, 1]},
    {"name": "lif", "tau": 3.0},
    CONV | {"bias": False},
    {"name": "lif"},
    {"name": "dropout", "chance": 0.3},
    {"name": "linear", "size": 8},
    {"name": "lif", "reset": "subtract"},
    {"name": "linear", "size": CLASSES},
    {"name": "leaky", "decay": 0.6},
]


def batch_of(x):
    labels = torch.arange(x.shape[1]) % CLASSES
    return batches.batch_of(x, labels, x.stride(0) == 0)


def rule_of(model, name="ottt", **settings):
    chosen = RULES[name].settings(**settings)
    torch.manual_seed(8)
    return RULES.entry_of(chosen).load()(chosen, model.train())


def gradients(model, batch, rule="ottt", **settings):
    outcome = rule_of(model, rule, **settings).step(batch)
    return outcome, {name: each.grad for name, each in model.named_parameters()}


# ---- the twin: weights act on the input, and learn from its trace ----


def twin(model, batch):
    """The gradients of LAYERS, written down step by step."""
    first, _, lif, second, other, _, third, last, fourth, leaky = model.layers
    weights = {
        "a": (first, lif.constants(), lambda x, w, b: functional.conv2d(x, w, b, (2, 1), 1, 1, 2)),
        "b": (second, other.constants(), lambda x, w, b: functional.conv2d(x, w, b, 1, 1)),
        "c": (third, last.constants(), lambda x, w, b: functional.linear(x.flatten(1), w, b)),
        "d": (fourth, leaky.neuron, functional.linear),
    }
    traces = {name: [0.0, 0.0, 0.0, 0.0] for name in weights}
    kept = {name: [0.0, None] for name in weights}

    def product(name, x):
        layer, neuron, times = weights[name]
        a, b = neuron.current_decay, neuron.membrane_decay
        ones, one, past, now = traces[name]
        one, now = a * one + 1, a * now + x.detach()
        ones, past = b * ones + one, b * past + now
        traces[name] = [ones, one, past, now]
        bias = None if layer.bias is None else layer.bias * ones
        learning = times(past, layer.weight, bias)
        fixed = None if layer.bias is None else layer.bias.detach()
        return times(x, layer.weight.detach(), fixed) + learning - learning.detach()

    def membrane(name, x):
        neuron, (current, before) = weights[name][1], kept[name]
        current = neuron.current_decay * current + x
        before = torch.full_like(x, neuron.rest) if before is None else before
        after = neuron.rest + neuron.membrane_decay * (before - neuron.rest)
        kept[name][0] = current.detach()
        return after + neuron.input_scale * current

    def spikes(name, x):
        neuron, h = weights[name][1], membrane(name, x)
        distance = h - neuron.threshold
        psi = neuron.height / (1 + (neuron.sharpness * distance.detach()) ** 2)
        fired = (distance >= 0).double()
        if int(neuron.reset) == 1:
            kept[name][1] = (h - neuron.threshold * fired).detach()
        else:
            kept[name][1] = torch.where(fired > 0, neuron.v_reset, h).detach()
        return fired.detach() + psi * (h - h.detach())

    loss = 0.0
    for x in batch.inputs:
        s = spikes("a", functional.avg_pool2d(product("a", x), (2, 1)))
        s = spikes("b", product("b", s))
        drawn = batch.random.of("layers.5").uniform("dropout", s.shape[1:], s)
        s = spikes("c", product("c", s * (drawn >= 0.3) / 0.7))
        o = membrane("d", product("d", s))
        kept["d"][1] = o.detach()
        loss = loss + functional.cross_entropy(o, batch.targets, label_smoothing=0.2)
    (loss / STEPS).backward()
    return {name: each.grad for name, each in model.named_parameters()}


@pytest.mark.parametrize("shown", [steady, changing])
def test_it_equals_its_readable_twin(shown):
    batch = batch_of(shown())
    outcome, found = gradients(model_of(LAYERS, neuron=NEURON), batch, loss=SMOOTH)
    expected = twin(model_of(LAYERS, neuron=NEURON), batch)
    for name in ("layers.2", "layers.4", "layers.7"):
        assert 0.02 < outcome.statistics[f"density/{name.replace('layers.', 'layer_')}"] < 0.9
    for name, value in expected.items():
        assert value.any(), name
        torch.testing.assert_close(found[name], value, rtol=1e-11, atol=1e-14, msg=name)


def test_it_equals_the_kernel_of_lif():
    """The same network, all-to-all and without biases, by a rule with whole sequences."""
    neuron = {"tau_mem": 9.0, "tau_syn": 3.0, "threshold": 0.8}
    hump = {"name": "superspike", "sharpness": 0.9, "height": 0.7}
    settings = MODELS["lif"].settings(
        layers=[{"size": 6, "gain": 1.3}, {"size": 8, "gain": 1.6, "tau_mem": 5.0}],
        readout={"name": "leaky", "tau": 2.5, "gain": 1.5}, surrogate=hump, **neuron,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(3)
    theirs = MODELS.entry_of(settings).load()(settings, 7, CLASSES, generator)
    decays = [
        {"decay": layer.neuron.membrane_decay, "current_decay": layer.neuron.current_decay}
        for layer in theirs.stack
    ]
    lif = {"name": "lif", "threshold": 0.8, "reset": "subtract", "detach": True, "surrogate": hump}
    linear = {"name": "linear", "bias": False}
    layers = [
        linear | {"size": 6}, lif | decays[0], linear | {"size": 8}, lif | decays[1],
        linear | {"size": CLASSES}, {"name": "leaky", "decay": decays[2]["decay"]},
    ]  # fmt: skip
    ours = model_of(layers, shape=(7, 1, 1))
    for index, layer in enumerate(theirs.stack):
        ours.layers[2 * index].weight.data = layer.weights.detach().T.clone()
    x = changing((7,)) * 0.7
    _, expected = gradients(theirs, batch_of(x), loss=SMOOTH)
    _, found = gradients(ours, batch_of(x[..., None, None]), loss=SMOOTH)
    assert list(expected) == ["layers.0.weights", "layers.1.weights", "readout.weights"]
    for value, own in zip(expected.values(), found.values(), strict=True):
        assert value.any()
        torch.testing.assert_close(own.T, value, rtol=1e-10, atol=1e-14)


NETWORKS = {
    "feedforward": (LAYERS, {}),
    "a way around": (
        [CONV, {"name": "lif"}, {"name": "residual", "combine": "iand", "body": [
            CONV, {"name": "lif"}]}, {"name": "max_pool"}], {}),
    "vgg": (None, {"name": "vgg", "width": 2, "norm": None, "positions": 1}),
    "sew_resnet": (None, {"name": "sew_resnet", "width": 2, "norm": None}),
    "ms_resnet A": (None, {"name": "ms_resnet", "width": 2, "norm": None}),
    "ms_resnet B": (None, {"name": "ms_resnet", "width": 2, "norm": None, "order": "B"}),
    "ms_resnet C": (None, {"name": "ms_resnet", "width": 2, "norm": None, "order": "C"}),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_of_one_step_it_is_backpropagation(name):
    layers, changes = NETWORKS[name]
    shape = SHAPE if layers else (2, 32, 32)
    batch = batch_of(changing(shape, steps=1))
    _, found = gradients(model_of(layers, shape, neuron=NEURON, **changes), batch)
    model = model_of(layers, shape, neuron=NEURON, **changes)
    _, expected = gradients(model, batch, "surrogate")
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        torch.testing.assert_close(found[key], value, rtol=1e-9, atol=1e-14, msg=key)
    assert sum(bool(each.any()) for each in found.values()) > 1


def test_outputs_and_the_gradient_of_the_readout_are_those_of_backpropagation_through_time():
    batch = batch_of(changing())
    tet = {"name": "tet", "lamb": 0.0}
    outcome, found = gradients(model_of(LAYERS, neuron=NEURON), batch)
    exact, expected = gradients(model_of(LAYERS, neuron=NEURON), batch, "surrogate", loss=tet)
    torch.testing.assert_close(outcome.scores, exact.scores)
    torch.testing.assert_close(outcome.loss, exact.loss)
    assert outcome.statistics == pytest.approx(exact.statistics)
    for name in ("layers.8.weight", "layers.8.bias"):
        torch.testing.assert_close(found[name], expected[name], rtol=1e-11, atol=1e-14)
    one, other = found["layers.3.weight"].flatten(), expected["layers.3.weight"].flatten()
    assert 0.3 < torch.cosine_similarity(one, other, 0) < 0.999


def test_it_is_judged_by_the_loss_that_it_learns_from():
    rule, batch = rule_of(model_of(LAYERS, neuron=NEURON), loss=SMOOTH), batch_of(changing())
    learned, (judged, record) = rule.step(batch), rule.evaluate(batch)
    assert not record.outputs.requires_grad
    torch.testing.assert_close(judged.loss.mean(), learned.loss)
    torch.testing.assert_close(judged.scores, learned.scores)
    torch.testing.assert_close(rule.objective(record, batch.targets), learned.loss)


def test_layers_that_stay_silent_are_named(recwarn):
    rule = rule_of(model_of(LAYERS, neuron=NEURON | {"threshold": 1e4}))
    batch = batch_of(changing())
    for _ in range(PATIENCE):
        rule.intervene(batches.totals(rule.step(batch), batch))
    assert all(each.category is ActivityWarning for each in recwarn)
    said = [str(each.message) for each in recwarn]
    assert [each.split(" is ")[0] for each in said] == ["layer_2", "layer_4", "layer_7"]
    assert "a lower model.layers.2.threshold may wake it" in said[0]


def test_gradients_of_gradients_are_refused():
    model, x = model_of([{"name": "linear", "size": CLASSES}]), changing().requires_grad_()
    record = next(model.by_steps(x))
    (first,) = torch.autograd.grad(record.outputs.square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


class Live:
    """Bytes that torch holds for gradients, and the most at a time."""

    def __init__(self):
        self.now = self.most = 0

    def kept(self, tensor):
        live, size = self, tensor.numel() * tensor.element_size()

        class Kept:
            def __init__(self):
                self.tensor = tensor
                live.now += size
                live.most = max(live.most, live.now)

            def __del__(self):
                live.now -= size

        return Kept()


def most(rule, steps, **settings):
    live, batch = Live(), batch_of(changing(steps=steps))
    with torch.autograd.graph.saved_tensors_hooks(live.kept, lambda kept: kept.tensor):
        gradients(model_of(LAYERS, neuron=NEURON), batch, rule, **settings)
    return live.most


def test_memory_does_not_grow_with_the_number_of_steps():
    assert most("ottt", 40) == most("ottt", 4) > 0
    assert most("surrogate", 40) > 8 * most("surrogate", 4)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([CONV, {"name": "batch_norm"}, {"name": "lif"}],
         r"model\.layers\.1 \(batch_norm\), which takes mean and variance over all steps"),
        ([CONV, {"name": "residual", "body": [CONV, {"name": "tebn", "steps": 5}]}],
         r"model\.layers\.1\.body\.1 \(tebn\), which takes mean"),
        ([CONV, {"name": "lif", "learn_tau": True}], r"layers\.1 \(lif\), which has learn_tau"),
        ([CONV, {"name": "lif", "learn_threshold": True}], r"lif\), which has learn_threshold"),
        ([CONV, {"name": "lif", "adaptation": 0.1}], r"\(lif\), which has adaptation"),
        ([CONV, {"name": "dropout", "each_step": True}], r"\(dropout\), which has each_step"),
        ([CONV, {"name": "residual", "body": [{"name": "lif"}], "shortcut": [
            {"name": "lif", "tau": 5.0}]}],
         r"layers\.0 \(conv\), which drives neurons or outputs of several time constants"),
        ([CONV, {"name": "residual", "body": [{"name": "lif"}]}], r"layers\.0 \(conv\), which dri"),
    ],
)  # fmt: skip
def test_layers_without_a_trace_are_refused(layers, said):
    rule = RULES["ottt"].settings()
    with pytest.raises(ValueError, match=said) as caught:
        rule.check(settings_of(layers), None)
    assert str(caught.value).startswith("does not train model.layers.")
    assert str(caught.value).endswith("; learning.name=surrogate does")


def test_what_is_for_lif_alone_is_refused():
    settings = settings_of([CONV, {"name": "lif"}])
    with pytest.raises(ValueError, match=r"feedback\.kind: must be symmetric, got direct"):
        RULES["ottt"].settings(feedback={"kind": "direct"}).check(settings, None)
    with pytest.raises(ValueError, match="alignment_every: must be null"):
        RULES["ottt"].settings(alignment_every=3).check(settings, None)


def test_a_plugged_layer_that_says_nothing_is_refused(monkeypatch):
    from snnrun.models.feedforward.shaping import FlattenSettings

    def silent(self, network):
        return super(FlattenSettings, self).memory(network)

    monkeypatch.setattr(FlattenSettings, "memory", silent)
    with pytest.raises(ValueError, match=r"\(flatten\), which does not say what it keeps"):
        RULES["ottt"].settings().check(settings_of([{"name": "flatten"}]), None)


def test_shares_of_a_batch_sum_to_the_whole():
    x, layers = changing(), [each for each in LAYERS if each["name"] != "dropout"]
    _, whole = gradients(model_of(layers, neuron=NEURON), batch_of(x))
    batch = batch_of(x)
    parts = [
        batches.batch_of(x[:, rows], batch.targets[rows]) for rows in (slice(0, 1), slice(1, 3))
    ]
    for part in parts:
        part.whole = BATCH
    found = [gradients(model_of(layers, neuron=NEURON), part)[1] for part in parts]
    for name, value in whole.items():
        torch.testing.assert_close(found[0][name] + found[1][name], value, msg=name)
