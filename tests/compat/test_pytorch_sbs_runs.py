"""Result folders of pytorch-sbs: imported, evaluated, continued."""

import shutil

import numpy as np
import pytest
import torch

import snnrun
from snnrun.compat import export_run, open_run
from snnrun.compat.pytorch_sbs.folders import is_result_dir
from snnrun.core.position import Position
from snnrun.data import Dataset
from snnrun.data.source import Subset
from snnrun.errors import ConfigError, DataError
from snnrun.evaluation import evaluate as evaluation
from snnrun.experiment import load_config
from snnrun.runs import checkpoint
from tests.compat.originals import DROPPED, changed
from tests.compat.sbs_originals import (
    NET,
    RULE,
    SECOND,
    WEIGHTS,
    probabilities,
    same,
    save_config,
    save_first,
    save_last_of_2022,
    save_patterns,
    save_second,
    save_weights,
    weights,
)

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_every_step_of_2023_is_an_epoch(tmp_path):
    saved = save_second(tmp_path / "theirs")
    run, epoch = open_run("theirs")
    assert epoch is None
    assert checkpoint.saved(run.checkpoints) == [Position(1), Position(3)]
    assert run.experiment().model == load_config("theirs").model
    assert run.experiment().train.savepoints == (1, 3)
    for step, layers in saved.items():
        found = weights(run, step + 1)
        assert set(found) == {"layers.0.weights", "layers.2.weights"}
        for layer, array in layers.items():
            assert same(found[f"layers.{layer}.weights"], array)
    assert run.status()["state"] == "finished"


def test_steps_of_2022_are_updates(tmp_path):
    """10 training samples in batches of 4, two an update: updates 0 and 1 are epoch 1, 3 is 2."""
    saved = save_first(tmp_path / "theirs")
    run, _ = open_run("theirs")
    assert checkpoint.saved(run.checkpoints) == [Position(1), Position(2)]
    for epoch, step in ((1, 1), (2, 3)):
        found = weights(run, epoch)
        assert same(found["layers.0.weights"], saved[step][0])
        for layer in range(3):
            assert same(found[f"layers.{layer}.epsilon_xy"], saved[step, layer])
    notes = run.read_json("source.json")["notes"]
    assert notes[1] == "steps are updates there: S1 is epoch 1, S3 is epoch 2"


def test_step_sizes_by_offset(tmp_path):
    arrays = save_last_of_2022(tmp_path / "theirs")
    run, _ = open_run("theirs")
    assert run.experiment().model.eps_xy.per == "offset"
    assert same(weights(run, 1)["layers.0.epsilon_xy"], arrays[0])


def test_columns_are_normalised(tmp_path):
    save_second(tmp_path / "theirs", steps=(0,))
    array = probabilities(WEIGHTS[0], 9) * np.arange(1, 6)
    np.save("theirs/Weights/Weight_L0_S0.npy", array)
    run, _ = open_run("theirs")
    assert same(weights(run, 1)["layers.0.weights"], probabilities(WEIGHTS[0], 9))


def test_an_import_is_found_again(tmp_path):
    save_second(tmp_path / "theirs")
    first, _ = open_run("theirs")
    assert open_run(tmp_path / "theirs")[0].path == first.path
    source = first.read_json("source.json")
    assert source["folder"] == str(tmp_path / "theirs")
    assert source["format"] == "pytorch-sbs"
    assert set(source["sha256"]) >= {"def.json", "Weights/Weight_L2_S2.npy"}
    save_weights(tmp_path / "theirs" / "Weights", 2, {0: (6, 5)}, np.float64)
    assert open_run("theirs")[0].path != first.path


@pytest.mark.parametrize(
    ("save", "name", "epochs"),
    [(save_second, "test_error.npy", [1, 2, 3]), (save_first, "result.npy", [1, 2])],
)
def test_test_errors_become_metrics(tmp_path, save, name, epochs):
    """2023 tests after epoch 0, 1, ...; 2022 after update 1, 2, ...: two of them are an epoch."""
    save(tmp_path / "theirs")
    steps = [0, 1, 2] if save is save_second else [2, 3]
    table = np.stack([steps, 5.0 + np.arange(len(steps))], axis=1)
    np.save(f"theirs/{name}", table)
    run, _ = open_run("theirs")
    found, accuracies = run.curve("test", "accuracy")
    assert found == epochs
    assert accuracies == pytest.approx(1 - table[:, 1] / 100)


@pytest.mark.parametrize("save", [save_first, save_second])
def test_evaluate_and_continue(tmp_path, save):
    save(tmp_path / "theirs")
    before = snnrun.inference("theirs", 1)
    assert before.epoch == 1
    assert before.of("answers")["labels"].tolist() == [0, 1, 2, 3, 4]
    last = open_run("theirs")[0].experiment().train.savepoints[-1]
    run = snnrun.resume("theirs", None, [last + 1])
    assert (run.status()["state"], run.status()["epoch"]) == ("finished", last + 1)
    old, new = weights(run, last), weights(run, last + 1)
    assert not same(new["layers.0.weights"], old["layers.0.weights"])
    assert np.allclose(new["layers.0.weights"].sum(0), 1)


def test_layers_that_do_not_learn_are_not_saved(tmp_path):
    plain = changed(SECOND, **{RULE + "w_trainable": [False, False, True]})
    save_second(tmp_path / "theirs", plain)
    for step in (0, 2):
        (tmp_path / "theirs" / "Weights" / f"Weight_L0_S{step}.npy").unlink()
    run, _ = open_run("theirs")
    assert run.read_json("source.json")["notes"][-1].endswith("weights of [0] are drawn anew")
    drawn = weights(run, 1)["layers.0.weights"]
    before = save_weights(tmp_path / "theirs" / "Previous", 7, {0: (6, 5)})
    again, _ = open_run("theirs")
    assert again.path != run.path
    found = weights(again, 1)["layers.0.weights"]
    assert same(found, before[0])
    assert not same(found, drawn)
    assert again.read_json("source.json")["notes"][-1].endswith("taken from the start")


def test_a_network_that_learns_nothing_can_be_run(tmp_path):
    save_second(tmp_path / "theirs", changed(SECOND, **{RULE + "w_trainable": DROPPED}))
    assert snnrun.inference("theirs").epoch == 3
    with pytest.raises(ConfigError, match="nothing in it learns"):
        snnrun.train("theirs", results=tmp_path / "results")


def spoil(root, name: str, array) -> None:
    np.save(root / name, array, allow_pickle=True)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("Weight_L0_S0", np.ones((5, 6)), r"holds float64 \[5, 6\]; expected numbers \[6, 5\]"),
        ("Weight_L0_S0", np.full((6, 5), -1.0), r"Weight_L0_S0.npy: weights: -1 at \[0, 0\]"),
        ("Weight_L0_S0", np.full((6, 5), np.nan), r"Weight_L0_S0.npy: weights: nan at \[0, 0\]"),
        ("Weight_L0_S0", np.array([{"a": 1}] * 6), "no array of numbers"),
        ("Weight_L0_S0", np.array([["x"] * 5] * 6), r"no array of numbers: \[6, 5\] of <U1"),
        ("Weight_L1_S0", np.ones((20, 5)), "this layer has no weights"),
        ("Weight_L7_S0", np.ones((2, 2)), "the config has no such layer"),
    ],
)
def test_weights_that_do_not_fit(tmp_path, name, array, message):
    save_second(tmp_path / "theirs", steps=(0,))
    spoil(tmp_path / "theirs" / "Weights", f"{name}.npy", array)
    with pytest.raises(DataError, match=message):
        open_run("theirs")
    assert not list(tmp_path.glob("experiment_results/*/source.json"))


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("Weights/Weight_L1_S1", np.full((20, 5), 0.05), "pooling has other weights"),
        ("EpsXY/EpsXY_L0_S1", np.zeros((6, 6)), "step sizes must be above 0, and"),
        ("EpsXY/EpsXY_L0_S1", np.ones((6, 5)), r"expected numbers \[6, 6\]"),
    ],
)
def test_step_sizes_and_pooling_that_do_not_fit(tmp_path, name, array, message):
    save_first(tmp_path / "theirs", steps=(1,))
    spoil(tmp_path / "theirs", f"{name}.npy", array)
    with pytest.raises(DataError, match=message):
        open_run("theirs")


def test_weights_of_pooling_may_lie_there(tmp_path):
    save_first(tmp_path / "theirs", steps=(1,))
    np.save("theirs/Weights/Weight_L1_S1.npy", np.repeat(np.eye(5), 4, axis=0) / 4)
    assert open_run("theirs")[0].status()["epoch"] == 1


def test_a_layer_that_learns_must_be_there(tmp_path):
    save_second(tmp_path / "theirs", steps=(0,))
    (tmp_path / "theirs" / "Weights" / "Weight_L2_S0.npy").unlink()
    with pytest.raises(DataError, match=r"Weights: lacks Weight_L2_S0.npy, of a layer that learns"):
        open_run("theirs")


def test_their_folders_are_told_from_others(tmp_path):
    assert not is_result_dir(tmp_path)
    save_config(tmp_path / "untrained", SECOND)
    assert not is_result_dir(tmp_path / "untrained")
    save_second(tmp_path / "theirs")
    assert is_result_dir(tmp_path / "theirs")
    shutil.move("theirs/Weights", "theirs/Previous")
    with pytest.raises(DataError, match="outside Previous"):
        open_run("theirs")


def test_layers_without_weights_count(tmp_path):
    """Files are named after the place in their list, where ours has neither relu nor the split."""
    plain = changed(
        SECOND,
        **{
            NET + "layer_type": ["ONOFF", "SbS", "RELU", "MAX POOLING", "SbS"],
            NET + "forward_neuron_numbers": [[], [2, 5], [], [5, 5], [5, 10]],
            NET + "forward_kernel_size": [[1, 1], [3, 2], [], [2, 2], [3, 3]],
            NET + "strides": [[], [], [], [2, 2], []],
        },
    )
    save_patterns(tmp_path / "theirs" / "DATA")
    save_config(tmp_path / "theirs", plain)
    saved = save_weights(tmp_path / "theirs" / "Weights", 2, {1: (12, 5), 4: (45, 10)})
    run, _ = open_run("theirs")
    found = weights(run, 3)
    assert same(found["layers.0.weights"], saved[1])
    assert same(found["layers.2.weights"], saved[4])
    export_run(run, "pytorch-sbs", tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out" / "Weights").iterdir())
    assert names == ["Weight_L1_S2.npy", "Weight_L3_S2.npy"]  # relu is gone
    assert snnrun.inference("out").loss == pytest.approx(snnrun.inference(run).loss, rel=1e-5)


# ---- the published network ----


@pytest.mark.usefixtures("real_mnist")
def test_the_published_network_is_read_as_it_is(originals, monkeypatch):
    """The first 100 test images; all 10,000 give 99.35 to 99.45 %, by the spikes."""
    load = evaluation.load_data

    def few(experiment):
        data = load(experiment)
        return Dataset(data.settings, {"test": Subset(data.test, np.arange(100))})

    monkeypatch.setattr(evaluation, "load_data", few)
    folder = originals / "pytorch-sbs" / "SbS_Mixed_Loss"
    found = snnrun.inference(folder)
    assert found.epoch == 200
    assert found.accuracy >= 0.98
    epochs, accuracies = open_run(folder)[0].curve("test", "accuracy")
    assert (epochs[0], epochs[-1], len(epochs)) == (1, 200, 200)
    assert accuracies[-1] == pytest.approx(0.9938, abs=1e-4)
    first = torch.from_numpy(np.load(folder / "Weights" / "Weight_L0_S199.npy"))
    assert torch.allclose(torch.from_numpy(found.weights["layers.0.weights"]), first, atol=1e-6)
