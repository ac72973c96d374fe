"""Which codes a graph takes: spikes as lists, currents for the readable twin; what it refuses."""

import numpy as np
import pytest
import torch

import snnrun
from snnrun.core.events import Events
from snnrun.core.random import Random
from snnrun.encoders import ENCODERS
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from snnrun.models.graph.net import build
from snnrun.models.graph.settings import GraphSettings

CONFIG = """
data: {name: logic, operation: or, copies: 2}
encoder: {name: rate, steps: 12}
model:
  name: graph
  neurons:
    X: {name: input, trace: {}}
    E: {name: lif, size: 4, tau: 20.0, rest: 0.0, reset: 0.0, threshold: 0.5, trace: {}}
  synapses:
    X -> E: {init: {name: uniform, low: 0.5, high: 0.9}, bounds: [0, 1], rules: [{name: pair}]}
learning: {name: correlation, readout: E}
train: {epochs: 2, batch_size: 4, threads: 1, live_plot: false, tensorboard: false}
"""
FIT = {
    "bernoulli", "latency_steps", "poisson", "poisson_intervals", "population", "rank_order",
    "rate", "single",
}  # fmt: skip
TIMED = {"delta"}  # given: of samples with time too; it refuses the four of this file


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "coding.yaml"
    path.write_text(CONFIG)
    return path


def refusal(config, *overrides) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(config, overrides)
    return str(caught.value)


@pytest.mark.filterwarnings("ignore::snnrun.errors.ActivityWarning")  # of a bit 0 nothing spikes
@pytest.mark.parametrize("name", sorted(FIT))
def test_networks_train_by_every_code_that_fits(config, tmp_path, name):
    encoder = f"encoder={{name: {name}, steps: 12}}"
    run = snnrun.train(load_config(config, [encoder]), results=tmp_path / "runs")
    before, after = (snnrun.load(run, epoch).model.network for epoch in (0, 2))
    weights = [each.synapses["X->E"].weight for each in (before, after)]
    assert not torch.equal(*weights)
    assert snnrun.inference(run).accuracy is not None


@pytest.mark.parametrize("name", sorted(set(ENCODERS) - FIT - {"given"}))
def test_others_are_refused_with_those_that_fit(config, name):
    said = refusal(config, f"encoder={{name: {name}}}")
    assert said.startswith("override 1: encoder: ")
    reason = "does not encode" if name in TIMED else "but the model takes spikes as lists"
    assert reason in said
    assert "rank_order" in said


def test_images_that_were_encoded_before_are_no_spikes(config):
    said = refusal(config, "data={name: digits}", "encoder={name: given}")
    assert "encoder: gives images, but the model takes spikes as lists; those that fit: " in said


@pytest.mark.parametrize("name", ["poisson", "poisson_intervals"])
def test_rates_above_one_a_step_are_refused(config, name):
    said = refusal(config, f"encoder={{name: {name}, max_rate: 2000.0}}")
    assert "max_rate is 2000 Hz; expected at most one spike a step of 1 ms, 1000 Hz" in said


def test_encoder_and_neurons_have_steps_of_one_length(config):
    encoder = "encoder={name: poisson_intervals, dt: 0.5}"
    said = refusal(config, encoder)
    assert said.endswith("steps of 1 ms, but encoder.dt is 0.5 ms; expected one length")
    load_config(config, [encoder, "model.dt=0.5"])
    load_config(config, ["encoder={name: poisson}", "model.dt=0.5"])


# ---- currents ----


def net(delay=0, **lif):
    """Two inputs and a neuron that adds what comes in."""
    post = {"name": "lif", "size": 1, "tau": np.inf, "rest": 0.0, "threshold": 1.0, **lif}
    weights = {"name": "constant", "value": 0.5}
    settings = GraphSettings.model_validate(
        {
            "neurons": {"X": {"name": "input"}, "E": {**post, "reset": 0.0, "refractory": 0.0}},
            "synapses": {"X -> E": {"delay": delay, "init": weights}},
        }
    )
    return build(settings, 2, 2, torch.Generator().manual_seed(1)).double()


def test_currents_by_hand():
    """0.5 (0.7 + 0.2) = 0.45 a step: 0.45, 0.9, 1.35 spikes, and again."""
    x = torch.tensor([[0.7, 0.2]]).double().expand(7, 1, 2)
    shown = net()(x, Random.fresh(1))
    assert shown.events["E"].dense(x)[:, 0, 0].tolist() == [0, 0, 1, 0, 0, 1, 0]
    late = net(delay=2)(x, Random.fresh(1))
    assert late.events["E"].dense(x)[:, 0, 0].tolist() == [0, 0, 0, 0, 1, 0, 0]


def test_currents_of_a_batch_are_those_of_the_network_and_ones_are_spikes():
    drawn = torch.rand(9, 3, 2, generator=torch.Generator().manual_seed(1)).double()
    model = net()
    for x in (drawn, drawn.round()):
        expected = model.network.run({"X": x})["E"]
        assert torch.equal(model(x, Random.fresh(3)).events["E"].dense(x), expected)
        parts = Events.of_values(x).part(1, 3)
        assert torch.equal(model.run(parts, Random.fresh(2))["E"].dense(x), expected[:, 1:])


def test_currents_take_multiplications():
    x = torch.full((6, 3, 2), 0.3).double()
    (found,) = net(delay=2).operations(x, net()(x))
    assert (found.accumulations, found.multiplications) == (0, 4 * 3 * 2)
    (steady,) = net(delay=2).operations(x[:1].expand(6, 3, 2), net()(x))
    assert steady.multiplications == 3 * 2


@pytest.mark.filterwarnings("ignore::snnrun.errors.ActivityWarning")
def test_currents_are_shown_again_brighter(config, tmp_path):
    """No bit is never seen, one bit at the second showing, two bits at once."""
    changes = [
        "train.augment=[{name: intensity, factor: 0.2}]",
        "learning.show_again={fewest: 18, more: 2.0, most: 3}",
        "model.neurons.E.refractory=0.0",
    ]
    run = snnrun.train(load_config(config, changes), results=tmp_path / "runs")
    shown = [row["value"] for row in run.logged() if row["name"] == "presentations"]
    assert shown == [(4 + 2 + 2 + 1) / 4] * 2
