"""While a run goes on, its folder tells where it stands."""

import json
import math
import mmap
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from snnrun.core.peak import peak_memory
from snnrun.core.position import Position
from snnrun.runs.folder import RunDir
from snnrun.runs.progress import Best
from snnrun.runs.summary import Summary, described
from snnrun.training import journal
from snnrun.training.loop import Training
from snnrun.training.watchers.watcher import Watcher
from tests.tiny import experiment


class Reading(Watcher):
    """Reads the status, and the summary, after each batch."""

    def __init__(self) -> None:
        self.statuses, self.summaries, self.stood = [], [], []

    def batch_done(self, training: Training) -> None:
        self.stood.append((training.at.epoch, training.at.batch))
        self.statuses.append(training.run_dir.status())
        self.summaries.append(json.loads((training.run_dir.path / "summary.json").read_text()))


@pytest.fixture
def read(tmp_path, monkeypatch):
    """What is read of a run that notes where it stands every so many seconds."""

    def read(every: float) -> Reading:
        monkeypatch.setattr(journal, "EVERY", every)
        reading, run = Reading(), RunDir.create(tmp_path, "read")
        config = experiment(tmp_path, "train.epochs=2", "train.savepoints=[]")
        run.write_experiment(config)
        Training(config, [reading]).start(run)
        return reading

    return read


def test_a_running_status_tells_epoch_batch_and_time(read):
    """It said epoch 0 for as long as a run went on."""
    found = read(0.0)
    stands = [(status["epoch"], status["batch"]) for status in found.statuses]
    assert stands == found.stood == [(epoch, batch) for epoch in (0, 1) for batch in range(1, 6)]
    for status, summary in zip(found.statuses, found.summaries, strict=True):
        assert (status["state"], status["batches"], status["epochs"]) == ("running", 5, 2)
        age = datetime.now(UTC) - datetime.fromisoformat(status["time"])
        assert timedelta() <= age < timedelta(minutes=5)
        assert summary.items() >= {key: status[key] for key in ("state", "epoch", "time")}.items()
    seconds = [status["seconds"] for status in found.statuses]
    assert seconds == sorted(seconds)
    assert seconds[-1] > seconds[0]


def test_between_two_notes_nothing_is_written_but_with_a_checkpoint(read):
    found = read(math.inf)
    stands = {(status["epoch"], status["batch"]) for status in found.statuses}
    assert stands <= {(0, 0), (1, 0)}


def test_the_memory_of_a_run_is_that_which_it_took_itself(tmp_path, read):
    """What the process took before no longer counts: of runs in one process, each has its own."""
    size = 400 * 2**20
    with mmap.mmap(-1, size) as before:
        before.write(bytes(size))
    most = peak_memory()
    found = [status["memory"] for status in read(0.0).statuses]
    assert found == sorted(found)
    assert 10 * 2**20 < found[0] < most - 100 * 2**20


def test_a_run_that_goes_on_keeps_the_memory_of_earlier_sessions(tmp_path):
    run = RunDir.create(tmp_path, "run")
    run.write_json("summary.json", {"memory": 2**50})
    kept = journal.Journal(run, 5, 2, Summary(described(experiment(tmp_path))))
    progress = SimpleNamespace(seconds=1.0, metric_lines=0, history_lines=0)
    kept.go_on(Position(1), progress)
    kept.status("running", Position(1), Best(epoch=1, values={}))
    assert run.status()["memory"] == 2**50
