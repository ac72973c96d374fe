"""Configs of pytorch-sbs as ours: both generations, every key, and what is refused."""

import json
from pathlib import Path

import pytest

from snnrun.compat.keys import Keys, Report
from snnrun.compat.pytorch_sbs.configs import is_config, layer_numbers, translate
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment, load_config
from tests.compat.originals import DROPPED, changed
from tests.compat.sbs_originals import FIRST, SECOND, save_config, save_patterns

NAMES = [str(digit) for digit in range(10)]
RULE, NET = "learning_parameters__", "network_structure__"


@pytest.fixture(autouse=True)
def patterns(tmp_path, monkeypatch):
    """Patterns beside the config, which is taken to lie in the current folder."""
    save_patterns(tmp_path / "DATA")
    monkeypatch.chdir(tmp_path)


def ours(plain: dict) -> Experiment:
    return Experiment.model_validate(translate(plain, folder=Path.cwd()).config)


def problems(plain: dict) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as raised:
        ours(plain)
    return raised.value.problems


def notes(plain: dict) -> list[str]:
    return list(translate(plain, folder=Path.cwd()).notes)


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


def layered(types: list, numbers: list, kernels: list, **more) -> dict:
    """A config of the second generation with other layers."""
    network = {"number_of_output_neurons": 10, "layer_type": types,
               "forward_neuron_numbers": numbers, "forward_kernel_size": kernels}  # fmt: skip
    return changed(SECOND, network_structure=network, **more)


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


def test_notes_on_what_has_no_meaning_here():
    assert notes(SECOND) == ["without meaning here: eps_xy_intitial, simulation_id, stage_id"]
    tested = changed(FIRST, **{RULE + "test_during_learning": False, "results_path": "x",
                               RULE + "learning_active": False})  # fmt: skip
    told = notes(tested)
    assert told[-1] == "without meaning here: test_during_learning, results_path"
    assert told[0].startswith("learning_parameters.learning_active: false")
    assert any("-1 switches that off" in n for n in
               notes({**FIRST, "cooldown_after_number_of_spikes": 0}))  # fmt: skip
    grey = changed(SECOND, augmentation__flip_p=0.5, augmentation__jitter_hue=0.1)
    assert notes(grey)[0] == (
        "augmentation.flip_p, jitter_hue: only images of MNIST_FASHION and CIFAR10 are flipped and "
        "lit anew, as there"
    )
    assert notes({**SECOND, "epoch_id_max": 0})[0] == "epoch_id_max: 0: one epoch here"
    assert notes({**FIRST, "learning_step_max": 0})[0] == "learning_step_max: 0: one epoch here"


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        (changed(SECOND, **{RULE + "learning_rate_gama_w": 1}),
         "learning_parameters.learning_rate_gama_w: unknown key; did you mean "
         "'learning_rate_gamma_w'?"),
        (changed(SECOND, augmentation__use_on_off_filter=True),
         "augmentation.use_on_off_filter: unknown key"),
        ({**SECOND, "batch_size": "24"}, "batch_size: must be a whole number, got '24'"),
        ({**SECOND, "epsilon_0": True}, "epsilon_0: must be a number, got True"),
        ({**SECOND, "number_of_spikes": 20}, "number_of_spikes: must be a list, got 20"),
        ({**SECOND, "number_of_spikes": []}, "number_of_spikes: layer 0 needs a number above 0"),
        ({**SECOND, "number_of_spikes": [20, 20.5]},
         "number_of_spikes: entry 1 must be a whole number, got 20.5"),
        ({**SECOND, "data_mode": "mnist"},
         "data_mode: must be one of MNIST, MNIST_FASHION, CIFAR10, got 'mnist'"),
        (changed(SECOND, **{NET + "number_of_output_neurons": 9}),
         "network_structure.number_of_output_neurons: is 9, but the last layer has 10 neurons"),
        (changed(SECOND, **{NET + "forward_neuron_numbers": [[1, 5], [5, 5], [6, 10]]}),
         "network_structure.forward_neuron_numbers: entry 2 asks for 6 channels, but the layer "
         "before gives out 5"),
        (changed(FIRST, **{NET + "forward_neuron_numbers": [[1, 5], [5, 5], [5, 10]]}),
         "network_structure.forward_neuron_numbers: entry 0 asks for 1 channels, but the image "
         "has 2"),
        (changed(SECOND, **{NET + "forward_neuron_numbers": [[1, 5], [5, 5], []]}),
         "network_structure.forward_neuron_numbers: entry 2 must be [channels, neurons], as this "
         "layer has weights"),
        (changed(SECOND, **{NET + "strides": [[1, 1], 2]}),
         "network_structure.strides: entry 1 must be two whole numbers, got 2"),
        (changed(SECOND, **{NET + "layer_type": ["SbS", "CONV2D", "SbS"]}),
         "network_structure.layer_type: entry 1, 'CONV2D': snnrun has no layers without spikes "
         "that learn"),
        (changed(SECOND, **{NET + "layer_type": ["SbS", "Avarage POOLING", "SbS"]}),
         "network_structure.layer_type: entry 1, 'Avarage POOLING': unknown; did you mean "
         "'AVERAGE POOLING'? known: SBS, AVERAGE POOLING, MAX POOLING, NNMF, BP SBS NNMF, "
         "RECONSTRUCTION, ONOFF, RELU"),
        (changed(SECOND, **{NET + "layer_type": ["SbS", "ONOFF", "SbS"]}),
         "network_structure.layer_type: ONOFF must be the first layer: it codes the image"),
        (changed(SECOND, **{RULE + "loss_mode": 2}),
         "learning_parameters.loss_mode: must be 0 or 1, got 2"),
        (changed(SECOND, **{RULE + "optimizer_name": "RMSprop"}),
         "learning_parameters.optimizer_name: must be Adam or SGD, got 'RMSprop'"),
        (changed(FIRST, **{RULE + "optimizer_name": "SGD"}),
         "learning_parameters.optimizer_name: must be Adam, got 'SGD'"),
        (changed(SECOND, **{RULE + "lr_schedule_name": "StepLR"}),
         "learning_parameters.lr_schedule_name: must be one of ReduceLROnPlateau, "
         "SbSLRScheduler, None, got 'StepLR'"),
        (changed(FIRST, **{NET + "strides": [[1, 1]]}),
         "network_structure.strides: has 1 entries for 3 layers"),
        (changed(FIRST, **{NET + "w_trainable": [True] * 4}),
         "network_structure.w_trainable: has 4 entries for 3 layers"),
        (changed(FIRST, number_of_spikes=0), "number_of_spikes: must be a number above 0"),
        (changed(FIRST, **{NET + "forward_neuron_numbers": [[2, 5], [5, 6], [6, 10]]}),
         "network_structure.forward_neuron_numbers: entry 1: pooling must give out as many "
         "channels as it gets"),
        (changed(SECOND, **{NET + "forward_neuron_numbers": [[1, 5], [5, 6], [6, 10]]}),
         "network_structure.forward_neuron_numbers: entry 1: pooling must give out as many "
         "channels as it gets"),
        ({**SECOND, "epsilon_0": 0}, "epsilon_0: must be above 0 for layers with spikes, got 0"),
        ({**FIRST, "epsilon_0": -1}, "epsilon_0: must be above 0 for layers with spikes, got -1"),
        (changed(SECOND, **{RULE + "weight_noise_range": [1.0]}),
         "learning_parameters.weight_noise_range: must be two numbers, got [1.0]"),
        (changed(SECOND, **{RULE + "weight_noise_range": [1, "2"]}),
         "learning_parameters.weight_noise_range: must be two numbers, got [1, '2']"),
        ({**SECOND, "batch_size": 0}, "batch_size: must be above 0, got 0"),
        ({**FIRST, "batch_size": -4}, "batch_size: must be above 0, got -4"),
        (changed(SECOND, **{RULE + "number_of_batches_for_one_update": 0}),
         "learning_parameters.number_of_batches_for_one_update: must be above 0, got 0"),
        (changed(FIRST, **{NET + "padding": [[0, 0]]}),
         "network_structure.padding: has 1 entries for 3 layers"),
        (changed(FIRST, **{NET + "dilation": [[1, 1]] * 2}),
         "network_structure.dilation: has 2 entries for 3 layers"),
        (changed(FIRST, **{NET + "eps_xy_mean": [True]}),
         "network_structure.eps_xy_mean: has 1 entries for 3 layers"),
        (changed(SECOND, image_statistics={"maen": [0.1]}),
         "image_statistics.maen: unknown key; did you mean 'mean'?"),
        (changed(FIRST, image_statistics={"size": [8, 7]}),
         "image_statistics.size: unknown key; did you mean 'the_size'?"),
        (changed(SECOND, approximation_setting={"approximation_enabel": [True]}),
         "approximation_setting.approximation_enabel: unknown key; did you mean "
         "'approximation_enable'?"),
        ({**SECOND, "learning_parameters": []},
         "learning_parameters: must be a map of keys to values"),
    ],
    ids=lambda value: value[:50] if isinstance(value, str) else "",
)  # fmt: skip
def test_refusals(plain, expected):
    assert expected in problems(plain)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("name", ["CONV2D", "APPROX CONV2D", "POISSON", "nonsense"])
def test_nothing_follows_from_a_layer_that_was_refused(place, name):
    """What it gives out is not known: the next was told to ask for channels that nobody gives."""
    kinds, channels = ["SbS", "SbS", "SbS"], [[1, 5], [7, 6], [9, 4]]
    kinds[place] = name
    plain = changed(SECOND, **{NET + "layer_type": kinds, NET + "forward_neuron_numbers": channels})
    found = [line for line in problems(plain) if "channels" in line or "neurons" in line]
    before = ["entry 1 asks for 7 channels, but the layer before gives out 5"] * (place == 2)
    assert [line.partition(": ")[2] for line in found] == before
    assert sum("layer_type" in line for line in problems(plain)) == 1


def test_every_problem_is_told_at_once():
    plain = changed(SECOND, data_mode="x", batch_size="24", **{RULE + "loss_mode": 7})
    assert len(problems(plain)) == 3


def test_cifar_needs_its_patterns(tmp_path):
    plain = {**SECOND, "data_mode": "CIFAR10", "data_path": "nowhere"}
    assert any("nowhere lacks TrainPatternStorage.npy" in line for line in problems(plain))
    grey = problems({**SECOND, "data_mode": "CIFAR10"})
    assert any("has 1 channels, not 3" in line for line in grey)


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
