"""The runs that follow from a sweep file, ours or fastAndDeep's."""

import pytest
import yaml

from snnrun.errors import ConfigError, SnnrunWarning
from snnrun.studies.cases import Plan
from tests.compat.originals import SECOND
from tests.studies.small import write_sweep

THEIRS = """
parameters:
  - path: [training_params/torch_seed, training_params/numpy_seed]
    value: [1000, 1001]
  - path: network_layout/layers/2/size
    value: [30, 20, 10]
  - path: [network_layout/layers/1/learning_rate, network_layout/layers/2/learning_rate]
    value: 0.01
  - path: training_params/momentum
    value: []
"""


def their_sweep(folder, text=THEIRS):
    path = folder / "theirs.yaml"
    path.write_text(text)
    return path


@pytest.fixture
def config(tmp_path):
    """A config of DelGrad."""
    path = tmp_path / "initial.yaml"
    path.write_text(yaml.safe_dump(SECOND))
    return path


def test_equal_experiments_have_one_digest_whatever_they_are_called(tmp_path):
    write_sweep(tmp_path)
    grids = (
        "{model.tau_mem: [9.0]}",
        "{model: [{name: lif, tau_mem: 9.0, layers: [{size: 5}], readout: {name: linear}}]}",
    )
    digests = []
    for name, grid in zip("ab", grids, strict=True):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"config: base.yaml\ngrid: {grid}\nseeds: 2\n")
        digests.append([case.digest for case in Plan.read(path).cases()])
    assert digests[0] == digests[1]
    assert len(set(digests[0])) == 2


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ("train.live_plot: true", True),  # changes no number
        ("train.threads: 2", True),
        ("train.accumulate: 1", True),  # the default
        ("model.reset: subtract", True),
        ("train.accumulate: 2", False),
        ("model.layers.0.gain: 2.0", False),
        ("learning.name: eligibility", False),
        ("train.optimizer.name: sgd", False),
    ],
)
def test_what_makes_another_run(tmp_path, change, same):
    """A setting that was added to the runner made all finished runs others."""
    write_sweep(tmp_path)
    digests = []
    for name, said in (("a", ""), ("b", change)):
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"config: base.yaml\nset: {{{said}}}\n")
        digests += [case.digest for case in Plan.read(path).cases()]
    assert (digests[0] == digests[1]) is same


def test_points_that_are_one_run_are_one_case_and_a_word_of_it(tmp_path):
    """They counted as two, of which one waited for ever, and the other's threads were used."""
    write_sweep(tmp_path)
    path = tmp_path / "threads.yaml"
    path.write_text("config: base.yaml\nseeds: 2\ngrid: {train.threads: [2, 1]}\n")
    plan = Plan.read(path)
    told = "threads=1, seed=0 is that of train.threads=2, seed=0: .* numbers; so are 2 runs"
    with pytest.warns(SnnrunWarning, match=told):
        found = plan.cases()
    assert [(case.point, case.seed) for case in found] == [
        ({"train.threads": 2}, s) for s in (0, 1)
    ]


def test_each_config_has_its_own_settings(tmp_path):
    write_sweep(tmp_path)
    path = tmp_path / "two.yaml"
    path.write_text(
        "set: {train.epochs: 7}\nseeds: [3]\nconfigs:\n  plain: base.yaml\n"
        "  short: {config: base.yaml, set: {train.epochs: 1, learning.name: eligibility}}\n"
    )
    one, two = Plan.read(path).cases()
    assert (one.experiment.train.epochs, two.experiment.train.epochs) == (7, 1)
    assert str(two) == 'config="short", seed=3'


def test_the_seeds_of_one_config(tmp_path):
    write_sweep(tmp_path)
    plan = Plan.of_seeds(tmp_path / "base.yaml", ["train.epochs=1", "seed=5"], 3)
    assert [case.seed for case in plan.cases()] == [5, 6, 7]
    assert {case.experiment.train.epochs for case in plan.cases()} == {1}
    other = Plan.of_seeds(tmp_path / "base.yaml", ["train.epochs=2"], 3)
    assert plan.name.startswith("base_seeds_")
    assert plan.name != other.name
    assert Plan.of_seeds(tmp_path / "base.yaml", [], 3).name == "base_seeds"
    more = Plan.of_seeds(tmp_path / "base.yaml", ["train.epochs=1", "seed=5"], 9)
    assert more.name == plan.name  # so that more seeds join those that there are


def test_a_sweep_of_delgrad_over_a_config_of_delgrad(tmp_path, config):
    """Sizes vary, both learning rates are set together, seeds are ours, an empty list is none."""
    found = Plan.read(their_sweep(tmp_path), config).cases()
    assert [case.seed for case in found] == [1000, 1001] * 3
    layers = [case.experiment.model.layers[0] for case in found]
    assert [layer.size for layer in layers] == [30, 30, 20, 20, 10, 10]
    assert {(layer.lr, layer.before[1].lr) for layer in layers} == {(0.01, 0.01)}
    assert found[0].point == {
        "network_layout/layers/2/size": 30,
        "network_layout/layers/1/learning_rate": 0.01,
        "network_layout/layers/2/learning_rate": 0.01,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("parameters: 3", r"parameters: expected a list of path and value"),
        ("parameters: [{pth: a, value: [1]}]", r"parameters\.0: expected a map of path and value"),
        ("parameters: [{value: [1]}]", r"parameters\.0: path: expected keys with slashes"),
        (
            "parameters: [{path: network_layout/layers/2/sise, value: [1]}]",
            "has no network_layout/layers/2/sise; there are: .*size",
        ),
        ("parameters: [{path: network_layout/layers/9/size, value: [1]}]", "has no network_layout"),
    ],
)
def test_a_sweep_of_theirs_that_is_wrong(tmp_path, config, text, message):
    with pytest.raises(ConfigError, match=message):
        Plan.read(their_sweep(tmp_path, text), config).cases()


def test_a_key_of_theirs_in_a_config_of_ours(tmp_path):
    write_sweep(tmp_path)
    with pytest.raises(ConfigError, match=r"base.yaml is no config of another program; keys in it"):
        Plan.read(their_sweep(tmp_path, "parameters: [{path: train/epochs, value: 3}]"),
                  tmp_path / "base.yaml").cases()  # fmt: skip


def test_a_config_is_no_sweep(tmp_path):
    write_sweep(tmp_path)
    with pytest.raises(
        ConfigError, match=r"base.yaml is a config, not a sweep; snnrun train .*--s"
    ):
        Plan.read(tmp_path / "base.yaml")


def test_the_config_is_named_once(tmp_path, config):
    with pytest.raises(ConfigError, match=r"names no config to start from; expected .*--config F"):
        Plan.read(their_sweep(tmp_path))
    with pytest.raises(ConfigError, match=r"names its config itself; leave out --config"):
        Plan.read(write_sweep(tmp_path), config)
