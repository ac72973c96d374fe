"""While a run goes on, its folder tells where it stands."""

import json
import math
from datetime import UTC, datetime, timedelta

import pytest

from snnrun.runs.folder import RunDir
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
