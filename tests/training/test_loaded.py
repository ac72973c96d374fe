"""What `load` returns tells what it is, and what it answers is told by name, shape and unit."""

import copy
import pickle

import numpy as np
import pytest
import torch

import snnrun
from snnrun.core.record import FIELDS
from snnrun.runs.evaluation import Evaluation
from snnrun.training.learner import Learner, build_learner
from tests.tiny import write_config

FAMILIES = {
    "first_spike_yin_yang": ({"times"}, ("layers.0", "layers.1")),
    "stbp_digits": ({"spikes", "membranes", "outputs"}, ("layers.0", "readout")),
    "random_feedback_digits": ({"spikes", "membranes", "outputs"}, ("layers.0", "readout")),
    "sbs_digits": ({"activities"}, tuple(f"layers.{index}" for index in range(4))),
    "diehl_cook_digits": ({"rates", "events"}, ("neurons.E", "neurons.I")),
    "stbp_mnist": (
        {"spikes", "membranes", "outputs", "received"},
        ("layers.2", "layers.5", "layers.10", "readout"),
    ),
}
RATES = ("diehl_cook_digits", "stbp_mnist")


def learner_of(name: str) -> Learner:
    learner = build_learner(snnrun.load_config(f"configs/{name}.yaml"))
    learner.encoder.fit([torch.rand(3, *learner.experiment.data.input_shape)])
    return learner.eval().requires_grad_(False)


def values_of(learner, samples=2):
    return np.random.default_rng(0).random((samples, *learner.experiment.data.input_shape))


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_names_what_it_returns(name):
    wanted, layers = FAMILIES[name]
    learner = learner_of(name)
    record = learner(values_of(learner))
    entries = list(record.entries())
    with torch.no_grad():
        assert bool(learner(values_of(learner)).rates) is (name in {*RATES})
    assert {entry.field for entry in entries} == wanted
    assert record.layers == layers
    for entry in entries:
        lists = isinstance(getattr(record, entry.field), list)
        assert (entry.layer in layers) is lists
        axes = FIELDS[entry.field][0].strip("[]").split(", ")
        if isinstance(entry.values, torch.Tensor):
            assert entry.values.shape[axes.index("batch")] == 2
            assert entry.values.dim() == len(axes) or "..." in axes
    assert repr(record).startswith("Record of 2 samples\n")


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_tells_its_layers_with_their_sizes(name):
    learner = learner_of(name)
    head, whole, *lines = repr(learner).splitlines()
    model = learner.experiment.model_dump()["model"]["name"]
    assert f"model {model}, " in head
    count = sum(each.numel() for each in learner.model.parameters())
    assert whole == f"{type(learner.model).__name__}: {count:,} parameters"
    assert len(lines) == len(learner.experiment.layers())
    numbers = [int(line.rsplit(None, 1)[1].replace(",", "")) for line in lines]
    assert numbers == [layer[2] for layer in learner.experiment.layers()]
    assert repr(learner.model).splitlines() == [whole, *lines]


def test_a_model_that_nobody_described_tells_its_tensors():
    model = learner_of("first_spike_yin_yang").model
    model.described = ()
    assert repr(model).splitlines() == [
        "FirstSpikeNet: 963 parameters",
        "layers.0.weights  [5, 120]  600",
        "layers.1.weights  [121, 3]  363",
    ]


def test_values_may_be_tensors_arrays_and_lists():
    learner = learner_of("first_spike_yin_yang")
    values = [[0.25, 0.5, 0.75, 0.5], [0.5, 0.25, 0.5, 0.75]]
    every = [learner(given).times[-1] for given in (values, np.array(values), torch.tensor(values))]
    assert all(torch.equal(each, every[0]) for each in every)
    assert every[0].dtype == torch.float32


def test_gradients_reach_the_input():
    learner = learner_of("first_spike_yin_yang")
    values = torch.rand(3, 4, requires_grad=True)
    times = learner(values).times[-1]
    times[times.isfinite()].sum().backward()
    assert values.grad.abs().sum() > 0


def test_what_is_no_batch_of_samples_is_refused():
    with pytest.raises(ValueError, match=r"expected values \[samples, 4\], got \[4\]"):
        learner_of("first_spike_yin_yang")([0.25, 0.5, 0.75, 0.5])
    with pytest.raises(ValueError, match=r"expected values \[samples, 1, 8, 8\], got \[2, 64\]"):
        learner_of("stbp_digits")(np.zeros((2, 64)))


def test_it_is_copied_and_pickled_whole():
    learner = learner_of("first_spike_yin_yang")
    values = values_of(learner)
    for other in (pickle.loads(pickle.dumps(learner)), copy.deepcopy(learner)):
        assert repr(other) == repr(learner)
        assert torch.equal(other(values).times[-1], learner(values).times[-1])


def test_an_evaluation_is_told_in_two_lines(tmp_path):
    """It had 49,096 characters."""
    run = snnrun.train(write_config(tmp_path), {"train.epochs": 2}, results=tmp_path)
    found = snnrun.inference(run)
    assert isinstance(found, Evaluation)
    first, second = repr(found).splitlines()
    told = f"70 samples of the test split, accuracy {found.accuracy:.2%}, loss {found.loss:.6g}"
    assert first == f"Evaluation of {run.path}, epoch 2: {told}"
    assert second.startswith("of(name) gives the arrays of: answers, ")
    assert len(second) < 200
