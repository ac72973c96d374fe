"""Result folders of pytorch-sbs: imported, evaluated, continued, exported; starting weights."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import snnrun
from snnrun.cli.verbs import app
from snnrun.compat import export_run, open_run
from snnrun.compat.pytorch_sbs.configs import their_config
from snnrun.compat.pytorch_sbs.folders import is_result_dir
from snnrun.core.position import Position
from snnrun.data import Dataset
from snnrun.data.source import Subset
from snnrun.errors import ConfigError, DataError
from snnrun.evaluation import evaluate as evaluation
from snnrun.experiment import load_config
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from tests.compat.originals import DROPPED, changed
from tests.compat.sbs_originals import (
    FIRST,
    SECOND,
    WEIGHTS,
    probabilities,
    save_config,
    save_first,
    save_patterns,
    save_second,
    save_weights,
)
from tests.conftest import ROOT

RULE, NET = "learning_parameters__", "network_structure__"
QUIET = ["train.live_plot=false", "train.tensorboard=false"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Imports land in ``experiment_results`` of the current folder."""
    monkeypatch.chdir(tmp_path)


def weights(run, epoch: int) -> dict[str, np.ndarray]:
    """The tensors of the network."""
    tensors = checkpoint.open_epoch(run.checkpoints, epoch).tensors.items()
    return {k.removeprefix("model."): v.numpy() for k, v in tensors if k.startswith("model.")}


def same(found: np.ndarray, expected: np.ndarray) -> bool:
    return np.allclose(found, expected, rtol=1e-6, atol=0)


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


def save_last_of_2022(folder: Path) -> dict[int, np.ndarray]:
    """Write a result folder whose step sizes depend on the offset; return these by layer."""
    save_first(folder, steps=(1,))
    shapes = {0: (6, 6, 3, 2), 1: (3, 3, 2, 2), 2: (1, 1, 3, 3)}
    arrays = {layer: np.random.default_rng(layer).random(s) + 0.1 for layer, s in shapes.items()}
    for layer, array in arrays.items():
        np.save(folder / f"EpsXY/EpsXY_L{layer}_S1.npy", array.astype(np.float32))
    return arrays


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
        ("EpsXY/EpsXY_L0_S1", np.zeros((6, 6)), "step sizes must be finite and above 0"),
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


# ---- where training starts ----


def begun(config) -> dict[str, np.ndarray]:
    """Weights before the first step of a training by the command line."""
    shutil.rmtree("started", ignore_errors=True)
    options = ["train.epochs=1", "--results", "started", *QUIET]
    result = CliRunner().invoke(app, ["train", str(config), *options])
    assert result.exit_code == 0, result.output
    (run,) = Path("started").iterdir()
    return weights(RunDir(run), 0)


def test_training_starts_from_previous_weights(tmp_path):
    save_patterns(tmp_path / "theirs" / "DATA")
    save_config(tmp_path / "theirs", SECOND)
    before = save_weights(tmp_path / "theirs" / "Previous", 7, {2: (45, 10)})
    found = begun("theirs")
    assert same(found["layers.2.weights"], before[2])
    drawn = found["layers.0.weights"]
    assert drawn.max() < 1.3 * drawn.min() * 1.01  # nothing was there for it: uniform in [1, 1.3]
    save_weights(tmp_path / "theirs" / "Previous", 8, {2: (45, 10)})
    with pytest.raises(DataError, match=r"Weight_L2_S7.npy and Weight_L2_S8.npy are both of layer"):
        snnrun.train("theirs", results=tmp_path / "results")


def test_training_of_2022_goes_on_from_a_step(tmp_path):
    saved = save_first(tmp_path / "theirs", {**FIRST, "learning_step": 1})
    found = begun("theirs/mnist.json")
    assert same(found["layers.0.weights"], saved[1][0])
    assert same(found["layers.2.epsilon_xy"], saved[1, 2])
    (tmp_path / "theirs" / "Previous").mkdir()
    np.save("theirs/Previous/Weight_L0.npy", saved[0][0])
    again = begun("theirs/mnist.json")
    assert same(again["layers.0.weights"], saved[0][0])
    assert same(again["layers.2.weights"], saved[1][2])
    save_config(tmp_path / "theirs", {**FIRST, "learning_step": 8})
    with pytest.raises(DataError, match=r"lacks Weight_L<layer>_S8.npy"):
        snnrun.train("theirs", results=tmp_path / "results")


def test_our_own_configs_start_from_nothing(tmp_path):
    save_patterns(tmp_path / "DATA")
    save_config(tmp_path, SECOND)
    (tmp_path / "ours.yaml").write_text(load_config(tmp_path).dump_yaml())
    save_weights(tmp_path / "Previous", 7, {2: (45, 10)})
    assert not same(begun("ours.yaml")["layers.2.weights"], begun(tmp_path)["layers.2.weights"])


# ---- the way back ----


def layered(types, numbers, kernels, **more) -> dict:
    network = {"number_of_output_neurons": 10, "layer_type": types,
               "forward_neuron_numbers": numbers, "forward_kernel_size": kernels}  # fmt: skip
    return changed(SECOND, network_structure=network, **more)


EVERYTHING = layered(
    ["ONOFF", "SbS LOCAL", "SbS POOLING", "MAX POOLING", "BP SBS NNMF", "NNMF"],
    [[1, 2], [2, 5], [5, 5], [5, 5], [5, 6], [6, 10]],
    [[1, 1], [2, 2], [2, 2], [2, 3], [5, 3], [1, 1]],
    number_of_spikes=[1, 20, 30, 1, 40, 50],
    spike_full_layer_input_distribution=[False, True],
    cooldown_after_number_of_spikes=12,
    data_mode="MNIST_FASHION",
    augmentation={"crop_width_in_pixel": 1, "flip_p": 0.2, "jitter_hue": 0.1},
    **{RULE + "w_trainable": [False, True, False, False, False, True],
       RULE + "sbs_skip_gradient_calculation": [False] * 5 + [True],
       RULE + "lr_schedule_name": "SbSLRScheduler", RULE + "loss_mode": 1,
       RULE + "kepp_last_grad_scale": False},
)  # fmt: skip


@pytest.mark.parametrize(
    "plain",
    [FIRST, SECOND, EVERYTHING, changed(FIRST, augmentation__use_on_off_filter=True),
     changed(FIRST, cooldown_after_number_of_spikes=-1),
     changed(SECOND, **{RULE + "optimizer_name": "SGD", RULE + "lr_schedule_name": "None"}),
     layered(["SbS", "RECONSTRUCTION"], [[1, 10], []], [[8, 7], []])],
    ids=["first", "second", "everything", "last of 2022", "no cooldown", "sgd", "reconstruction"],
)  # fmt: skip
def test_there_and_back(tmp_path, plain):
    save_patterns(tmp_path / "DATA")
    save_config(tmp_path, plain)
    experiment = load_config(tmp_path)
    back = their_config(experiment, 10)
    if plain is not EVERYTHING:  # fashion is known by its data set only, and so are flips
        assert back.notes == ()
    for name, content in back.files.items():
        (tmp_path / name).write_text(json.dumps(content))
    shutil.copytree("DATA", "Patterns")
    again = load_config(tmp_path / "config.json" if "config.json" in back.files else tmp_path)
    assert again.model.layers == experiment.model.layers
    assert again.encoder == experiment.encoder
    for part in ("learning", "train") if plain is not EVERYTHING else ("learning",):
        assert getattr(again, part) == getattr(experiment, part)


def test_joint_spikes_of_all_layers_are_written_for_each(tmp_path):
    """One entry would be of the first layer alone there."""
    save_patterns(tmp_path / "DATA")
    save_config(tmp_path, SECOND)
    experiment = load_config(tmp_path, ["model.layers.0.joint_spikes=true",
                                        "model.layers.2.joint_spikes=true"])  # fmt: skip
    found = their_config(experiment, 10).files["def.json"]
    assert found["spike_full_layer_input_distribution"] == [True, False, True]


def test_pooling_with_spikes_is_not_told_to_learn(tmp_path):
    """One value for all layers would train it there, and lose its zeros."""
    save_patterns(tmp_path / "DATA")
    save_config(tmp_path, changed(SECOND, **{NET + "layer_type": ["SbS", "SbS POOLING", "SbS"]}))
    rule = their_config(load_config(tmp_path), 10).files["def.json"]["learning_parameters"]
    assert rule["w_trainable"] == [True, False, True]
    assert rule["sbs_skip_gradient_calculation"] == [False]


@pytest.mark.parametrize(
    ("plain", "overrides", "problem"),
    [
        (SECOND, ["encoder={name: on_off, dialect: 2022}", "model.layers.0.kernel=[3, 2]"],
         'encoder.dialect: 2022 here, but 2023 in their config'),
        (SECOND, ["model.layers.2.eps_0=0.3"],
         "model.layers.2.eps_0: 0.3 here, but 0.7 in their config"),
        (SECOND, ["model.eps_t.schedule=constant"],
         'model.layers.0.eps_t.schedule: "constant" here, but "root" in their config'),
        (SECOND, ["model.alpha_iterations=3"],
         "model.layers.0.alpha_iterations: 3 here, but 0 in their config"),
        (SECOND, ["model.eps_xy.per=position"],
         'model.layers.0.eps_xy.per: "position" here, but "none" in their config'),
        (FIRST, ["model.forgetting=0.2"],
         "model.layers.0.forgetting: 0.2 here, but 0.0 in their config"),
        (FIRST, ["model.layers.2.spikes=7"],
         "model.layers.2.spikes: 7 here, but 20 in their config"),
        (FIRST, ["model.layers.1={name: average_pooling, kernel: 2, stride: 2}"],
         'model.layers.1.name: "AveragePoolingSettings" here, but "SbsLayerSettings" in their '
         "config"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_what_they_cannot_say(tmp_path, plain, overrides, problem):
    save_patterns(tmp_path / "DATA")
    save_config(tmp_path, plain)
    experiment = load_config(tmp_path, overrides)
    with pytest.raises(ConfigError) as raised:
        their_config(experiment, 10)
    assert problem in raised.value.problems


def test_what_they_cannot_say_of_training_is_told(tmp_path):
    save_patterns(tmp_path / "DATA")
    save_config(tmp_path, SECOND)
    overrides = ["train.scheduler={name: cosine, epochs: 3}", "model.layers.0.lr=0.1",
                 "train.augment.0.per=image"]  # fmt: skip
    notes = their_config(load_config(tmp_path, overrides), 10).notes
    assert [note.partition(":")[0] for note in notes] == [
        "train.augment", "train.scheduler", "model.layers.0.lr",
    ]  # fmt: skip


def test_only_networks_of_images_can_be_exported(tmp_path):
    with pytest.raises(ConfigError, match="theirs know only sbs"):
        their_config(load_config(ROOT / "configs" / "first_spike_digits.yaml"), 10)


@pytest.mark.parametrize(("save", "epoch"), [(save_first, 1), (save_second, 3)])
def test_export(tmp_path, save, epoch):
    saved = save(tmp_path / "theirs")
    paths = export_run("theirs", "pytorch-sbs", tmp_path / "out", epoch)
    assert all(path.is_file() for path in paths)
    step = 1 if save is save_first else 2
    for layer in (0, 2):
        found = np.load(f"out/Weights/Weight_L{layer}_S{step}.npy")
        assert same(found, saved[step][layer])
        assert found.dtype == (np.float64 if save is save_first else np.float32)
    if save is save_first:
        assert same(np.load("out/EpsXY/EpsXY_L1_S1.npy"), saved[1, 1])
        assert np.load("out/Weights/Weight_L1_S1.npy").shape == (20, 5)
    for name in ("TrainPattern", "TestPattern"):
        mine, own = (np.load(f"{at}/{name}Storage.npy") for at in ("out/Patterns", "theirs/DATA"))
        assert np.allclose(mine, own / own.max())
    labels = np.load("out/Patterns/TrainLabelStorage.npy")
    assert labels.dtype == np.uint64
    assert labels.tolist() == [*range(10), 0, 1]


@pytest.mark.parametrize(("save", "epoch"), [(save_first, 2), (save_second, 3)])
def test_an_export_is_read_again(tmp_path, save, epoch):
    """The same weights, and so the same spikes and the same numbers."""
    save(tmp_path / "theirs")
    export_run("theirs", "pytorch-sbs", tmp_path / "out")
    before, after = snnrun.inference("theirs"), snnrun.inference("out")
    assert after.epoch == before.epoch == epoch
    assert after.loss == pytest.approx(before.loss, rel=1e-5)
    scores = (each.of("answers")["scores"] for each in (after, before))
    assert np.allclose(*scores, atol=1e-5)
    assert same(begun("out")["layers.0.weights"], after.weights["layers.0.weights"])


def test_the_last_code_of_2022_gets_single_precision(tmp_path):
    """The first code of 2022 keeps double precision; the last could not compute with it."""
    save_last_of_2022(tmp_path / "theirs")
    export_run("theirs", "pytorch-sbs", tmp_path / "out")
    found = [np.load(path) for path in sorted(Path("out").glob("*/*_L*.npy"))]
    assert [array.ndim for array in found] == [4] * 3 + [2] * 3
    assert {array.dtype for array in found} == {np.dtype(np.float32)}


def test_test_errors_are_written_back(tmp_path):
    save_second(tmp_path / "theirs")
    table = np.array([[0, 30.0], [1, 20.0], [2, 10.0]])
    np.save("theirs/test_error.npy", table)
    export_run("theirs", "pytorch-sbs", tmp_path / "out")
    assert np.allclose(np.load("out/test_error.npy"), table)


def test_the_command_line(tmp_path):
    save_second(tmp_path / "theirs")
    run = CliRunner().invoke(app, ["inference", "theirs"])
    assert run.exit_code == 0, run.output
    assert "After inference, the accuracy is" in run.output
    command = ["export", "theirs", "1", "--format", "pytorch-sbs", "--out", "out"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "out/def.json" in done.output
    shown = CliRunner().invoke(app, ["validate", "theirs"])
    assert "forgetting: 0.3" in shown.output


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
