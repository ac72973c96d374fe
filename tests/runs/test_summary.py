"""What a run comes to, in one small file that is written along with the status."""

import json

import pytest

import snnrun
from snnrun.errors import SnnrunWarning
from snnrun.experiment import load_config
from snnrun.runs import summary
from snnrun.runs.folder import RunDir
from snnrun.runs.summary import SUMMARY, Summary, described
from tests.studies.small import BASE
from tests.training.stopped import StopAfter

STATUS = {"state": "running", "epoch": 3, "epochs": 9, "best": {"epoch": 2}, "seconds": 1.5,
          "memory": 4096, "time": "now", "host": "h", "process": 7}  # fmt: skip


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("summary") / "small.yaml"
    path.write_text(BASE)
    return path


@pytest.fixture(scope="module")
def run(config):
    return snnrun.train(config, results=config.parent / "runs")


def test_it_holds_what_the_run_logged(run):
    found = summary.read(run.path)
    status = run.status()
    assert {
        key: found[key] for key in ("state", "epoch", "epochs", "best", "seconds", "memory")
    } == {
        "state": "finished",
        "epoch": 2,
        "epochs": 2,
        "best": status["best"],
        "seconds": status["seconds"],
        "memory": status["memory"],
    }
    for split, epoch, numbers in (
        ("train", 2, found["last"]["train"]),
        ("validation", 2, found["last"]["validation"]),
        ("test", 2, found["test"]["2"]),
        ("test", status["best"]["epoch"], found["test"][str(status["best"]["epoch"])]),
    ):
        logged = {
            row["name"]: row["value"]
            for row in run.logged()
            if (row["split"], row["epoch"]) == (split, epoch)
        }
        assert numbers == logged
        assert "accuracy" in numbers


def test_it_names_the_parts(config):
    found = described(load_config(config, ["seed=5"]))
    settings = found.pop("settings")
    assert settings["model.layers.0.size"] == settings["seed"] == 5
    assert list(settings)[:3] == ["seed", "data.name", "data.seed"]
    assert found == {
        "data": "digits",
        "encoder": "rate",
        "model": "lif",
        "learning": "random_feedback",
        "seed": 5,
        "judged_by": "accuracy",
    }


def test_only_the_last_numbers_of_training_are_kept_but_all_tests():
    grown = Summary({"model": "lif"})
    for epoch in (1, 2):
        grown.note(epoch, "validation", {"loss": epoch / 2})
        grown.note(epoch, "test", {"loss": epoch / 4})
    kept = {key: value for key, value in STATUS.items() if key not in ("host", "process")}
    assert grown.content(STATUS) == {
        "model": "lif",
        **kept,
        "last": {"validation": {"loss": 1.0}},
        "test": {"1": {"loss": 0.25}, "2": {"loss": 0.5}},
    }


def test_a_run_that_goes_on_keeps_its_tests_up_to_where_it_goes_on_from():
    grown = Summary({})
    grown.go_on({"test": {"0": {"loss": 1}, "3": {"loss": 2}, "4": {"loss": 3}}}, 3)
    grown.note(5, "test", {"loss": 4})
    assert grown.content(STATUS)["test"].keys() == {"0", "3", "5"}


def test_a_run_that_was_continued_comes_to_the_same(config, run, monkeypatch):
    """Its test before training, of an earlier session, is there too."""
    stop = StopAfter(5)
    monkeypatch.setattr(snnrun.api, "_watchers", lambda *_: [stop])
    with pytest.raises(snnrun.errors.Interrupted):
        snnrun.train(config, results=config.parent / "cut")
    (path,) = (config.parent / "cut").iterdir()
    assert summary.read(path)["state"] == "interrupted"
    monkeypatch.undo()
    snnrun.resume(RunDir(path))
    unlike = ("seconds", "memory", "time")
    found, whole = (
        {key: value for key, value in summary.read(each).items() if key not in unlike}
        for each in (path, run.path)
    )
    assert found == whole


def test_a_run_of_an_earlier_version_has_a_status_alone(tmp_path):
    (tmp_path / "status.json").write_text(json.dumps(STATUS))
    assert summary.read(tmp_path) == STATUS
    (tmp_path / SUMMARY).write_text('{"state": "finished"}')
    assert summary.read(tmp_path) == {"state": "finished"}


def test_what_a_status_does_not_tell_is_not_read_of_it(tmp_path):
    """It is not checked, and could be of any kind."""
    (tmp_path / "status.json").write_text(json.dumps({**STATUS, "test": 3, "settings": [1]}))
    assert summary.read(tmp_path) == STATUS


def test_it_tells_why_a_run_ended():
    assert Summary({}).content({**STATUS, "reason": "the disk is full"})["reason"] == (
        "the disk is full"
    )


@pytest.mark.parametrize("text", ["{", "[]", "\xff", ""])
def test_a_damaged_one_is_none(tmp_path, text):
    (tmp_path / SUMMARY).write_bytes(text.encode("latin-1"))
    told = rf"{SUMMARY} is damaged: .*; it is left out$"
    with pytest.warns(SnnrunWarning, match=told):
        assert summary.read(tmp_path) == {}
    (tmp_path / "status.json").write_text(json.dumps(STATUS))
    with pytest.warns(SnnrunWarning, match=told):
        assert summary.read(tmp_path) == STATUS


def test_nothing_is_known_of_an_empty_folder(tmp_path):
    assert summary.read(tmp_path) == {}
