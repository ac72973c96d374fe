"""What holds of every measure, whichever there are."""

import importlib
import pkgutil

import numpy as np
import pytest
import torch

from snnrun.evaluation import MEASURES, measures
from snnrun.evaluation.measure import ROOM, Selective
from snnrun.evaluation.measures.examples import Records
from snnrun.evaluation.measuring import measured as measure_all
from snnrun.runs.evaluation import LIMIT, size_of
from tests.evaluation.networks import LIVE
from tests.evaluation.runs import Live, measured, measures_of, saved, subject_of

HOMES = [
    importlib.import_module(f"snnrun.evaluation.measures.{home.name}")
    for home in pkgutil.iter_modules(measures.__path__)
]


@pytest.mark.parametrize("name", MEASURES)
def test_it_says_what_it_keeps(name):
    told = MEASURES[name].load().__doc__
    assert told.startswith("Keeps")
    assert "``" in told
    assert MEASURES[name].summary[0].islower()


def test_some_network_of_these_tests_has_each_measure():
    """A measure for a new kind of network asks for such a network in tests/evaluation."""
    offered = [make().experiment.offers for make in LIVE.values()]
    missing = [n for n, e in MEASURES.items() if not any(e.needs <= each for each in offered)]
    assert missing == []


def test_nothing_depends_on_the_size_of_batches(live, evaluated, tmp_path):
    train = live.experiment.train.model_copy(update={"eval_batch_size": 7})
    experiment = live.experiment.model_copy(update={"train": train})
    other = measured(saved(tmp_path / "run", Live(experiment, live.learner, live.dataset), {}))
    assert other.arrays.keys() == evaluated.arrays.keys()
    for name, array in evaluated.arrays.items():
        np.testing.assert_allclose(other.arrays[name], array, rtol=1e-5, atol=1e-6, err_msg=name)
    for name, value in evaluated.facts["statistics"].items():
        assert other.facts["statistics"][name] == pytest.approx(value, rel=1e-5)


def test_the_network_is_left_as_it_is(live, tmp_path):
    """What a measure changes, it changes back, or in a copy."""
    run, before = saved(tmp_path / "run", live, {}), state_of(live)
    with live.learner.evaluating():
        measure_all(subject_of(live, run), measures_of(live.experiment))
    after = state_of(live)
    assert before.keys() == after.keys()
    assert [name for name, value in before.items() if not torch.equal(value, after[name])] == []


def state_of(live):
    """All tensors, those that are not saved too."""
    modules = live.learner.named_modules()
    found = {f"{m}.{n}": b for m, part in modules for n, b in part.named_buffers(recurse=False)}
    found |= dict(live.learner.named_parameters())
    return {name: value.detach().clone() for name, value in found.items()}


def test_what_grows_is_bounded(live, evaluated, tmp_path, monkeypatch):
    """With room for next to nothing, single samples are few, and no array is larger."""
    for home in (*HOMES, importlib.import_module("snnrun.evaluation.measure")):
        if hasattr(home, "ROOM"):
            monkeypatch.setattr(home, "ROOM", 100)
    monkeypatch.setattr("snnrun.evaluation.measures.answers.MOST", 75)
    few = measured(saved(tmp_path / "run", live, {}))
    for name in measures_of(live.experiment):
        kind = MEASURES[name].load()
        if issubclass(kind, Records) and few.of(name):  # where the untrained network was saved
            assert len(few.of(name)["numbers"]) == 1
        if issubclass(kind, Selective):
            assert len(few.of(name).get("labels", ())) <= 100 / 20
    assert len(few.of("answers")["labels"]) == min(75, few.samples)
    assert few.of("answers")["scores"].nbytes <= 100
    for name, array in few.arrays.items():
        assert array.nbytes <= evaluated.arrays[name].nbytes


def test_the_shares_of_all_measures_fit_together():
    """Of those that take the whole of their room, answers twice, a split has no more than eight."""
    assert 8 * ROOM <= LIMIT


def test_a_few_samples_take_little_room(evaluated):
    assert size_of(evaluated.arrays) < 3_000_000
