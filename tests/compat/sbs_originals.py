"""Small configs and result folders in the formats of pytorch-sbs, written for the tests.

Images are 10 x 9 pixels; 8 x 7 are left of them.
"""

import json
from pathlib import Path

import numpy as np

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
