"""A shared run gives what the run gave, all that it knows, and nothing that it should not."""

import re

import pytest

import snnrun
from snnrun.errors import DataError
from snnrun.evaluation import sharing
from snnrun.evaluation.sharing import share
from snnrun.plots import PLOTS
from snnrun.runs import summary
from snnrun.runs.checkpoint import saved
from snnrun.training import learner
from tests.tiny import CONFIG, write_config

FILES = {
    "checkpoints", "config.yaml", "environment.json", "history.jsonl", "metrics.jsonl",
    "status.json", "summary.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharing")
    return snnrun.train(write_config(folder), results=folder)


@pytest.fixture
def no_data(monkeypatch):
    """The data set is not here."""

    def absent(settings):
        raise DataError("/data/raw: lacks images")

    monkeypatch.setattr(learner, "load_dataset", absent)


def test_the_copy_gives_the_same_numbers(run, tmp_path):
    copy = share(run, tmp_path / "small", 2)
    assert {path.name for path in copy.path.iterdir()} == FILES
    one, other = snnrun.inference(run, 2), snnrun.inference(copy)
    assert (other.epoch, other.loss, other.accuracy) == (2, one.loss, one.accuracy)
    assert dict(zip(*copy.curve("test", "accuracy"), strict=True))[2] == one.accuracy


def test_it_holds_all_that_was_logged_and_kept(run, tmp_path):
    copy = share(run, tmp_path / "small")
    for name in ("metrics.jsonl", "history.jsonl"):
        assert (copy.path / name).read_bytes() == (run.path / name).read_bytes()
    environment = copy.read_json("environment.json")
    assert environment["packages"] == run.read_json("environment.json")["packages"]
    status = run.status()
    assert copy.status() == {
        **{key: status[key] for key in status if key not in ("process", "host")},
        "state": "shared",
    }
    told, before = summary.read(copy.path), summary.read(run.path)
    assert told["test"] == before["test"]
    assert told["last"] == before["last"]
    assert [path.name for path in copy.checkpoints.iterdir()] == ["epoch_0004"]
    assert [path.name for path in (copy.checkpoints / "epoch_0004").iterdir()] != []


def test_what_was_tested_is_not_tested_again(run, tmp_path, monkeypatch):
    monkeypatch.setattr(sharing, "evaluate_run", lambda *_, **__: 1 / 0)
    assert share(run, tmp_path / "small").curve("test", "loss") == run.curve("test", "loss")


def test_without_the_data_set_an_untested_epoch_is_shared_untested(run, tmp_path, no_data, capsys):
    copy = share(run, tmp_path / "small", 2)
    assert 2 not in copy.curve("test", "loss")[0]
    assert (
        "lacks images\nepoch 2 was never tested, so the copy tells no test"
        in capsys.readouterr().err
    )


def test_the_best_epoch_may_be_another_than_the_one_that_is_shared(run, tmp_path):
    """Who asked for the best one was told that an epoch of which nobody had spoken is absent."""
    best = run.best()
    other = next(at.epoch for at in saved(run.checkpoints) if at.epoch != best)
    copy = share(run, tmp_path / "small", other)
    said = f"{copy.path}: epoch {best} was the best, and is not kept here. Saved epochs: {other}"
    with pytest.raises(DataError, match=re.escape(said)):
        snnrun.inference(copy, "best")


def test_an_untested_epoch_is_tested_and_stands_where_it_belongs(run, tmp_path):
    copy = share(run, tmp_path / "small", 2)
    places = [(row["epoch"], row["split"]) for row in copy.logged()]
    assert places.index((2, "train")) < places.index((2, "test")) < places.index((3, "train"))
    assert len(places) == len(run.logged()) + places.count((2, "test"))
    row = next(row for row in copy.logged() if (row["epoch"], row["split"]) == (2, "test"))
    trained = next(row for row in run.logged() if (row["epoch"], row["split"]) == (2, "train"))
    assert row["step"] == trained["step"]


def test_a_copy_cannot_be_continued(run, tmp_path):
    copy = share(run, tmp_path / "small")
    with pytest.raises(DataError, match="holds weights only; it can be run, but not continued"):
        snnrun.resume(copy, epochs=9)
    assert snnrun.inference(copy).epoch == 4


def test_a_copy_can_be_shared_again(run, tmp_path):
    copy = share(run, tmp_path / "small")
    again = share(copy, tmp_path / "again")
    for name in FILES - {"checkpoints"}:
        assert (again.path / name).read_bytes() == (copy.path / name).read_bytes()


def test_a_training_may_start_from_a_copy(run, tmp_path):
    copy = share(run, tmp_path / "small")
    new = snnrun.train(
        copy.experiment(), {"train": {"start_from": copy.path, "epochs": 2}}, results=tmp_path
    )
    assert new.read_json("environment.json")["started_from"]["epoch"] == 4


def test_one_that_was_not_finished_says_so(run, tmp_path):
    """A comparison leaves it out."""
    for state, told in (("interrupted", "interrupted"), ("running", "interrupted"),
                        ("failed", "failed"), ("finished", "shared")):  # fmt: skip
        before = run.status()
        run.write_json("status.json", {**before, "state": state})
        assert share(run, tmp_path / state).status()["state"] == told
        run.write_json("status.json", before)


def test_a_run_is_not_overwritten(run, tmp_path):
    for place in (share(run, tmp_path / "small").path, tmp_path, run.config):
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(DataError, match="is there already; it was left as it is"):
            share(run, place)
        assert sorted(tmp_path.rglob("*")) == before


def test_a_copy_is_there_whole_or_not_at_all(run, tmp_path, monkeypatch):
    """Killed in between, half a copy stood in the way of the next."""
    monkeypatch.setattr(sharing, "append_lines", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        share(run, tmp_path / "small")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert snnrun.inference(share(run, tmp_path / "small")).epoch == 4


@pytest.mark.usefixtures("quick_files")
def test_a_copy_has_all_figures(run, tmp_path, monkeypatch):
    """But those of the network before training, which is left out. That they are written, other
    tests see.
    """
    monkeypatch.setattr("snnrun.plots.draw.save", lambda _, folder, name, kinds: [folder / name])
    copy = share(run, tmp_path / "small")
    drawn = {path.stem for path in snnrun.evaluate([copy])}
    before = {path.stem for path in snnrun.evaluate([run])} - drawn
    assert before <= {name for name in PLOTS if name.endswith("_before_after")}
    assert {"curves", "weights_over_epochs", "label_times_over_epochs"} < drawn


@pytest.mark.usefixtures("quick_files", "no_data")
def test_without_the_data_set_what_was_logged_is_drawn(run, tmp_path):
    copy = share(run, tmp_path / "small")
    with pytest.raises(DataError) as error:
        snnrun.evaluate([copy])
    drawn = {path.stem for path in copy.plots.iterdir()}
    assert {"curves", "weights", "weights_over_epochs"} <= drawn
    said = str(error.value)
    listed = said.partition("Without samples, these cannot be drawn: ")[2].splitlines()[0]
    assert listed.startswith("confusion, ")
    assert said.startswith(f"{len(listed.split(', '))} of ")
    assert said.count("lacks images") == 1


def test_nor_with_files_of_ones_own_that_are_read_late(tmp_path, monkeypatch):
    """Tables, arrays and pictures are opened when a split is wanted, and nothing was drawn then."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    rows = [f"{0.1 * n:.1f},{1 - 0.1 * n:.1f},{'ab'[n % 2]}\n" for n in range(10)]
    (tmp_path / "own.csv").write_text("".join(rows))
    config = {
        "data": {"name": "csv", "train": "own.csv"},
        "encoder": {"name": "rate", "steps": 3},
        "model": {"name": "lif", "layers": [{"size": 3}], "readout": {"name": "leaky"}},
        "learning": {"name": "eprop"},
        "train": {"epochs": 2, "batch_size": 3},
    }
    copy = share(snnrun.train(config, results=tmp_path), tmp_path / "small")
    (tmp_path / "own.csv").unlink()
    with pytest.raises(DataError, match="Without samples, these cannot be drawn: "):
        snnrun.evaluate([copy], plots=["curves", "confusion"])
    assert {path.stem for path in copy.plots.iterdir()} == {"curves"}


# ---- what it does not tell ----


def test_no_place_and_no_machine_is_told(tmp_path, monkeypatch):
    home = tmp_path / "home" / "someone"
    (home / "plans").mkdir(parents=True)
    config = write_config(home / "plans", CONFIG + f"  start_from: {home / 'before'}\n")
    monkeypatch.setattr("sys.argv", ["/usr/bin/snnrun", "train", str(config), f"a={home}/x"])
    monkeypatch.setattr("socket.gethostname", lambda: "someones-laptop")
    first = snnrun.train(write_config(home), results=home)
    first.path.rename(home / "before")
    run = snnrun.train(config, results=home / "results")
    copy = share(run, tmp_path / "small")
    for path in copy.path.rglob("*"):
        if path.is_file() and path.suffix != ".safetensors":
            text = path.read_text()
            assert str(tmp_path) not in text
            assert "someone" not in text
    environment = copy.read_json("environment.json")
    assert environment["command"] == ["snnrun", "train", "tiny.yaml", "a=x"]
    assert environment["started_from"]["run"] == "before"
    assert copy.experiment().train.start_from == "before"
    assert summary.read(copy.path)["settings"]["train.start_from"] == "before"


def test_no_sample_is_told(run, tmp_path):
    """Not even those that an evaluation kept."""
    snnrun.inference(run)
    assert (run.path / "evaluation").is_dir()
    assert {path.name for path in share(run, tmp_path / "small").path.iterdir()} == FILES


def test_loggers_are_left_out(tmp_path):
    text = CONFIG.replace("tensorboard: false", "loggers: [{name: tensorboard}]")
    run = snnrun.train(write_config(tmp_path, text), {"train.epochs": 2}, results=tmp_path)
    assert len(run.experiment().train.loggers) == 1
    assert share(run, tmp_path / "small").experiment().train.loggers == ()
