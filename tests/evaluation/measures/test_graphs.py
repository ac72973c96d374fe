"""What is measured of graphs: spikes that reach synapses, assignments, all spikes of examples."""

import numpy as np
import pytest
import torch

from snnrun.core.events import Events
from snnrun.core.record import Record
from snnrun.evaluation.measures.assignments import Assignments
from snnrun.evaluation.measures.event_examples import EventExamples
from snnrun.learning.outcome import Outcome
from tests.evaluation.networks import graph
from tests.evaluation.runs import measured, saved, subject_of


@pytest.fixture(scope="module")
def live():
    return graph()


@pytest.fixture(scope="module")
def evaluation(live, tmp_path_factory):
    return measured(saved(tmp_path_factory.mktemp("graph"), live))


def test_operations_by_hand(live):
    """Two samples of 3 steps; a spike of the last step would arrive behind it, by a delay of 1."""
    given, own, other = torch.zeros(3, 2, 64), torch.zeros(3, 2, 20), torch.zeros(3, 2, 20)
    for step, sample, place in [(0, 0, 3), (1, 0, 3), (1, 1, 63), (2, 1, 0)]:
        given[step, sample, place] = 1
    own[0, 1, 4], own[1, 1, 4], own[2, 0, 0], other[1, 1, 4] = 1, 1, 1, 1
    record = Record(events={"E": Events.of(own), "I": Events.of(other)})
    found = live.model.operations(Events.of(given), record)
    assert {each.key: each.accumulations for each in found} == {
        "synapses.X -> E": 3 * 20,
        "synapses.E -> I": 2,
        "synapses.I -> E": 19,
    }
    assert live.model.operations(given, record) == found
    assert {each.multiplications for each in found} == {0.0}


def test_cost_is_the_mean_over_the_samples(live, evaluation):
    found = evaluation.of("cost")
    batch, record = live.batch(), live.show()[1]
    spikes = int(batch.inputs.starts[:, -2].sum() - batch.inputs.starts[:, 0].sum())
    assert found["synapses.X -> E/accumulations"] == pytest.approx(20 * spikes / len(batch))
    assert (found["parameters"], found["learning"]) == (20 * 64 + 2, 20 * 64)
    density = evaluation.of("activity")["neurons.E/density"]
    counts = record.events["E"].counts()
    assert density == pytest.approx(float(counts.double().mean()) / 150)


def test_assignments_are_those_of_the_rule(live, evaluation):
    found, labels = evaluation.of("assignments"), live.learner.rule.votes.labels
    np.testing.assert_array_equal(found["classes"], labels.assignments)
    np.testing.assert_allclose(found["proportions"], labels.proportions, rtol=1e-6)
    assert Assignments(subject_of(live)).arrays()["classes"].shape == (20,)


def test_examples_hold_every_spike(live, evaluation):
    found = evaluation.of("event_examples")
    assert len(found["labels"]) == 5
    assert found["sizes"].tolist() == [64, 20, 20]
    for name in ("X", "E", "I"):
        for index, number in enumerate(found["numbers"]):
            seen, record = live.show([number])
            spikes = (seen if name == "X" else record.events[name]).dense(torch.zeros(1))[:, 0]
            own = slice(*found[f"{name}/starts"][index : index + 2])
            steps, places = found[f"{name}/steps"][own], found[f"{name}/places"][own]
            assert spikes.nonzero().tolist() == sorted(map(list, zip(steps, places, strict=True)))


def test_examples_stop_where_there_is_no_room(live, monkeypatch):
    monkeypatch.setattr("snnrun.evaluation.measures.event_examples.ROOM", 1)
    measure = EventExamples(subject_of(live))
    batch, record = live.batch(), live.show()[1]
    measure.add(batch, Outcome(None, live.learner.rule.scores(record)), record)
    assert len(measure.arrays()["labels"]) == 1
