"""A shared run gives what the run gave, and nothing that it should not."""

import pytest

import snnrun
from snnrun.errors import DataError
from snnrun.evaluation.sharing import share
from snnrun.runs.folder import RunDir
from tests.tiny import write_config


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharing")
    return snnrun.train(write_config(folder), results=folder)


def test_the_copy_gives_the_same_numbers(run, tmp_path):
    copy = share(run, tmp_path / "small", 2)
    assert {path.name for path in copy.path.iterdir()} == {
        "checkpoints", "config.yaml", "metrics.jsonl", "status.json",
    }  # fmt: skip
    one, other = snnrun.inference(run, 2), snnrun.inference(copy)
    assert (other.epoch, other.loss, other.accuracy) == (2, one.loss, one.accuracy)
    assert copy.curve("test", "accuracy") == ([2], [one.accuracy])


def test_a_copy_cannot_be_continued(run, tmp_path):
    copy = share(run, tmp_path / "small")
    with pytest.raises(DataError, match="holds weights only; it can be run, but not continued"):
        snnrun.resume(copy, epochs=9)
    assert snnrun.inference(copy).epoch == 4


def test_a_run_is_not_overwritten(run, tmp_path):
    for place in (share(run, tmp_path / "small").path, tmp_path, run.config):
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(DataError, match="is there already; it was left as it is"):
            share(run, place)
        assert sorted(tmp_path.rglob("*")) == before


def test_a_copy_is_there_whole_or_not_at_all(run, tmp_path, monkeypatch):
    """Killed in between, half a copy stood in the way of the next."""
    monkeypatch.setattr(RunDir, "append_metrics", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        share(run, tmp_path / "small")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert snnrun.inference(share(run, tmp_path / "small")).epoch == 4


@pytest.mark.usefixtures("quick_files")
def test_a_copy_has_all_figures_but_those_of_its_history(run, tmp_path, monkeypatch):
    """Only which are drawn; that they are written, other tests see."""
    monkeypatch.setattr("snnrun.plots.draw.save", lambda _, folder, name: [folder / name])
    copy = share(run, tmp_path / "small")
    drawn = {path.stem for path in snnrun.evaluate([copy])}
    of_history = {"curves", "weights_over_epochs", "label_times_over_epochs"}
    assert {path.stem for path in snnrun.evaluate([run])} - drawn == of_history
