"""The experiment: loads, refuses what does not fit, is saved and loads again as it was."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import snnrun
from snnrun.config.fields import tables_of
from snnrun.errors import ConfigError
from snnrun.experiment import Experiment, load_config
from snnrun.learning.schedules import StepSettings
from tests.config.yinyang import YIN_YANG, write

ROOT = Path(__file__).parent.parent


def test_what_the_file_says_and_the_defaults(tmp_path):
    experiment = load_config(write(tmp_path, YIN_YANG), ["train.optimizer.lr=2e-2"])
    assert experiment.seed == 2000
    assert [layer.size for layer in experiment.model.layers] == [12, 3]
    assert type(experiment.learning.loss).__name__ == "TTFSSettings"
    assert (experiment.learning.loss.xi, experiment.learning.loss.beta) == (0.3, 1.0)
    assert experiment.train.optimizer.arguments()["lr"] == 2e-2
    assert experiment.train.scheduler == StepSettings(every=20, gamma=0.95)
    assert experiment.train.savepoints == (100, 200)
    assert experiment.train.time_limit_minutes is None
    assert experiment.input_size == 4


def test_layers_and_parameters(tmp_path):
    layers = load_config(write(tmp_path, YIN_YANG)).layers()
    assert [(name, count) for name, _, count in layers] == [
        ("layers.0", (4 + 1) * 12),
        ("layers.1", 12 * 3),
    ]


def test_a_text_path_will_do(tmp_path):
    assert load_config(str(write(tmp_path, YIN_YANG))) == load_config(write(tmp_path, YIN_YANG))


def test_json_is_a_config_too(tmp_path):
    experiment = load_config(write(tmp_path, YIN_YANG))
    path = write(tmp_path, experiment.model_dump_json(), "yy.json")
    assert load_config(path) == experiment


def test_parts_that_do_not_fit_are_refused_in_python_too(tmp_path):
    parts = load_config(write(tmp_path, YIN_YANG)).model_dump()
    with pytest.raises(ValidationError, match="the last layer has 3 neurons"):
        Experiment(**{**parts, "data": {"name": "xor"}})


def test_an_experiment_never_changes(tmp_path):
    experiment = load_config(write(tmp_path, YIN_YANG))
    with pytest.raises(ValidationError, match="frozen"):
        experiment.seed = 3


def test_every_table_has_a_settings_class_for_each_name():
    """A settings object finds its name by its class when it is saved."""
    for table in tables_of(Experiment):
        classes = [entry.settings for entry in table.values()]
        assert len(set(classes)) == len(classes), table.kind


POSITIVE = st.floats(min_value=1e-300, max_value=1e38)
FINITE = st.floats(min_value=-1e38, max_value=1e38)
SHARE = st.floats(min_value=0, max_value=1, exclude_max=True)
NORMAL = st.fixed_dictionaries({"mean": FINITE, "std": POSITIVE})


@st.composite
def configs(draw):
    """Configs at points that no default has."""
    sizes = draw(st.lists(st.integers(1, 999), max_size=4))
    layers = [
        {
            "size": size,
            "weights": draw(NORMAL),
            "bias_times": draw(st.lists(FINITE | st.just(math.inf), max_size=3)),
            "max_missing_spikes": draw(SHARE),
        }
        for size in [*sizes, 3]
    ]
    tau = draw(POSITIVE)
    epochs = draw(st.integers(1, 500))
    points = draw(st.sets(st.integers(1, epochs), max_size=5))
    losses = [
        {"name": "ttfs", "xi": draw(POSITIVE)},
        {"name": "mse", "t_wrong": draw(FINITE)},
        {"name": "time_invariant_mse", "delta_t": draw(FINITE)},
    ]
    optimizers = [
        {"name": "adam", "lr": draw(POSITIVE), "betas": [draw(SHARE), draw(SHARE)]},
        {"name": "sgd", "momentum": draw(SHARE), "nesterov": draw(st.booleans())},
    ]
    schedulers = [
        None,
        {"name": "step", "every": draw(st.integers(1, 99))},
        {"name": "multistep", "at": sorted(points) or [1], "gamma": 0.3},
        {"name": "cosine", "epochs": epochs, "minimum": draw(SHARE)},
        {"name": "cosine", "each": "update"},
        {"name": "one_cycle", "up": 0.25},
        {"name": "warmup", "epochs": 0.5, "then": {"name": "step", "every": 3}},
    ]
    return {
        "seed": draw(st.integers(0, 2**63)),
        "data": {"name": "yin_yang", "sizes": {"train": draw(st.integers(1, 10**6))}},
        "encoder": {"name": "latency", "noise": draw(st.none() | NORMAL)},
        "model": {"name": "first_spike", "layers": layers, "tau_syn": tau, "tau_mem": 2 * tau},
        "learning": {
            "name": "first_spike",
            "loss": draw(st.sampled_from(losses)),
            "bump": draw(st.none() | st.fixed_dictionaries({"value": POSITIVE})),
        },
        "train": {
            "epochs": epochs,
            "batch_size": draw(st.integers(1, 10**4)),
            "optimizer": draw(st.sampled_from(optimizers)),
            "scheduler": draw(st.sampled_from(schedulers)),
            "savepoints": sorted(points),
            "checkpoint_minutes": draw(POSITIVE | st.just(math.inf)),
        },
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(config=configs())
def test_saved_and_loaded_again_it_is_equal(tmp_path, config):
    experiment = Experiment.model_validate(config)
    path = tmp_path / "config.yaml"
    path.write_text(experiment.dump_yaml(), encoding="utf-8")
    again = load_config(path)
    assert again == experiment
    assert again.dump_yaml() == experiment.dump_yaml()


def test_save_writes_what_dump_says(tmp_path):
    experiment = load_config(write(tmp_path, YIN_YANG))
    (tmp_path / "config.yaml").write_text(experiment.dump_yaml())
    assert (tmp_path / "config.yaml").read_text() == experiment.dump_yaml()
    assert experiment.dump_yaml().startswith("seed: 2000\ndata:\n  name: yin_yang\n")


def test_no_config_is_an_experiment_if_anything_is_wrong(tmp_path):
    """Duplicate keys leave values to look at, and are an error all the same."""
    with pytest.raises(ConfigError, match="written twice"):
        load_config(write(tmp_path, YIN_YANG + "seed: 2000\n"))


def test_a_loaded_config_is_found_beside_the_file_it_extends(tmp_path):
    write(tmp_path, YIN_YANG, "base.yaml")
    path = write(tmp_path, "extends: base.yaml\ntrain: {epochs: 200, savepoints: []}\n")
    experiment = load_config(Path(path))
    assert (experiment.train.epochs, experiment.train.batch_size) == (200, 150)


@pytest.mark.parametrize(
    ("overrides", "points"),
    [
        (("train.epochs=150",), (100,)),
        (("train.epochs=50", "seed=3"), ()),
        (("train.epochs=2e2",), (100, 200)),
        (("train.epochs=50", "train.savepoints=[20, 50]"), (20, 50)),
    ],
)
def test_a_run_may_be_made_shorter_without_a_word_on_savepoints(tmp_path, overrides, points):
    """The README's ``train.epochs=50`` was refused, since its config names later savepoints."""
    assert load_config(write(tmp_path, YIN_YANG), overrides).train.savepoints == points


def test_savepoints_of_the_same_hand_must_lie_within_the_run(tmp_path):
    with pytest.raises(ConfigError, match=r"train\.savepoints: must lie between"):
        load_config(write(tmp_path, YIN_YANG), ["train.epochs=50", "train.savepoints=[20, 60]"])


def test_the_commands_of_the_readme_find_their_configs_right(monkeypatch):
    monkeypatch.chdir(ROOT)
    commands = re.findall(r"^snnrun train (\S+)(.*)$", (ROOT / "README.md").read_text(), re.M)
    assert commands
    for config, words in commands:
        load_config(config, re.findall(r"\S+=\S+", words))


@pytest.mark.parametrize(
    "sweep", sorted((ROOT / "configs" / "sweep").glob("*.yaml")), ids=lambda p: p.stem
)
def test_a_sweep_is_told_from_a_config_that_is_wrong(sweep):
    with pytest.raises(ConfigError) as caught:
        load_config(sweep)
    assert len(caught.value.problems) == 1
    assert f"snnrun sweep {sweep}" in caught.value.problems[0]


def test_what_comes_second_are_overrides_and_nothing_else(tmp_path):
    """They were ignored without a word, a folder of results that came second among them."""
    experiment = load_config(write(tmp_path, YIN_YANG))
    for second in (tmp_path / "runs", str(tmp_path / "runs")):
        with pytest.raises(ConfigError, match=r"expected .?key=value"):
            snnrun.train(experiment, second, results=tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_file_that_means_something_else_is_told_in_a_line(tmp_path):
    """A sweep of another program was lacking this and that, in six lines."""
    path = tmp_path / "sweep.yaml"
    path.write_text("program: train.py\nmethod: bayes\nparameters: {lr: {min: 0.1}}\n")
    with pytest.raises(ConfigError) as error:
        load_config(path)
    assert str(error.value).startswith(
        f"{path}:1:1: this is no experiment: it has program, method, parameters; expected seed, "
    )
    path.write_text("modle: {name: lif}\n")
    with pytest.raises(ConfigError, match="modle: unknown key; did you mean 'model'"):
        load_config(path)
