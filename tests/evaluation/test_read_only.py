"""Runs in folders that cannot be written, as those of other people are."""

import shutil

import pytest

import snnrun
from snnrun.errors import DataError
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.evaluation.sharing import share
from snnrun.plots import PLOTS
from snnrun.runs.folder import RunDir
from tests.cli.running import run as command
from tests.evaluation.networks import first_spike
from tests.evaluation.read_only import read_only
from tests.evaluation.runs import saved


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run = saved(tmp_path_factory.mktemp("read_only") / "run", first_spike())
    run.plots.mkdir()
    return run.path


@pytest.fixture
def run(trained, tmp_path):
    """A run folder in which nothing can be written."""
    path = shutil.copytree(trained, tmp_path / "run")
    with read_only(path):
        yield path


@pytest.fixture(autouse=True)
def few_figures(monkeypatch, quick_files):
    chosen = {name: PLOTS[name] for name in ("confusion", "weights")}
    monkeypatch.setattr("snnrun.evaluation.figures.PLOTS", chosen)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folders_of_these_tests_cannot_be_written(run):
    for change in (
        lambda: (run / "new").write_text(""),
        lambda: (run / "new").mkdir(),
        lambda: (run / "new").touch(),
        lambda: (run / "config.yaml").unlink(),
        lambda: (run / "config.yaml").rename(run / "new"),
        lambda: (run.parent / "x").rename(run / "plots" / "x"),
        lambda: (run / "config.yaml").open("a"),
    ):
        (run.parent / "x").touch()
        with pytest.raises(OSError, match="Read-only file system"):
            change()
    assert (run / "config.yaml").read_text()


def test_inference_prints(run):
    before = contents(run)
    code, out, err = command("inference", run)
    assert code == 0
    result = snnrun.inference(run)
    assert f"the accuracy is {result.accuracy:.2%}" in out
    assert "epoch 12, split test" in out
    assert "Read-only file system; it was not kept" in err
    assert contents(run) == before


def test_eval_says_that_another_folder_is_needed_before_it_computes(run, monkeypatch):
    monkeypatch.setattr("snnrun.evaluation.figures.evaluate_run", None)
    before = contents(run)
    code, out, err = command("eval", run)
    assert (code, out) == (DataError.exit_code, "")
    assert f"cannot write {run / 'plots'}: Read-only file system" in err
    assert "name a folder that can be written: -o DIR" in err
    assert len(err.splitlines()) <= 3
    assert contents(run) == before


@pytest.mark.parametrize("epoch", [None, 12])
def test_eval_writes_all_of_it_into_another_folder(run, tmp_path, epoch):
    before, out = contents(run), tmp_path / "elsewhere" / "new"
    at = [] if epoch is None else ["--epoch", epoch]
    code, printed, err = command("eval", run, "-o", out, *at)
    assert (code, err) == (0, "")
    home = out if epoch is None else out / "epoch_0012"
    figures = {home / f"{name}.{kind}" for name in ("confusion_test", "confusion_train", "weights")
               for kind in ("pdf", "png")}  # fmt: skip
    assert sorted(printed.split()) == sorted(map(str, figures))
    kept = {out / "evaluation" / "epoch_0012" / f"{split}.npz" for split in ("test", "train")}
    assert {path for path in out.rglob("*") if path.is_file()} == figures | kept
    assert contents(run) == before


def test_what_lies_in_another_folder_is_used_again(run, tmp_path, monkeypatch):
    first = evaluate_run(run, into=tmp_path / "out")
    monkeypatch.setattr("snnrun.evaluation.evaluate.measured", None)
    assert evaluate_run(run, into=tmp_path / "out").facts == first.facts


def test_several_runs_have_a_folder_each(run, tmp_path):
    other = shutil.copytree(run, tmp_path / "others" / "run")
    config = (other / "config.yaml").read_text()
    (other / "config.yaml").write_text(config.replace("epochs: 12", "epochs: 13"))
    before, out = contents(other), tmp_path / "out"
    assert command("eval", run, other, "-o", out)[0] == 0
    assert {path.name for path in out.iterdir()} == {"run", "run_2"}
    for name in ("run", "run_2"):
        assert (out / name / "weights.pdf").is_file()
        assert (out / name / "evaluation" / "epoch_0012" / "test.npz").is_file()
    assert contents(other) == before


def test_another_folder_that_cannot_be_written_is_named(run, tmp_path):
    with read_only(tmp_path / "out"):
        code, _, err = command("eval", run, "-o", tmp_path / "out")
    assert code == DataError.exit_code
    assert f"cannot write {tmp_path / 'out'}: Read-only file system" in err
    assert "-o DIR" not in err


def test_such_a_run_can_be_shared(run, tmp_path):
    copy = share(RunDir(run), tmp_path / "copy")
    assert snnrun.inference(copy).accuracy == snnrun.inference(run).accuracy
