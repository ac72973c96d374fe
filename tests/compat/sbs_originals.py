"""Small configs and result folders in the formats of pytorch-sbs, written for the tests.

Images are 10 x 9 pixels; 8 x 7 are left of them.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from snnrun.cli.verbs import app
from snnrun.compat.pytorch_sbs.configs import translate
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment
from snnrun.runs import checkpoint
from snnrun.runs.folder import RunDir
from tests.compat.originals import changed

RULE, NET = "learning_parameters__", "network_structure__"
QUIET = ["train.live_plot=false", "train.tensorboard=false"]

FIRST = {
    "data_mode": "MNIST", "data_path": "./DATA/", "batch_size": 4,
    "learning_step": 0, "learning_step_max": 30, "number_of_cpu_processes": -1,
    "number_of_spikes": 20, "cooldown_after_number_of_spikes": 15, "reduction_cooldown": 12.5,
    "epsilon_0": 0.7, "update_after_x_batch": 2.0, "weight_path": "./Weights/",
    "eps_xy_path": "./EpsXY/",
    "network_structure": {
        "number_of_output_neurons": 10,
        "forward_neuron_numbers": [[2, 5], [5, 5], [5, 10]],
        "is_pooling_layer": [False, True, False],
        "forward_kernel_size": [[3, 2], [2, 2], [3, 3]],
        "strides": [[1, 1], [2, 2], [1, 1]],
        "dilation": [[1, 1], [1, 1], [1, 1]], "padding": [[0, 0], [0, 0], [0, 0]],
        "w_trainable": [True, False, True], "eps_xy_trainable": [True, False, True],
        "eps_xy_mean": [False, False, True],
    },
    "learning_parameters": {
        "loss_coeffs_mse": 0.4, "loss_coeffs_kldiv": 0.9, "learning_rate_gamma_w": 0.002,
        "learning_rate_gamma_eps_xy": 0.003, "learning_rate_threshold_w": 0.0002,
        "learning_rate_threshold_eps_xy": 0.0003, "lr_scheduler_factor_w": 0.6,
        "lr_scheduler_patience_w": 7, "eps_xy_intitial": 0.2, "weight_noise_amplitude": 0.05,
        "alpha_number_of_iterations": 2,
    },
    "augmentation": {"crop_width_in_pixel": 1}, "image_statistics": {},
}  # fmt: skip

NETWORK = {
    "network_structure": {
        "number_of_output_neurons": 10,
        "layer_type": ["SbS", "Average POOLING", "SbS"],
        "strides": [[1, 1], [2, 2], [1, 1]],
        "forward_neuron_numbers": [[1, 5], [5, 5], [5, 10]],
        "forward_kernel_size": [[3, 2], [2, 2], [3, 3]],
    }
}
DATASET = {"data_path": "./DATA/", "data_mode": "MNIST"}
DEFINITION = {
    "epoch_id_max": 3, "batch_size": 4, "number_of_spikes": [20], "forgetting_offset": 0.3,
    "epsilon_0": 0.7, "stage_id": 0, "simulation_id": 0, "number_of_cpu_processes": 2,
    "learning_parameters": {
        "loss_coeffs_mse": 0.4, "loss_coeffs_kldiv": 0.9, "learning_rate_threshold_w": 0.001,
        "eps_xy_intitial": 1.0, "number_of_batches_for_one_update": 2,
        "learning_rate_gamma_w": 0.02, "lr_scheduler_factor_w": 0.6, "lr_scheduler_patience_w": 7,
        "adapt_learning_rate_after_minibatch": False, "w_trainable": [True],
        "weight_noise_range": [1.0, 1.3],
    },
    "augmentation": {"crop_width_in_pixel": 1}, "image_statistics": {},
    "approximation_setting": {},
}  # fmt: skip
SECOND = NETWORK | DATASET | DEFINITION
WEIGHTS = {0: (6, 5), 2: (45, 10)}  # of the second generation, by layer


def save_patterns(folder: Path, train: int = 12, test: int = 5) -> None:
    """Write a data set of noise with bright corners that tell the class."""
    random = np.random.default_rng(3)
    folder.mkdir(parents=True, exist_ok=True)
    for part, count in (("Train", train), ("Test", test)):
        labels = np.arange(count, dtype=np.uint64) % 10
        patterns = random.random((count, 10, 9), dtype=np.float32)
        np.save(folder / f"{part}PatternStorage.npy", patterns)
        np.save(folder / f"{part}LabelStorage.npy", labels)


def save_config(folder: Path, plain: dict) -> None:
    """Write a config of either generation; that of 2023 as three files with comments."""
    folder.mkdir(parents=True, exist_ok=True)
    if "is_pooling_layer" in plain["network_structure"]:
        (folder / "mnist.json").write_text(json.dumps(plain))
        return
    for name, keys in (("network.json", NETWORK), ("dataset.json", DATASET)):
        text = json.dumps({key: plain[key] for key in keys})
        (folder / name).write_text("// as published\n" + text[:-1] + ",}")
    rest = {key: value for key, value in plain.items() if key not in NETWORK | DATASET}
    (folder / "def.json").write_text(json.dumps(rest, indent=4).replace("\n", " // note\n"))


def probabilities(shape: tuple[int, int], seed: int) -> np.ndarray:
    """Weights whose columns sum to 1."""
    drawn = np.random.default_rng(seed).random(shape) + 0.05
    return drawn / drawn.sum(0)


def save_weights(folder: Path, step: int, shapes: dict, dtype=np.float32) -> dict:
    """Write the weights of one step; return layer -> array."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {layer: probabilities(shape, 100 * step + layer).astype(dtype)
              for layer, shape in shapes.items()}  # fmt: skip
    for layer, array in arrays.items():
        np.save(folder / f"Weight_L{layer}_S{step}.npy", array)
    return arrays


def save_second(root: Path, plain: dict = SECOND, steps=(0, 2)) -> dict:
    """Write a result folder of 2023; return step -> layer -> weights."""
    save_patterns(root / "DATA")
    save_config(root, plain)
    return {step: save_weights(root / "Weights", step, WEIGHTS) for step in steps}


def save_first(root: Path, plain: dict = FIRST, steps=(0, 1, 3)) -> dict:
    """Write a result folder of 2022; return step -> layer -> (weights, step sizes)."""
    save_patterns(root / "DATA")
    save_config(root, plain)
    (root / "EpsXY").mkdir(parents=True)
    sizes, found = {0: (6, 6), 1: (3, 3), 2: (1, 1)}, {}
    for step in steps:
        weights = save_weights(root / "Weights", step, {0: (12, 5), 2: (45, 10)}, np.float64)
        found[step] = weights
        for layer, size in sizes.items():
            eps = np.random.default_rng(step + layer).random(size) + 0.1
            np.save(root / "EpsXY" / f"EpsXY_L{layer}_S{step}.npy", eps)
            found[step, layer] = eps
    return found


def layered(types: list, numbers: list, kernels: list, **more) -> dict:
    """A config of the second generation with other layers."""
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


def weights(run, epoch: int) -> dict[str, np.ndarray]:
    """The tensors of the network."""
    tensors = checkpoint.open_epoch(run.checkpoints, epoch).tensors.items()
    return {k.removeprefix("model."): v.numpy() for k, v in tensors if k.startswith("model.")}


def same(found: np.ndarray, expected: np.ndarray) -> bool:
    return np.allclose(found, expected, rtol=1e-6, atol=0)


def ours(plain: dict) -> Experiment:
    return Experiment.model_validate(translate(plain, folder=Path.cwd()).config)


def problems(plain: dict) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as raised:
        ours(plain)
    return raised.value.problems


def notes(plain: dict) -> list[str]:
    return list(translate(plain, folder=Path.cwd()).notes)


def save_last_of_2022(folder: Path) -> dict[int, np.ndarray]:
    """Write a result folder whose step sizes depend on the offset; return these by layer."""
    save_first(folder, steps=(1,))
    shapes = {0: (6, 6, 3, 2), 1: (3, 3, 2, 2), 2: (1, 1, 3, 3)}
    arrays = {layer: np.random.default_rng(layer).random(s) + 0.1 for layer, s in shapes.items()}
    for layer, array in arrays.items():
        np.save(folder / f"EpsXY/EpsXY_L{layer}_S1.npy", array.astype(np.float32))
    return arrays


def begun(config) -> dict[str, np.ndarray]:
    """Weights before the first step of a training by the command line."""
    shutil.rmtree("started", ignore_errors=True)
    options = ["train.epochs=1", "--results", "started", *QUIET]
    result = CliRunner().invoke(app, ["train", str(config), *options])
    assert result.exit_code == 0, result.output
    (run,) = Path("started").iterdir()
    return weights(RunDir(run), 0)
