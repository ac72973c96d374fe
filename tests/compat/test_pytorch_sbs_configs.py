"""Configs of pytorch-sbs as ours: both generations, every key; files of them."""

import json

import pytest

from snnrun.compat.keys import Keys, Report
from snnrun.compat.pytorch_sbs.configs import is_config, layer_numbers
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment, load_config
from tests.compat.originals import DROPPED, changed
from tests.compat.sbs_originals import (
    FIRST,
    NET,
    RULE,
    SECOND,
    layered,
    notes,
    ours,
    save_config,
)

NAMES = [str(digit) for digit in range(10)]
pytestmark = pytest.mark.usefixtures("patterns")


def data(folder) -> dict:
    return {"name": "pattern_storage", "folder": str(folder / "DATA"), "shape": [1, 10, 9],
            "names": NAMES, "validation": "test"}  # fmt: skip


def test_a_config_of_the_first_generation(tmp_path):
    eps = {"per": "position", "initial": 0.2, "threshold": 0.0003, "lr": 0.003}
    layers = [
        {"name": "sbs", "neurons": 5, "kernel": [3, 2], "eps_xy": {"trainable": True}},
        {"name": "sbs_pooling", "kernel": 2, "stride": 2, "eps_xy": {"trainable": False}},
        {"name": "sbs", "neurons": 10, "kernel": 3, "eps_xy": {"trainable": True, "mean": True}},
    ]
    for layer in layers:
        layer["eps_xy"].setdefault("mean", False)
    assert ours(FIRST) == Experiment.model_validate(
        {
            "data": data(tmp_path),
            "encoder": {"name": "on_off", "dialect": 2022},
            "model": {
                "name": "sbs", "dialect": 2022, "spikes": 20, "eps_0": 0.7,
                "eps_t": {"schedule": "constant", "cooldown_after": 15, "reduction": 12.5},
                "eps_xy": eps, "alpha_iterations": 2, "alpha_floor": 1.19e-4,
                "noise": [1.0, 1.05], "layers": layers, "errors_by_step_size": True,
            },
            "learning": {
                "name": "sbs", "dialect": 2022, "threshold": 0.0002,
                "loss": {"name": "mse_kl", "mse": 0.4, "kl": 0.9, "reduction": "mean"},
                "gradient_scale": "none", "gradient_mean": False, "threshold_per_channel": False,
            },
            "train": {
                "epochs": 15, "batch_size": 4, "accumulate": 2, "eval_batch_size": 200,
                "augment": [{"name": "crop", "pixels": 1, "per": "batch"}],
                "optimizer": {"name": "adam", "lr": 0.002},
                "scheduler": {"name": "plateau", "gamma": 0.6, "patience": 7, "each": "update"},
            },
        }
    )  # fmt: skip


def test_a_config_of_the_second_generation(tmp_path):
    layers = [
        {"name": "sbs", "neurons": 5, "kernel": [3, 2], "joint_spikes": False},
        {"name": "average_pooling", "kernel": 2, "stride": 2},
        {"name": "sbs", "neurons": 10, "kernel": 3, "joint_spikes": False},
    ]
    assert ours(SECOND) == Experiment.model_validate(
        {
            "data": data(tmp_path),
            "encoder": {"name": "pixels", "offset": 1e-20},
            "model": {
                "name": "sbs", "dialect": 2023, "spikes": 20, "eps_0": 0.7, "forgetting": 0.3,
                "eps_t": {"schedule": "root"}, "eps_xy": {"per": "none"}, "noise": [1.0, 1.3],
                "layers": layers,
            },
            "learning": {
                "name": "sbs", "dialect": 2023, "threshold": 0.001,
                "loss": {"name": "mse_kl", "mse": 0.4, "kl": 0.9, "reduction": "sum"},
                "gradient_scale": "first_update", "gradient_mean": True,
                "threshold_per_channel": True,
            },
            "train": {
                "epochs": 3, "batch_size": 4, "accumulate": 2, "eval_batch_size": 200,
                "augment": [{"name": "crop", "pixels": 1, "per": "batch"}], "threads": 2,
                "optimizer": {"name": "multiplicative_adam", "lr": 0.02},
                "scheduler": {"name": "plateau", "gamma": 0.6, "patience": 7, "each": "epoch"},
            },
        }
    )  # fmt: skip


def test_their_configs_are_told_from_ours():
    assert is_config(FIRST)
    assert is_config(SECOND)
    assert not is_config({"model": {"name": "sbs"}, "train": {"epochs": 1}})
    assert not is_config([1, 2])


def test_defaults_of_the_first_generation():
    short = {key: FIRST[key] for key in ("data_mode", "data_path", "number_of_spikes")}
    network = {key: value for key, value in FIRST["network_structure"].items() if key != "padding"}
    found = ours(short | {"network_structure": network, "augmentation": FIRST["augmentation"]})
    eps = found.model.eps_xy
    assert (found.train.batch_size, found.train.accumulate) == (500, 1)
    assert found.train.epochs == 10_000  # one update each, of the 10 patterns of 12 that train
    assert (found.model.eps_t.cooldown_after, found.model.eps_t.reduction) == (0, 25.0)
    assert (eps.initial, eps.threshold, eps.lr) == (0.1, 1e-5, 1e-3)
    assert (found.train.optimizer.lr, found.train.scheduler) == (1e-3, None)
    assert (found.learning.loss.mse, found.learning.loss.kl) == (0.5, 1.0)
    assert found.model.noise == (1.0, 1.01)
    assert found.learning.threshold == 1e-5


def test_defaults_of_the_second_generation():
    short = {key: SECOND[key] for key in ("data_mode", "data_path", "number_of_spikes")}
    found = ours(short | {key: SECOND[key] for key in ("network_structure", "augmentation")})
    assert (found.train.epochs, found.train.batch_size, found.train.accumulate) == (10_000, 500, 1)
    assert (found.model.eps_0, found.model.forgetting, found.model.noise) == (1.0, 0.0, (1.0, 1.1))
    assert [layer.trainable for layer in found.model.layers[::2]] == [False, False]
    scheduler = found.train.scheduler
    assert (scheduler.gamma, scheduler.patience, scheduler.each) == (0.1, 10, "update")
    assert found.train.optimizer.lr == 1e-3
    assert found.train.threads is None


def test_the_last_code_of_2022():
    found = ours(changed(FIRST, augmentation__use_on_off_filter=True,
                         cooldown_after_number_of_spikes=DROPPED))  # fmt: skip
    assert (found.model.eps_xy.per, found.model.alpha_floor) == ("offset", 1e-20)
    assert found.model.eps_t.cooldown_after is None
    grey = changed(
        FIRST,
        augmentation__use_on_off_filter=False,
        **{NET + "forward_neuron_numbers": [[1, 5], [5, 5], [5, 10]]},
    )
    assert ours(grey).encoder.offset == pytest.approx(1.19e-7, rel=1e-2)


@pytest.mark.parametrize(("share", "batches"), [(0.5, 1), (1.0, 1), (1.5, 2), (3.0, 3)])
def test_an_update_after_some_batches(share, batches):
    plain = changed(FIRST, update_after_x_batch=share)
    assert ours(plain).train.accumulate == batches
    told = any("update_after_x_batch" in note for note in notes(plain))
    assert told == (batches != share)


def test_updates_are_counted_on_the_samples_that_train():
    """All 12 patterns train, as there: 6 batches of 2, so 30 updates take 5 epochs."""
    assert ours(changed(FIRST, batch_size=2, update_after_x_batch=1.0)).train.epochs == 5


@pytest.mark.parametrize(("plain", "each"), [(FIRST, "update"), (SECOND, "epoch")])
def test_schedules(plain, each):
    sbs = changed(plain, **{RULE + "lr_schedule_name": "SbSLRScheduler",
                            RULE + "lr_scheduler_tau_w": 4,
                            RULE + "lr_scheduler_use_performance": True})  # fmt: skip
    found = ours(sbs).train.scheduler
    assert (type(found).__name__, found.tau, found.each) == ("SbSLRSettings", 4.0, each)
    assert (found.gamma, found.patience, found.watches) == (0.6, 7, "train error")
    assert ours(changed(plain, **{RULE + "lr_schedule_name": "None"})).train.scheduler is None


def test_a_patience_that_looks_like_off():
    """2022 means it; 2023 hands -1 to torch as nothing, so torch's defaults hold."""
    off = {RULE + "lr_scheduler_patience_w": -1}
    assert ours(changed(FIRST, **off)).train.scheduler is None
    found = ours(changed(SECOND, **off)).train.scheduler
    assert (found.gamma, found.patience) == (0.1, 10)
    assert any("torch's defaults" in note for note in notes(changed(SECOND, **off)))


def test_the_older_names_of_the_schedule():
    older = changed(FIRST, **{RULE + "lr_scheduler_factor_w": DROPPED,
                              RULE + "lr_scheduler_patience_w": DROPPED,
                              RULE + "lr_scheduler_factor": 0.6,
                              RULE + "lr_scheduler_patience": 7})  # fmt: skip
    assert ours(older) == ours(FIRST)


@pytest.mark.parametrize(
    ("keys", "scale"),
    [({}, "first_update"), ({"kepp_last_grad_scale": False}, "batch"),
     ({"disable_scale_grade": True}, "none")],
)  # fmt: skip
def test_gradient_scales(keys, scale):
    plain = changed(SECOND, **{RULE + key: value for key, value in keys.items()})
    assert ours(plain).learning.gradient_scale == scale


def test_what_else_learning_can_be():
    plain = changed(SECOND, **{RULE + "loss_mode": 1, RULE + "optimizer_name": "SGD"})
    found = ours(plain)
    assert type(found.learning.loss).__name__ == "SoftmaxSettings"
    assert found.train.optimizer.model_dump()["momentum"] == 0
    assert found.train.optimizer.lr == 0.02


def test_every_kind_of_layer():
    found = ours(
        layered(
            ["onoff", "sbs Local", "RELU", "Sbs pooling", "MAX Pooling x", "BP SBS NNMF", "nnmf"],
            [[1, 2], [2, 5], [], [5, 5], [5, 5], [5, 6], [6, 10]],
            [[], [2, 2], [], [2, 2], [2, 3], [5, 3], [1, 1]],
            number_of_spikes=[1, 20, 1, 30, 1, 40, 50],
            spike_full_layer_input_distribution=[False, True],
            **{RULE + "w_trainable": [True, True, False, False, False, True, False],
               RULE + "sbs_skip_gradient_calculation": [False, False, False, False, False, True]},
        )
    )  # fmt: skip
    assert found.encoder.dialect == 2023
    local, pooling, largest, bp, nnmf = found.model.layers
    assert (local.local, local.joint_spikes, local.neurons, local.kernel) == (True, True, 5, (2, 2))
    assert (found.model.spikes, local.spikes, pooling.spikes) == (20, None, 30)
    assert pooling.joint_spikes is False
    assert [type(layer).__name__ for layer in (pooling, largest, bp, nnmf)] == [
        "SbsPoolingSettings", "MaxPoolingSettings", "BpNnmfSettings", "NnmfSettings",
    ]  # fmt: skip
    assert (bp.iterations, bp.backward, bp.trainable, bp.eps_0) == (40, False, True, 0.7)
    assert (nnmf.iterations, nnmf.backward, nnmf.trainable) == (50, True, False)


def test_files_are_numbered_by_their_list():
    types = ["ONOFF", "SbS", "RELU", "Average POOLING", "SbS"]
    assert layer_numbers({"network_structure": {"layer_type": types}}) == [1, 3, 4]
    assert layer_numbers(FIRST) == [0, 1, 2]


def test_plain_nnmf_has_no_step_size():
    plain = layered(["NNMF"], [[1, 10]], [[8, 7]], epsilon_0=-1.0)
    assert ours(plain).model.layers[0].eps_0 == 0.0


def test_a_reconstruction_has_no_classes():
    plain = layered(["SbS", "RECONSTRUCTION"], [[1, 6], []], [[8, 7], []])
    assert ours(plain).model.layers[-1].weighted is False


def test_one_value_holds_for_all_layers_and_a_short_list_for_some():
    some = changed(
        SECOND, **{RULE + "w_trainable": [False, False], "number_of_spikes": [30, 1, 20]}
    )
    found = ours(some)
    assert [layer.trainable for layer in found.model.layers[::2]] == [False, False]
    assert (found.model.spikes, found.model.layers[2].spikes) == (30, 20)


def test_joint_spikes_are_said_of_each_layer():
    """Unlike other lists, one entry is of the first layer alone, as there."""
    joint = "spike_full_layer_input_distribution"
    found = ours({**SECOND, joint: [True]})
    assert [layer.joint_spikes for layer in found.model.layers[::2]] == [True, False]
    found = ours({**SECOND, joint: [True, False, True]})
    assert [layer.joint_spikes for layer in found.model.layers[::2]] == [True, True]


def test_coloured_images_are_flipped_and_lit_anew(tmp_path):
    plain = changed(SECOND, data_mode="MNIST_FASHION", augmentation__flip_p=0.3,
                    augmentation__jitter_hue=0.2)  # fmt: skip
    found = ours(plain)
    crop, flip, jitter = found.train.augment
    assert (crop.per, flip.probability, flip.per) == ("batch", 0.3, "batch")
    assert jitter.model_dump() == {
        "brightness": 0.5, "contrast": 0.1, "saturation": 0.1, "hue": 0.2, "per": "batch",
    }  # fmt: skip
    assert found.data.classes[1] == "trouser"
    assert ours(changed(SECOND, augmentation__crop_width_in_pixel=0,
                        **{NET + "forward_kernel_size": [[5, 4], [2, 2], [3, 3]]}
                        )).train.augment == ()  # fmt: skip


def test_without_patterns_our_own_set_is_taken(tmp_path):
    plain = {**SECOND, "data_path": "elsewhere"}
    plain = changed(plain, **{NET + "forward_kernel_size": [[3, 3], [2, 2], [12, 12]]})
    assert ours(plain).data.model_dump()["size"] == 28
    assert any(note.endswith("elsewhere; data is mnist instead") for note in notes(plain))
    assert ours({**plain, "data_mode": "MIX_MNIST"}) == ours(plain)


# ---- files ----


def test_three_files_with_comments_make_one_config(tmp_path):
    save_config(tmp_path, SECOND)
    assert load_config(tmp_path) == ours(SECOND)
    assert load_config(tmp_path, ["train.epochs=9"]).train.epochs == 9


def test_later_files_win(tmp_path):
    save_config(tmp_path, SECOND)
    (tmp_path / "dataset.json").write_text(
        '{"data_path": "DATA", "data_mode": "MNIST", "batch_size": 9, "update": 1}'
    )
    with pytest.raises(ConfigError, match=r"dataset.json:1:\d+: update: unknown key"):
        load_config(tmp_path)
    (tmp_path / "dataset.json").write_text(
        '{"data_path": "DATA", "data_mode": "MNIST", "batch_size": 9, "epsilon_0": 0.1}'
    )
    found = load_config(tmp_path)
    assert (found.train.batch_size, found.model.eps_0) == (4, 0.7)


def test_one_file_of_any_name_in_a_folder(tmp_path):
    save_config(tmp_path, FIRST)
    (tmp_path / "other.json").write_text('{"a": 1}')
    assert load_config(tmp_path) == load_config(tmp_path / "mnist.json") == ours(FIRST)
    (tmp_path / "twin.json").write_text(json.dumps(FIRST))
    with pytest.raises(ConfigError, match=r"several configs, mnist.json, twin.json"):
        load_config(tmp_path)


def test_folders_that_are_no_config(tmp_path):
    with pytest.raises(ConfigError, match="is a folder, not a config file"):
        load_config(tmp_path)
    save_config(tmp_path, SECOND)
    with pytest.raises(ConfigError, match=r"def.json: has no network_structure; name the folder"):
        load_config(tmp_path / "def.json")
    (tmp_path / "def.json").unlink()
    with pytest.raises(ConfigError, match=r"lacks def.json beside network.json"):
        load_config(tmp_path)


def test_a_problem_says_where_it_stands(tmp_path):
    save_config(tmp_path, changed(SECOND, batch_size="24"))
    with pytest.raises(ConfigError, match=r"def.json:3:5: batch_size: must be a whole number"):
        load_config(tmp_path)


def test_keys_that_are_asked_for_but_absent_are_suggested():
    keys = Keys({"lerning": 1}, (), Report())
    keys.get("learning")
    keys.close()
    assert keys.report.problems == ["lerning: unknown key; did you mean 'learning'?"]
