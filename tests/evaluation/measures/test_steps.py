"""Measures of networks that advance in steps, against the network itself."""

import numpy as np
import pytest
import torch

from snnrun.evaluation.measures import agreement
from snnrun.evaluation.measures.agreement import both
from snnrun.evaluation.measures.step_examples import drop, spread
from snnrun.kernels.lif.reference import Neuron, Reset
from snnrun.learning.local.alignment import angle
from tests.evaluation.networks import LIVE, lif
from tests.evaluation.runs import measured, saved

KINDS = {name: make for name, make in LIVE.items() if name.startswith("lif")}


@pytest.fixture(scope="module", params=KINDS)
def stepping(request, tmp_path_factory):
    """A network and what is measured of it."""
    live = KINDS[request.param]()
    return live, measured(saved(tmp_path_factory.mktemp("run"), live))


def test_examples_hold_every_kth_neuron_of_input_and_spiking_layers(stepping):
    live, evaluation = stepping
    found = evaluation.of("step_examples")
    seen, record = live.show(found["numbers"])
    spiking = len(found["sizes"]) - 1
    assert spiking == (3 if "Spikes" in type(live.model.readout).__name__ else 2)
    assert found["sizes"].tolist() == [4, 110, 9, 3][: spiking + 1]
    assert found["every"].tolist() == [1, 2, 1, 1][: spiking + 1]
    np.testing.assert_array_equal(found["input"], seen.transpose(0, 1))
    for index in range(spiking):
        kept = record.spikes[index].transpose(0, 1)[:, :, :: found["every"][index + 1]]
        np.testing.assert_array_equal(found[f"layer_{index}"], kept)
        assert found[f"layer_{index}"].any() == kept.any().item()
    assert found["layer_0"].any()
    membranes = record.membranes[-1].transpose(0, 1)
    np.testing.assert_allclose(found["readout"], membranes, rtol=1e-5, atol=1e-6)


def test_examples_hold_the_constants_of_all_layers(stepping):
    live, evaluation = stepping
    found, spiking = evaluation.of("step_examples"), "Spikes" in type(live.model.readout).__name__
    assert found["thresholds"].tolist() == [1, 1.5, 1 if spiking else np.inf]
    twice = live.experiment.model.reset == "subtract_twice"
    assert found["drops"][:2].tolist() == ([2, 3] if twice else [1, 1.5])


def test_membranes_are_of_neurons_from_the_most_silent_to_the_busiest(stepping):
    live, evaluation = stepping
    found = evaluation.of("step_examples")
    _, record = live.show(found["numbers"][:1])
    for layer in range(2):
        traced = found[f"traced_{layer}"]
        spikes = record.spikes[layer][:, 0].numpy()
        counts = spikes.sum(0)
        assert len(set(traced)) == 5
        assert (np.diff(counts[traced]) >= 0).all()
        assert counts[traced[0]] == counts.min()
        assert counts[traced[-1]] == counts.max()
        np.testing.assert_array_equal(found[f"spikes_{layer}"], spikes[:, traced])
        membranes = record.membranes[layer][:, 0].numpy()[:, traced]
        np.testing.assert_allclose(found[f"membranes_{layer}"], membranes, rtol=1e-5, atol=1e-6)


def test_a_layer_of_few_neurons_is_traced_whole():
    assert spread(np.array([3.0, 1.0, 2.0]), 5) == [1, 2, 0]


@pytest.mark.parametrize(
    ("reset", "taken"),
    [(Reset.NONE, 0), (Reset.SUBTRACT, 1.5), (Reset.SUBTRACT_TWICE, 3), (Reset.ZERO, np.nan)],
)
def test_what_a_spike_takes(reset, taken):
    assert drop(Neuron(0.0, 1.0, 1.5, reset)) == pytest.approx(taken, nan_ok=True)


# ---- gradients ----


def test_update_and_truth_are_those_of_the_rule_and_of_torch(stepping):
    live, evaluation = stepping
    found, batch = evaluation.of("agreement"), live.batch()
    live.learner.zero_grad()
    live.learner.rule.step(batch)
    loss = live.learner.rule.objective(live.model(batch.inputs), batch.targets)
    named = dict(live.model.named_parameters())
    updates = {name: each.grad.clone() for name, each in named.items()}
    truths = torch.autograd.grad(loss, list(named.values()))
    assert {name.rpartition("/")[0] for name in found} == named.keys()
    for name, truth in zip(named, truths, strict=True):
        assert found[f"{name}/angle"] == pytest.approx(angle(updates[name], truth), abs=1e-2)
        edges = found[f"{name}/edges"]
        pairs = found[f"{name}/pairs"]
        for axis, values in ((1, updates[name]), (0, truth)):
            values = values.double()
            values = (values / values.square().mean().sqrt()).numpy()
            assert pairs.sum() == values.size  # up to the largest
            assert_counts(pairs.sum(axis=axis), values, edges)
    live.learner.zero_grad()


def assert_counts(counts, values, edges):
    """A value within rounding of an edge, as the largest is, may count on either side of it."""
    below, near = np.cumsum(counts)[:-1], 1e-5 * np.abs(edges).max()
    ordered = np.sort(values.flatten())
    assert (np.searchsorted(ordered, edges[1:-1] - near) <= below).all()
    assert (below <= np.searchsorted(ordered, edges[1:-1] + near)).all()


def test_only_the_first_samples_make_the_update(tmp_path, monkeypatch):
    monkeypatch.setattr(agreement, "SAMPLES", 11)
    live = lif({"name": "leaky"}, "eprop")
    found = measured(saved(tmp_path, live), "agreement").of("agreement")
    with live.learner.evaluating():
        pairs = both(live.learner, live.batch(np.arange(11)))
    for name, (update, truth) in pairs.items():
        assert found[f"{name}/angle"] == pytest.approx(angle(update, truth), abs=1e-2)


def test_a_frozen_layer_has_no_gradient(tmp_path):
    live = lif({"name": "leaky"}, "eprop")
    train = live.experiment.train.model_copy(update={"frozen": ("layers.0.*",)})
    live.experiment = live.experiment.model_copy(update={"train": train})
    found = measured(saved(tmp_path, live), "agreement").of("agreement")
    names = {name.rpartition("/")[0] for name in found}
    assert names == {"layers.1.weights", "readout.weights"}
