"""Runs written as pytorch-sbs would: there and back, and what it cannot say."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import snnrun
from snnrun.cli.verbs import app
from snnrun.compat import export_run
from snnrun.compat.pytorch_sbs.configs import their_config
from snnrun.errors import ConfigError
from snnrun.experiment import load_config
from tests.compat.originals import changed
from tests.compat.sbs_originals import (
    EVERYTHING,
    FIRST,
    NET,
    RULE,
    SECOND,
    begun,
    layered,
    same,
    save_config,
    save_first,
    save_last_of_2022,
    save_patterns,
    save_second,
)
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("elsewhere")


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
