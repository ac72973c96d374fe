"""Small configs in the format of both generations of the original code, written for the tests."""

import copy

import pytest

from snnrun.compat.fastanddeep.configs import translate
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment

FIRST = {
    "dataset": "yin_yang",
    "neuron_params": {"g_leak": 0.5, "leak": -0.1, "tau_syn": 1.0, "tau_mem": 2.0,
                      "threshold": 0.8},
    "network_layout": {
        "n_inputs": 4, "n_layers": 2, "layer_sizes": [7, 3], "n_biases": [2, 1],
        "bias_times": [[0.9, 0.2], [0.4]], "weight_means": [1.5, 0.5], "weight_stdevs": [0.8, 0.6],
    },
    "training_params": {
        "batch_size": 30, "batch_size_eval": 70, "epoch_number": 6, "epoch_snapshots": [2],
        "learning_rate": 0.005, "optimizer": "adam", "momentum": 0,
        "lr_scheduler": {"gamma": 0.95, "step_size": 4, "type": "StepLR"},
        "loss": {"type": "TTFS", "xi": 0.3, "alpha": 0.004, "beta": 1.2},
        "max_dw_norm": 0.2, "max_num_missing_spikes": [0.3, 0.1],
        "weight_bumping_exp": True, "weight_bumping_targeted": False,
        "weight_bumping_value": 0.0005, "training_noise": False,
        "use_forward_integrator": False, "resolution": 0.01, "sim_time": 4.0,
        "use_hicannx": False, "torch_seed": 2000,
    },
}  # fmt: skip

SECOND = {
    "dataset_params": {"name": "yin_yang"},
    "default_neuron_params": {"g_leak": 0.5, "leak": 0.0, "tau_syn": 1.0, "tau_mem": 2.0,
                              "threshold": 0.9, "max_dw_norm": 0.2},
    "network_layout": {
        "n_inputs": 4,
        "layers": [
            {"name": "Biases", "times": [0.9, 0.3]},
            {"name": "DelayAxonal", "delay_mean": 0.1, "delay_std": 0.25, "learning_rate": 0.003,
             "monitor": True, "positivity": {"name": "sigmoid", "scale": 1.5, "shift": 0.2},
             "trainable": True},
            {"name": "NeuronLayer", "size": 7, "weights_mean": 1.0, "weights_std": 0.9,
             "max_num_missing_spikes": 0.3, "learning_rate": 0.01, "trainable": True,
             "monitor": True},
            {"name": "BroadcastLayer"},
            {"name": "NeuronLayer", "size": 3, "weights_mean": 0.7, "weights_std": 0.8,
             "max_num_missing_spikes": 0.0},
        ],
    },
    "training_params": {
        "batch_size": 30, "batch_size_eval": 70, "epoch_number": 6, "epoch_snapshots": [],
        "learning_rate": 0.005, "optimizer": "adam", "momentum": 0,
        "lr_scheduler": {"gamma": 0.5, "milestones": [2, 4], "type": "MultiStepLR"},
        "loss": {"type": "shift_invariant_MSE", "delta_t": 0.25},
        "weight_bumping_exp": True, "weight_bumping_targeted": True,
        "weight_bumping_value": 0.0005, "training_noise": False, "use_forward_integrator": False,
        "substrate": "sim", "torch_seed": 2000,
    },
}  # fmt: skip


def changed(config: dict, **values) -> dict:
    """A copy with other values: ``changed(FIRST, training_params__loss=...)``; None drops a key."""
    found = copy.deepcopy(config)
    for path, value in values.items():
        *outer, last = path.split("__")
        target = found
        for key in outer:
            target = target[key]
        if value is DROPPED:
            del target[last]
        else:
            target[last] = value
    return found


DROPPED = object()


def ours(plain: dict) -> Experiment:
    return Experiment.model_validate(translate(plain).config)


def problems(plain: dict) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as raised:
        translate(plain)
    return raised.value.problems


def layered(*layers: dict) -> dict:
    """A config of the second generation with these layers in front of the label neurons."""
    last = SECOND["network_layout"]["layers"][-2:]
    return changed(SECOND, network_layout__layers=[*layers, *last])


def neurons(**more) -> dict:
    return {"name": "NeuronLayer", "size": 8, "weights_mean": 1.0, "weights_std": 0.5,
            "max_num_missing_spikes": 0.2, **more}  # fmt: skip
