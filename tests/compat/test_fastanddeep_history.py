"""What the original code kept of every epoch: imported, continued, exported, never executed."""

import os
from pathlib import Path

import numpy as np
import pytest

import snnrun
from snnrun.compat import export_run, open_run
from snnrun.evaluation.evaluate import evaluate_run
from snnrun.plots import PLOTS
from snnrun.runs import checkpoint
from tests.compat.foreign import save_history, save_run
from tests.compat.originals import FIRST, SECOND

GENERATIONS = pytest.mark.parametrize("plain", [FIRST, SECOND], ids=["first", "second"])
PARAMETERS = "theirs/epoch_6/yin_yang_parameters_training.npy"


pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.fixture
def theirs(tmp_path):
    """Make a result folder, and return what it kept of every epoch."""

    def make(plain):
        save_run(tmp_path / "theirs", plain, True)
        return save_history(tmp_path / "theirs" / "epoch_6", plain, 6)

    return make


def notes(run):
    return run.read_json("source.json")["notes"][1:]


def assert_kept(run, kept, epochs):
    found = run.history()
    assert found.keys() == kept.keys()
    for name, values in kept.items():
        assert found[name].epochs == list(epochs)
        np.testing.assert_array_equal(found[name].values, values.astype("f4")[: len(epochs)])


@GENERATIONS
def test_every_array_is_imported(theirs, plain):
    kept = theirs(plain)
    run, _ = open_run("theirs")
    assert notes(run) == []
    assert_kept(run, kept, range(7))
    assert any("_training.npy" in name for name in run.read_json("source.json")["sha256"])
    assert any("_sorted.npy" in name for name in run.read_json("source.json")["sha256"])


@GENERATIONS
def test_what_was_kept_after_an_epoch_goes_when_it_is_continued(theirs, plain):
    kept = theirs(plain)
    run = snnrun.resume("theirs", 2, [3])
    found = run.history()
    for name, values in kept.items():
        ours = name in ("layers.1.weights", "label_times/mean", "label_times/std")
        assert found[name].epochs == ([0, 1, 2, 3] if ours else [0, 1, 2])
        np.testing.assert_array_equal(found[name].values[:3], values.astype("f4")[:3])
    weights = checkpoint.open_epoch(run.checkpoints, 3).tensors["model.layers.1.weights"]
    np.testing.assert_array_equal(found["layers.1.weights"].values[-1], weights.float())


def test_monitored_delays_become_metrics(theirs):
    delays = theirs(SECOND)["layers.0.before.1"]
    run, _ = open_run("theirs")
    for of in ("mean", "min", "max"):
        epochs, values = run.curve("train", f"delays/layers.0.before.1/{of}")
        assert epochs == list(range(7))
        assert values == pytest.approx(getattr(delays, of)(axis=(1, 2)))


def test_repeated_epochs_of_a_continued_run_are_left_out(theirs):
    """`continue` of the original adds one more entry to every array."""
    kept = theirs(FIRST)
    for name in ("val_losses", "val_accuracies", "label_weights_training"):
        path = f"theirs/epoch_6/yin_yang_{name}.npy"
        values = np.load(path)
        np.save(path, np.insert(values, 3, values[2], axis=0))
    for of in ("mean", "std"):
        path = f"theirs/epoch_6/yin_yang_{of}_val_outputs_sorted.npy"
        values = np.load(path)
        np.save(path, np.insert(values, 3, values[:, 2], axis=1))
    run, _ = open_run("theirs")
    assert_kept(run, kept, range(7))


class Hostile:
    def __reduce__(self):
        return os.system, ("touch mark",)


@pytest.mark.parametrize(
    "content",
    [
        np.array({0: {"name": "DelayLayer", "params": Hostile()}}, dtype=object),
        np.array({0: {"name": "DelayLayer", "params": "x"}}, dtype=object),
        np.array({7: {"name": "DelayLayer", "params": np.zeros((7, 6, 1))}}, dtype=object),
        np.array({0: {"name": "DelayLayer", "params": np.zeros((7, 6, 1), int)}}, dtype=object),
        np.array([{}, {}], dtype=object),
        np.zeros(3),
    ],
    ids=["code", "text", "place", "integers", "two", "numbers"],
)
def test_what_is_no_map_of_parameters_is_refused_and_nothing_is_run(theirs, content, tmp_path):
    theirs(SECOND)
    np.save(PARAMETERS, content, allow_pickle=True)
    run, _ = open_run("theirs")
    (note,) = notes(run)
    assert note.endswith("; figures over the epochs lack it")
    assert "yin_yang_parameters_training.npy: " in note
    assert not (tmp_path / "mark").exists()
    assert sorted(run.history()) == ["label_times/mean", "label_times/std"]
    assert snnrun.inference(run).epoch == 6


def test_a_damaged_file_is_refused(theirs):
    theirs(SECOND)
    raw = Path(PARAMETERS).read_bytes()
    Path(PARAMETERS).write_bytes(raw[:600])
    run, _ = open_run("theirs")
    (note,) = notes(run)
    assert "yin_yang_parameters_training.npy: " in note


@pytest.mark.parametrize("name", ["label_weights_training", "mean_val_outputs_sorted"])
@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00\x02\x00((", np.array(1.0), np.full((7, 8, 3), "1")],
    ids=["nothing", "archive", "header", "number", "text"],
)
def test_a_file_without_an_array_of_numbers_is_left_out(theirs, name, content):
    theirs(FIRST)
    path = Path(f"theirs/epoch_6/yin_yang_{name}.npy")
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    run, _ = open_run("theirs")
    (note,) = notes(run)
    assert f"{path.name}: no array of numbers: " in note
    assert run.history().keys().isdisjoint({"label_times/mean"} if "mean" in name
                                           else {"layers.1.weights"})  # fmt: skip


def test_arrays_of_another_network_are_left_out(theirs):
    theirs(FIRST)
    np.save("theirs/epoch_6/yin_yang_label_weights_training.npy", np.zeros((7, 9, 3)))
    np.save("theirs/epoch_6/yin_yang_std_val_outputs_sorted.npy", np.zeros((3, 6, 3)))
    run, _ = open_run("theirs")
    assert list(run.history()) == ["label_times/mean"]
    assert [note.split(" of ")[0] for note in notes(run)] == ["layers.1.weights", "label_times/std"]


@GENERATIONS
def test_export_writes_them_back(theirs, plain):
    kept = theirs(plain)
    export_run("theirs", "fastanddeep", Path("out"), 2)
    single = {name: values.astype("f4")[:3] for name, values in kept.items()}
    for of in ("mean", "std"):
        found = np.load(f"out/yin_yang_{of}_val_outputs_sorted.npy")
        np.testing.assert_array_equal(found, np.moveaxis(single[f"label_times/{of}"], 0, 1))
    if plain is FIRST:
        found = np.load("out/yin_yang_label_weights_training.npy")
        np.testing.assert_array_equal(found, single["layers.1.weights"])
        return
    found = np.load("out/yin_yang_parameters_training.npy", allow_pickle=True).item()
    assert {index: each["name"] for index, each in found.items()} == {
        0: "DelayLayer", 1: "NeuronLayer",
    }  # fmt: skip
    np.testing.assert_array_equal(found[0]["params"], single["layers.0.before.1"])
    np.testing.assert_array_equal(found[1]["params"], single["layers.0.weights"])


def test_export_counts_the_layers_that_its_config_monitors(theirs):
    """Of our own trainings only the label layer is known; epochs that lack it are nan."""
    theirs(SECOND)
    run = snnrun.resume("theirs", 6, [7])
    export_run(run, "fastanddeep", Path("out"))
    found = np.load("out/yin_yang_parameters_training.npy", allow_pickle=True).item()
    assert {index: each["params"].shape for index, each in found.items()} == {
        0: (8, 6, 1), 1: (8, 6, 7), 2: (8, 7, 3),
    }  # fmt: skip
    assert np.isnan(found[2]["params"][:7]).all()
    assert np.isfinite(found[2]["params"][7]).all()
    assert np.isnan(found[0]["params"][7]).all()


def test_a_run_without_history_exports_none(tmp_path):
    save_run(tmp_path / "theirs", FIRST, True)
    paths = export_run("theirs", "fastanddeep", Path("out"))
    assert not [path for path in paths if "_training" in path.name or "sorted" in path.name]


# ---- the originals ----


@pytest.mark.parametrize("name", ["yinyang_et_300epochs", "yin_yang_H30_WA"])
def test_the_originals(originals, name):
    """Their last entries are the saved network and its spike times on the validation split."""
    run, _ = open_run(originals / "fastanddeep" / name)
    assert notes(run) == []
    kept = run.history()
    assert all(each.epochs == list(range(301)) for each in kept.values())
    found = evaluate_run(run, None, "validation", ["output_times"])
    shown = found.of("output_times")
    assert "layers.1.weights" in kept
    for place in (0, -1):
        saved = found.initial_weights if place == 0 else found.weights
        for layer, weights in saved.items():
            if layer in kept:
                np.testing.assert_array_equal(kept[layer].values[place], weights.astype("f4"))
    for true in range(3):
        times = shown["times"][shown["labels"] == true]
        times = np.where(np.isfinite(times), times, np.nan)
        mean, std = (kept[f"label_times/{of}"].values[-1, true] for of in ("mean", "std"))
        np.testing.assert_allclose(np.nanmean(times, 0), mean, rtol=0, atol=2e-6)
        np.testing.assert_allclose(np.nanstd(times, 0), std, rtol=0, atol=2e-6)
    for figure in ("weights_over_epochs", "label_times_over_epochs"):
        assert PLOTS[figure].draw(found) is not None
    for delay, _ in snnrun.load(run).model.delays():
        assert kept[delay].values.shape[0] == len(run.curve("train", f"delays/{delay}/mean")[1])
