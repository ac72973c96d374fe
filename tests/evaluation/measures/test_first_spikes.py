"""Measures of first-spike networks, against what the network does when it is shown the samples."""

import numpy as np
import pytest
import torch

from snnrun.evaluation.measures import plane
from snnrun.learning.outcome import predictions
from tests.evaluation.networks import LIVE, first_spike
from tests.evaluation.runs import measured, saved, subject_of

KINDS = [name for name in LIVE if name.startswith("first_spike")]


@pytest.fixture(scope="module", params=KINDS)
def spiking(request, tmp_path_factory):
    """A network and what is measured of it."""
    live = LIVE[request.param]()
    state = live.learner.state_dict()
    initial = {name: value + 0.3 for name, value in state.items() if name.endswith(".raw")}
    return live, measured(saved(tmp_path_factory.mktemp("run"), live, initial))


def test_output_times(spiking):
    live, evaluation = spiking
    found, (_, record) = evaluation.of("output_times"), live.show()
    np.testing.assert_allclose(found["times"], record.times[-1], rtol=1e-12)
    np.testing.assert_array_equal(found["labels"], live.samples()[2])
    np.testing.assert_array_equal(found["predictions"], live.predict())


def test_output_times_of_some_samples_are_theirs(tmp_path, monkeypatch):
    live = first_spike()
    monkeypatch.setattr("snnrun.evaluation.measure.ROOM", 20 * (8 * 3 + 8))
    found = measured(saved(tmp_path, live), "output_times").of("output_times")
    chosen = subject_of(live).some(20)
    assert len(set(chosen)) == 20
    assert chosen.max() > 30
    np.testing.assert_array_equal(found["times"], live.show(chosen)[1].times[-1])
    np.testing.assert_array_equal(found["labels"], live.samples(chosen)[2])


def test_time_histograms_count_every_spike_of_hidden_layers(spiking):
    live, evaluation = spiking
    found, times = evaluation.of("time_histograms"), live.show()[1].times[0].numpy()
    assert {name.split("/")[0] for name in found} == {"layer_0"}
    counts, start, width = (found[f"layer_0/{of}"] for of in ("counts", "start", "width"))
    edges = start + width * np.arange(len(counts) + 1)
    fired = times[np.isfinite(times)]
    np.testing.assert_array_equal(counts, np.histogram(fired, edges)[0])
    assert counts.sum() == len(fired)
    assert found["layer_0/silent"] == np.isinf(times).sum() > 0


def test_causal_sets_count_arrivals_up_to_the_spike(spiking):
    live, evaluation = spiking
    seen, record = live.show()
    reached = live.model.arrivals(seen, record, live.random(range(60)))
    for index, (arriving, times) in enumerate(zip(reached, record.times, strict=True)):
        counts = np.zeros(arriving.shape[1] + 1, int)
        for sample, neuron in np.argwhere(np.isfinite(times.numpy())):
            own = arriving[sample] if arriving.dim() == 2 else arriving[sample, :, neuron]
            counts[(own <= times[sample, neuron]).sum()] += 1
        np.testing.assert_array_equal(evaluation.of("causal_sets")[f"layer_{index}"], counts)
        assert counts[1:].any()


def test_arrivals_are_those_that_made_the_spikes(spiking):
    """With the jitter of the pass: at its own arrivals, a layer spikes when it did."""
    live, _ = spiking
    seen, record = live.show()
    reached = live.model.arrivals(seen, record, live.random(range(60)))
    for layer, arriving, times in zip(live.model.layers, reached, record.times, strict=True):
        before, layer.before = layer.before, type(layer.before)()  # nothing delays them again
        try:
            again = layer(arriving)
        finally:
            layer.before = before
        np.testing.assert_allclose(again.detach(), times, rtol=1e-12)


def test_spike_examples(spiking):
    live, evaluation = spiking
    found = evaluation.of("spike_examples")
    seen, record = live.show(found["numbers"])
    np.testing.assert_array_equal(found["input"], seen)
    for index, times in enumerate(record.times):
        np.testing.assert_allclose(found[f"layer_{index}"], times, rtol=1e-12)
    *_, last = live.model.arrivals(seen, record, live.random(found["numbers"]))
    np.testing.assert_allclose(found["arrivals"], last.detach(), rtol=1e-12)
    assert found["biases_0"].tolist() == [0.9, 1.1]
    assert found["biases_1"].tolist() == [0.7]
    layer = live.model.layers[-1]
    np.testing.assert_array_equal(found["weights"], layer.acting_weights().detach())
    assert found["ratio"] == live.experiment.model.tau_mem
    assert (found["tau_syn"], found["level"]) == (1.0, 1.0)


def test_examples_are_the_first_that_were_predicted_right_or_else_the_first(spiking):
    live, evaluation = spiking
    labels, predicted = live.samples()[2].numpy(), live.predict()
    found = evaluation.of("spike_examples")
    for number, label, prediction in zip(
        found["numbers"], found["labels"], found["predictions"], strict=True
    ):
        own = np.flatnonzero(labels == label)
        right = own[predicted[own] == label]
        assert number == (right if len(right) else own)[0]
        assert prediction == predicted[number]
    assert found["labels"].tolist() == [0, 1, 2]


def test_delays_are_those_that_act(tmp_path):
    """Of a sigmoid, not the parameters behind it; shared ones count once."""
    first = {"name": "delay", "kind": "axonal", "positivity": {"name": "sigmoid", "scale": 1.7}}
    second = {"name": "delay", "kind": "synaptic", "mean": 0.6, "positivity": {"name": "clip"}}
    live = first_spike(first=[first | {"share_inputs": 2}], before=[second])
    state = live.learner.state_dict()
    raw = {name: value.numpy() for name, value in state.items() if name.endswith(".raw")}
    initial = {name: value + 1 for name, value in state.items() if name in raw}
    found = measured(saved(tmp_path / "with", live, initial), "delays").of("delays")
    one, two = (raw[f"model.layers.{layer}.before.0.raw"] for layer in (0, 1))
    assert (one.shape, two.shape) == ((2, 1), (7, 3))
    acting = {
        "layers.0.before.0": [1.7 / (1 + np.exp(-values)) for values in (one, one + 1)],
        "layers.1.before.0": [two, two + 1],
    }
    for name, (now, before) in acting.items():
        edges = found[f"{name}/edges"]
        assert edges[0] == pytest.approx(min(now.min(), before.min()))
        assert edges[-1] == pytest.approx(max(now.max(), before.max()))
        np.testing.assert_array_equal(found[f"{name}/now"], np.histogram(now, edges)[0])
        np.testing.assert_array_equal(found[f"{name}/initial"], np.histogram(before, edges)[0])
    alone = measured(saved(tmp_path / "without", live), "delays").of("delays")
    assert alone["layers.1.before.0/now"].sum() == 21
    assert alone["layers.1.before.0/initial"].tolist() == []


def test_a_network_without_delays_has_none(network):
    assert network.of("delays") == {}


# ---- the plane ----


def test_the_plane_holds_the_answers_at_its_points(tmp_path):
    live = first_spike()
    found = measured(saved(tmp_path, live), "plane").of("plane")
    for row, column in ((6, 14), (14, 4)):
        x, y = ((index + 0.5) / plane.POINTS for index in (column, row))
        times, predicted = ask(live, x, y)
        np.testing.assert_allclose(found["labels"][row, column], times[-1][0], rtol=1e-12)
        np.testing.assert_allclose(found["hidden"][row // 2, column // 2], times[0][0], rtol=1e-12)
        assert found["predictions"][row, column] == predicted
    assert found["predictions"][0, 0] == -1
    assert np.isinf(found["labels"][0, 0]).all()
    assert found["layers"] == 2


def ask(live, x, y):
    """Spike times of all layers, and the predicted class, at one point."""
    values = torch.tensor([[x, y, 1 - x, 1 - y]], dtype=live.learner.dtype)
    with live.learner.evaluating():
        _, record = live.learner.show(values, live.random([0]))
    return record.times, predictions(live.learner.rule.scores(record)).item()


def test_a_network_without_spike_times_has_predictions_alone(tmp_path):
    live = LIVE["lif, leaky readout"]()
    found = measured(saved(tmp_path, live), "plane").of("plane")
    assert found.keys() == {"predictions", "layers"}
    assert found["layers"] == 0
    assert set(np.unique(found["predictions"])) <= {-1, 0, 1, 2}


def test_points_are_the_samples(spiking):
    live, evaluation = spiking
    found, (_, values, labels) = evaluation.of("points"), live.samples()
    np.testing.assert_array_equal(found["points"], values[:, :2])
    np.testing.assert_array_equal(found["labels"], labels)
    np.testing.assert_array_equal(found["predictions"], live.predict())


def test_points_of_some_samples_are_theirs(tmp_path, monkeypatch):
    live = first_spike()
    monkeypatch.setattr("snnrun.evaluation.measure.ROOM", 20 * 24)
    monkeypatch.setattr("snnrun.evaluation.measures.points._CHUNK", 7)
    found = measured(saved(tmp_path, live), "points").of("points")
    chosen = subject_of(live).some(20)
    np.testing.assert_array_equal(found["points"], live.samples(chosen)[1][:, :2])
    np.testing.assert_array_equal(found["predictions"], live.predict(chosen))
