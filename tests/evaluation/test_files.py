"""Evaluation files: whole or absent, of one network, data set and config."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import snnrun
from snnrun.core.position import Position
from snnrun.errors import DataError
from snnrun.evaluation import evaluate
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.runs import checkpoint
from snnrun.runs.evaluation import stored
from snnrun.runs.folder import RunDir
from tests.evaluation.kept import file_of, same
from tests.evaluation.networks import first_spike
from tests.evaluation.runs import saved

CSV = "x,y,class\n" + "".join(f"0.{i}1,0.{9 - i}2,{'ab'[i % 2]}\n" for i in range(10)) * 3


@pytest.fixture
def run(tmp_path):
    """The run of an untrained network."""
    return saved(tmp_path / "run", first_spike())


# ---- reused, or made anew ----


def test_what_is_there_is_not_made_again(run, made, monkeypatch):
    first = evaluate_run(run, None, "test", ["answers", "sizes"])
    content = file_of(run).read_bytes()
    monkeypatch.setattr(evaluate, "build_learner", None)  # nor is a network built
    again = evaluate_run(run, None, "test", ["sizes", "answers"])
    same(again, first)
    same(evaluate_run(run, 12, "test", ["sizes"]), first)
    same(stored(run), first)
    assert made == [["answers", "sizes"]]
    assert file_of(run).read_bytes() == content


def test_only_what_is_missing_is_made_and_all_of_it_kept(run, made):
    first = evaluate_run(run, None, "test", ["answers"])
    second = evaluate_run(run, None, "test", ["sizes", "answers", "points"])
    assert made == [["answers"], ["sizes", "points"]]
    assert second.facts["measures"] == ["answers", "sizes", "points"]
    assert second.facts["statistics"] == first.facts["statistics"]
    np.testing.assert_array_equal(second.of("answers")["scores"], first.of("answers")["scores"])
    same(stored(run), second)


def test_splits_and_epochs_have_files_of_their_own(run, made):
    checkpoint.save(run.checkpoints, Position(3), snnrun.load(run).state_dict())
    one = evaluate_run(run, 12)
    evaluate_run(run, 3)
    evaluate_run(run, 12, "train")
    assert len(made) == 3
    same(evaluate_run(run, 12), one)
    assert sorted(str(path.relative_to(run.path)) for path in run.path.rglob("*.npz")) == [
        "evaluation/epoch_0003/test.npz",
        "evaluation/epoch_0012/test.npz",
        "evaluation/epoch_0012/train.npz",
    ]


def other_weights(run):
    state = snnrun.load(run).state_dict()
    state["model.layers.0.weights"] += 0.1
    checkpoint.save(run.checkpoints, Position(12), state)


def other_settings(run):
    text = run.config.read_text()
    run.config.write_text(re.sub(r"\blate: [\d.]+", "late: 1.9", text))
    assert run.config.read_text() != text


def other_data(run):
    text = run.config.read_text()
    run.config.write_text(text.replace("test: 60", "test: 61"))
    assert run.config.read_text() != text


@pytest.mark.parametrize("change", [other_weights, other_settings, other_data])
def test_what_is_of_something_else_is_made_anew(run, made, change):
    first = evaluate_run(run, None, "test", ["answers", "sizes"])
    change(run)
    second = evaluate_run(run)
    assert made == [["answers", "sizes"], ["answers"]]
    assert second.facts["measures"] == ["answers"]
    assert not np.array_equal(second.of("answers")["scores"], first.of("answers")["scores"])
    same(stored(run), second)
    assert len({str(each.facts["digests"]) for each in (first, second)}) == 2


def test_other_samples_in_the_same_files_are_other_data(tmp_path, made, monkeypatch):
    """Size and config stay, and the moment when the file was written."""
    (tmp_path / "points.csv").write_text(CSV)
    config = tmp_path / "csv.yaml"
    config.write_text(
        "data: {name: csv, train: points.csv, test: points.csv, validation: test}\n"
        "encoder: {name: latency}\n"
        "model: {name: first_spike, layers: [{size: 2, bias_times: [0.9]}]}\n"
        "learning: {name: first_spike}\n"
        "train: {epochs: 1, batch_size: 10, live_plot: false, tensorboard: false}\n"
    )
    monkeypatch.setenv("SNNRUN_DATA", str(tmp_path))
    run = snnrun.train(config, results=tmp_path)
    first, times = evaluate_run(run), (tmp_path / "points.csv").stat()
    (tmp_path / "points.csv").write_text(CSV.replace("0.21", "0.99"))
    os.utime(tmp_path / "points.csv", ns=(times.st_atime_ns, times.st_mtime_ns))
    second = evaluate_run(run)
    assert len(made) == 2
    assert not np.array_equal(second.of("answers")["scores"], first.of("answers")["scores"])


def test_layers_that_do_not_learn_are_a_setting_that_figures_show(run, made):
    """They have no gradient, see snnrun.evaluation.measures.agreement."""
    evaluate_run(run)
    text = run.config.read_text()
    run.config.write_text(text.replace("frozen: []", "frozen: ['layers.0.*']"))
    assert run.config.read_text() != text
    evaluate_run(run)
    assert len(made) == 2


def test_how_it_is_trained_does_not_matter(run, made):
    """A run that went on, or has batches of another size, keeps its evaluations."""
    first = evaluate_run(run)
    text = run.config.read_text()
    run.config.write_text(text.replace("batch_size: 150", "batch_size: 7"))
    assert run.config.read_text() != text
    same(evaluate_run(run), first)
    assert len(made) == 1


def test_other_samples_of_a_thinned_split_are_made_anew(run, made):
    few = [evaluate_run(run, None, "test", most=most) for most in (20, 30, 30)]
    assert [each.samples for each in few] == [20, 30, 30]
    assert len(made) == 2


def test_figures_do_not_show_what_is_of_other_weights(run):
    evaluate_run(run)
    other_weights(run)
    with pytest.raises(DataError, match=r"is of other weights; it is made anew by: snnrun eval"):
        stored(run)


def test_figures_do_not_show_what_is_of_another_config(run):
    """Tables named classes that there were not: an IndexError."""
    evaluate_run(run)
    text = run.config.read_text()
    run.config.write_text(text.replace("r_small: 0.1", "r_small: 0.2"))
    assert run.config.read_text() != text
    with pytest.raises(DataError, match=r"is of other settings; it is made anew by: snnrun eval"):
        stored(run)


def test_what_was_never_kept_says_how_it_is_made(run):
    with pytest.raises(DataError, match=r"test\.npz is absent .* made by: snnrun eval .*run"):
        stored(run, 12)


# ---- whole or absent ----


def cut(content):
    return content[: len(content) // 2]


def flipped(content):
    """One bit of an array."""
    place = content.index(b"answers/scores.npy") + 200
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGES = {
    "cut": cut, "flipped": flipped, "empty": lambda _: b"", "text": lambda _: b"no archive",
    "another archive": lambda _: (lambda f: f)(b"PK\x05\x06" + bytes(18)),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_made_anew(run, made, damage):
    first = evaluate_run(run)
    content = file_of(run).read_bytes()
    file_of(run).write_bytes(DAMAGES[damage](content))
    with pytest.raises(DataError, match="absent or damaged; it is made by: snnrun eval"):
        stored(run)
    same(evaluate_run(run), first)
    same(stored(run), first)
    assert len(made) == 2


KILLED = """
import os, signal, sys
import numpy as np
from snnrun.evaluation.evaluate import evaluate_run

def half(file, **arrays):
    whole(file, **arrays)
    file.flush()
    os.ftruncate(file.fileno(), file.tell() // 2)
    os.kill(os.getpid(), signal.SIGKILL)

whole, np.savez = np.savez, half
evaluate_run(sys.argv[1], None, "test", ["answers", "points"])
"""


@pytest.mark.parametrize("before", [False, True], ids=["the first time", "over an older file"])
def test_a_writer_that_is_killed_leaves_what_was_there(run, before):
    first = evaluate_run(run) if before else None
    done = subprocess.run([sys.executable, "-c", KILLED, run.path], check=False)
    assert done.returncode == -signal.SIGKILL
    names = {path.name for path in file_of(run).parent.iterdir()}
    (left,) = names - {"test.npz"}
    assert left.startswith(".snnrun-")
    assert ("test.npz" in names) == before
    if before:
        same(stored(run), first)
    whole = evaluate_run(run, None, "test", ["answers", "points"])
    same(stored(run), whole)
    assert (file_of(run).parent / left).exists()  # it might be that of somebody at work


def test_what_a_killed_writer_left_long_ago_is_removed(run):
    home = file_of(run).parent
    home.mkdir(parents=True)
    for name, age in (("old", 7200), ("new", 60)):
        path = home / f".snnrun-1.{name}.npz"
        path.touch()
        os.utime(path, (time.time() - age, time.time() - age))
    (home / ".mine").touch()
    os.utime(home / ".mine", (0, 0))
    evaluate_run(run)
    assert {path.name for path in home.iterdir()} == {"test.npz", ".snnrun-1.new.npz", ".mine"}


def test_a_full_disk_loses_no_answer(run, monkeypatch, capsys):
    first = evaluate_run(run)
    content = file_of(run).read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    found = evaluate_run(run, None, "test", ["answers", "points"])
    assert found.accuracy == first.accuracy
    assert "No space left on device; it was not kept" in capsys.readouterr().err
    with pytest.raises(DataError, match=r"cannot write .*test\.npz: No space left"):
        evaluate_run(run, None, "test", ["points"], must_write=True)
    assert file_of(run).read_bytes() == content
    assert [path.name for path in file_of(run).parent.iterdir()] == ["test.npz"]


# ---- who writes them ----


def test_training_writes_none(tmp_path):
    from tests.tiny import write_config

    run = snnrun.train(write_config(tmp_path), ["train.epochs=2"], results=tmp_path)
    snnrun.resume(run, epochs=3)
    assert not list(run.path.rglob("*.npz"))
    assert not (run.path / "evaluation").exists()
    snnrun.inference(run)
    assert [path.name for path in run.path.rglob("*.npz")] == ["test.npz"]


def test_evaluation_changes_nothing_else_in_a_run(run):
    before = {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()}
    evaluate_run(RunDir.open(run.path))
    after = {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()}
    assert after.pop(file_of(run))
    assert after == before
