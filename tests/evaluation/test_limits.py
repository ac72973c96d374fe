"""Evaluation files take no more than they may, and a measure that fails loses no other."""

import re

import numpy as np
import pytest

from snnrun.errors import DataError, SnnrunError
from snnrun.evaluation import MEASURES
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.measure import Measure, MeasureEntry
from snnrun.runs import evaluation as files
from snnrun.runs.evaluation import LIMIT, stored
from tests.evaluation.kept import file_of, same
from tests.evaluation.networks import first_spike
from tests.evaluation.runs import saved

MB = 2**20


@pytest.fixture
def run(tmp_path):
    """The run of an untrained network."""
    return saved(tmp_path / "run", first_spike())


class Filling(Measure):
    """Keeps ``zeros``: as many bytes as it should."""

    mb = 0.0

    def arrays(self):
        return {"zeros": np.zeros(int(self.mb * MB), np.uint8)}


class Thirty(Filling):
    mb = 30.0


class Forty(Filling):
    mb = 40.0


class Huge(Filling):
    mb = 64.1


@pytest.fixture
def large(monkeypatch):
    """Measures that keep very much."""

    class Entry(MeasureEntry):
        def load(self):
            return {"thirty": Thirty, "forty": Forty, "huge": Huge}[self.target]

    more = {name: Entry(name, "zeros") for name in ("thirty", "forty", "huge")}
    monkeypatch.setattr(MEASURES, "_known", {**MEASURES.known, **more})


@pytest.mark.usefixtures("large")
def test_a_measure_that_keeps_too_much_is_refused_and_the_others_are_kept(run):
    text = (
        r"measure huge: .* come to 64\.1 MB, of which huge takes 64\.1 MB; expected at most \S+ MB"
    )
    with pytest.raises(DataError, match=text):
        evaluate_run(run, None, "test", ["answers", "huge"])
    assert not file_of(run).exists()
    failed = {}
    found = evaluate_run(run, None, "test", ["answers", "huge", "sizes"], failed=failed)
    assert re.match(text, str(failed["huge"]))
    assert found.facts["measures"] == ["answers", "sizes"]
    same(stored(run), found)


@pytest.mark.usefixtures("large")
def test_measures_that_came_one_after_another_share_the_room(run):
    evaluate_run(run, None, "test", ["forty"])
    with pytest.raises(DataError, match=r"measure thirty: .*; expected at most 24\.0 MB"):
        evaluate_run(run, None, "test", ["thirty"])
    kept = stored(run)
    assert kept.facts["measures"] == ["forty"]
    assert files.size_of(kept.arrays) == 40 * MB
    assert 40 * MB < file_of(run).stat().st_size < LIMIT


def test_no_file_takes_more_than_the_limit(tmp_path):
    assert LIMIT == 64 * MB
    arrays = {"a/x": np.zeros(LIMIT - 10, np.uint8), "b/y": np.zeros(11, np.uint8)}
    with pytest.raises(
        DataError, match=r"come to 64\.0 MB, of which a takes 64\.0 MB; expected at"
    ):
        files.write(tmp_path / "test.npz", arrays, {})
    assert list(tmp_path.iterdir()) == []


class Failing(Measure):
    """Fails by a mistake of its own."""

    def add(self, batch, outcome, record):
        raise ZeroDivisionError("by zero")


def test_a_measure_with_a_fault_is_named_and_tried_again(run, monkeypatch, made):
    class Entry(MeasureEntry):
        def load(self):
            return Failing

    monkeypatch.setattr(MEASURES, "_known", {**MEASURES.known, "bad": Entry("", "bad")})
    with pytest.raises(SnnrunError, match="measure bad: ZeroDivisionError: by zero") as caught:
        evaluate_run(run, None, "test", ["bad"])
    assert not isinstance(caught.value, DataError)
    for _ in range(2):
        failed = {}
        evaluate_run(run, None, "test", ["answers", "bad"], failed=failed)
        assert list(failed) == ["bad"]
    assert made == [["bad"], ["answers", "bad"], ["bad"]]
