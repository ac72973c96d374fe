"""What MLflow is given, read back from a folder of its."""

import pytest

import snnrun
from snnrun.errors import Interrupted
from snnrun.loggers.logger import Ending, RunInfo
from snnrun.loggers.mlflow import Mlflow
from snnrun.loggers.settings import MlflowSettings
from tests.tiny import experiment

mlflow = pytest.importorskip("mlflow")


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return f"file:{tmp_path / 'mlruns'}"


@pytest.fixture
def client(store):
    return mlflow.MlflowClient(store)


def only(client, name="snnrun"):
    (found,) = client.search_runs([client.get_experiment_by_name(name).experiment_id])
    return found


def curve(client, run, name):
    return [(each.step, each.value) for each in client.get_metric_history(run.info.run_id, name)]


def test_a_run_stands_in_mlflow(tmp_path, store, client):
    said = f"train.loggers=[{{name: mlflow, uri: '{store}', figures: true, wait_seconds: 100}}]"
    run = snnrun.train(experiment(tmp_path, said, "train.live_plot=true"), results=tmp_path)
    found = only(client)
    assert (found.info.run_name, found.info.status) == (run.path.name, "FINISHED")
    assert found.data.params["model.layers.0.size"] == "14"
    assert curve(client, found, "validation/loss") == list(
        zip(*run.curve("validation", "loss"), strict=True)
    )
    assert found.data.metrics["last/test/accuracy"] in run.curve("test", "accuracy")[1]
    (kept,) = client.list_artifacts(found.info.run_id, "figures")
    assert kept.path == "figures/live_accuracy.png"
    told = str(found.to_dictionary())
    told = told.replace(found.info.artifact_uri, "")
    assert str(tmp_path) not in told


def test_a_run_that_goes_on_is_the_same_there(tmp_path, store, client):
    said = f"train.loggers=[{{name: mlflow, uri: '{store}', wait_seconds: 100}}]"
    short = experiment(tmp_path, said, "train.time_limit_minutes=1e-9")
    with pytest.raises(Interrupted):
        snnrun.train(short, results=tmp_path)
    assert only(client).info.status == "KILLED"
    (path,) = tmp_path.glob("experiment_*")
    config = path / "config.yaml"
    config.write_text(
        config.read_text().replace("time_limit_minutes: 1.0e-09", "time_limit_minutes: null")
    )
    run = snnrun.resume(path)
    found = only(client)
    assert found.info.status == "FINISHED"
    assert found.data.tags["since.train.time_limit_minutes"] == "None"
    assert curve(client, found, "train/loss") == list(zip(*run.curve("train", "loss"), strict=True))


@pytest.fixture
def logger(store):
    return lambda: Mlflow(MlflowSettings(uri=store))


def test_what_comes_again_as_it_was_is_left_out(tmp_path, client, logger):
    """A run that was killed logs some epochs again, the same to the bit."""
    info = RunInfo("abc", "name", tmp_path, {"a": [1, {"b": "x"}]})
    first = logger()
    first.begin(info, 0)
    for epoch in (1, 2, 3):
        first.numbers(epoch, {"train/loss": 1 / epoch, "odd (name)": 1.0})
    again = logger()
    again.begin(info, 1)
    again.numbers(2, {"train/loss": 1 / 2})
    again.numbers(3, {"train/loss": 0.25})
    again.numbers(4, {"train/loss": 0.125})
    again.end(Ending("finished", {"last/test/loss": 7.0}))
    found = only(client)
    assert curve(client, found, "train/loss") == [
        (1, 1.0), (2, 0.5), (3, 1 / 3), (3, 0.25), (4, 0.125)
    ]  # fmt: skip
    assert curve(client, found, "odd _name_")[0] == (1, 1.0)
    assert curve(client, found, "last/test/loss") == [(4, 7.0)]
    assert found.data.params == {"a.0": "1", "a.1.b": "x"}


def test_two_runs_are_two(tmp_path, client, logger):
    for name in ("one", "two"):
        each = logger()
        each.begin(RunInfo(name, name, tmp_path, {}), 0)
        each.end(Ending("failed", {}))
    every = client.search_runs([client.get_experiment_by_name("snnrun").experiment_id])
    assert sorted(each.info.run_name for each in every) == ["one", "two"]
    assert {each.info.status for each in every} == {"FAILED"}
