"""Activity, cost, decisions and ranks: by hand, and against networks at work."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from snnrun.core.record import Record
from snnrun.evaluation.measures.activity import Activity
from snnrun.evaluation.measures.cost import Cost
from snnrun.evaluation.measures.decisions import Decisions, settled
from snnrun.evaluation.measures.ranks import Ranks
from snnrun.evaluation.measures.spikes import Spikes
from snnrun.learning.outcome import Outcome, predictions
from snnrun.models.model import Spiking
from snnrun.models.operations import Operations
from snnrun.models.sbs.net import SbsNet
from snnrun.models.sbs.spiking import SpikingLayer
from snnrun.runs.layers import rows
from tests.evaluation.networks import LIVE
from tests.evaluation.runs import subject_of

NEVER = torch.inf


class Shown:
    """A subject whose model says what it is told to."""

    def __init__(self, classes=3, spiking=(), operations=(), spikes=()):
        parameters = [
            torch.nn.Parameter(torch.ones(3, 2)),
            torch.nn.Parameter(torch.ones(5), False),
        ]
        model = SimpleNamespace(
            spiking_layers=lambda: list(spiking),
            operations=lambda x, record: next(self.operations),
            spikes=lambda x, record: next(self.spikes),
            parameters=lambda: iter(parameters),
            learning_numbers=lambda: 6,
        )
        rule = SimpleNamespace(scores=lambda record: record.outputs.mean(0))
        self.operations, self.spikes = iter(operations), iter(spikes)
        self.learner = SimpleNamespace(model=model, rule=rule)
        self.experiment = SimpleNamespace(
            data=SimpleNamespace(classes=tuple("abcdefgh"[:classes])), offers=frozenset()
        )


class Seen(SimpleNamespace):
    def __len__(self):
        return len(self.targets)


def see(measure, record=None, scores=None, targets=(0,)):
    batch = Seen(inputs=None, targets=torch.tensor(targets))
    measure.add(batch, Outcome(None, scores), record or Record())


def kept(measure):
    return {name: array.tolist() for name, array in measure.arrays().items()}


def test_activity_of_rates():
    """Two samples, then one, of four neurons: 3 of 12 pairs spike at every step, 7 never."""
    spiking = [Spiking("layers.1", 1.0, lambda h: 1 - (h - 1).abs())]
    measure = Activity(Shown(spiking=spiking))
    membranes = torch.tensor([0.0, 0.5, 0.95, 2.0])  # of the height: 0, 0.5, 0.95, 0
    first = torch.tensor([[1.0, 0.5, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
    see(measure, Record(rates=[first], membranes=[membranes.view(2, 2, 1)]))
    second = torch.tensor([[1.0, 0.0, 0.0, 0.75]])
    see(measure, Record(rates=[second], membranes=[torch.full((2, 1, 1), 1.91)]))
    assert kept(measure) == {
        "layers.1/density": pytest.approx(4.25 / 12),
        "layers.1/silent": 7 / 12,
        "layers.1/saturated": 3 / 12,
        "layers.1/dead": 1 / 4,
        "layers.1/hit": 2 / 6,
    }


def test_activity_of_spike_times():
    measure = Activity(Shown())
    see(measure, Record(times=[torch.tensor([[0.3, NEVER, NEVER], [0.5, 2.0, NEVER]])]))
    found = kept(measure)
    assert all(np.isnan(found.pop(f"layers.0/{name}")) for name in ("saturated", "hit"))
    assert found == {
        "layers.0/density": 3 / 6,
        "layers.0/silent": 3 / 6,
        "layers.0/dead": pytest.approx(1 / 3),
    }


def test_cost_is_the_mean_over_samples():
    each = [[Operations("layers.0", 10, 4)], [Operations("layers.0", 2, 0)]]
    measure = Cost(Shown(operations=each))
    see(measure, targets=(0, 1, 2))
    see(measure)
    assert kept(measure) == {
        "parameters": 11, "learning": 6,
        "layers.0/accumulations": 12 / 4, "layers.0/multiplications": 4 / 4,
    }  # fmt: skip


def test_spikes_are_the_mean_over_samples():
    each = [{"layers.0": 10.0, "readout": 2.0}, {"layers.0": 2.0, "readout": 0.0}]
    measure = Spikes(Shown(spikes=each))
    see(measure, targets=(0, 1, 2))
    see(measure)
    assert kept(measure) == {"layers.0/spikes": 12 / 4, "readout/spikes": 2 / 4}


def test_decisions_of_outputs():
    """Running means (0.4, 0), (0.2, 0.3), (0.13, 0.2): 0 at first, then 1. The other: always 0."""
    measure = Decisions(Shown(classes=2))
    one = [[0.4, 0.0], [0.0, 0.6], [0.0, 0.0]]
    outputs = torch.tensor([one, [[1.0, 0.0]] * 3]).transpose(0, 1)
    see(measure, Record(outputs=outputs), torch.ones(2, 2), (1, 1))
    see(measure, Record(outputs=outputs[:, :1]), torch.ones(1, 2), (0,))
    assert kept(measure) == {"right": [1, 1, 1], "decided": [1, 2, 0], "samples": 3}


def test_an_answer_that_comes_back_is_not_decided_before():
    answers = torch.tensor([[1, 0, 2], [0, 0, 2], [1, 0, 0], [1, 0, 2]])
    assert settled(answers).tolist() == [2, 0, 3]


def test_decisions_of_spike_times():
    measure = Decisions(Shown())
    times = torch.tensor([[0.5, 2.0, NEVER], [NEVER, NEVER, NEVER], [NEVER, 1.5, 1.7]])
    see(measure, Record(times=[times]), -times, (0, 1, 2))
    assert kept(measure) == {"time": (0.5 + 1.5) / 2, "decided": 2, "samples": 3}


def test_ranks():
    measure = Ranks(Shown(classes=3))
    scores = [
        [0.1, 0.7, 0.2],
        [0.1, 0.7, 0.2],
        [0.1, 0.7, 0.2],
        [0.0, -NEVER, 0.0],
        [0.0, 1.0, 0.0],
    ]
    see(measure, None, torch.tensor(scores), (1, 0, 2, 1, 2))
    assert kept(measure) == {"counts": [1, 1, 2, 1]}


def test_without_scores_there_are_no_ranks():
    measure = Ranks(Shown(classes=3))
    see(measure)
    see(measure, None, torch.ones(1, 1))
    assert measure.arrays() == {}


# ---- networks at work ----


def test_ranks_and_decisions_end_at_the_accuracy(live, evaluated):
    ranks, decisions = evaluated.of("ranks")["counts"], evaluated.of("decisions")
    right = evaluated.accuracy * evaluated.samples
    assert (ranks[0], ranks.sum()) == (pytest.approx(right), evaluated.samples)
    if "right" in decisions:
        assert decisions["right"][-1] == pytest.approx(right)
        assert decisions["decided"].sum() == decisions["samples"] == evaluated.samples


def test_activity_is_that_of_spikes(live, evaluated):
    _, record = live.show()
    activity = rows(evaluated.of("activity"))
    kind = type(live.experiment.model).__name__
    lists = [each.dense(torch.zeros(1)) for each in record.events.values()]
    layers = record.times or lists or record.spikes[: len(live.model.spiking_layers())]
    assert len(activity) == len(layers)
    assert bool(activity) == (kind != "SbsSettings")
    for found, layer in zip(activity.values(), layers, strict=True):
        fired = layer.isfinite().double() if record.times else layer
        counts = fired if record.times else fired.sum(0)
        assert found["density"] == pytest.approx(fired.double().mean().item(), rel=1e-5)
        assert found["silent"] == pytest.approx((counts == 0).double().mean().item())
        assert found["dead"] == pytest.approx((counts == 0).all(0).double().mean().item())


def test_spikes_are_counted_one_by_one(live, evaluated):
    """Of each spiking layer, all that stands in the record, or in the lists of a graph."""
    seen, record = live.show()
    found = [each["spikes"] for each in rows(evaluated.of("spikes")).values()]
    if isinstance(live.model, SbsNet):
        inputs = [seen, *record.activities[:-1]]
        layers = zip(live.model.layers, inputs, strict=True)
        expected = [x.spikes_of(i) for x, i in layers if isinstance(x, SpikingLayer)]
    elif record.events:
        expected = [len(record.events[name].places) for name in live.model.spiking]
    else:
        spikes = record.spikes[: len(live.model.spiking_layers())]
        expected = [(x.isfinite() if record.times else x).sum() for x in record.times or spikes]
    assert found == pytest.approx([float(each) / evaluated.samples for each in expected], rel=1e-5)


def test_operations_are_the_formula(live, evaluated):
    """T times the rate of the input times the fan-out, of all-to-all layers that see spikes."""
    seen, record = live.show()
    cost = rows(evaluated.of("cost"))
    if not record.spikes:
        return
    readout = cost["readout"]["accumulations"]
    spiking = "Spikes" in type(getattr(live.model, "readout", None)).__name__
    last = record.spikes[len(live.model.spiking_layers()) - 1 - spiking]
    classes = len(live.experiment.data.classes)
    assert readout == pytest.approx(len(seen) * last[0, 0].numel() * last.mean().item() * classes)


def test_membranes_that_a_rule_leaves_out_are_made_again():
    live = LIVE["lif, leaky readout"]()
    subject = subject_of(live)
    measure = Activity(subject)
    with live.learner.evaluating():
        for batch in subject.batches():
            measure.add(batch, *live.learner.rule.evaluate(batch))
        found = rows(measure.arrays())
    _, record = live.show()
    for layer, membranes in zip(live.model.spiking_layers(), record.membranes, strict=False):
        share = (layer.derivative(membranes) > 0.1).double().mean().item()
        assert found[layer.key]["hit"] == pytest.approx(share)


def test_truncated_outputs_are_judged_as_the_rule_does():
    live = LIVE["lif, leaky readout"]()
    _, record = live.show()
    early = replace(record, outputs=record.outputs[:3])
    expected = predictions(record.outputs[:3].mean(0))
    np.testing.assert_array_equal(predictions(live.learner.rule.scores(early)), expected)
