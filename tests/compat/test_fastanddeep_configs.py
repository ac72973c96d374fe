"""Configs of the original code as ours: both generations, every key; files of them."""

import subprocess
import sys

import pytest
import yaml
from pydantic import ValidationError

from snnrun.compat.fastanddeep.configs import is_config, translate
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment, load_config
from tests.compat.originals import DROPPED, FIRST, SECOND, changed, ours

TRAIN = {
    "epochs": 6,
    "batch_size": 30,
    "eval_batch_size": 70,
    "precision": "float64",
    "optimizer": {"name": "adam", "lr": 0.005},
}
ENCODER = {"name": "latency", "early": 0.15, "late": 2.0, "first": "low"}
BUMP = {"value": 0.0005, "exponential": True}


def test_a_config_of_the_first_generation():
    layers = [
        {"size": 7, "weights": {"mean": 1.5, "std": 0.8}, "bias_times": [0.9, 0.2],
         "max_missing_spikes": 0.3},
        {"size": 3, "weights": {"mean": 0.5, "std": 0.6}, "bias_times": [0.4],
         "max_missing_spikes": 0.1},
    ]  # fmt: skip
    neuron = {"tau_syn": 1.0, "tau_mem": 2.0, "g_leak": 0.5, "leak": -0.1, "threshold": 0.8}
    assert ours(FIRST) == Experiment.model_validate(
        {
            "seed": 2000,
            "data": {"name": "yin_yang"},
            "encoder": ENCODER,
            "model": {"name": "first_spike", **neuron, "layers": layers},
            "learning": {
                "name": "first_spike",
                "loss": {"name": "ttfs", "xi": 0.3, "alpha": 0.004, "beta": 1.2},
                "bump": {**BUMP, "targeted": False},
                "max_dw_norm": 0.2,
            },
            "train": {
                **TRAIN,
                "scheduler": {"name": "step", "every": 4, "gamma": 0.95},
                "savepoints": [2, 6],
            },
        }
    )


def test_a_config_of_the_second_generation():
    delay = {
        "name": "delay", "kind": "axonal", "mean": 0.1, "std": 0.25, "lr": 0.003,
        "positivity": {"name": "sigmoid", "scale": 1.5, "shift": 0.2},
    }  # fmt: skip
    biases = {"name": "biases", "times": [0.9, 0.3]}
    layers = [
        {"size": 7, "weights": {"mean": 1.0, "std": 0.9}, "max_missing_spikes": 0.3,
         "before": [biases, delay], "lr": 0.01},
        {"size": 3, "weights": {"mean": 0.7, "std": 0.8}, "max_missing_spikes": 0.0},
    ]  # fmt: skip
    neuron = {"tau_syn": 1.0, "tau_mem": 2.0, "g_leak": 0.5, "leak": 0.0, "threshold": 0.9}
    assert ours(SECOND) == Experiment.model_validate(
        {
            "seed": 2000,
            "data": {"name": "yin_yang"},
            "encoder": ENCODER,
            "model": {"name": "first_spike", **neuron, "layers": layers},
            "learning": {
                "name": "first_spike",
                "loss": {"name": "time_invariant_mse", "delta_t": 0.25},
                "bump": {**BUMP, "targeted": True},
                "max_dw_norm": 0.2,
            },
            "train": {
                **TRAIN,
                "scheduler": {"name": "multistep", "at": [2, 4], "gamma": 0.5},
                "savepoints": [6],
            },
        }
    )


def test_their_configs_are_told_from_ours():
    assert is_config(FIRST)
    assert is_config(SECOND)
    assert not is_config({"model": {"name": "first_spike"}, "train": {"epochs": 1}})
    assert not is_config([1, 2])


@pytest.mark.parametrize(
    ("name", "inputs", "classes", "data", "code"),
    [
        ("yin_yang", 4, 3, {"name": "yin_yang"}, {}),
        ("xor", 4, 2, {"name": "xor"}, {}),
        ("bars", 9, 3, {"name": "bars"}, {"early": 0.05, "late": 0.5}),
        ("mnist", 784, 10, {"name": "mnist", "scale": 256}, {"first": "high"}),
        ("16x16_mnist", 256, 10, {"name": "mnist", "size": 16},
         {"first": "high", "background": "silent"}),
    ],
)  # fmt: skip
def test_every_data_set(name, inputs, classes, data, code):
    plain = changed(
        FIRST,
        dataset=name,
        network_layout__n_inputs=inputs,
        network_layout__layer_sizes=[7, classes],
    )
    found = translate(plain).config
    named = {**found, "data": data, "encoder": {**ENCODER, **code}}
    assert ours(plain) == Experiment.model_validate(named)


def test_the_oldest_configs_have_their_loss_at_the_top():
    terms = {f"training_params__{key}": value for key, value in
             {"xi": 0.3, "alpha": 0.004, "beta": 1.2}.items()}  # fmt: skip
    assert ours(changed(FIRST, training_params__loss=DROPPED, **terms)) == ours(FIRST)


def test_what_the_first_generation_leaves_out():
    short = changed(
        FIRST,
        neuron_params__tau_mem=DROPPED,
        training_params__optimizer=DROPPED,
        training_params__momentum=0.9,
        training_params__lr_scheduler=DROPPED,
        training_params__max_num_missing_spikes=0.25,
        training_params__torch_seed=DROPPED,
        network_layout__bias_times=[0.9],
        network_layout__n_biases=[1, 1],
    )
    found = ours(short)
    assert found.seed == 0
    assert found.model.tau_mem == found.model.tau_syn == 1.0
    assert found.train.optimizer.model_dump() == {
        "lr": 0.005, "momentum": 0.9, "nesterov": False, "weight_decay": 0.0,
    }  # fmt: skip
    assert found.train.scheduler is None
    assert [layer.max_missing_spikes for layer in found.model.layers] == [0.25, 0.25]
    assert [layer.bias_times for layer in found.model.layers] == [(0.9,), (0.9,)]


@pytest.mark.parametrize("value", [DROPPED, False])
def test_without_max_dw_norm_the_original_learns_nothing(value):
    found = translate(changed(FIRST, training_params__max_dw_norm=value))
    assert found.config["learning"]["max_dw_norm"] is None
    assert any("max_dw_norm: without it the original learns no weights" in n for n in found.notes)
    assert not translate(FIRST).notes[:-1]


@pytest.mark.parametrize("base", [FIRST, SECOND])
def test_switches(base):
    off = changed(
        base,
        training_params__clip_weights_max=False,
        training_params__rounding_precision=False,
        training_params__lr_scheduler=False,
    )
    on = changed(
        base,
        training_params__clip_weights_max=2.1,
        training_params__rounding_precision=0.04,
        training_params__training_noise={"mean": 0.1, "std_dev": 0.3},
    )
    assert ours(off).learning.max_weight is ours(off).model.weight_precision is None
    assert ours(off).train.scheduler is ours(off).encoder.noise is None
    assert (ours(on).learning.max_weight, ours(on).model.weight_precision) == (2.1, 0.04)
    assert ours(on).encoder.noise.model_dump() == {"mean": 0.1, "std": 0.3}


@pytest.mark.parametrize(
    ("base", "loss", "expected"),
    [
        (FIRST, {"type": "MSE", "t_correct": 1.6, "t_wrong": 1.1},
         {"name": "mse", "t_correct": 1.6, "t_wrong": 1.1, "dialect": "fastanddeep"}),
        (SECOND, {"type": "MSE", "t_correct": 1.6, "t_wrong": 1.1},
         {"name": "mse", "t_correct": 1.6, "t_wrong": 1.1, "dialect": "delgrad"}),
        (SECOND, {"type": "TTFS", "xi": 0.3}, {"name": "ttfs", "xi": 0.3, "alpha": 0.0}),
        (SECOND, {"type": "TTFS", "xi": 0.3, "alpha": 0.1, "beta": 2.0},
         {"name": "ttfs", "xi": 0.3, "alpha": 0.0}),
    ],
)  # fmt: skip
def test_losses(base, loss, expected):
    found = translate(changed(base, training_params__loss=loss)).config
    assert found["learning"]["loss"] == expected


def test_regularisers():
    loss = {
        "type": "TTFS", "xi": 0.3,
        "regulariser": [
            {"type": "early_output", "alpha": 0.005, "beta": 1.5},
            {"type": "l2_delay", "alpha": 0.01, "use_effective_delays": False},
        ],
    }  # fmt: skip
    early, small = ours(changed(SECOND, training_params__loss=loss)).learning.regularisers
    assert early.model_dump() == {"alpha": 0.005, "beta": 1.5}
    assert small.model_dump() == {"alpha": 0.01, "effective": False}


def test_small_delays_of_a_network_without_delays_are_refused():
    """Training ended in a traceback: no tensors to join."""
    loss = {"type": "TTFS", "xi": 0.3, "regulariser": [
        {"type": "l2_delay", "alpha": 0.01, "use_effective_delays": True}]}  # fmt: skip
    layers = [{"name": "BroadcastLayer"}, *SECOND["network_layout"]["layers"][2:]]
    plain = changed(SECOND, training_params__loss=loss, network_layout__layers=layers)
    with pytest.raises(ValidationError, match=r"small_delays.*no delays"):
        ours(plain)


def test_bumps_of_nothing():
    """They pass over batches with too few spikes then, and change nothing."""
    assert ours(changed(FIRST, training_params__weight_bumping_value=0)).learning.bump.value == 0


def test_the_width_matters_to_small_images_only():
    assert ours(changed(FIRST, network_layout__width_pixel=28)) == ours(FIRST)


def test_options_of_yin_yang():
    options = {"dataset_params__early": 0.2, "dataset_params__late": 1.5,
               "dataset_params__r_small": 0.12, "dataset_params__r_big": 0.45}  # fmt: skip
    found = ours(changed(SECOND, **options))
    assert (found.encoder.early, found.encoder.late) == (0.2, 1.5)
    assert (found.data.r_small, found.data.r_big) == (0.12, 0.45)


@pytest.mark.parametrize(("base", "dialect"), [(FIRST, "fastanddeep"), (SECOND, "delgrad")])
def test_the_integrator(base, dialect):
    on = {"use_forward_integrator": True, "resolution": 0.02, "sim_time": 3.5}
    found = ours(changed(base, **{f"training_params__{k}": v for k, v in on.items()}))
    assert found.model.integrator.model_dump() == {"step": 0.02, "time": 3.5, "dialect": dialect}
    assert ours(base).model.integrator is None


def write(folder, plain: dict):
    path = folder / "theirs.yaml"
    path.write_text(yaml.safe_dump(plain))
    return path


def test_a_file_of_theirs_is_read_as_it_is(tmp_path, caplog):
    path = write(tmp_path, changed(FIRST, training_params__numpy_seed=3))
    assert load_config(path) == ours(FIRST)
    assert caplog.messages == [f"{path}:1:1: without meaning here: numpy_seed"]


def test_their_yaml_is_of_the_older_kind(tmp_path):
    """There, no and off are false; taken as text, `no` turned the integrator on."""
    path = tmp_path / "theirs.yaml"
    words = {"use_forward_integrator: false": "use_forward_integrator: no",
             "use_hicannx: false": "use_hicannx: No",
             "training_noise: false": "training_noise: OFF",
             "weight_bumping_exp: true": "weight_bumping_exp: on"}  # fmt: skip
    text = yaml.safe_dump(FIRST)
    for new, old in words.items():
        assert new in text
        text = text.replace(new, old)
    path.write_text(text)
    assert load_config(path) == ours(FIRST)


def test_overrides_are_ours(tmp_path):
    found = load_config(write(tmp_path, FIRST), ["train.epochs=9", "model.layers.0.size=5"])
    assert (found.train.epochs, found.model.layers[0].size) == (9, 5)


def test_ours_may_extend_theirs(tmp_path):
    write(tmp_path, FIRST)
    path = tmp_path / "ours.yaml"
    path.write_text("extends: theirs.yaml\ntrain: {epochs: 8}\n")
    assert load_config(path).train.epochs == 8
    assert load_config(path).model == ours(FIRST).model


def test_problems_say_where(tmp_path):
    path = write(tmp_path, changed(FIRST, dataset="cifar", training_params__batch_sise=3))
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    lines = path.read_text().splitlines()
    place = next(i for i, line in enumerate(lines, 1) if "batch_sise" in line)
    name, key = raised.value.problems
    assert name.startswith(f"{path}:1:1: dataset: data set 'cifar': unknown")
    assert key == (
        f"{path}:{place}:3: training_params.batch_sise: unknown key; did you mean 'batch_size'?"
    )


def test_what_our_settings_refuse_is_said_of_the_file(tmp_path):
    path = write(tmp_path, changed(FIRST, training_params__batch_size=0))
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    assert raised.value.problems == (f"{path}:1:1: train.batch_size: must be 1 or more, got 0",)


def test_reading_a_config_needs_no_torch(tmp_path):
    path = write(tmp_path, SECOND)
    script = (
        "import sys; from snnrun.experiment import load_config; "
        f"load_config({str(path)!r}); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
