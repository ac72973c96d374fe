"""The way back: our runs as configs and result folders of the original code."""

import numpy as np
import pytest
import yaml

from snnrun.compat import export_run, open_run
from snnrun.compat.fastanddeep.configs import their_config, translate
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment, load_config
from tests.compat.foreign import save_run
from tests.compat.originals import DROPPED, FIRST, SECOND, changed

GENERATIONS = pytest.mark.parametrize("plain", [FIRST, SECOND], ids=["first", "second"])

EVERYTHING = changed(
    SECOND,
    dataset_params__late=1.9,
    default_neuron_params__max_dw_norm=None,
    network_layout__layers=[
        {"name": "Multiplex", "factor": 2},
        {"name": "DelaySynaptic", "delay_mean": 0.1, "delay_std": 0.2, "jitter": 0.03,
         "presyn_sharing_factor": 2, "positivity": {"name": "clip"}},
        {"name": "Biases", "times": [0.4]},
        {"name": "NeuronLayer", "size": 5, "weights_mean": 1.0, "weights_std": 0.5,
         "max_num_missing_spikes": 1.0, "trainable": False,
         "neuron_params": {"threshold": 1.3, "threshold_noise_s2s_std": 0.1, "jitter": 0.02,
                           "clip_weights_max": 2.5}},
        *SECOND["network_layout"]["layers"][-2:],
    ],
    training_params__training_noise={"mean": 0.0, "std_dev": 0.2},
    training_params__rounding_precision=0.05,
    training_params__loss={
        "type": "MSE", "t_correct": 1.0, "t_wrong": 1.4,
        "regulariser": [{"type": "l2_delay", "alpha": 0.1, "use_effective_delays": True}],
    },
)  # fmt: skip


pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.mark.parametrize(
    "plain",
    [
        FIRST,
        SECOND,
        EVERYTHING,
        changed(FIRST, training_params__loss={"type": "MSE", "t_correct": 1.6, "t_wrong": 1.0}),
        changed(FIRST, training_params__optimizer="sgd", training_params__momentum=0.5),
        changed(FIRST, training_params__use_forward_integrator=True),
        changed(SECOND, training_params__use_forward_integrator=True,
                training_params__resolution=0.02, training_params__sim_time=3.5),
        changed(FIRST, dataset="mnist", network_layout__n_inputs=784,
                network_layout__layer_sizes=[7, 10]),
    ],
)  # fmt: skip
def test_there_and_back(plain):
    experiment = Experiment.model_validate(translate(plain).config)
    back = their_config(experiment)
    assert ("dataset" in back) == ("dataset" in plain)
    assert Experiment.model_validate(translate(back).config) == experiment


def test_a_constant_rate_is_a_schedule_that_changes_nothing():
    plain = changed(FIRST, training_params__lr_scheduler=DROPPED)
    back = their_config(Experiment.model_validate(translate(plain).config))
    schedule = back["training_params"]["lr_scheduler"]
    assert schedule == {"type": "StepLR", "step_size": 6, "gamma": 1.0}


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        (["data.sizes.train=100"], "data, encoder: no data set of theirs"),
        (["encoder.first=high"], "data, encoder: no data set of theirs"),
        (["train.optimizer.eps=1e-3"], "train.optimizer: theirs know only lr"),
        (["train.scheduler={name: cosine, epochs: 3}"], "train.scheduler: theirs know only step"),
        (["learning.bump=null"], "learning.bump: theirs cannot be switched off"),
        (["model.layers.0.lr=0.1", "learning.loss={name: mse}"],
         "learning.loss.dialect: only delgrad there"),
        (["model.g_leak=0.7"], "model.layers.0: g_leak must be tau_syn / tau_mem there"),
    ],
)  # fmt: skip
def test_what_they_cannot_say(tmp_path, overrides, problem):
    (tmp_path / "theirs.yaml").write_text(yaml.safe_dump(FIRST))
    experiment = load_config("theirs.yaml", overrides)
    with pytest.raises(ConfigError) as raised:
        their_config(experiment)
    assert any(line.startswith(problem) for line in raised.value.problems)


@GENERATIONS
def test_export(tmp_path, plain):
    saved = save_run(tmp_path / "theirs", plain, True)
    paths = export_run("theirs", "fastanddeep", tmp_path / "out", 2)
    assert load_config("out/config.yaml").model == load_config("theirs/config.yaml").model
    listed = (1, 2, 4) if plain is SECOND else (0, 1)
    for index, parameter in zip(listed, saved[2], strict=True):
        name = "delay_parameters" if plain is SECOND and index == 1 else "weights"
        found = np.load(f"out/yin_yang_layer_{index}_{name}.npy")
        np.testing.assert_array_equal(found, parameter.detach())
    assert np.load("out/yin_yang_val_accuracies.npy") == pytest.approx(
        np.linspace(0.25, 0.85, 7)[:3]
    )
    losses = np.load("out/yin_yang_train_losses.npy")
    np.testing.assert_allclose(losses, [np.nan, 1.8])
    assert sorted(paths) == sorted((tmp_path / "out").iterdir())


def test_delays_are_exported_as_they_act(tmp_path):
    saved = save_run(tmp_path / "theirs", SECOND, True)
    export_run("theirs", "fastanddeep", tmp_path / "out")
    raw = saved[6][0].detach().numpy()
    found = np.load("out/yin_yang_layer_1_delays.npy")
    np.testing.assert_allclose(found, 0.2 + 1.5 / (1 + np.exp(-raw)), rtol=1e-14)


def test_export_goes_into_the_run_folder(tmp_path):
    save_run(tmp_path / "theirs", FIRST, True)
    run, _ = open_run("theirs")
    paths = export_run(run, "fastanddeep")
    assert {path.parent for path in paths} == {run.path / "exports" / "fastanddeep"}
    with pytest.raises(ConfigError, match="unknown format 'pytorch'; known: fastanddeep"):
        export_run(run, "pytorch")
