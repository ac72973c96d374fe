"""Measures of Spike-By-Spike networks, against the network itself."""

import numpy as np
import pytest
import torch

from snnrun.evaluation.measures import prototypes as prototypes_measure
from snnrun.evaluation.measures import spike_counts
from snnrun.evaluation.measures.input_noise import Noisy, right_of
from snnrun.evaluation.measures.prototypes import kernels, prototypes
from snnrun.evaluation.measures.settling import distances, settling
from snnrun.kernels.sbs.layer import Draw
from snnrun.learning.outcome import predictions
from snnrun.training.learner import build_learner
from tests.evaluation.networks import LIVE, sbs
from tests.evaluation.runs import Live, measured, saved, subject_of

KINDS = [name for name in LIVE if name.startswith("sbs")]
SPIKES = 37


@pytest.fixture(scope="module", params=KINDS)
def inferring(request, tmp_path_factory):
    """A network and what is measured of it."""
    live = LIVE[request.param]()
    return live, measured(saved(tmp_path_factory.mktemp("run"), live))


@pytest.fixture(scope="module")
def network():
    return sbs()


# ---- activities ----


def test_activities_are_those_of_a_sample_each_of_five_classes(inferring):
    live, evaluation = inferring
    found = evaluation.of("activity_examples")
    assert found["labels"].tolist() == [0, 2, 4, 7, 9]
    seen, record = live.show(found["numbers"])
    np.testing.assert_array_equal(found["input"], seen)
    for index, h in enumerate(record.activities):
        np.testing.assert_allclose(found[f"layer_{index}"], h, rtol=1e-5, atol=1e-7)
    assert found["neurons"].tolist() == [h.shape[1] for h in record.activities]


def test_of_very_many_neurons_the_first_are_kept(network, tmp_path, monkeypatch):
    home = "snnrun.evaluation.measures.activity_examples.ROOM"
    monkeypatch.setattr(home, 4 * 42 * 4 * 5 * 5)  # four maps of 6 x 7 in each of four layers
    found = measured(saved(tmp_path, network), "activity_examples").of("activity_examples")
    _, record = network.show(found["numbers"])
    assert found["layer_0"].shape == (5, 4, 6, 7)
    np.testing.assert_allclose(found["layer_0"], record.activities[0][:, :4], rtol=1e-5, atol=1e-7)
    assert found["neurons"].tolist() == [6, 6, 12, 10]


# ---- spike after spike ----


def test_fewer_spikes_are_the_first_ones(network):
    layer, (x, _) = network.model.layers[0], network.show(range(4))
    with torch.no_grad():
        h = settling(layer, x, Draw(5), [1, SPIKES])
        np.testing.assert_array_equal(h[-1], layer(x, Draw(5)))
    step = 1.0  # of the first spike: h <- (h + a / A) / 2
    weights = layer.weights.detach().numpy()
    once = (1 / 6 + step * weights / weights.sum(1, keepdims=True)) / (1 + step)
    for neurons in h[0].transpose(0, 2, 3, 1).reshape(-1, 6):
        assert np.isclose(once, neurons, rtol=1e-4).all(1).any()
    assert len(layer.epsilon_t) == SPIKES


def test_distances_by_hand():
    h = np.array([[0.5, 0.5], [0.2, 0.8], [0.1, 0.9]]).reshape(3, 1, 2, 1, 1)
    np.testing.assert_allclose(distances(2 * h), [0.4, 0.1, 0.0], atol=1e-12)


def test_layers_settle_at_what_they_did_in_the_pass(inferring):
    live, evaluation = inferring
    found, labels = evaluation.of("settling"), live.samples()[2].numpy()
    spiking = {
        f"layer_{i}" for i, layer in enumerate(live.model.layers) if layer in live.model.spiking
    }
    assert {name.split("/")[0] for name in found} - {"h", "labels"} == spiking
    for index, layer in enumerate(live.model.layers):
        if f"layer_{index}" in spiking:
            counts, apart = (found[f"layer_{index}/{of}"] for of in ("spikes", "distances"))
            assert counts[0] == 1
            assert counts[-1] == len(layer.epsilon_t)
            assert apart[0] > apart[-2] > apart[-1] == 0
    predicted = live.predict()
    wrong = np.flatnonzero(predicted != labels)[0]
    assert found["labels"][-1] == labels[wrong]
    np.testing.assert_allclose(found["h"].sum(2), 1, rtol=1e-5)
    _, record = live.show([wrong])
    np.testing.assert_allclose(found["h"][-1, -1], record.activities[-1].flatten(), rtol=1e-5)
    assert found["h"][-1, -1].argmax() == predicted[wrong]


def test_a_network_without_spikes_has_nothing_to_count(tmp_path):
    settled = sbs([{"name": "nnmf", "neurons": 10, "iterations": 5}])
    found = measured(saved(tmp_path, settled), "settling", "spike_counts")
    assert found.of("settling") == found.of("spike_counts") == {}


def test_a_reconstruction_has_no_labels(tmp_path):
    live = sbs([{"name": "sbs", "neurons": 4}, {"name": "reconstruction"}])
    found = measured(saved(tmp_path, live))
    assert found.of("spike_counts") == found.of("noisy_spike_counts") == {}
    assert set(found.of("settling")) == {"layer_0/spikes", "layer_0/distances"}
    assert "layer_1" in found.of("activity_examples")


# ---- fewer spikes ----


def test_right_predictions_with_fewer_spikes(inferring):
    live, evaluation = inferring
    found, (_, _, labels) = evaluation.of("spike_counts"), live.samples()
    assert found["spikes"].tolist() == [1, 2, 4, 9, 18, SPIKES]
    assert found["samples"] == len(labels) == 300
    assert found["right"][-1] == (live.predict() == labels.numpy()).sum()
    few = shortened(live, 4).predict()
    assert found["right"][2] == (few == labels.numpy()).sum()
    assert all(len(layer.epsilon_t) > 18 for layer in live.model.spiking)


def test_right_predictions_with_fewer_spikes_of_noisy_input(inferring):
    """All spikes are those of ``input_noise``; fewer are those of a network that draws fewer."""
    live, evaluation = inferring
    found = evaluation.of("noisy_spike_counts")
    assert found["strengths"].tolist() == [0.2, 0.4]
    assert found["spikes"].tolist() == evaluation.of("spike_counts")["spikes"].tolist()
    every, subject = evaluation.of("input_noise"), subject_of(shortened(live, 4))
    assert found["right"][:, -1].tolist() == every["right"][[2, 4]].tolist()
    for strength, right in zip(found["strengths"], found["right"], strict=True):
        noisy = Noisy(subject.dataset.split("test"), float(strength), live.experiment.seed)
        assert right[2] == right_of(subject, noisy, subject.numbers)
    assert len(np.unique(found["right"])) > 4


def shortened(live, spikes: int):
    """The same weights in a network that draws fewer spikes by its config."""
    model = live.experiment.model
    layers = tuple(
        layer.model_copy(update={"spikes": min(layer.spikes or spikes, spikes)})
        if hasattr(layer, "spikes") else layer
        for layer in model.layers
    )  # fmt: skip
    changed = model.model_copy(update={"spikes": spikes, "layers": layers})
    learner = build_learner(live.experiment.model_copy(update={"model": changed}))
    learner.load_state_dict(live.learner.state_dict())
    return Live(live.experiment, learner, live.dataset)


def test_of_many_samples_some_are_drawn(network, tmp_path, monkeypatch):
    monkeypatch.setattr(spike_counts, "SAMPLES", 12)
    found = measured(saved(tmp_path, network), "spike_counts").of("spike_counts")
    chosen = subject_of(network).some(12)
    assert found["samples"] == len(set(chosen)) == 12
    assert chosen.max() > 150
    labels = network.samples(chosen)[2].numpy()
    assert found["right"][-1] == (network.predict(chosen) == labels).sum()
    monkeypatch.setattr(spike_counts, "SAMPLES", 1000)
    monkeypatch.setattr(spike_counts, "SPIKES", 1)
    assert spike_counts.affordable(network.model.spiking) == 50


# ---- prototypes ----


def test_kernels_are_the_columns_of_the_weights(network):
    layer = network.model.layers[2]
    found = kernels(layer)
    assert found.shape == (12, 6, 2, 3)
    assert found[4, 5, 1, 2] == layer.weights.detach()[(5 * 2 + 1) * 3 + 2, 4]


@pytest.mark.parametrize(
    ("kind", "index"), [("sbs", 0), ("sbs", 2), ("sbs", 3), ("sbs of 2022", 2)]
)
def test_a_prototype_is_followed_down_to_the_image(kind, index):
    """The sum over j of p(s | j) p(j | i), by plain loops; all pooling spreads evenly."""
    model = LIVE[kind]().model
    found = prototypes(model, index)
    torch.testing.assert_close(found.sum((1, 2, 3)), torch.ones(len(found)))
    expected = [descend(model, index, neuron, found.shape[1:]) for neuron in range(len(found))]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-7)


def descend(model, index, neuron, size) -> np.ndarray:
    """Follow one neuron down, layer by layer, with plain loops."""
    here = {(neuron, 0, 0): 1.0}
    for layer in reversed(model.layers[: index + 1]):
        (high, wide), (down, right) = layer.geometry.kernel, layer.geometry.stride
        below: dict = {}
        for (unit, row, column), share in here.items():
            for place, part in reach(layer, unit, high, wide):
                channel, x, y = place
                key = (channel, row * down + x, column * right + y)
                below[key] = below.get(key, 0.0) + share * part
        here = below
    image = np.zeros(size)
    for (channel, row, column), share in here.items():
        image[channel, row, column] = share
    return image


def reach(layer, unit, high, wide):
    """Each place of the patch of a neuron, and its share."""
    for x in range(high):
        for y in range(wide):
            if not hasattr(layer, "weights"):
                yield (unit, x, y), 1 / (high * wide)
                continue
            for channel in range(layer.weights.shape[0] // (high * wide)):
                row = (channel * high + x) * wide + y
                yield (channel, x, y), layer.weights[row, unit].item()


def test_prototypes_are_kept_as_differences_from_the_mean_neuron(inferring, tmp_path, monkeypatch):
    live, evaluation = inferring
    found = evaluation.of("prototypes")
    weighted = [name for name, _ in live.model.weighted]
    assert list(found) == [name.replace("s.", "_") for name in weighted[1:]]
    for name, apart in found.items():
        values = prototypes(live.model, int(name[-1])).numpy()
        np.testing.assert_allclose(apart, values - values.mean(0), atol=1e-7)
    monkeypatch.setattr(prototypes_measure, "MOST", 3)
    few = measured(saved(tmp_path, live), "prototypes").of("prototypes")
    for name, apart in few.items():
        np.testing.assert_array_equal(apart, found[name][:3])


def test_one_layer_has_no_prototypes_of_its_own(tmp_path):
    alone = sbs([{"name": "sbs", "neurons": 10}])
    assert measured(saved(tmp_path, alone), "prototypes").of("prototypes") == {}


def test_scores_of_the_shortened_network_are_scores(network):
    """The twin of the test above is sound: with all spikes it is the same network."""
    same = shortened(network, SPIKES)
    one, other = network.show(range(5))[1], same.show(range(5))[1]
    scores = [live.learner.rule.scores(r) for live, r in ((network, one), (same, other))]
    assert torch.equal(predictions(scores[0]), predictions(scores[1]))
    torch.testing.assert_close(*scores)
