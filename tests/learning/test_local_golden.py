"""The local rules give what the notebook and textbook e-prop give: spikes equal, gradients close.

The golden arrays were made with the notebook's own code; see the README beside them.
"""

import numpy as np
import pytest
import torch

from snnrun.learning import RULES
from snnrun.models import MODELS
from tests.batches import batch_of
from tests.golden import golden
from tests.learning.local_cases import set_feedback

CASES = [
    "random_rate", "random_rate_L20", "random_poisson", "random_mnist",
    "elig_rate", "elig_poisson", "elig_mnist",
]  # fmt: skip


def build(table, settings, *arguments):
    return table.entry_of(settings).load()(settings, *arguments)


def model_of(arrays, **settings):
    """A network with the weights of a golden file."""
    weights = [arrays[f"W{i}"] for i in range(3) if f"W{i}" in arrays]
    inputs, classes = weights[0].shape[1], weights[-1].shape[0]
    model = build(
        MODELS, MODELS["lif"].settings(**settings), inputs, classes, torch.Generator()
    ).to(torch.from_numpy(weights[0]).dtype)
    for layer, values in zip(model.stack, weights, strict=True):
        layer.weights.data = torch.from_numpy(values.T.copy())
    return model


class Case:
    """A network, a rule and a batch of a golden file."""

    def __init__(self, name):
        self.arrays = arrays = golden(f"feedback/{name}")
        eligibility = arrays["rule"] == "elig"
        thresholds = arrays["thresholds"].tolist()
        sizes = [arrays[f"W{i}"].shape[0] for i in range(len(thresholds))]
        surrogate = {"name": "superspike", "sharpness": float(arrays["super_spike_B"])}
        self.model = model_of(
            arrays,
            layers=[{"size": s, "threshold": t} for s, t in zip(sizes, thresholds, strict=True)][
                :-1
            ],
            readout={"name": "spikes", "threshold": thresholds[-1]},
            reset="subtract_twice" if eligibility else "subtract",
            surrogate=surrogate,
        )
        name = "eligibility" if eligibility else "random_feedback"
        window = {} if eligibility else {"window": int(arrays["last_learning_window"])}
        settings = RULES[name].settings(faithful=True, loss={"name": "notebook"}, **window)
        self.rule = build(RULES, settings, self.model)
        back = [torch.from_numpy(arrays[f"G{i}"]) for i in range(len(sizes) - 1)]
        set_feedback(self.rule, *back)
        target = torch.from_numpy(arrays["target"])
        x = torch.from_numpy(arrays["x_static"])
        self.static = batch_of(x.expand(20, *x.shape), target, constant=True)
        self.batch = self.static
        if arrays["coding"] == "poisson":
            self.batch = batch_of(torch.from_numpy(arrays["x_seq"]), target)


@pytest.fixture(params=CASES)
def case(request):
    return Case(request.param)


def test_spikes_are_equal_and_membranes_close(case):
    with torch.no_grad():
        record = case.model(case.batch.inputs)
    for i, (spikes, membranes) in enumerate(zip(record.spikes, record.membranes, strict=True)):
        np.testing.assert_array_equal(spikes, case.arrays[f"spikes{i}"])
        stored = case.arrays[f"U{i}"]
        stored = stored[:: len(stored) // 20]  # the eligibility notebook stores two rows a step
        np.testing.assert_allclose(membranes, stored, atol=5e-5, rtol=1e-5)


def test_loss_scores_and_gradients(case):
    outcome = case.rule.step(case.batch)
    assert outcome.loss.item() == pytest.approx(float(case.arrays["loss"]), abs=3e-7)
    np.testing.assert_allclose(outcome.scores, case.arrays["out_rate"], atol=1e-7)
    tolerance = 1e-4 if case.arrays["super_spike_B"] > 2 else 5e-6
    for i, layer in enumerate(case.model.stack):
        expected = case.arrays[f"grad{i}"].T
        error = np.linalg.norm(layer.weights.grad.numpy() - expected)
        assert error < tolerance * np.linalg.norm(expected)


def test_evaluation_by_rates(case):
    outcome, record = case.rule.evaluate(case.static)
    np.testing.assert_allclose(outcome.scores, case.arrays["eval_out_rate"], atol=1e-7)
    np.testing.assert_allclose(record.rates[-1], case.arrays["eval_out_rate"], atol=1e-7)


@pytest.mark.parametrize("name", ["random_rate", "elig_rate", "random_mnist", "elig_mnist"])
def test_adam_steps(name):
    """Adam divides gradients by their own size, and so makes rounding errors of tiny ones large."""
    case = Case(name)
    rate = float(case.arrays["lr"])
    optimizer = torch.optim.Adam(case.model.parameters(), lr=rate)
    for loss in case.arrays["adam_losses"]:
        optimizer.zero_grad()
        assert case.rule.step(case.batch).loss.item() == pytest.approx(loss, abs=5e-7)
        optimizer.step()
    for i, layer in enumerate(case.model.stack):
        before, after = case.arrays[f"W{i}"].T, case.arrays[f"W{i}_after_adam"].T
        error = np.linalg.norm(layer.weights.detach().numpy() - after)
        assert error < 5e-3 * np.linalg.norm(after - before)


@pytest.fixture
def textbook():
    return golden("feedback/eprop_reference")


def eprop_of(arrays, kind):
    model = model_of(
        arrays,
        layers=[{"size": 9}],
        readout={"name": "leaky", "tau": float(arrays["tau_out"])},
        threshold=float(arrays["theta"]),
        surrogate={"name": "superspike", "sharpness": float(arrays["super_spike_B"])},
    )
    rule = build(RULES, RULES["eprop"].settings(feedback={"kind": kind}), model)
    if kind == "direct":
        set_feedback(rule, torch.from_numpy(arrays["G0"]))
    return rule


@pytest.mark.parametrize(("kind", "hidden"), [("symmetric", "grad0_symmetric"),
                                              ("direct", "grad0_random")])  # fmt: skip
def test_textbook_eprop(textbook, kind, hidden):
    """The file sums the loss over 12 steps; here it is their mean."""
    rule = eprop_of(textbook, kind)
    x, target = torch.from_numpy(textbook["x_seq"]), torch.from_numpy(textbook["target"])
    loss = 12 * rule.step(batch_of(x, target)).loss.item()
    assert loss == pytest.approx(float(textbook["loss_sum"]), rel=1e-12)
    for layer, name in zip(rule.model.stack, (hidden, "grad1"), strict=True):
        np.testing.assert_allclose(12 * layer.weights.grad, textbook[name].T, rtol=1e-9, atol=1e-12)
    with torch.no_grad():
        record = rule.model(x)
    np.testing.assert_array_equal(record.spikes[0], textbook["spikes0"])
    np.testing.assert_allclose(record.membranes[-1], textbook["readout"], rtol=1e-12)
