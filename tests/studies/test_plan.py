"""What a sweep file may say, and the runs that follow."""

import pytest

from snnrun.errors import ConfigError
from snnrun.studies.cases import cases
from snnrun.studies.plan import load_sweep
from tests.studies.small import write_sweep


def test_every_combination_with_every_seed(tmp_path):
    found = cases(write_sweep(tmp_path))
    values = [(case.point["model.layers.0.size"], case.seed) for case in found]
    assert values == [(3, 4), (3, 5), (7, 4), (7, 5), (3, 4), (3, 5), (7, 4), (7, 5)]
    networks = [(c.experiment.model.threshold, c.experiment.model.tau_mem) for c in found]
    assert networks == [(0.5, 9.0)] * 4 + [(0.75, 11.0)] * 4
    assert {case.experiment.train.epochs for case in found} == {1}
    assert [case.experiment.seed for case in found] == [case.seed for case in found]


def test_a_case_tells_its_point_and_its_seed(tmp_path):
    last = cases(write_sweep(tmp_path))[-1]
    assert str(last) == ("model.threshold=0.75, model.tau_mem=11.0, model.layers.0.size=7, seed=5")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("columns: model.layers.0.size", "columns: model.layers.0.sice", "did you mean 'model.lay"),
        ("[[0.5, 9.0], [0.75, 11.0]]", "[[0.5, 9.0], 0.75]", "2 keys; expected as many values in"),
        ("seeds: [4, 5]", "seeds: []", "sweep.yaml:4:.: seeds: "),
        ("seeds: [4, 5]", "seds: [4, 5]", "seds: unknown key; did you mean 'seeds'"),
        (
            "seeds: [4, 5]",
            "measures: [cst]",
            "measures: no measure called 'cst'; did you mean 'cost",
        ),
        ("seeds: [4, 5]", "seeds: [4, 4]", "seeds: expected each once"),
        ("seeds: [4, 5]", "seeds: 5000", "makes 20,000 runs with its seeds; expected at"),
        ("seeds: [4, 5]", "seeds: 0", "seeds: must be 1 to 10,000, or a list, got 0"),
        ("seeds: [4, 5]", "points: [{model.tau_mem: 3.0}]", "expected one of grid, points and se"),
        ("config: base.yaml", "set: {}", "expected one config, or several as configs"),
        ("seeds: [4, 5]", "seeds: [4, -5]", r"seeds\.1: must be 0 or more, got -5"),
        ("[3, 7]", "[3, 7]\n  seed: [1, 2]", "grid: seed: expected outside of it, as seeds: "),
        ("epochs: 1}", "epochs: 1, seed: 3}", "set: seed: expected outside of it, as seeds: "),
        ("[3, 7]", "[3, 7]\n  config: [a]", "grid: config: expected outside of it, as config: "),
        ("[3, 7]", "3", 'size": must be a list of values, or {values, when}, got 3'),
        ("[3, 7]", "{low: 3, high: 7}", "must be a list of values; a search draws from ranges"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, old, new, message):
    path = write_sweep(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=message):
        load_sweep(path)


def test_a_wrong_combination_is_found_before_anything_runs(tmp_path):
    path = write_sweep(tmp_path)
    path.write_text(path.read_text().replace("[3, 7]", "[3, 0]"))
    with pytest.raises(
        ConfigError,
        match=r"where model.threshold=0.5, .*size=0: model.layers.0.size: must be 1 or more",
    ):
        cases(path)


def test_an_absent_config_is_named(tmp_path):
    path = write_sweep(tmp_path)
    path.write_text(path.read_text().replace("base.yaml", "bse.yaml"))
    with pytest.raises(ConfigError, match=r"no such file: .*bse.yaml; did you mean .*base.yaml"):
        cases(path)
