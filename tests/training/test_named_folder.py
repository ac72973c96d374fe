"""A training in a folder that is named: the same call begins it, goes on, or leaves it done."""

import pytest

from snnrun import api
from snnrun.errors import ConfigError, DataError, Interrupted
from snnrun.runs.folder import RunDir
from snnrun.runs.lock import Taken, owned
from snnrun.training.stopping import Stop
from tests import tiny


@pytest.fixture
def stopped(monkeypatch):
    """A function that lets a training be stopped after so many looks at the request."""

    def after(looks):
        left = iter(range(looks))
        asked = Stop.requested

        def requested(self):
            if next(left, None) is None:
                self.reason = "the test"
            return asked(self)

        monkeypatch.setattr(Stop, "requested", requested)

    yield after
    monkeypatch.undo()


def test_the_same_call_goes_on_bit_for_bit_and_leaves_what_is_done(tmp_path, stopped, monkeypatch):
    experiment, folder = tiny.experiment(tmp_path), tmp_path / "named"
    stopped(7)
    with pytest.raises(Interrupted):
        api.train_or_resume(experiment, folder)
    monkeypatch.undo()
    run = api.train_or_resume(experiment, folder)
    assert run.path == folder
    assert len(run.read_json("environment.json")["continued"]) == 1
    whole = api.train(experiment, results=tmp_path / "r")
    assert tiny.same_result(run, whole)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    api.train_or_resume(experiment, folder)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_one_that_was_left_before_its_first_checkpoint_begins_anew(tmp_path):
    experiment, folder = tiny.experiment(tmp_path, "train.epochs=1"), tmp_path / "named"
    folder.mkdir()
    RunDir(folder).write_experiment(experiment)
    (folder / "jobs").mkdir()
    run = api.train_or_resume(experiment, folder)
    assert run.status()["state"] == "finished"


def test_who_comes_second_leaves_what_the_first_one_logged_before_its_first_checkpoint(tmp_path):
    """The second one used to drop the log of the first one, and was refused only then."""
    experiment, folder = tiny.experiment(tmp_path, "train.epochs=1"), tmp_path / "named"
    logged = [folder / "metrics.jsonl", folder / "history.jsonl"]
    (folder / "checkpoints").mkdir(parents=True)
    with owned(folder):
        for path in logged:
            path.write_text("a line of the first one\n")
        with pytest.raises(Taken):
            api.train_or_resume(experiment, folder)
        assert [path.read_text() for path in logged] == ["a line of the first one\n"] * 2
    assert api.train_or_resume(experiment, folder).status()["state"] == "finished"


@pytest.mark.parametrize("text", ["# mine\nextends: first_spike_xor\n", "notes: []\n"])
def test_a_config_that_snnrun_did_not_write_is_not_written_over(tmp_path, text):
    """A folder with a ``config.yaml`` of the user counted as a run that was to begin."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.yaml").write_text(text)
    with pytest.raises(DataError, match="is there and no run folder"):
        api.train_or_resume(tiny.experiment(tmp_path, "train.epochs=1"), folder)
    assert [path.read_text() for path in folder.iterdir()] == [text]


def test_another_config_is_refused_and_so_is_another_folder(tmp_path):
    folder = tmp_path / "named"
    api.train_or_resume(tiny.experiment(tmp_path, "train.epochs=1"), folder)
    other = tiny.experiment(tmp_path, "train.epochs=2")
    with pytest.raises(ConfigError, match=r"train\.epochs: is 2, but the run began with 1"):
        api.train_or_resume(other, folder)
    with pytest.raises(DataError, match="is there and no run folder"):
        api.train_or_resume(other, tmp_path)
