"""What Weights & Biases is given offline, read back from its files."""

import json
import sys
from pathlib import Path

import pytest

import snnrun
from snnrun.errors import WatcherWarning
from tests.loggers.reading import history, records
from tests.tiny import experiment

pytest.importorskip("wandb")
FULL = (
    "train.loggers=[{name: wandb, project: spikes, group: g, tags: [a], mode: offline, "
    "histograms: true, figures: true, wait_seconds: 100}]"
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A run folder of four epochs and then six, and what W&B kept of both sessions."""
    folder = tmp_path_factory.mktemp("logged")
    run = snnrun.train(experiment(folder, FULL, "train.live_plot=true"), results=folder)
    snnrun.resume(run, epochs=6)
    return run, [records(each) for each in sorted(run.path.glob("wandb/offline-run-*"))]


def told(every, kind):
    return [getattr(each, kind) for each in every if each.HasField(kind)]


def test_numbers_stand_over_the_epoch(folders):
    run, sessions = folders
    assert len(sessions) == 2
    found = [
        (row["epoch"], row["validation/loss"])
        for each in sessions
        for row in history(each)
        if "validation/loss" in row
    ]
    assert found == list(zip(*run.curve("validation", "loss"), strict=True))
    metrics = {each.name or each.glob_name: each for each in told(sessions[0], "metric")}
    assert metrics["*"].step_metric == "epoch"


def test_a_run_that_goes_on_is_the_same_there(folders):
    run, sessions = folders
    known = json.loads((run.path / "loggers.json").read_text())["id"]
    begun = [told(each, "run")[0] for each in sessions]
    assert [each.run_id for each in begun] == [known, known]
    assert {(each.project, each.run_group, *each.tags) for each in begun} == {("spikes", "g", "a")}
    assert {each.display_name for each in begun} == {run.path.name}


def test_settings_and_results_stand_there(folders):
    run, sessions = folders
    begun = told(sessions[0], "run")[0]
    config = {each.key: each.value_json for each in begun.config.update}
    assert json.loads(config["model"])["layers"][0]["size"] == 14
    assert "loggers" not in json.loads(config["train"])
    summary = {
        "/".join(each.nested_key) or each.key: each.value_json
        for record in told(sessions[1], "summary")
        for each in record.update
    }
    assert json.loads(summary["last/test/accuracy"]) in run.curve("test", "accuracy")[1]
    assert told(sessions[1], "exit")[0].exit_code == 0


def test_histograms_and_the_live_plot_stand_there(folders):
    _, sessions = folders
    rows = {key: value for row in history(sessions[0]) for key, value in row.items()}
    assert sum(rows["weights/layers.1.weights/values"]) == 15 * 3
    assert rows["figures/live_accuracy/_type"] == "image-file"


def test_nothing_tells_of_the_machine_or_its_places(folders):
    run, _ = folders
    for path in run.path.glob("wandb/offline-run-*/*.wandb"):
        raw = path.read_bytes()
        for place in (str(run.path.parent), str(Path.home()), sys.executable):
            assert place.encode() not in raw
        assert told(records(path.parent), "run")[0].host == ""


def test_where_nobody_answers_all_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_INIT_TIMEOUT", "2")
    said = "train.loggers=[{name: wandb, wait_seconds: 100}]"
    with pytest.warns(WatcherWarning, match="the wandb logger: all is kept in .*wandb sync") as all:
        run = snnrun.train(experiment(tmp_path, said), results=tmp_path)
    assert len(all) == 1
    (folder,) = run.path.glob("wandb/offline-run-*")
    losses = [
        row["validation/loss"] for row in history(records(folder)) if "validation/loss" in row
    ]
    assert losses == run.curve("validation", "loss")[1]
