"""Whole experiments go to a config of theirs and come back, whatever they say.

What ours may say in several ways, theirs says in one: :func:`settled`.
"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snnrun.compat.fastanddeep import configs as fastanddeep
from snnrun.compat.pytorch_sbs import configs as pytorch_sbs
from snnrun.experiment import Experiment
from tests.compat import sbs_originals
from tests.compat.originals import FIRST, SECOND, changed
from tests.compat.sbs_originals import EVERYTHING as SBS_EVERYTHING
from tests.compat.test_fastanddeep_exports import EVERYTHING


def settled(experiment: Experiment) -> Experiment:
    """An experiment as theirs can say it: it always has a schedule, and biases are a stage."""
    whole = experiment.model_dump()
    schedule = whole["train"]["scheduler"]
    if schedule is None:
        schedule = {"name": "step", "every": whole["train"]["epochs"], "gamma": 1.0}
    elif schedule["name"] == "exponential":
        schedule = {"name": "step", "every": 1, "gamma": schedule["gamma"]}
    whole["train"]["scheduler"] = schedule
    for layer in whole["model"]["layers"]:
        if times := layer.pop("bias_times"):
            layer["before"] = [*layer["before"], {"name": "biases", "times": times}]
    return Experiment.model_validate(whole)


def train(**values: Any) -> dict:
    return {f"training_params__{key}": each for key, each in values.items()}


MSE = {"type": "MSE", "t_correct": 1.6, "t_wrong": 1.1}
BOTH = [
    train(optimizer="sgd", momentum=0.4),
    train(lr_scheduler=False),
    train(lr_scheduler={"type": "MultiStepLR", "milestones": [2, 3], "gamma": 0.3}),
    train(lr_scheduler={"type": "ExponentialLR", "gamma": 0.7}),
    train(epoch_snapshots=[1, 4], batch_size=11, batch_size_eval=13, torch_seed=2**40),
    train(training_noise={"mean": 0.1, "std_dev": 0.3}, rounding_precision=0.04),
    train(use_forward_integrator=True, resolution=0.02, sim_time=3.5),
    train(weight_bumping_value=0.2, weight_bumping_exp=False),
    train(clip_weights_max=2.5),
    train(loss=MSE),
]
OLDER = [
    train(max_dw_norm=None),
    train(max_num_missing_spikes=0.25),
    {"dataset": "bars", "network_layout__n_inputs": 9},
    {"network_layout__bias_times": [0.7], "network_layout__n_biases": [1, 1]},
    {"neuron_params__tau_mem": 1.0, "neuron_params__leak": 0.1},
]
NEURON = "default_neuron_params__"
NEWER = [
    {"dataset_params__early": 0.2, "dataset_params__r_small": 0.12},
    {"dataset_params__name": "bars", "network_layout__n_inputs": 9},
    {NEURON + "max_dw_norm": None, NEURON + "jitter": 0.02},
    {NEURON + "threshold_noise_fp_std": 0.1, NEURON + "threshold_noise_s2s_std": 0.3},
    {NEURON + "model_tau_ratio": 2},
    train(loss={"type": "TTFS", "xi": 0.3, "regulariser": [
        {"type": "early_output", "alpha": 0.1, "beta": 1.5}]}),
    {"network_layout__layers": EVERYTHING["network_layout"]["layers"]},
    {"network_layout__layers": SECOND["network_layout"]["layers"][2:]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("base", "options"),
    [(FIRST, BOTH + OLDER), (SECOND, BOTH + NEWER)],
    ids=["fastAndDeep", "DelGrad"],
)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_experiments_of_fastanddeep_come_back(base, options, data):
    chosen = data.draw(st.lists(st.sampled_from(options), max_size=4))
    plain = changed(base, **{key: each for option in chosen for key, each in option.items()})
    first = Experiment.model_validate(fastanddeep.translate(plain).config)
    theirs = fastanddeep.their_config(first)
    again = Experiment.model_validate(fastanddeep.translate(theirs).config)
    assert settled(again) == settled(first)
    assert fastanddeep.their_config(again) == theirs


def biased(times: list) -> dict:
    layers = [
        {"size": 5, "bias_times": times, "before": [{"name": "multiplex", "factor": 2}]},
        {"size": 3, "lr": 0.2, "max_weight": 1.5, "neuron": {"threshold": 1.2, "leak": -0.1}},
    ]
    return {"model": {"tau_mem": 2.0, "g_leak": 0.5, "layers": layers}}


@pytest.mark.parametrize(
    ("base", "overrides"),
    [
        (FIRST, {"train": {"scheduler": {"name": "exponential", "gamma": 0.8}}}),
        (FIRST, {"train": {"scheduler": None}, "seed": 2**33}),
        (SECOND, {"learning": {"loss": {"name": "ttfs", "xi": 0.3, "alpha": 0.2, "beta": 3.0}}}),
        (SECOND, biased([0.3, 0.9])),
        (SECOND, biased([])),
    ],
)
def test_what_only_we_say_comes_back_another_way(base, overrides):
    """A pull to early spikes is a regulariser there; schedules and biases: see ``settled``."""
    whole = Experiment.model_validate(fastanddeep.translate(base).config).model_dump()
    for part, values in overrides.items():
        whole[part] = whole[part] | values if isinstance(values, dict) else values
    first = Experiment.model_validate(whole)
    again = Experiment.model_validate(fastanddeep.translate(fastanddeep.their_config(first)).config)
    expected = settled(first).model_dump()
    if "learning" in overrides:
        expected["learning"]["loss"] = {"name": "ttfs", "xi": 0.3, "alpha": 0.0}
        expected["learning"]["regularisers"] = [{"name": "early_output", "alpha": 0.2, "beta": 3.0}]
    assert settled(again) == Experiment.model_validate(expected)


def test_what_only_they_know_is_written():
    """Constants of theirs, in the order in which their files were always written."""
    older = fastanddeep.their_config(Experiment.model_validate(fastanddeep.translate(FIRST).config))
    assert list(older) == ["dataset", "neuron_params", "network_layout", "training_params"]
    assert older["network_layout"] == FIRST["network_layout"]
    assert list(older["training_params"]) == [
        "batch_size", "batch_size_eval", "enforce_cpu", "epoch_number", "epoch_snapshots",
        "optimizer", "learning_rate", "momentum", "lr_scheduler", "numpy_seed",
        "print_step_percent", "rounding_precision", "torch_seed", "training_noise",
        "use_forward_integrator", "resolution", "sim_time", "weight_bumping_value",
        "weight_bumping_exp", "weight_bumping_targeted", "loss", "max_dw_norm",
        "max_num_missing_spikes", "clip_weights_max", "use_hicannx",
    ]  # fmt: skip
    constants = {
        "enforce_cpu": False, "numpy_seed": 2000, "print_step_percent": 5.0, "momentum": 0.0,
        "rounding_precision": False, "clip_weights_max": False, "epoch_snapshots": [2, 6],
    }  # fmt: skip
    assert older["training_params"] == FIRST["training_params"] | constants
    newer = fastanddeep.their_config(
        Experiment.model_validate(fastanddeep.translate(SECOND).config)
    )
    constants |= {"epoch_snapshots": [6]}
    assert newer["training_params"] == SECOND["training_params"] | constants | {
        "resolution": 0.01, "sim_time": 4.0, "substrate": "sim",
    }  # fmt: skip


RULE = "learning_parameters__"
ALIKE = [
    {RULE + "lr_schedule_name": "None"},
    {RULE + "lr_schedule_name": "SbSLRScheduler", RULE + "lr_scheduler_tau_w": 4.5},
    {RULE + "lr_scheduler_use_performance": True, RULE + "lr_scheduler_factor_w": 0.3},
    {"cooldown_after_number_of_spikes": 5, "reduction_cooldown": 3.5},
    {"epsilon_0": 0.3, "number_of_cpu_processes": 3, "batch_size": 3},
    {"augmentation__crop_width_in_pixel": 1, RULE + "learning_rate_gamma_w": 0.07},
    {RULE + "learning_rate_threshold_w": 0.003, RULE + "loss_coeffs_mse": 0.0},
]
OF_2022 = [
    {"update_after_x_batch": 3.0, "number_of_spikes": 7},
    {"augmentation__use_on_off_filter": True},
    {RULE + "alpha_number_of_iterations": 3, RULE + "weight_noise_amplitude": 0.25},
    {RULE + "eps_xy_intitial": 0.4, RULE + "learning_rate_gamma_eps_xy": 0.09},
    {"network_structure__eps_xy_mean": [True, False, False]},
]
OF_2023 = [
    {RULE + "optimizer_name": "SGD", RULE + "loss_mode": 1},
    {RULE + "disable_scale_grade": True},
    {RULE + "kepp_last_grad_scale": False},
    {RULE + "weight_noise_range": [0.5, 1.5], "forgetting_offset": 0.2},
    {RULE + "adapt_learning_rate_after_minibatch": True, "epoch_id_max": 8},
    {"spike_full_layer_input_distribution": [False, False, True]},
    {RULE + "w_trainable": [False, False, True]},
    {RULE + "sbs_skip_gradient_calculation": [True, False, False]},
]
LONGER = sbs_originals.SECOND | {
    key: SBS_EVERYTHING[key] for key in ("network_structure", "number_of_spikes")
}


@pytest.mark.parametrize(
    ("base", "options"),
    [
        (sbs_originals.FIRST, ALIKE + OF_2022),
        (sbs_originals.SECOND, [*ALIKE, *OF_2023, {"number_of_spikes": [9, 1, 4]}]),
        (LONGER, ALIKE + OF_2023),
    ],
    ids=["2022", "2023", "every kind of layer"],
)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_experiments_of_pytorch_sbs_come_back(tmp_path_factory, base, options, data):
    folder: Path = tmp_path_factory.getbasetemp() / "patterns"
    if not folder.exists():
        sbs_originals.save_patterns(folder / "DATA")
    chosen = data.draw(st.lists(st.sampled_from(options), max_size=4))
    plain = changed(base, **{key: each for option in chosen for key, each in option.items()})
    first = Experiment.model_validate(pytorch_sbs.translate(plain, folder=folder).config)
    theirs = pytorch_sbs.their_config(first, 12)
    assert theirs.notes == ()
    whole = theirs.whole | {"data_path": plain["data_path"]}
    again = Experiment.model_validate(pytorch_sbs.translate(whole, folder=folder).config)
    assert again == first
    assert pytorch_sbs.their_config(again, 12) == theirs


def test_where_their_programs_look_is_written(tmp_path):
    """Folders of weights and patterns, and empty maps that their programs want to see."""
    sbs_originals.save_patterns(tmp_path / "DATA")
    first, second = (
        pytorch_sbs.their_config(
            Experiment.model_validate(pytorch_sbs.translate(plain, folder=tmp_path).config), 12
        ).files
        for plain in (sbs_originals.FIRST, sbs_originals.SECOND)
    )
    config, learned = first["config.json"], second["def.json"]["learning_parameters"]
    assert second["dataset.json"] == {"data_path": "./Patterns/", "data_mode": "MNIST"}
    assert (config["data_path"], config["data_mode"]) == ("./Patterns/", "MNIST")
    assert (config["weight_path"], config["eps_xy_path"]) == ("./Weights/", "./EpsXY/")
    assert (second["def.json"]["weight_path"], learned["overload_path"]) == (
        "./Weights/",
        "./Weights",
    )
    assert config["image_statistics"] == second["def.json"]["image_statistics"] == {}
    assert second["def.json"]["approximation_setting"] == {}
    assert config["network_structure"] == sbs_originals.FIRST["network_structure"]
    assert config["learning_parameters"] == pytest.approx(
        sbs_originals.FIRST["learning_parameters"]
        | {"optimizer_name": "Adam", "lr_schedule_name": "ReduceLROnPlateau",
           "lr_scheduler_use_performance": False}
    )  # fmt: skip
