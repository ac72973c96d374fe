"""Loss, optimisers and a whole training step against arrays made with the authors' own code."""

from itertools import count

import numpy as np
import pytest
import torch

from snnrun.kernels.sbs.layer import Geometry, sbs_of_spikes
from snnrun.learning.optimizers import AdamSettings, MultiplicativeAdamSettings, build_optimizer
from snnrun.learning.sbs.losses import MseKl, SoftmaxCrossEntropy
from snnrun.learning.sbs.rule import SbsRule
from snnrun.learning.sbs.settings import MseKlSettings, SbsRuleSettings, SoftmaxSettings
from snnrun.models.sbs import layer as sbs_layer
from snnrun.models.sbs.inference import EpsTSettings, InferenceSettings
from snnrun.models.sbs.net import build
from snnrun.models.sbs.settings import SbsSettings
from snnrun.models.sbs.spiking import Place, SpikingLayer
from snnrun.models.sbs.weights import Learning, Weighted
from tests.batches import batch_of, updated
from tests.golden import golden


def error(ours: torch.Tensor, theirs: np.ndarray) -> float:
    """The largest difference, relative to the largest value."""
    ours = ours.detach().numpy()
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


LOSSES = {
    "new_mode0": (MseKl, MseKlSettings(reduction="sum"), "new_loss_mode0", "new_grad_h_mode0"),
    "new_mode1": (SoftmaxCrossEntropy, SoftmaxSettings(), "new_loss_mode1", "new_grad_h_mode1"),
    "seed": (MseKl, MseKlSettings(reduction="mean"), "seed_loss", "seed_grad_h"),
}


@pytest.mark.parametrize("case", LOSSES)
def test_losses(case):
    data, (kind, settings, value, gradient) = golden("sbs/loss"), LOSSES[case]
    if isinstance(settings, MseKlSettings):
        assert (settings.mse, settings.kl) == (data["coeff_mse"], data["coeff_kldiv"])
    h = torch.from_numpy(data["h"]).requires_grad_()
    judged = kind(settings)(h.flatten(1), torch.from_numpy(data["labels"]), len(h))
    judged.objective.backward()
    assert judged.objective.item() == pytest.approx(data[value].item(), rel=2e-6)
    assert error(h.grad, data[gradient]) < 2e-6
    per_sample = judged.objective.item() / (len(h) if case == "new_mode0" else 1)
    assert judged.samples.mean().item() == pytest.approx(per_sample)


@pytest.mark.parametrize("year", ["new", "seed"])
def test_optimisers(year):
    data = golden("sbs/optimiser")
    double = torch.float64 if year == "seed" else torch.float32
    layer = Weighted()
    layer.set_weights(torch.from_numpy(data["w0"]).to(double), Learning())
    kind = MultiplicativeAdamSettings if year == "new" else AdamSettings
    groups = [{"params": [layer.weights]}]
    optimizer = build_optimizer(kind(lr=data[f"lr_{year}"].item()), groups)
    for step, gradient in enumerate(data["grads"]):
        parts = data["contributions"][step] if year == "new" else 1.0
        layer.weights.grad = torch.from_numpy(gradient).to(double) / parts
        optimizer.step()
        layer.constrain_weights(data[f"threshold_{year}"].item())
        assert error(layer.weights, data[f"w_{year}"][step]) < 2e-6
    assert error(layer.weights, data["w0"]) > 1e-3


@pytest.mark.parametrize(
    ("schedule", "name"), [("constant", "seed"), ("root", "new_as_documented")]
)
def test_step_sizes_against_the_number_of_the_spike(schedule, name):
    data = golden("sbs/epsilon_t")
    eps_t = EpsTSettings(
        schedule=schedule,
        cooldown_after=data["cooldown_after"].item(),
        reduction=data["reduction"].item(),
    )
    constants = InferenceSettings(spikes=data["n"].item(), eps_t=eps_t)
    layer = SpikingLayer(Place(constants, (1, 1, 1), Geometry((1, 1))))
    assert error(layer.epsilon_t, data[name]) < 1e-7


NETWORK = {
    "layers": [
        {"name": "sbs", "neurons": 4, "kernel": 3},
        {"name": "average_pooling", "kernel": 2, "stride": 2},
        {"name": "sbs", "neurons": 6, "kernel": 2},
        {"name": "sbs", "neurons": 10, "kernel": 1},
    ],
    "spikes": 40,
}


@pytest.fixture(params=[torch.float32, torch.float64], ids=str)
def network(monkeypatch, request):
    """The network of the golden step, its tolerance, and a function that sets its spikes."""
    data, given = golden("sbs/network_new"), []
    model = build(SbsSettings(**NETWORK), (1, 6, 6), 10, torch.Generator()).to(request.param)
    for index in WEIGHTED:
        model.layers[index].weights.data.copy_(torch.from_numpy(data[f"w{index}_0"]))
    monkeypatch.setattr(
        sbs_layer, "sbs", lambda *a, draw, **k: sbs_of_spikes(given.pop(0), *a, **k)
    )

    def batch(number):
        given.extend(torch.from_numpy(data[f"spikes{index}_{number}"]) for index in WEIGHTED)
        x, labels = (torch.from_numpy(data[f"{name}_{number}"]) for name in ("x", "labels"))
        return batch_of(x.to(request.param), labels)

    return data, model, batch, 2e-6 if request.param == torch.float64 else 1e-5


WEIGHTED = (0, 2, 3)


def test_a_whole_update(network, monkeypatch):
    data, model, batch, tolerance = network
    rule = SbsRule(SbsRuleSettings(threshold=1e-3), model)
    settings = MultiplicativeAdamSettings(lr=0.01)
    optimizer = build_optimizer(settings, list(model.parameter_groups()))
    step, errors, sums = rule.step, {}, dict.fromkeys(WEIGHTED, 0)

    def noting(number, shown):
        outcome, loss = step(shown), data[f"loss_{number}"].item()
        errors[f"loss {number}"] = abs(outcome.loss.item() * len(shown) / loss - 1)
        for index in WEIGHTED:
            groups = data[f"contributions{index}"].item() / 2  # of one of two equal batches
            sums[index] = sums[index] + model.layers[index].weights.grad * groups
            theirs = data[f"accum_grad_w{index}_{number}"]
            errors[f"gradient {index} {number}"] = error(sums[index], theirs)
            scale = data[f"grad_scale{index}_{number}"].item()
            errors[f"scale {index} {number}"] = abs(rule.scale.values[index].item() / scale - 1)
        return outcome

    numbers = count()
    monkeypatch.setattr(rule, "step", lambda shown: noting(next(numbers), shown))
    updated(rule, batch(0), batch(1))
    for index in WEIGHTED:
        theirs = data[f"accum_grad_w{index}_1"] / data[f"contributions{index}"]
        errors[f"mean gradient {index}"] = error(model.layers[index].weights.grad, theirs)
    optimizer.step()
    rule.constrain()
    for index in WEIGHTED:
        errors[f"weights {index}"] = error(model.layers[index].weights, data[f"w{index}_1"])
    assert len(errors) == 2 * (1 + 3 + 3) + 3 + 3
    worst = max(errors, key=errors.get)
    assert errors[worst] < tolerance, f"{worst}: {errors[worst]:.2e}"


def test_activities_of_a_whole_network(network):
    data, model, batch, _ = network
    for number in range(2):
        record = model(batch(number).inputs)
        for index, h in enumerate(record.activities):
            assert error(h, data[f"h{index}_{number}"]) < 2e-6
