"""What a network did before training, against that network itself."""

import numpy as np
import pytest
import torch

from snnrun.evaluation.measures.step_examples import spread
from snnrun.evaluation.measures.synapses import MOST, pairs
from tests.evaluation.networks import lif
from tests.evaluation.runs import Live, measured, opened, saved
from tests.plots.conftest import experiment, network_of


@pytest.fixture(scope="module")
def stepping(tmp_path_factory):
    """The network that one was whose weights are 0.1 lower now, and what is measured of it."""
    live = lif({"name": "leaky"}, "eprop")
    state = live.learner.state_dict()
    higher = {n: v + 0.1 for n, v in state.items() if n.startswith("model.")}
    run = saved(tmp_path_factory.mktemp("run"), live, higher)
    first = opened(run, 0)
    return Live(first.experiment, first.learner, first.dataset), measured(run)


def test_first_spikes_are_those_of_the_network_that_it_was(network):
    """Of the same samples; the weights were 1 higher."""
    found, after = (network.of(f"spike_examples{end}") for end in ("_before", ""))
    first = opened(network.run, 0)
    first.epoch = network.epoch
    np.testing.assert_array_equal(found["numbers"], after["numbers"])
    _, record = first.show(found["numbers"])
    for index, times in enumerate(record.times):
        np.testing.assert_array_equal(found[f"layer_{index}"], times)
        assert not np.array_equal(found[f"layer_{index}"], after[f"layer_{index}"])
    np.testing.assert_allclose(found["weights"], after["weights"] + 1)


def test_steps_are_of_the_same_samples_and_neurons(stepping):
    first, evaluation = stepping
    found, after = (evaluation.of(f"step_examples{end}") for end in ("_before", ""))
    np.testing.assert_array_equal(found["numbers"], after["numbers"])
    _, record = first.show(found["numbers"])
    for index in (0, 1):
        kept = record.spikes[index].transpose(0, 1)[:, :, :: found["every"][index + 1]]
        np.testing.assert_array_equal(found[f"layer_{index}"], kept)
        np.testing.assert_array_equal(found[f"traced_{index}"], after[f"traced_{index}"])
    _, alone = first.show(found["numbers"][:1])
    membranes = alone.membranes[0][:, 0, found["traced_0"]]
    np.testing.assert_allclose(found["membranes_0"], membranes, rtol=1e-5, atol=1e-6)
    own = spread(alone.spikes[0][:, 0].numpy().sum(0), 5)
    assert own != found["traced_0"].tolist()  # it would have chosen others itself


def test_nothing_is_kept_where_it_was_not_saved(tmp_path):
    evaluation = measured(saved(tmp_path / "run", network_of(experiment())))
    assert evaluation.of("spike_examples")
    assert evaluation.of("spike_examples_before") == {}


def test_each_synapse_has_its_weight_and_its_delay(delayed):
    """Two inputs share an axonal delay; synapses of biases have none and are left out."""
    live, found = opened(delayed.run), delayed.of("synapses")
    first, second = live.model.layers
    shared = first.before[0].effective().expand(-1, 7).detach()
    inputs = shared.shape[0]
    np.testing.assert_allclose(found["layers.0/delays"], shared.ravel())
    np.testing.assert_array_equal(
        found["layers.0/weights"], first.weights[:inputs].detach().ravel()
    )
    own = second.before[0].effective().detach()
    np.testing.assert_allclose(found["layers.1/delays"], own.ravel())
    np.testing.assert_array_equal(found["layers.1/weights"], second.weights[:7].detach().ravel())
    assert found["layers.1/synapses"] == 21
    raised = found["layers.1/weights"] + 1
    np.testing.assert_allclose(found["layers.1/weights_before"], raised)
    later = opened(delayed.run, 0).model.layers[1].before[0].effective().detach()
    np.testing.assert_allclose(found["layers.1/delays_before"], later.ravel())


def test_inputs_that_are_multiplexed_have_synapses_of_their_own():
    stages = [{"name": "multiplex", "factor": 2}, {"name": "delay", "kind": "synaptic", "std": 0.2}]
    layer = network_of(experiment(before=stages)).model.layers[1]
    weights, delays = pairs(layer, 7)
    assert len(weights) == len(delays) == 2 * 7 * 3
    torch.testing.assert_close(
        torch.from_numpy(delays), layer.before[1].effective().detach().ravel()
    )


def test_of_many_synapses_some_are_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr("snnrun.evaluation.measures.synapses.MOST", 10)
    stage = {"name": "delay", "kind": "synaptic", "std": 0.2}
    live = network_of(experiment(before=[stage]))
    found = measured(saved(tmp_path / "run", live), "synapses").of("synapses")
    assert MOST > 21 == found["layers.1/synapses"]
    assert len(found["layers.1/weights"]) == len(found["layers.1/delays"]) == 10
    every = set(zip(*(each.tolist() for each in pairs(live.model.layers[1], 7)), strict=True))
    drawn = zip(found["layers.1/weights"], found["layers.1/delays"], strict=True)
    assert set(drawn) <= every
    assert len(found["layers.1/weights_before"]) == 0
