"""Local rules on a CUDA device: by emulated kernels, and with every tensor on a device."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from snnrun.core.batch import Batch
from snnrun.kernels.lif import scan as lif
from snnrun.kernels.lif import scan_cuda
from tests.batches import random_of
from tests.learning.local_cases import (
    BATCH,
    CLASSES,
    INPUTS,
    LEAKY,
    LINEAR,
    SPIKES,
    STEPS,
    TWO,
    batch_of,
    gradients,
    model_of,
    rule_of,
)

FEEDBACKS = ("direct", "layerwise", "symmetric", "sign_concordant")
RULES = [
    ("random_feedback", SPIKES, {}),
    ("random_feedback", LINEAR, {"window": 7}),
    ("eligibility", SPIKES, {}),
    ("eligibility", LINEAR, {"loss": {"name": "squared_error"}}),
    ("eprop", LEAKY, {}),
    ("ottt", LEAKY, {}),
]


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("kind", FEEDBACKS)
@pytest.mark.parametrize(("name", "readout", "settings"), RULES)
def test_learning_is_that_of_the_cpu(
    name, readout, settings, kind, constant, emulation, monkeypatch
):
    found = []
    for one in (None, emulation):
        monkeypatch.setattr(lif, "library_for", lambda *_, one=one: one)
        rule = rule_of(name, model_of(TWO, readout), feedback={"kind": kind}, **settings)
        batch = batch_of(constant)
        judged, record = rule.evaluate(batch)
        found.append((gradients(rule, batch), judged.loss, judged.scores, record.rates))
    torch.testing.assert_close(found[0], found[1], rtol=1e-12, atol=1e-14)
    assert all(each.any() for each in found[0][0])


class OneDevice(TorchDispatchMode):
    """Refuses what CUDA does: an operation on tensors of two devices, but for single numbers."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        given = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
        places = {each.device.type for each in given if each.dim()}
        assert len(places) < 2, f"{function} of tensors on {' and '.join(sorted(places))}"
        return function(*args, **(kwargs or {}))


@pytest.fixture
def device(monkeypatch):
    """A device whose tensors hold no numbers; what waits for some gets zeros."""
    monkeypatch.setattr(torch.Tensor, "tolist", lambda self: np.zeros(tuple(self.shape)).tolist())
    monkeypatch.setattr(lif, "library_for", lambda *all: object() if all[0].is_meta else None)
    monkeypatch.setattr(scan_cuda, "call", lambda *_: None)
    monkeypatch.setattr(scan_cuda, "address", lambda _: None)
    with OneDevice():
        yield torch.device("meta")


def test_two_devices_do_not_mix(device):
    with pytest.raises(AssertionError, match=r"aten.index_select.* of tensors on cpu and meta"):
        torch.ones(3).index_select(0, torch.zeros(2, dtype=torch.int64, device=device))


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("kind", FEEDBACKS)
@pytest.mark.parametrize(("name", "readout", "settings"), RULES)
def test_every_tensor_of_a_step_is_on_the_device(name, readout, settings, kind, constant, device):
    rule = rule_of(name, model_of(TWO, readout), feedback={"kind": kind}, **settings)
    rule.to(device)
    rule.model.to(device)
    x = torch.rand(STEPS, BATCH, INPUTS, device=device, dtype=torch.float64)
    x = x[0].expand(x.shape) if constant else x
    labels = torch.zeros(BATCH, device=device, dtype=torch.int64)
    batch = Batch(x, labels, random_of(BATCH), constant)
    outcome = rule.step(batch)
    assert all(layer.weights.grad.is_meta for layer in rule.model.stack)
    assert outcome.scores.is_meta
    assert outcome.scores.shape == (BATCH, CLASSES)
    judged, record = rule.evaluate(batch)
    assert judged.loss.is_meta
    assert all(rates.is_meta for rates in record.rates)
